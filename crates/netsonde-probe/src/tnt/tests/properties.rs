//! Whatever the network answers: the machine ends, within bounds, and reports only addresses that it was shown.
use super::fake::reply;
use super::*;
use crate::record::{Hop, Label, Reply, ReplyKind, StopReason};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// A hop as some network may show it: few addresses, so that they repeat; TTLs and labels of any kind.
fn hops() -> impl Strategy<Value = Vec<Option<Reply>>> {
    let kind = prop_oneof![
        12 => Just(ReplyKind::TimeExceeded),
        1 => Just(ReplyKind::EchoReply),
        1 => Just(ReplyKind::Unreachable),
    ];
    let ttl = prop_oneof![
        Just(255),
        Just(252),
        Just(250),
        Just(64),
        Just(62),
        any::<u8>()
    ];
    let label = option::weighted(0.2, prop_oneof![Just(1), Just(252), any::<u8>()]);
    let fields = (0_u8..12, kind, option::of(ttl), option::of(0_u8..5), label);
    let any_reply = fields.prop_map(|(number, kind, reply_ttl, quoted_ttl, label)| {
        let labels = label.map(|ttl| Label {
            label: 16,
            tc: 0,
            bottom: true,
            ttl,
        });
        let plain = reply([5, 3, 0, number].into(), kind, 0);
        Reply {
            reply_ttl,
            quoted_ttl,
            labels: labels.into_iter().collect(),
            icmp_code: Some(3),
            ..plain
        }
    });
    vec(option::weighted(0.8, any_reply), 0..12)
}

fn stop() -> impl Strategy<Value = StopReason> {
    prop_oneof![
        6 => Just(StopReason::Completed),
        3 => Just(StopReason::GapLimit),
        1 => Just(StopReason::LoopLimit),
        1 => Just(StopReason::Budget),
        1 => Just(StopReason::Unreachable),
    ]
}

fn options() -> impl Strategy<Value = TntOptions> {
    (any::<[bool; 3]>(), 0_u8..3, 0_u8..3, any::<(u8, u8)>()).prop_map(
        |(switches, frpla_min, flow_retries, bounds)| TntOptions {
            brute_force: switches[0],
            reveal_64_64: switches[1],
            treat_as_public: switches[2],
            frpla_min,
            flow_retries,
            opaque_min: bounds.0,
            opaque_max: bounds.1,
            ..TntOptions::default()
        },
    )
}

/// Answers tasks from lists, over and over, and keeps what it showed.
struct Chaos {
    traces: Vec<(Vec<Option<Reply>>, StopReason)>,
    echoes: Vec<Option<u8>>,
    shown: BTreeSet<IpAddr>,
    tasks: usize,
}

impl Chaos {
    fn trace(&mut self, target: IpAddr, options: &TraceOptions) -> Trace {
        let (replies, stop) = self.traces[self.tasks % self.traces.len()].clone();
        self.shown
            .extend(replies.iter().flatten().map(|reply| reply.responder));
        let numbered = (options.first_ttl..=u8::MAX).zip(replies);
        let hops = numbered
            .map(|(probe_ttl, reply)| Hop {
                probe_ttl,
                sent: 1,
                replies: reply.into_iter().collect(),
            })
            .collect();
        let empty = path(PIPE).trace(
            target,
            &TraceOptions {
                last_ttl: options.first_ttl,
                ..*options
            },
        );
        Trace {
            hops,
            stop,
            first_ttl: options.first_ttl,
            ..empty
        }
    }

    fn run(&mut self, machine: &mut Machine) -> TntResult {
        let mut shared = Shared::default();
        while let Some((id, task)) = machine.poll_task(&mut shared) {
            self.tasks += 1;
            assert!(self.tasks < 12 * 200, "too many tasks");
            match task {
                _ if self.tasks % 17 == 16 => machine.handle_refused(&mut shared, id),
                Task::Echo { .. } => {
                    let ttl = self.echoes[self.tasks % self.echoes.len()];
                    let replies = ttl.map(|ttl| crate::tnt::EchoReply {
                        ttl: Some(ttl),
                        rtt_ns: 1,
                    });
                    let outcome = crate::tnt::EchoOutcome {
                        sent: 1,
                        replies: replies.into_iter().collect(),
                    };
                    machine.handle_echo(&mut shared, id, &outcome);
                }
                Task::Trace { target, options } => {
                    let trace = self.trace(target, &options);
                    machine.handle_trace(&mut shared, id, trace);
                }
            }
        }
        machine.poll_result().expect("it ends with a result")
    }
}

/// Addresses of a tunnel's routers, ends included.
fn members(tunnel: &record::Tunnel) -> Vec<IpAddr> {
    let all = tunnel
        .ingress
        .iter()
        .chain(&tunnel.lsrs)
        .chain(&tunnel.egress);
    all.filter_map(|router| router.address).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_network_is_survived(
        traces in vec((hops(), stop()), 1..8),
        echoes in vec(option::of(any::<u8>()), 1..5),
        options in options(),
        first_ttl in 1_u8..5,
    ) {
        let mut chaos = Chaos { traces, echoes, shown: BTreeSet::new(), tasks: 0 };
        let trace_options = TraceOptions { first_ttl, ..TraceOptions::default() };
        let (target, source) = ([5, 3, 0, 1].into(), [5, 1, 0, 1].into());
        let result = chaos.run(&mut Machine::new(&options, &trace_options, target, source));
        for tunnel in &result.tunnels {
            // Another tunnel may show it again: nothing says that a path stays what it was between two revelations.
            let mut hidden = BTreeSet::new();
            prop_assert!(members(tunnel).iter().all(|address| chaos.shown.contains(address)));
            for router in tunnel.lsrs.iter().filter(|router| router.probe_ttl.is_none()) {
                let seen_first = result.hops.iter().any(|hop| hop.address == router.address && hop.address.is_some());
                prop_assert!(!seen_first, "a hop of the first trace cannot be hidden");
                prop_assert!(router.address.is_none_or(|address| hidden.insert(address)), "revealed twice");
            }
            let is_opaque = tunnel.class == record::TunnelClass::Opaque;
            let is_empty = tunnel.lsrs.is_empty() && tunnel.egress.is_none();
            prop_assert!(is_opaque || !is_empty);
        }
        prop_assert_eq!(result.hops.len(), result.trace.hops.len());
    }
}
