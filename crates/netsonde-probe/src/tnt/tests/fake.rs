//! A path of routers with label switching, small enough to be checked by hand against the original's output.
//!
//! Node 0 is the vantage, link `k` joins node `k` to node `k + 1` and is 5.1.k.0/30 (or `2a00:0:k::/126`), the near
//! side .1. The last node is the host 5.2.0.1. It computes replies; packets are the laboratory's business.
use super::record::{Hop, Label, Reply, ReplyKind, StopReason, Trace};
use crate::job::{TraceMethod, TraceOptions};
use crate::tnt::{EchoOutcome, EchoReply};
use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;

/// What one router does.
#[allow(clippy::struct_excessive_bools, reason = "independent knobs")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Router {
    pub(crate) te: u8,
    pub(crate) er: u8,
    pub(crate) silent: bool,
    pub(crate) drops_echo: bool,
    pub(crate) drops_udp: bool,
    pub(crate) rewrites_quote: bool,
    pub(crate) rfc4950: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pop {
    Php,
    Uhp,
    Opaque,
}

/// What the popping router does with the IP TTL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Min,
    Keep,
    Linux,
}

/// Routers `from..=to` switch labels.
#[allow(clippy::struct_excessive_bools, reason = "independent knobs")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Domain {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) pop: Pop,
    pub(crate) propagate: bool,
    pub(crate) all_prefixes: bool,
    pub(crate) rule: Rule,
    pub(crate) quirk: bool,
    pub(crate) icmp_tunnel: bool,
    pub(crate) return_lsp: bool,
    pub(crate) lse: u8,
    pub(crate) last_label: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Net {
    /// `routers[0]` is node 1; the last is the host.
    pub(crate) routers: Vec<Router>,
    pub(crate) domains: Vec<Domain>,
    pub(crate) ipv6: bool,
    /// Links are numbered from 10.1.0.0/16.
    pub(crate) private: bool,
}

#[derive(Clone, Copy, Debug)]
struct Lsp {
    ttl: u8,
    end: usize,
    domain: Domain,
}

/// Where a packet ended.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Delivered {
        node: usize,
        ttl: u8,
    },
    Expired {
        node: usize,
        quoted: u8,
        label: Option<Lsp>,
        ride: bool,
    },
}

impl Lsp {
    /// The IP TTL after the label is gone.
    fn pop(&self, ttl: u8) -> u8 {
        match self.domain.rule {
            _ if self.domain.propagate => self.ttl,
            Rule::Min => ttl.min(self.ttl),
            Rule::Keep => ttl,
            Rule::Linux => ttl - 1,
        }
    }
}

impl Net {
    fn network(&self, link: usize, side: u8) -> IpAddr {
        let link = u8::try_from(link).unwrap();
        if self.ipv6 {
            IpAddr::from([0x2a00, 0, u16::from(link), 0, 0, 0, 0, u16::from(side)])
        } else {
            IpAddr::from([if self.private { 10 } else { 5 }, 1, link, side])
        }
    }

    pub(crate) fn host(&self) -> IpAddr {
        if self.ipv6 {
            IpAddr::from([0x2a00, 1, 0, 0, 0, 0, 0, 1])
        } else {
            IpAddr::from([5, 2, 0, 1])
        }
    }

    pub(crate) fn vantage(&self) -> IpAddr {
        self.network(0, 1)
    }

    /// The address of a node that traceroute shows.
    pub(crate) fn address(&self, node: usize) -> IpAddr {
        if node == self.routers.len() {
            self.host()
        } else {
            self.network(node - 1, 2)
        }
    }

    /// The node of an address, and its link; the host's is no link address.
    fn owner(&self, address: IpAddr) -> Option<(usize, Option<usize>)> {
        if address == self.host() {
            return Some((self.routers.len(), None));
        }
        let links = 0..self.routers.len() - 1;
        links.into_iter().find_map(|link| match () {
            () if address == self.network(link, 2) => Some((link + 1, Some(link))),
            () if address == self.network(link, 1) => Some((link, Some(link))),
            () => None,
        })
    }

