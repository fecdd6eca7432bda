//! Explicit tunnels by their labels and implicit ones by quoted TTLs that climb.
use super::super::path::Observed;
use super::Visible;
use crate::job::TntOptions;
use crate::record::{Trigger, TunnelClass};
use alloc::vec;
use alloc::vec::Vec;

/// The label TTL of an opaque hop: a label, and the TTL of its top entry strictly between the bounds.
pub(super) fn opaque_ttl(hop: &Observed, options: &TntOptions) -> Option<u8> {
    let top = hop.labels().first()?;
    (top.ttl > options.opaque_min && top.ttl < options.opaque_max).then_some(top.ttl)
}

/// The tunnels that propagate the TTL.
///
/// The routers of such a tunnel expire on the label, so the IP TTL that they quote still is what it was at the
/// ingress: a hop that quotes `q` is the `q`-th router behind its ingress. Vendors that rewrite the quoted TTL to 1
/// only hide this; labels then hold the tunnel together.
pub(super) fn find(hops: &[Observed], options: &TntOptions) -> Vec<Visible> {
    let runs = runs(hops, options);
    let mut tunnels: Vec<Visible> = Vec::with_capacity(runs.len());
    for (index, run) in runs.iter().enumerate() {
        let next_start = runs.get(index + 1).map(|next| next.start);
        tunnels.push(run.tunnel(hops, next_start));
    }
    tunnels
}

/// Consecutive hops inside one tunnel, the last of which may turn out to be its egress.
#[derive(Clone, Copy, Debug)]
struct Run {
    start: usize,
    last: usize,
    labelled: bool,
    /// An unlabelled hop belongs to it because of quoted TTLs.
    quoted: bool,
    /// A quoted TTL above 1 tells where it starts.
    climbed: bool,
}

fn runs(hops: &[Observed], options: &TntOptions) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut free = 0; // first hop that no opaque hop closes off
    for (index, hop) in hops.iter().enumerate() {
        if opaque_ttl(hop, options).is_some() {
            free = index + 1;
            continue;
        }
        let labelled = !hop.labels().is_empty();
        let climb = hop.quoted_ttl().filter(|&ttl| ttl > 1);
        if !labelled && climb.is_none() {
            continue;
        }
        let reach = usize::from(climb.unwrap_or(1)) - 1;
        let start = index.saturating_sub(reach).max(free);
        let found = Run {
            start,
            last: index,
            labelled,
            quoted: !labelled || hops[start..index].iter().any(is_unlabelled),
            climbed: climb.is_some(),
        };
        let continued = runs
            .last_mut()
            .filter(|run| run.start >= free && joins(run, &found, hops));
        if let Some(run) = continued {
            run.absorb(&found);
        } else {
            runs.push(found);
        }
    }
    runs
}

/// Whether a hop continues a run: its quoted TTL reaches into it, or it is labelled and follows, over one silent hop
/// at most, while the run shows no egress.
fn joins(run: &Run, found: &Run, hops: &[Observed]) -> bool {
    if found.climbed {
        return found.start <= run.last;
    }
    let between = &hops[run.last + 1..found.last];
    between.len() <= 1 && between.iter().all(|hop| hop.reply.is_none()) && !is_uhp_egress(hops, run)
}

fn is_unlabelled(hop: &Observed) -> bool {
    hop.reply.is_some() && hop.labels().is_empty()
}

impl Run {
    fn absorb(&mut self, found: &Run) {
        self.last = found.last;
        self.labelled |= found.labelled;
        self.quoted |= found.quoted;
        self.climbed |= found.climbed;
    }

    /// With UHP the last hop of the run is the egress itself, otherwise the hop after it is.
    fn tunnel(&self, hops: &[Observed], next_start: Option<usize>) -> Visible {
        let after = self.last + 1;
        let ends_here = next_start == Some(after) || is_uhp_egress(hops, self);
        let (lsrs_end, egress) = if ends_here {
            (self.last, Some(self.last))
        } else {
            (after, (after < hops.len()).then_some(after))
        };
        let class = if self.labelled {
            TunnelClass::Explicit
        } else {
            TunnelClass::Implicit
        };
        let triggers = match (self.labelled, self.quoted) {
            (true, true) => vec![Trigger::Labels, Trigger::Qttl],
            (true, false) => vec![Trigger::Labels],
            (false, _) => vec![Trigger::Qttl],
        };
        Visible {
            class,
            triggers,
            ingress: self.start.checked_sub(1),
            lsrs: self.start..lsrs_end,
            egress,
        }
    }
}

/// Whether the last hop of a run shows that the label came as far as the egress: the label is an explicit null, or
/// its errors take a U-turn of one hop after the three of the hop before (a penultimate router's takes two).
fn is_uhp_egress(hops: &[Observed], run: &Run) -> bool {
    let last = &hops[run.last];
    let is_null = last
        .labels()
        .first()
        .is_some_and(|top| EXPLICIT_NULLS.contains(&top.label));
    let turns = |index: usize| hops[index].uturn();
    is_null
        || (run.last > run.start && turns(run.last) == Some(1) && turns(run.last - 1) == Some(3))
}

/// Explicit null for IPv4 and IPv6 (RFC 3032, section 2.1).
const EXPLICIT_NULLS: [u32; 2] = [0, 2];
