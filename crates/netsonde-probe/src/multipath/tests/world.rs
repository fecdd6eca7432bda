//! A scripted world: routers that choose among next hops by flow, by packet or by destination, and lose packets.
use super::super::Multipath;
use crate::event::Event;
use crate::job::{Job, Kind, MultipathOptions, Target};
use crate::measurement::Verdict;
use crate::record::{MultipathResult, Reply, ReplyKind};
use crate::seed::mix;
use crate::session::{Answer, Ask, Session};
use crate::testing::{MS, address, source};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a router looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Flow,
    Packet,
    Destination,
}

/// Routers and links; 0 is the source, the router without next hops the last before the target.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// Of each router: next hops with weights.
    pub(crate) next: BTreeMap<u32, Vec<(u32, u32)>>,
    pub(crate) by: BTreeMap<u32, By>,
    pub(crate) silent: BTreeSet<u32>,
    /// Routers that answer nothing but "administratively prohibited".
    pub(crate) refusing: BTreeSet<u32>,
    pub(crate) target_silent: bool,
    pub(crate) v6: bool,
    /// Of a thousand probes, those that are lost, and those that are answered twice.
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    /// Most by which a reply is held back.
    pub(crate) jitter_ns: u64,
    /// Replies of one router per 100 ms.
    pub(crate) replies_max: Option<u32>,
    /// Decides all of this.
    pub(crate) seed: u64,
}

impl World {
    /// Hops as text: the links between hops, `0-1 1-2,3 2-4 3-4`; the target follows the last router.
    pub(crate) fn new(links: &str) -> Self {
        let mut next: BTreeMap<u32, Vec<(u32, u32)>> = BTreeMap::new();
        for link in links.split_whitespace() {
            let (near, far) = link.split_once('-').unwrap();
            let far = far.split(',').map(|name| match name.split_once('*') {
                Some((name, weight)) => (name.parse().unwrap(), weight.parse().unwrap()),
                None => (name.parse().unwrap(), 1),
            });
            next.entry(near.parse().unwrap()).or_default().extend(far);
        }
        Self {
            next,
            by: BTreeMap::new(),
            silent: BTreeSet::new(),
            refusing: BTreeSet::new(),
            target_silent: false,
            v6: false,
            lost: 0,
            doubled: 0,
            jitter_ns: 0,
            replies_max: None,
            seed: 1,
        }
    }

    pub(crate) fn seeded(mut self, seed: u64) -> Self {
        self.seed = mix(seed);
        self
    }

    pub(crate) fn target(&self) -> IpAddr {
        address(self.v6, 200)
    }

    pub(crate) fn router(&self, number: u32) -> IpAddr {
        if self.v6 {
            Ipv6Addr::from(0x2a00_0001_u128 << 96 | u128::from(number)).into()
        } else {
            Ipv4Addr::from(0x0502_0000 + number).into()
        }
    }

    /// Every link between routers, as addresses; the target's are left out.
    pub(crate) fn links(&self) -> BTreeSet<(IpAddr, IpAddr)> {
        let links = self.next.iter().filter(|(near, _)| **near > 0);
        let pairs = links.flat_map(|(near, far)| far.iter().map(move |(far, _)| (*near, *far)));
        pairs
            .map(|(near, far)| (self.router(near), self.router(far)))
            .collect()
    }

    /// Where a packet is after `ttl` hops, the target being `None`.
    fn walk(&self, destination: IpAddr, flow: u64, packet: u64, ttl: u8) -> Option<u32> {
        let mut at = 0;
        for _ in 0..ttl {
            if at > 0 && self.refusing.contains(&at) {
                return Some(at);
            }
            let next = self.next.get(&at)?;
            let salt = match self.by.get(&at).copied().unwrap_or(By::Flow) {
                By::Flow => flow,
                By::Packet => mix(packet),
                By::Destination => fold(destination),
            };
            let sum: u32 = next.iter().map(|(_, weight)| weight).sum();
            let hash = mix(mix(self.seed ^ u64::from(at)) ^ salt);
            let mut drawn = u32::try_from(hash % u64::from(sum)).unwrap();
            at = next
                .iter()
                .find(|(_, weight)| {
                    let is_it = drawn < *weight;
                    drawn = drawn.saturating_sub(*weight);
                    is_it
                })?
                .0;
        }
        Some(at)
    }

    /// What answers the `packet`-th probe.
    fn reply(
        &self,
        ask: &Ask,
        packet: u64,
        sent_ns: u64,
        answered: &mut BTreeMap<(u32, u64), u32>,
    ) -> Option<Reply> {
        let flow = u64::from(ask.shape.flow) << 16 | u64::from(ask.shape.destination_port);
        let at = self.walk(
            ask.shape.target,
            fold(ask.shape.target) ^ mix(flow),
            packet,
            ask.ttl,
        );
        let (responder, kind) = match at {
            None if self.target_silent => return None,
            None => (ask.shape.target, ReplyKind::EchoReply),
            Some(router) if self.silent.contains(&router) => return None,
            Some(router) if self.refusing.contains(&router) => {
                (self.router(router), ReplyKind::Unreachable)
            }
            Some(router) => (self.router(router), ReplyKind::TimeExceeded),
        };
        if let (Some(most), Some(router)) = (self.replies_max, at) {
            let count = answered.entry((router, sent_ns / (100 * MS))).or_default();
            *count += 1;
            if *count > most {
                return None;
            }
        }
        let rtt_ns = u64::from(ask.ttl) * MS + mix(self.seed ^ packet ^ 7) % (self.jitter_ns + 1);
        Some(reply(responder, kind, ask.token, rtt_ns))
    }
}

