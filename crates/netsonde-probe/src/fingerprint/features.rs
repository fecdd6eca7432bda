//! From replies to features: initial TTLs, behaviour of counters, the LFP vector.
use crate::record::{
    FingerprintProbe as Probe, FingerprintReply, IpIdBehaviour, LfpVector, ReplyKind, TtlSignature,
};
use crate::tnt::infer::initial_ttl;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Display;

/// Replies of a protocol from which its behaviour is told.
const SAMPLES: usize = 3;
/// What a counter may grow between two probes that follow each other: LFP's own threshold.
const STEP_MAX: u16 = 1_300;

/// The replies of one protocol that are what a closed port or an echo gives.
fn of<'a>(
    replies: &'a [FingerprintReply],
    probes: &'a [Probe],
    kind: ReplyKind,
) -> impl Iterator<Item = &'a FingerprintReply> {
    replies
        .iter()
        .filter(move |each| probes.contains(&each.probe) && each.reply.kind == kind)
}

fn icmp(replies: &[FingerprintReply]) -> impl Iterator<Item = &FingerprintReply> {
    of(replies, &[Probe::Icmp], ReplyKind::EchoReply)
}

fn tcp(replies: &[FingerprintReply]) -> impl Iterator<Item = &FingerprintReply> {
    of(replies, &[Probe::TcpAck, Probe::TcpSyn], ReplyKind::TcpRst)
}

fn udp(replies: &[FingerprintReply]) -> impl Iterator<Item = &FingerprintReply> {
    of(replies, &[Probe::Udp], ReplyKind::Unreachable)
}

fn first_ttl<'a>(mut replies: impl Iterator<Item = &'a FingerprintReply>) -> Option<u8> {
    replies
        .find_map(|each| each.reply.reply_ttl)
        .map(initial_ttl)
}

/// The initial TTLs of the three kinds of reply.
pub(super) fn ttl_signature(replies: &[FingerprintReply]) -> TtlSignature {
    TtlSignature {
        echo_reply: first_ttl(icmp(replies)),
        unreachable: first_ttl(udp(replies)),
        tcp_rst: first_ttl(tcp(replies)),
    }
}

/// When each probe left (probes of one moment in the order of the plan), and the identification of its reply.
type Series = Vec<((u64, usize), u16)>;

fn series(replies: &[FingerprintReply], probes: &[Probe], kind: ReplyKind) -> Series {
    let mut series: Series = (0..)
        .zip(replies)
        .filter(|(_, each)| probes.contains(&each.probe) && each.reply.kind == kind)
        .filter_map(|(at, each)| {
            let ip_id = u16::try_from(each.reply.ip_id?).ok()?;
            Some(((each.sent_ns, at), ip_id))
        })
        .collect();
    series.sort_unstable();
    series
}

fn grows(series: &[((u64, usize), u16)]) -> bool {
    series
        .windows(2)
        .all(|pair| (1..=STEP_MAX).contains(&pair[1].1.wrapping_sub(pair[0].1)))
}

/// How the identifications of one protocol behave; `None` below three samples.
fn behaviour(series: &Series) -> Option<IpIdBehaviour> {
    if series.len() < SAMPLES {
        return None;
    }
    let mut values: Vec<u16> = series.iter().map(|sample| sample.1).collect();
    values.sort_unstable();
    values.dedup();
    Some(match values[..] {
        [0] => IpIdBehaviour::Zero,
        [_] => IpIdBehaviour::Static,
        _ if values.len() < series.len() => IpIdBehaviour::Duplicate,
        _ if grows(series) => IpIdBehaviour::Incremental,
        _ => IpIdBehaviour::Random,
    })
}

/// Whether protocols count with one counter: then what they send, in order, is one that grows.
fn shared(all: &[&Series]) -> Option<bool> {
    let behaviours: Option<Vec<_>> = all.iter().map(|series| behaviour(series)).collect();
    let counts = behaviours?
        .iter()
        .all(|each| *each == IpIdBehaviour::Incremental);
    let mut merged: Series = all
        .iter()
        .flat_map(|series| series.iter().copied())
        .collect();
    merged.sort_unstable();
    Some(counts && grows(&merged))
}

/// The vector; `None` if nothing answered.
pub(super) fn lfp(replies: &[FingerprintReply]) -> Option<LfpVector> {
    let [i, t, u] = [
        series(replies, &[Probe::Icmp], ReplyKind::EchoReply),
        series(replies, &[Probe::TcpAck, Probe::TcpSyn], ReplyKind::TcpRst),
        series(replies, &[Probe::Udp], ReplyKind::Unreachable),
    ];
    let size = |reply: Option<&FingerprintReply>| reply.map(|each| each.reply.size);
    let echoes: Vec<bool> = icmp(replies)
        .filter_map(|each| Some(each.reply.ip_id? == u32::from(each.probe_ip_id?)))
        .collect();
    let rst = of(replies, &[Probe::TcpSyn], ReplyKind::TcpRst).find_map(|each| each.tcp_sequence);
    let mut vector = LfpVector {
        icmp_ip_id_echo: (echoes.len() >= SAMPLES).then(|| echoes.iter().all(|echo| *echo)),
        icmp_ip_id: behaviour(&i),
        tcp_ip_id: behaviour(&t),
        udp_ip_id: behaviour(&u),
        shared_all: shared(&[&i, &t, &u]),
        shared_tcp_icmp: shared(&[&t, &i]),
        shared_udp_icmp: shared(&[&u, &i]),
        shared_tcp_udp: shared(&[&t, &u]),
        udp_ttl: first_ttl(udp(replies)),
        icmp_ttl: first_ttl(icmp(replies)),
        tcp_ttl: first_ttl(tcp(replies)),
        icmp_size: size(icmp(replies).next()),
        tcp_size: size(tcp(replies).next()),
        udp_size: size(udp(replies).next()),
        rst_sequence: rst.map(|sequence| sequence != 0),
        text: String::new(),
    };
    let answered = vector.icmp_size.or(vector.tcp_size).or(vector.udp_size);
    vector.text = text(&vector);
    answered.map(|_| vector)
}

/// The canonical text: the 15 features in the order of the record, `-` where unknown.
fn text(vector: &LfpVector) -> String {
    let fields = [
        flag(vector.icmp_ip_id_echo),
        letter(vector.icmp_ip_id),
        letter(vector.tcp_ip_id),
        letter(vector.udp_ip_id),
        flag(vector.shared_all),
        flag(vector.shared_tcp_icmp),
        flag(vector.shared_udp_icmp),
        flag(vector.shared_tcp_udp),
        number(vector.udp_ttl),
        number(vector.icmp_ttl),
        number(vector.tcp_ttl),
        number(vector.icmp_size),
        number(vector.tcp_size),
        number(vector.udp_size),
        flag(vector.rst_sequence),
    ];
    fields.join(",")
}

fn number(value: Option<impl Display>) -> String {
    value.map_or_else(|| "-".to_string(), |value| value.to_string())
}

fn flag(value: Option<bool>) -> String {
    number(value.map(u8::from))
}

fn letter(value: Option<IpIdBehaviour>) -> String {
    number(value.map(|behaviour| match behaviour {
        IpIdBehaviour::Incremental => 'i',
        IpIdBehaviour::Random => 'r',
        IpIdBehaviour::Zero => 'z',
        IpIdBehaviour::Static => 's',
        IpIdBehaviour::Duplicate => 'd',
    }))
}
