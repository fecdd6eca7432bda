//! Hosts and middleboxes of all sorts: what is said of them.
mod paths;

use crate::event::Event;
use crate::job::{Job, Kind, MptcpOffer};
use crate::record::{PortState, TcpFeature, TcpResult};
use crate::testing::{Answers, Log, MS, address, job, run, target_answer, wrap};
use alloc::vec::Vec;
use netsonde_wire::checksum::Checksum;
use netsonde_wire::ip::{IpBuild, IpPacket, protocol};
use netsonde_wire::tcp::{self, Tcp, TcpBuild, TcpOption, flags};

const KEY: [u8; 8] = [9; 8];
const HOST_SEQUENCE: u32 = 77;

fn tcp_job(v6: bool) -> Job {
    let mut job = job(Kind::Tcp, &[address(v6, 200)]);
    job.tcp.wait_ms = 100;
    job
}

fn found(log: &Log) -> TcpResult {
    let result = log.events.iter().find_map(|event| match event {
        Event::Tcp(result) => Some((**result).clone()),
        _ => None,
    });
    result.expect("a result")
}

/// A segment that can be taken apart and changed.
struct Parts {
    ip: IpBuild,
    header: [u8; 20],
    options: Vec<u8>,
}

impl Parts {
    fn of(packet: &[u8]) -> Self {
        let ip = IpPacket::parse(packet).unwrap();
        let header = ip.header;
        Self {
            ip: IpBuild {
                source: header.source,
                destination: header.destination,
                protocol: protocol::TCP,
                ttl: header.ttl,
                tos: header.tos,
                ident: u16::try_from(header.ident.unwrap_or(0)).unwrap(),
                flow_label: header.flow_label,
                dont_fragment: header.dont_fragment,
            },
            header: *ip.payload.first_chunk().unwrap(),
            options: Tcp::parse(ip.payload).unwrap().options.to_vec(),
        }
    }

    fn emit(mut self) -> Vec<u8> {
        self.options
            .resize(self.options.len().next_multiple_of(4), 0);
        let words = 5 + u8::try_from(self.options.len() / 4).unwrap();
        self.header[12] = words << 4 | self.header[12] & 0x0f;
        self.header[16..18].fill(0);
        let mut segment = self.header.to_vec();
        segment.extend_from_slice(&self.options);
        let (from, to) = (self.ip.source, self.ip.destination);
        let mut sum = Checksum::pseudo(from, to, protocol::TCP, segment.len());
        sum.add(&segment);
        segment[16..18].copy_from_slice(&sum.finish().to_be_bytes());
        let mut packet = Vec::new();
        self.ip.emit(&segment, &mut packet);
        packet
    }
}

fn flags_of(packet: &[u8]) -> u16 {
    let ip = IpPacket::parse(packet).unwrap();
    Tcp::parse(ip.payload).unwrap().flags.unwrap()
}

/// The SYN-ACK of a host that answers `more` flags and these options.
fn syn_ack(syn: &[u8], more: u16, options: &[TcpOption<'_>]) -> Vec<u8> {
    let ip = IpPacket::parse(syn).unwrap();
    let asked = Tcp::parse(ip.payload).unwrap();
    let build = TcpBuild {
        source_port: asked.destination_port,
        destination_port: asked.source_port,
        sequence: HOST_SEQUENCE,
        acknowledgment: asked.sequence.wrapping_add(1),
        flags: flags::SYN | flags::ACK | more,
        window: 65_535,
        options,
        payload: &[],
    };
    let (from, to) = (ip.header.destination, ip.header.source);
    let mut segment = Vec::new();
    build.emit(from, to, &mut segment);
    wrap(from, to, protocol::TCP, &segment)
}

fn options_of(packet: &[u8]) -> Vec<TcpOption<'_>> {
    let ip = IpPacket::parse(packet).unwrap();
    tcp::options(Tcp::parse(ip.payload).unwrap().options).collect()
}

fn stamp_of(packet: &[u8]) -> u32 {
    let stamp = options_of(packet)
        .into_iter()
        .find_map(|option| match option {
            TcpOption::Timestamps { value, .. } => Some(value),
            _ => None,
        });
    stamp.unwrap()
}

/// A host that knows everything; resets it takes in silence.
fn able(_now_ns: u64, probe: &[u8]) -> Answers {
    if flags_of(probe) & flags::RST != 0 {
        return Vec::new();
    }
    let mut capable = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    capable[2..].copy_from_slice(&KEY);
    let options = [
        TcpOption::MaximumSegmentSize(1_400),
        TcpOption::SackPermitted,
        TcpOption::Timestamps {
            value: 5,
            echo: stamp_of(probe),
        },
        TcpOption::WindowScale(9),
        TcpOption::Unknown {
            kind: 30,
            data: &capable,
        },
    ];
    Vec::from([(MS, syn_ack(probe, flags::ECE, &options))])
}

