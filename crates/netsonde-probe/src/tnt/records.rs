//! From findings to records: tunnels, failed revelations, hops.
use super::detect::{Candidate, Visible};
use super::path::{EchoTtls, Observed};
use super::revelation::{Hidden, Revealed, Side};
use super::{infer, vendors};
use crate::few::sort_few;
use crate::job::TntOptions;
use crate::record::{
    Completeness, FailedRevelation, HopFacts, Method, TntHop, Trigger, Tunnel, TunnelClass,
    TunnelRouter, VendorCandidate,
};
use alloc::vec::Vec;
use core::net::IpAddr;

/// All that the records are made of.
pub(super) struct Findings<'a> {
    pub(super) hops: &'a [Observed],
    pub(super) visible: &'a [Visible],
    /// In path order of their exits.
    pub(super) revealed: Vec<(&'a Candidate, &'a Revealed)>,
    pub(super) echo: &'a EchoTtls,
    pub(super) options: &'a TntOptions,
}

/// The hops of the first trace.
pub(super) fn hops(hops: &[Observed]) -> Vec<TntHop> {
    let record = |hop: &Observed| TntHop {
        probe_ttl: hop.probe_ttl,
        address: hop.address(),
        facts: hop.facts.clone(),
        vendors: vendor_candidates(hop.address(), hop.facts.as_ref()),
        labels: hop.labels().to_vec(),
    };
    hops.iter().map(record).collect()
}

/// The tunnels in path order, and the revelations that found none.
///
/// A candidate is a tunnel once a hidden router answered. An opaque one is a tunnel anyway: its label was seen.
pub(super) fn tunnels(findings: &Findings<'_>) -> (Vec<Tunnel>, Vec<FailedRevelation>) {
    let mut placed: Vec<(usize, Tunnel)> = Vec::new();
    let mut failed = Vec::new();
    for tunnel in findings.visible {
        placed.push((tunnel.lsrs.start, findings.visible_tunnel(tunnel)));
    }
    let mut told: Vec<IpAddr> = Vec::new();
    for &(candidate, revealed) in &findings.revealed {
        let addresses: Vec<IpAddr> = revealed
            .routers
            .iter()
            .filter_map(Hidden::address)
            .collect();
        let is_news =
            !addresses.is_empty() && !addresses.iter().any(|address| told.contains(address));
        if is_news || candidate.class == TunnelClass::Opaque {
            told.extend(addresses);
            placed.push((candidate.exit, findings.hidden_tunnel(candidate, revealed)));
        } else {
            failed.extend(findings.failed(candidate, revealed));
        }
    }
    sort_few(&mut placed, |a, b| a.0.cmp(&b.0));
    (
        placed.into_iter().map(|(_, tunnel)| tunnel).collect(),
        failed,
    )
}

