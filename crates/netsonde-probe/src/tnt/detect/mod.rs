//! Detection: which tunnels a trace shows, and between which hops one may hide. Pure functions of observed hops.
mod candidates;
mod uturn;
mod visible;

use super::path::Observed;
use crate::few::sort_few;
use crate::job::TntOptions;
use crate::record::{Trigger, TunnelClass};
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

/// A tunnel whose routers the trace shows. Positions are indices of hops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Visible {
    pub(super) class: TunnelClass,
    pub(super) triggers: Vec<Trigger>,
    /// The hop before it; `None` when the trace began inside.
    pub(super) ingress: Option<usize>,
    /// Its label switch routers, silent ones included.
    pub(super) lsrs: Range<usize>,
    /// The hop that ends it; `None` when the trace ended inside.
    pub(super) egress: Option<usize>,
}

/// A pair of hops between which routers may hide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) class: TunnelClass,
    /// `None` only for an opaque tunnel right at the start of the trace: there is nothing to reveal from.
    pub(super) entry: Option<usize>,
    pub(super) exit: usize,
    /// The hop between entry and exit is silent: it is the ingress or the egress.
    pub(super) gap: bool,
    /// Every trigger that fired, the decisive one first.
    pub(super) triggers: Vec<Trigger>,
}

/// What one trace shows and suggests, each list in path order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Detection {
    pub(super) visible: Vec<Visible>,
    pub(super) candidates: Vec<Candidate>,
}

/// What a hop is to the visible tunnels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Role {
    lsr: bool,
    egress: bool,
    opaque: bool,
}

/// Finds visible tunnels by labels, quoted TTLs and U-turns, in this order, then candidates among the other hops.
pub(super) fn detect(hops: &[Observed], options: &TntOptions) -> Detection {
    let mut roles = vec![Role::default(); hops.len()];
    for (role, hop) in roles.iter_mut().zip(hops) {
        role.opaque = visible::opaque_ttl(hop, options).is_some();
    }
    let mut visible = visible::find(hops, options);
    mark(&mut roles, &visible);
    let turned = uturn::find(hops, &roles);
    mark(&mut roles, &turned);
    visible.extend(turned);
    sort_few(&mut visible, |a, b| a.lsrs.start.cmp(&b.lsrs.start));
    let candidates = candidates::find(hops, &roles, options);
    Detection {
        visible,
        candidates,
    }
}

fn mark(roles: &mut [Role], tunnels: &[Visible]) {
    for tunnel in tunnels {
        roles[tunnel.lsrs.clone()]
            .iter_mut()
            .for_each(|role| role.lsr = true);
        if let Some(egress) = tunnel.egress {
            roles[egress].egress = true;
        }
    }
}
