//! What a SYN offered, what the SYN-ACK has of it, and the reset that ends it.
use super::TTL;
use crate::record::{PortState, Reply, SegmentOption, TcpFeature, TcpHandshake, TcpSegment};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use netsonde_wire::ip::{IpBuild, IpPacket, protocol};
use netsonde_wire::tcp::{self, Tcp, TcpBuild, TcpOption, flags};

/// Kinds of options (IANA, "TCP Option Kind Numbers").
pub(super) mod kinds {
    pub(crate) const SEGMENT: u8 = 2;
    pub(crate) const WINDOW_SCALE: u8 = 3;
    pub(crate) const SACK_PERMITTED: u8 = 4;
    pub(crate) const TIMESTAMPS: u8 = 8;
    pub(crate) const MPTCP: u8 = 30;
    pub(crate) const FAST_OPEN: u8 = 34;
}

/// `MP_CAPABLE` of a SYN-ACK: subtype and version, flags, the key of the host.
const CAPABLE_LEN: usize = 10;

/// What became of the SYN in `probe`. Without a SYN-ACK nothing is known of what the host would do.
pub(super) fn handshake(
    probe: &[u8],
    state: PortState,
    answer: Option<(&Reply, &[u8])>,
) -> TcpHandshake {
    let offered = segment_of(probe);
    let answered = answer.and_then(|(_, packet)| segment_of(packet));
    let mut shake = TcpHandshake {
        state,
        offered: offered.as_ref().map(record).unwrap_or_default(),
        answered: answered.as_ref().map(record),
        reply: answer.map(|(reply, _)| reply.clone()),
        plain: None,
        mptcp: None,
        mptcp_version: None,
        ecn: None,
        sack: None,
        timestamps: None,
        window_scaling: None,
        fast_open: None,
        window_shift: None,
        mss: None,
    };
    if let (Some(offered), Some(answered), PortState::Open) = (offered, answered, state) {
        negotiate(&mut shake, &offered, &answered);
    }
    shake
}

fn negotiate(shake: &mut TcpHandshake, offered: &Tcp<'_>, answered: &Tcp<'_>) {
    let has = |tcp: &Tcp<'_>, kind| data_of(tcp, kind).is_some();
    // Options without data: whoever copies them cannot be told from whoever means them.
    let simple = |kind| feature(has(offered, kind), has(answered, kind), false);
    shake.sack = Some(simple(kinds::SACK_PERMITTED));
    shake.window_scaling = Some(simple(kinds::WINDOW_SCALE));
    let stamps = data_of(answered, kinds::TIMESTAMPS);
    let is_copy = stamps == data_of(offered, kinds::TIMESTAMPS);
    let is_offered = has(offered, kinds::TIMESTAMPS);
    shake.timestamps = Some(feature(is_offered, stamps.is_some(), is_copy));
    let cookie = data_of(answered, kinds::FAST_OPEN);
    let is_copy = cookie.is_some_and(<[u8]>::is_empty);
    let is_offered = has(offered, kinds::FAST_OPEN);
    shake.fast_open = Some(feature(is_offered, cookie.is_some(), is_copy));
    let capable = data_of(answered, kinds::MPTCP);
    let asked = data_of(offered, kinds::MPTCP);
    // A SYN-ACK has a key, and not that of the SYN (RFC 8684, section 3.1).
    let is_copy = capable.is_some_and(|data| Some(data) == asked || data.len() < CAPABLE_LEN);
    let mptcp = feature(asked.is_some(), capable.is_some(), is_copy);
    shake.mptcp = Some(mptcp);
    if mptcp == TcpFeature::Accepted {
        shake.mptcp_version = capable
            .and_then(|data| data.first())
            .map(|byte| byte & 0x0f);
    }
    let set = |tcp: &Tcp<'_>, flag| tcp.flags.unwrap_or_default() & flag != 0;
    // An ECN-setup SYN-ACK has ECE alone: CWR too is what hosts have that copy flags (RFC 3168, section 6.1.1).
    let (ece, cwr) = (set(answered, flags::ECE), set(answered, flags::CWR));
    shake.ecn = Some(feature(set(offered, flags::ECE), ece, cwr));
    for option in tcp::options(answered.options) {
        match option {
            TcpOption::MaximumSegmentSize(size) => shake.mss = Some(size),
            TcpOption::WindowScale(shift) => shake.window_shift = Some(shift),
            _ => {}
        }
    }
}

fn feature(is_offered: bool, is_answered: bool, is_copy: bool) -> TcpFeature {
    match (is_offered, is_answered) {
        (false, _) => TcpFeature::NotOffered,
        (true, false) => TcpFeature::Refused,
        (true, true) if is_copy => TcpFeature::Mirrored,
        (true, true) => TcpFeature::Accepted,
    }
}

/// The reset for a SYN-ACK: the next number that its sender expects.
pub(super) fn reset(packet: &[u8]) -> Option<Vec<u8>> {
    let ip = IpPacket::parse(packet).ok()?;
    let heard = Tcp::parse(ip.payload).ok()?;
    let (source, destination) = (ip.header.destination, ip.header.source);
    let build = TcpBuild {
        source_port: heard.destination_port,
        destination_port: heard.source_port,
        sequence: heard.acknowledgment?,
        acknowledgment: 0,
        flags: flags::RST,
        window: 0,
        options: &[],
        payload: &[],
    };
    let mut segment = Vec::new();
    build.emit(source, destination, &mut segment);
    let build = IpBuild {
        source,
        destination,
        protocol: protocol::TCP,
        ttl: TTL,
        tos: 0,
        ident: 0,
        flow_label: 0,
        dont_fragment: true,
    };
    let mut packet = Vec::new();
    build.emit(&segment, &mut packet);
    Some(packet)
}

/// The segment in a whole packet.
fn segment_of(packet: &[u8]) -> Option<Tcp<'_>> {
    let ip = IpPacket::parse(packet).ok()?;
    if ip.header.protocol != protocol::TCP {
        return None;
    }
    Tcp::parse(ip.payload).ok()
}

fn record(tcp: &Tcp<'_>) -> TcpSegment {
    TcpSegment {
        flags: tcp.flags.unwrap_or_default(),
        window: tcp.window.unwrap_or_default(),
        urgent: tcp.urgent.unwrap_or_default(),
        options: raw_options(tcp.options)
            .map(|(kind, data)| SegmentOption {
                kind,
                data: hexadecimal(data),
            })
            .collect(),
    }
}

fn data_of<'a>(tcp: &Tcp<'a>, kind: u8) -> Option<&'a [u8]> {
    raw_options(tcp.options).find_map(|(found, data)| (found == kind).then_some(data))
}

/// Kind and data of each option, padding left out; ends at the end of the list or at what cannot be read.
pub(super) fn raw_options(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = bytes;
    core::iter::from_fn(move || {
        loop {
            match *rest {
                [1, ref after @ ..] => rest = after,
                [] | [0, ..] | [_] => return None,
                [kind, length, ref after @ ..] => {
                    let len = usize::from(length).checked_sub(2)?;
                    let (data, after) = after.split_at_checked(len)?;
                    rest = after;
                    return Some((kind, data));
                }
            }
        }
    })
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes every character");
        text
    })
}
