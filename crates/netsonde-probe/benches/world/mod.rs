//! A network in memory: routers in a row, hosts that answer echo requests, replies in order of time.
use netsonde_probe::job::Target;
use netsonde_wire::checksum;
use netsonde_wire::icmp::{ErrorBuild, ExtensionStyle, types};
use netsonde_wire::ip::{self, IpBuild, protocol};
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const DELAY_NS: u64 = 50_000_000;
const REPLY_MAX: usize = 160;

/// The target of a number, in a /24 or /48 of its own for each 250.
pub(crate) fn target(number: u32, v6: bool) -> Target {
    let (net, host) = (number / 250, number % 250);
    let [_, a, b, c] = net.to_be_bytes();
    let octet = |value: u32| u8::try_from(value + 1).expect("below 251");
    if v6 {
        let net = [u16::from(a), u16::from(b) << 8 | u16::from(c)];
        let last = u16::from(octet(host));
        Target {
            address: Ipv6Addr::new(0x2a00, 1, net[0], net[1], 0, 0, 0, last).into(),
            source: Ipv6Addr::new(0x2a00, 0, 0, 0, 0, 0, 0, 1).into(),
        }
    } else {
        Target {
            address: Ipv4Addr::new(6 + a, b, c, octet(host)).into(),
            source: Ipv4Addr::new(5, 1, 0, 1).into(),
        }
    }
}

/// Replies on their way, in order of time.
#[derive(Default)]
pub(crate) struct Replies(VecDeque<(u64, usize, [u8; REPLY_MAX])>);

impl Replies {
    /// The next reply if it is there by `now_ns`, and when it came.
    pub(crate) fn due(&self, now_ns: u64) -> Option<(u64, &[u8])> {
        let (at_ns, len, bytes) = self.0.front()?;
        (*at_ns <= now_ns).then(|| (*at_ns, &bytes[..*len]))
    }

    pub(crate) fn pop(&mut self) {
        self.0.pop_front();
    }
}

/// Answers a probe as a path of routers does of which the last is the target.
pub(crate) fn respond(probe: &[u8], hops: u8, now_ns: u64, replies: &mut Replies) {
    let ttl = ip::ttl(probe).expect("a whole packet");
    let mut bytes = [0; REPLY_MAX];
    let v6 = probe[0] >> 4 == 6;
    let is_echo = matches!(
        probe[if v6 { 6 } else { 9 }],
        protocol::ICMP | protocol::ICMPV6
    );
    let len = if ttl < hops || !is_echo {
        let reached = ttl >= hops;
        let reply = error(probe, v6, (!reached).then_some(ttl));
        bytes[..reply.len()].copy_from_slice(&reply);
        reply.len()
    } else {
        bytes[..probe.len()].copy_from_slice(probe);
        turn(&mut bytes[..probe.len()], v6);
        probe.len()
    };
    replies.0.push_back((now_ns + DELAY_NS, len, bytes));
}

/// Makes an echo request its reply.
fn turn(packet: &mut [u8], v6: bool) {
    let (addresses, header, types) = if v6 {
        (8..40, 40, [types::V6_ECHO, types::V6_ECHO_REPLY])
    } else {
        (12..20, 20, [types::V4_ECHO, types::V4_ECHO_REPLY])
    };
    let half = addresses.len() / 2;
    packet[addresses].rotate_left(half);
    debug_assert_eq!(packet[header], types[0], "an echo request");
    packet[header] = types[1];
    let old = u16::from_be_bytes([packet[header + 2], packet[header + 3]]);
    let [from, to] = types.map(|icmp_type| u16::from(icmp_type) << 8);
    let new = checksum::update(old, from, to);
    packet[header + 2..header + 4].copy_from_slice(&new.to_be_bytes());
}

/// Time exceeded of a router, or port unreachable of the target.
fn error(probe: &[u8], v6: bool, router: Option<u8>) -> Vec<u8> {
    let source = ip::source(probe).expect("a whole packet");
    let target = ip::destination(probe).expect("a whole packet");
    let from = router.map_or(target, |ttl| router_address(v6, ttl));
    let (icmp_type, icmp_code) = match (router.is_some(), v6) {
        (true, false) => (types::V4_TIME_EXCEEDED, 0),
        (true, true) => (types::V6_TIME_EXCEEDED, 0),
        (false, false) => (types::V4_UNREACHABLE, 3),
        (false, true) => (types::V6_UNREACHABLE, 4),
    };
    let quote = &probe[..probe.len().min(if v6 { 80 } else { 28 })];
    let style = ExtensionStyle::Rfc4884;
    let mut message = Vec::with_capacity(REPLY_MAX);
    ErrorBuild {
        icmp_type,
        icmp_code,
        rest: 0,
        quote,
        objects: &[],
        style,
    }
    .emit(from, source, &mut message);
    let mut packet = Vec::with_capacity(REPLY_MAX);
    IpBuild {
        source: from,
        destination: source,
        protocol: if v6 { protocol::ICMPV6 } else { protocol::ICMP },
        ttl: 60,
        tos: 0,
        ident: 7,
        flow_label: 0,
        dont_fragment: false,
    }
    .emit(&message, &mut packet);
    packet
}

fn router_address(v6: bool, ttl: u8) -> IpAddr {
    if v6 {
        Ipv6Addr::new(0x2a00, 0, 0, 0, 0, 0, 1, ttl.into()).into()
    } else {
        Ipv4Addr::new(5, 1, 1, ttl).into()
    }
}

/// The processor's time that this thread has had: what others do at the same time costs less of it than of the clock.
pub(crate) fn cpu_ns() -> u64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").expect("a Linux host");
    let first = times.split_whitespace().next();
    first
        .and_then(|time| time.parse().ok())
        .expect("a number comes first")
}

/// Memory of this process that is in use.
pub(crate) fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a Linux host");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kibibytes.expect("a figure in the second column") * 1024
}