pub(crate) fn reply(responder: IpAddr, kind: ReplyKind, attempt: u32, rtt_ns: u64) -> Reply {
    let json = alloc::format!(
        r#"{{"responder":"{responder}","kind":"echo-reply","attempt":{attempt},"rtt_ns":{rtt_ns},"size":56,"labels":[],"extensions":[]}}"#
    );
    let mut reply: Reply = serde_json::from_str(&json).unwrap();
    reply.kind = kind;
    reply
}

fn fold(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(v4) => mix(u32::from(v4).into()),
        IpAddr::V6(v6) => mix(u64::from(v6.segments()[7])),
    }
}

/// Measures a world to the end, as the engine would, in virtual time; probes leave a tenth of a millisecond apart.
pub(crate) fn measure(world: &World, options: &MultipathOptions) -> MultipathResult {
    measure_within(world, options, u32::MAX)
}

/// The same, with a budget of probes.
pub(crate) fn measure_within(
    world: &World,
    options: &MultipathOptions,
    budget: u32,
) -> MultipathResult {
    let target = Target {
        address: world.target(),
        source: source(world.v6),
    };
    let mut job = Job::new(Kind::Multipath, Vec::from([target]), world.seed, "");
    job.multipath = *options;
    let mut run = Run {
        world,
        session: Multipath::new(target, &job),
        now_ns: 0,
        packets: 0,
        coming: BTreeMap::new(),
        answered: BTreeMap::new(),
        heard: BTreeSet::new(),
    };
    while !run.session.is_finished() {
        run.hear();
        run.session.handle_timeout(run.now_ns);
        if run.packets >= u64::from(budget) {
            run.session.refuse();
        }
        if let Some(ask) = run.session.poll_ask(run.now_ns) {
            run.send(&ask);
            run.now_ns += MS / 10;
            continue;
        }
        let coming = run.coming.keys().next().map(|key| key.0);
        let due = run.session.poll_timeout(run.now_ns);
        match coming.into_iter().chain(due).min() {
            Some(next_ns) => run.now_ns = next_ns.max(run.now_ns),
            None => assert!(run.session.is_finished(), "it waits for nothing"),
        }
        assert!(run.packets < 200_000, "it does not end");
    }
    match Box::new(run.session).into_event(0, run.now_ns) {
        Event::Multipath(result) => *result,
        other => panic!("{other:?}"),
    }
}

/// One measurement of a world.
struct Run<'a> {
    world: &'a World,
    session: Multipath,
    now_ns: u64,
    packets: u64,
    /// By arrival and number: when it was sent, and the reply.
    coming: BTreeMap<(u64, u64), (u64, Reply)>,
    /// Replies of each router in each tenth of a second.
    answered: BTreeMap<(u32, u64), u32>,
    heard: BTreeSet<u32>,
}

impl Run<'_> {
    fn hear(&mut self) {
        while let Some(entry) = self.coming.first_entry() {
            if entry.key().0 > self.now_ns {
                break;
            }
            let ((received_ns, _), (sent_ns, reply)) = entry.remove_entry();
            let token = reply.attempt;
            if !self.heard.insert(token) {
                self.session.handle_duplicate();
                continue;
            }
            let answer = Answer {
                token,
                reply,
                sent_ns,
                received_ns,
                packet: &[],
            };
            assert_ne!(self.session.handle_answer(answer), Verdict::Rejected);
        }
    }

    fn send(&mut self, ask: &Ask) {
        self.packets += 1;
        let (world, number) = (self.world, self.packets);
        let draw = mix(world.seed ^ number.wrapping_mul(0x9e37));
        let reply = world.reply(ask, number, self.now_ns, &mut self.answered);
        let Some(reply) = reply.filter(|_| draw % 1_000 >= world.lost) else {
            return;
        };
        let at_ns = self.now_ns + reply.rtt_ns;
        if draw / 1_000 % 1_000 < world.doubled {
            let again = (self.now_ns, reply.clone());
            self.coming.insert((at_ns + 1, number), again);
        }
        self.coming.insert((at_ns, number), (self.now_ns, reply));
    }
}

/// The links between routers that a result has.
pub(crate) fn found(result: &MultipathResult) -> BTreeSet<(IpAddr, IpAddr)> {
    let address = |index: u32| result.nodes[index as usize].address;
    let pair =
        |link: &crate::record::MultipathLink| Some((address(link.near?)?, address(link.far)?));
    result
        .links
        .iter()
        .filter_map(pair)
        .filter(|(_, far)| *far != result.target)
        .collect()
}
