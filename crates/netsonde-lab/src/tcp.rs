//! TCP of nodes themselves: what closed and open ports answer. Connections are never kept.
use crate::Drop;
use crate::forward::At;
use crate::lab::Lab;
use crate::topology::{TcpFeature, TcpMode};
use netsonde_wire::ip::IpPacket;
use netsonde_wire::tcp::{self, Tcp, TcpBuild, TcpOption, flags};

/// By what a node shifts its window.
const WINDOW_SHIFT: u8 = 7;
/// Kinds of options that have no name of their own.
const MPTCP: u8 = 30;
const FAST_OPEN: u8 = 34;
/// Version and flags of `MP_CAPABLE`, then a key; or a cookie of the same length as the key.
const SECRET: std::ops::Range<usize> = 2..10;
const MILLISECOND_NS: u64 = 1_000_000;

impl Lab {
    /// RFC 9293, 3.10.7.1 and 3.10.7.2: what a closed or listening port answers.
    pub(crate) fn consume_tcp(&mut self, at: At, packet: &IpPacket<'_>) -> Result<(), Drop> {
        let header = &packet.header;
        if !Tcp::checksum_ok(packet.payload, header.source, header.destination) {
            return Err(Drop::BadChecksum);
        }
        let segment = Tcp::parse(packet.payload).map_err(|_| Drop::Malformed)?;
        let set = segment.flags.unwrap_or(0);
        let config = &self.plan.nodes[at.node as usize];
        let ttl = config.behaviour.tcp_ttl;
        let is_open = config.tcp_ports.contains(&segment.destination_port);
        if set & flags::RST != 0 {
            return Ok(());
        }
        if !is_open && config.behaviour.tcp == TcpMode::None {
            self.statistics.suppressed += 1;
            return Ok(());
        }
        let is_syn = set & (flags::SYN | flags::ACK) == flags::SYN;
        let mut body = core::mem::take(&mut self.scratch);
        body.clear();
        if is_syn && is_open {
            self.emit_syn_ack(at, packet, &segment, &mut body);
        } else {
            emit_reset(packet, &segment, &mut body);
        }
        self.reply(at, packet, ttl, &body);
        self.scratch = body;
        Ok(())
    }

    fn emit_syn_ack(&mut self, at: At, packet: &IpPacket<'_>, syn: &Tcp<'_>, out: &mut Vec<u8>) {
        let random = &mut self.nodes[at.node as usize].random;
        let sequence = u32::try_from(random.next() >> 32).expect("32 bits");
        let behaviour = &self.plan.nodes[at.node as usize].behaviour;
        let knows = |feature| behaviour.tcp_features.contains(&feature);
        let mut secret = [0; SECRET.end];
        // A host without them draws nothing: its other numbers stay what they were.
        if [TcpFeature::Mptcp, TcpFeature::MptcpV0, TcpFeature::FastOpen].map(knows) != [false; 3] {
            secret[SECRET].copy_from_slice(&random.next().to_be_bytes());
        }
        secret[..2].copy_from_slice(&[version(syn), 1]);
        let both = flags::ECE | flags::CWR;
        let offered = syn.flags.unwrap_or(0) & both;
        let congestion = match (knows(TcpFeature::Mirror), knows(TcpFeature::Ecn)) {
            (true, _) => offered,
            (false, true) if offered == both => flags::ECE,
            _ => 0,
        };
        let now_ms = u32::try_from((at.now_ns / MILLISECOND_NS) & 0xffff_ffff).expect("32 bits");
        let options = if knows(TcpFeature::Mirror) {
            tcp::options(syn.options).collect()
        } else {
            let mut options = vec![TcpOption::MaximumSegmentSize(behaviour.tcp_mss)];
            let answers = tcp::options(syn.options)
                .filter_map(|offer| answer(offer, &behaviour.tcp_features, now_ms, &secret));
            options.extend(answers.flatten());
            options
        };
        let build = TcpBuild {
            source_port: syn.destination_port,
            destination_port: syn.source_port,
            sequence,
            acknowledgment: after(syn),
            flags: flags::SYN | flags::ACK | congestion,
            window: 65_535,
            options: &options,
            payload: &[],
        };
        build.emit(packet.header.destination, packet.header.source, out);
    }
}

/// The version of Multipath TCP that a SYN offers.
fn version(syn: &Tcp<'_>) -> u8 {
    let offered = tcp::options(syn.options).find_map(|option| match option {
        TcpOption::Unknown { kind: MPTCP, data } => data.first().map(|byte| byte & 0x0f),
        _ => None,
    });
    offered.unwrap_or(0)
}

/// What a host answers to one option of a SYN, with padding in front.
fn answer<'a>(
    offer: TcpOption<'_>,
    features: &[TcpFeature],
    now_ms: u32,
    secret: &'a [u8; SECRET.end],
) -> Option<[TcpOption<'a>; 2]> {
    let knows = |feature| features.contains(&feature);
    let answer = match offer {
        TcpOption::SackPermitted if knows(TcpFeature::Sack) => TcpOption::SackPermitted,
        TcpOption::Timestamps { value, .. } if knows(TcpFeature::Timestamps) => {
            TcpOption::Timestamps {
                value: now_ms,
                echo: value,
            }
        }
        TcpOption::WindowScale(_) if knows(TcpFeature::WindowScale) => {
            TcpOption::WindowScale(WINDOW_SHIFT)
        }
        TcpOption::Unknown { kind: MPTCP, data } => {
            let version = data.first()? & 0x0f;
            let known = [TcpFeature::MptcpV0, TcpFeature::Mptcp];
            let is_known = known
                .get(usize::from(version))
                .is_some_and(|one| knows(*one));
            TcpOption::Unknown {
                kind: MPTCP,
                data: secret.get(..).filter(|_| is_known)?,
            }
        }
        TcpOption::Unknown {
            kind: FAST_OPEN,
            data: [],
        } if knows(TcpFeature::FastOpen) => TcpOption::Unknown {
            kind: FAST_OPEN,
            data: &secret[SECRET],
        },
        _ => return None,
    };
    Some([TcpOption::Nop, answer])
}

fn emit_reset(packet: &IpPacket<'_>, segment: &Tcp<'_>, out: &mut Vec<u8>) {
    let is_acknowledged = segment.flags.unwrap_or(0) & flags::ACK != 0;
    let (sequence, acknowledgment, reply) = if is_acknowledged {
        (segment.acknowledgment.unwrap_or(0), 0, flags::RST)
    } else {
        (0, after(segment), flags::RST | flags::ACK)
    };
    let build = TcpBuild {
        source_port: segment.destination_port,
        destination_port: segment.source_port,
        sequence,
        acknowledgment,
        flags: reply,
        window: 0,
        options: &[],
        payload: &[],
    };
    build.emit(packet.header.destination, packet.header.source, out);
}

/// The sequence number behind a segment.
fn after(segment: &Tcp<'_>) -> u32 {
    let length =
        u32::try_from(segment.payload.len()).expect("a packet is at most 65,535 bytes long");
    let set = segment.flags.unwrap_or(0);
    let occupied = length + u32::from(set & flags::SYN != 0) + u32::from(set & flags::FIN != 0);
    segment.sequence.wrapping_add(occupied)
}