#[test]
fn an_able_host_accepts_everything_and_is_reset() {
    for v6 in [false, true] {
        let mut job = tcp_job(v6);
        job.tcp.path = false;
        let log = run(&job, able);
        let result = found(&log);
        let shake = &result.handshake;
        assert_eq!(shake.state, PortState::Open);
        let all = [
            shake.mptcp,
            shake.ecn,
            shake.sack,
            shake.timestamps,
            shake.window_scaling,
        ];
        assert_eq!(all, [Some(TcpFeature::Accepted); 5]);
        assert_eq!(shake.fast_open, Some(TcpFeature::NotOffered));
        assert_eq!(
            (shake.mptcp_version, shake.mss, shake.window_shift),
            (Some(1), Some(1_400), Some(9))
        );
        assert_eq!(shake.offered.flags, flags::SYN | flags::ECE | flags::CWR);
        let usual = if v6 { "05a0" } else { "05b4" };
        assert_eq!(shake.offered.options[0].data, usual);
        assert_eq!((result.sent, result.resets, result.stop), (1, 1, None));
        let [syn, reset] = [&log.sent[0].1, &log.sent[1].1].map(|packet| {
            let ip = IpPacket::parse(packet).unwrap();
            assert!(Tcp::checksum_ok(
                ip.payload,
                ip.header.source,
                ip.header.destination
            ));
            let tcp = Tcp::parse(ip.payload).unwrap();
            (tcp.source_port, tcp.sequence, tcp.flags.unwrap())
        });
        assert_eq!(reset, (syn.0, syn.1.wrapping_add(1), flags::RST));
    }
}

#[test]
fn a_host_that_copies_the_syn_is_no_host_that_knows_it() {
    for (offer, asked) in [(MptcpOffer::V0, 10), (MptcpOffer::V1, 2)] {
        let mut job = tcp_job(false);
        job.tcp.path = false;
        job.tcp.mptcp = offer;
        job.tcp.fast_open = true;
        let log = run(&job, |_, probe| {
            if flags_of(probe) & flags::RST != 0 {
                return Vec::new();
            }
            let copied = flags_of(probe) & (flags::ECE | flags::CWR);
            Vec::from([(MS, syn_ack(probe, copied, &options_of(probe)))])
        });
        let shake = found(&log).handshake;
        let copied = [shake.mptcp, shake.ecn, shake.timestamps, shake.fast_open];
        assert_eq!(copied, [Some(TcpFeature::Mirrored); 4], "{offer:?}");
        assert_eq!(shake.mptcp_version, None);
        let capable = shake.offered.options.iter().find(|one| one.kind == 30);
        assert_eq!(capable.unwrap().data.len(), 2 * asked);
    }
}

#[test]
fn what_is_not_offered_is_not_refused() {
    let mut job = tcp_job(false);
    job.tcp.path = false;
    job.tcp.mptcp = MptcpOffer::None;
    job.tcp.ecn = false;
    job.tcp.mss = 900;
    let log = run(&job, |_, probe| {
        Vec::from([(MS, syn_ack(probe, 0, &[TcpOption::WindowScale(0)]))])
    });
    let shake = found(&log).handshake;
    let not = Some(TcpFeature::NotOffered);
    assert_eq!((shake.mptcp, shake.ecn), (not, not));
    assert_eq!(shake.sack, Some(TcpFeature::Refused));
    assert_eq!((shake.window_shift, shake.mss), (Some(0), None));
    assert_eq!(shake.offered.options[0].data, "0384");
}

#[test]
fn a_closed_port_says_nothing_of_features() {
    let mut job = tcp_job(true);
    job.tcp.path = false;
    let log = run(&job, |_, probe| Vec::from([(MS, target_answer(probe))]));
    let result = found(&log);
    assert_eq!(result.handshake.state, PortState::Closed);
    assert_eq!(result.handshake.mptcp, None);
    assert!(result.handshake.answered.is_some());
    assert_eq!((result.sent, result.resets), (1, 0));
}

#[test]
fn a_host_that_hears_only_plain_syns_is_told_apart_from_none() {
    for (hears_plain, plain, sent) in [(true, PortState::Open, 3), (false, PortState::Silent, 4)] {
        let mut job = tcp_job(false);
        job.tcp.path = false;
        let log = run(&job, |_, probe| {
            let is_plain = flags_of(probe) == flags::SYN && options_of(probe).len() == 1;
            if is_plain && hears_plain {
                Vec::from([(MS, syn_ack(probe, 0, &[]))])
            } else {
                Vec::new()
            }
        });
        let result = found(&log);
        assert_eq!(result.handshake.state, PortState::Silent);
        assert_eq!((result.handshake.plain, result.sent), (Some(plain), sent));
        assert_eq!(result.handshake.offered.options.len(), 5);
        assert!(!result.incomplete);
    }
}

#[test]
fn a_budget_ends_it_with_what_there_is() {
    for (budget, resets) in [(1, 0), (2, 1), (4, 1)] {
        let mut job = tcp_job(false);
        job.budget.per_target = budget;
        let result = found(&run(&job, paths::through(4, |_, packet| packet.to_vec())));
        assert!(result.incomplete, "{budget}");
        assert_eq!(result.sent + result.resets, budget);
        assert_eq!(result.resets, resets);
        assert_eq!(result.handshake.state, PortState::Open);
        assert!(result.stop.is_some());
    }
}