impl Findings<'_> {
    fn visible_tunnel(&self, tunnel: &Visible) -> Tunnel {
        let router = |index: Option<usize>| index.map(|index| visible_router(&self.hops[index]));
        Tunnel {
            class: tunnel.class,
            triggers: tunnel.triggers.clone(),
            method: None,
            ingress_ttl: self.ttl(tunnel.ingress),
            egress_ttl: self.ttl(tunnel.egress),
            ingress: router(tunnel.ingress),
            egress: router(tunnel.egress),
            lsrs: self.hops[tunnel.lsrs.clone()]
                .iter()
                .map(visible_router)
                .collect(),
            inferred_length: None,
            completeness: Completeness::Visible,
            stop: None,
            attempts: Vec::new(),
        }
    }

    fn hidden_tunnel(&self, candidate: &Candidate, revealed: &Revealed) -> Tunnel {
        let method = tunnel_method(&revealed.routers);
        let is_single = method == Some(Method::Unknown);
        let mut routers: Vec<TunnelRouter> = revealed
            .routers
            .iter()
            .map(|hidden| self.hidden_router(hidden, is_single))
            .collect();
        let (ingress, ingress_at) = self.ingress(candidate, revealed);
        let (egress, egress_at) = match (candidate.class, &revealed.gap) {
            // The egress pops the label and stays unseen: it is the last router that hid.
            (TunnelClass::InvisibleUhp, _) => (routers.pop(), candidate.exit - 1),
            (_, Some((Side::Egress, hop))) => (
                Some(self.gap_router(candidate.exit - 1, hop.as_ref())),
                candidate.exit - 1,
            ),
            _ => (
                Some(visible_router(&self.hops[candidate.exit])),
                candidate.exit,
            ),
        };
        let completeness = if revealed.complete {
            Completeness::Complete
        } else {
            Completeness::Incomplete
        };
        Tunnel {
            class: candidate.class,
            triggers: candidate.triggers.clone(),
            method,
            ingress_ttl: self.ttl(ingress_at),
            egress_ttl: self.ttl(Some(egress_at)),
            ingress,
            egress,
            lsrs: routers,
            inferred_length: self.inferred_length(candidate, revealed),
            completeness,
            stop: revealed.stop.filter(|_| !revealed.complete),
            attempts: revealed.attempts.clone(),
        }
    }

    /// The entry, or the silent hop behind it unless that turned out to be the egress.
    fn ingress(
        &self,
        candidate: &Candidate,
        revealed: &Revealed,
    ) -> (Option<TunnelRouter>, Option<usize>) {
        let Some(entry) = candidate.entry else {
            return (None, candidate.exit.checked_sub(1));
        };
        let (at, hop) = match &revealed.gap {
            Some((Side::Ingress, hop)) => (entry + 1, hop.as_ref()),
            None if candidate.gap => (entry + 1, None),
            Some((Side::Egress, _)) | None => (entry, None),
        };
        (Some(self.gap_router(at, hop)), Some(at))
    }

    fn failed(&self, candidate: &Candidate, revealed: &Revealed) -> Option<FailedRevelation> {
        let exit = &self.hops[candidate.exit];
        Some(FailedRevelation {
            entry: self.hops[candidate.entry?].address()?,
            exit: exit.address()?,
            exit_ttl: exit.probe_ttl,
            trigger: *candidate.triggers.first()?,
            attempts: revealed.attempts.clone(),
        })
    }

    /// LSRs that must be there, from the quantity that gave the alarm alone.
    ///
    /// Behind a Cisco UHP egress, FRPLA counts the egress too. Behind a silent egress, it counts one too few.
    fn inferred_length(&self, candidate: &Candidate, revealed: &Revealed) -> Option<u8> {
        let hop = &self.hops[candidate.exit];
        let positive = |value: Option<i16>| value.filter(|&value| value > 0);
        let length = match candidate.class {
            TunnelClass::Opaque => return infer::opaque_length(hop.labels().first()?.ttl),
            TunnelClass::InvisibleUhp => self.frpla_behind_uhp(candidate.exit - 1)? - 1,
            _ => {
                let silent = i16::from(matches!(revealed.gap, Some((Side::Egress, _))));
                let fired = |trigger| candidate.triggers.contains(&trigger);
                let by_rtla = positive(hop.rtla()).filter(|_| fired(Trigger::Rtla));
                let by_frpla = positive(hop.frpla())
                    .filter(|_| fired(Trigger::Frpla) || fired(Trigger::FrplaIncrease));
                by_rtla.or(by_frpla)? + silent
            }
        };
        u8::try_from(length).ok()
    }

    /// FRPLA of the first of two equal hops, unless its errors start too low for a label TTL to lower them.
    fn frpla_behind_uhp(&self, first: usize) -> Option<i16> {
        let facts = self.hops[first].facts.as_ref()?;
        let frpla = facts.frpla.filter(|&frpla| frpla > 0);
        frpla.filter(|_| facts.signature.0 == u8::MAX)
    }

    fn hidden_router(&self, hidden: &Hidden, is_single: bool) -> TunnelRouter {
        let observed = Observed::new(
            hidden.probe_ttl,
            hidden.reply.clone(),
            self.echo,
            self.options,
        );
        let method = if is_single {
            Method::Unknown
        } else {
            hidden.method
        };
        TunnelRouter {
            probe_ttl: None,
            step: Some(hidden.step),
            method: Some(method),
            ..visible_router(&observed)
        }
    }

    fn gap_router(&self, index: usize, hop: Option<&Hidden>) -> TunnelRouter {
        let probe_ttl = self.hops[index].probe_ttl;
        match hop {
            Some(hidden) => TunnelRouter {
                probe_ttl: Some(probe_ttl),
                method: None,
                ..self.hidden_router(hidden, false)
            },
            None => visible_router(&self.hops[index]),
        }
    }

    fn ttl(&self, index: Option<usize>) -> Option<u8> {
        index
            .and_then(|index| self.hops.get(index))
            .map(|hop| hop.probe_ttl)
    }
}

fn visible_router(hop: &Observed) -> TunnelRouter {
    TunnelRouter {
        address: hop.address(),
        probe_ttl: Some(hop.probe_ttl),
        step: None,
        method: None,
        hop: hop.facts.clone(),
        vendors: vendor_candidates(hop.address(), hop.facts.as_ref()),
        labels: hop.labels().to_vec(),
    }
}

fn vendor_candidates(address: Option<IpAddr>, facts: Option<&HopFacts>) -> Vec<VendorCandidate> {
    let both = address.zip(facts);
    both.map(|(address, facts)| vendors::candidates(facts.signature, address.is_ipv6()))
        .unwrap_or_default()
}

/// The one method of all routers. A single router, unless a buddy found it, does not tell DPR from BRPR.
fn tunnel_method(routers: &[Hidden]) -> Option<Method> {
    let mut methods = routers
        .iter()
        .filter(|hidden| hidden.reply.is_some())
        .map(|hidden| hidden.method);
    let first = methods.next()?;
    match (routers.len(), first) {
        (1, Method::Dpr | Method::Brpr) => Some(Method::Unknown),
        _ if methods.all(|method| method == first) => Some(first),
        _ => Some(Method::Mixed),
    }
}