    fn router(&self, node: usize) -> Router {
        self.routers[node - 1]
    }

    /// Where the LSP ends that a packet enters at a node.
    fn lsp(&self, node: usize, link: Option<usize>, back: bool, ttl: u8) -> Option<Lsp> {
        let domain = *self.domains.iter().find(|domain| {
            if back {
                node > domain.from && node <= domain.to
            } else {
                node >= domain.from && node < domain.to
            }
        })?;
        let end = match (back, link) {
            (true, _) => domain.return_lsp.then_some(domain.from)?,
            (false, Some(link)) if link <= domain.to => {
                (domain.all_prefixes && link > node).then_some(link)?
            }
            (false, _) => domain.to,
        };
        let is_null = domain.pop == Pop::Php && end.abs_diff(node) == 1;
        let ttl = if domain.propagate { ttl } else { domain.lse };
        (!is_null).then_some(Lsp { ttl, end, domain })
    }

    /// Moves a packet, hop by hop, from a node that sends it.
    fn forward(&self, from: usize, to: usize, link: Option<usize>, ttl: u8) -> Fate {
        let back = to < from;
        let (mut node, mut ttl, mut label) = (from, ttl, None::<Lsp>);
        if from > 0 && from != to {
            label = self.lsp(from, link, back, ttl);
        }
        loop {
            if node == to {
                return Fate::Delivered { node, ttl };
            }
            node = if back { node - 1 } else { node + 1 };
            let mut popped = None;
            let mut undecremented = false;
            if let Some(lsp) = label.take() {
                if lsp.ttl == 1 {
                    return Fate::Expired {
                        node,
                        quoted: ttl,
                        label: Some(lsp),
                        ride: true,
                    };
                }
                let lsp = Lsp {
                    ttl: lsp.ttl - 1,
                    ..lsp
                };
                if node != lsp.end && !(lsp.domain.pop == Pop::Php && node.abs_diff(lsp.end) == 1) {
                    label = Some(lsp);
                    continue;
                }
                ttl = lsp.pop(ttl);
                if node != lsp.end {
                    continue;
                }
                undecremented = lsp.domain.propagate || (lsp.domain.quirk && ttl == 1);
                popped = (lsp.domain.pop == Pop::Opaque).then_some(Lsp {
                    ttl: lsp.ttl + 1,
                    ..lsp
                });
            }
            if node == to {
                return Fate::Delivered { node, ttl };
            }
            if !undecremented {
                if ttl <= 1 {
                    return Fate::Expired {
                        node,
                        quoted: ttl,
                        label: popped,
                        ride: false,
                    };
                }
                ttl -= 1;
            }
            label = self.lsp(node, link, back, ttl);
        }
    }

    /// TTL at the vantage of what a node sends back.
    fn back(&self, node: usize, ttl: u8) -> u8 {
        match self.forward(node, 0, None, ttl) {
            Fate::Delivered { ttl, .. } => ttl,
            Fate::Expired { .. } => panic!("replies start high enough"),
        }
    }

    /// The TTL of a time-exceeded; one raised inside an LSP rides to its end first.
    fn error_back(&self, node: usize, label: Option<Lsp>) -> u8 {
        let te = self.router(node).te;
        match label {
            Some(lsp) if lsp.domain.icmp_tunnel => {
                let extra = usize::from(lsp.domain.pop == Pop::Uhp);
                let ridden = u8::try_from(lsp.end - node + extra).unwrap();
                self.back(lsp.end, te - ridden)
            }
            _ => self.back(node, te),
        }
    }

    fn answer(&self, target: IpAddr, method: TraceMethod, probe_ttl: u8) -> Option<Reply> {
        let (to, link) = self.owner(target).unwrap_or((self.routers.len(), None));
        match self.forward(0, to, link, probe_ttl) {
            Fate::Expired {
                node,
                quoted,
                label,
                ride,
            } => {
                let router = self.router(node);
                let ttl = self.error_back(node, label.filter(|_| ride));
                let stack = label
                    .filter(|_| router.rfc4950)
                    .map(|lsp| quoted_label(lsp, node));
                let reply = Reply {
                    quoted_ttl: Some(if router.rewrites_quote { 1 } else { quoted }),
                    labels: stack.into_iter().collect(),
                    ..reply(self.address(node), ReplyKind::TimeExceeded, ttl)
                };
                (!router.silent).then_some(reply)
            }
            Fate::Delivered { node, .. } => {
                self.owner(target)?;
                self.own_answer(target, node, method)
            }
        }
    }

    /// What a node answers to a probe for itself.
    fn own_answer(&self, target: IpAddr, node: usize, method: TraceMethod) -> Option<Reply> {
        let router = self.router(node);
        match method {
            TraceMethod::IcmpParis if !router.drops_echo => Some(reply(
                target,
                ReplyKind::EchoReply,
                self.back(node, router.er),
            )),
            TraceMethod::UdpParis if !router.drops_udp && !router.silent => {
                let ttl = self.back(node, router.te);
                let icmp_code = Some(if self.ipv6 { 4 } else { 3 });
                Some(Reply {
                    icmp_code,
                    ..reply(self.address(node), ReplyKind::Unreachable, ttl)
                })
            }
            _ => None,
        }
    }

    pub(crate) fn trace(&self, target: IpAddr, options: &TraceOptions) -> Trace {
        let mut hops: Vec<Hop> = Vec::new();
        let (mut stop, mut sent) = (StopReason::LastTtl, 0);
        for probe_ttl in options.first_ttl..=options.last_ttl {
            let found = self.answer(target, options.method, probe_ttl);
            let probes = if found.is_some() { 1 } else { options.attempts };
            let is_end = found
                .as_ref()
                .is_some_and(|reply| reply.kind != ReplyKind::TimeExceeded);
            hops.push(Hop {
                probe_ttl,
                sent: probes,
                replies: found.into_iter().collect(),
            });
            sent += u32::from(probes);
            let silent = hops
                .iter()
                .rev()
                .take_while(|hop| hop.replies.is_empty())
                .count();
            if is_end || silent >= usize::from(options.gap_limit) {
                stop = if is_end {
                    StopReason::Completed
                } else {
                    StopReason::GapLimit
                };
                break;
            }
        }
        let source = self.vantage();
        let (method, flow, first_ttl) = (options.method, options.flow, options.first_ttl);
        Trace {
            target,
            source,
            method,
            flow,
            first_ttl,
            hops,
            stop,
            sent,
            duplicates: 0,
            late: 0,
            started_ns: 0,
            ended_ns: 1,
            path_mtu: None,
        }
    }

    pub(crate) fn echo(&self, address: IpAddr, count: u8) -> EchoOutcome {
        let node = self
            .owner(address)
            .map(|(node, _)| node)
            .filter(|&node| node > 0 && !self.router(node).drops_echo);
        let answer = node.map(|node| EchoReply {
            ttl: Some(self.back(node, self.router(node).er)),
            rtt_ns: 1,
        });
        EchoOutcome {
            sent: u32::from(count),
            replies: answer.map_or_else(Vec::new, |answer| vec![answer; usize::from(count)]),
        }
    }
}

fn quoted_label(lsp: Lsp, node: usize) -> Label {
    let label = if node == lsp.end {
        lsp.domain.last_label
    } else {
        16_000 + u32::try_from(node).unwrap()
    };
    Label {
        label,
        tc: 0,
        bottom: true,
        ttl: lsp.ttl,
    }
}

/// A reply with nothing remarkable about it.
pub(crate) fn reply(responder: IpAddr, kind: ReplyKind, reply_ttl: u8) -> Reply {
    Reply {
        responder,
        kind,
        attempt: 1,
        rtt_ns: 1_000_000,
        sent_ns: None,
        reply_ttl: Some(reply_ttl),
        reply_tos: Some(0),
        ip_id: None,
        size: 56,
        icmp_type: Some(11),
        icmp_code: Some(0),
        quoted_ttl: None,
        quoted_tos: None,
        mtu: None,
        labels: Vec::new(),
        extensions: Vec::new(),
    }
}
