//! What a probe says beside its identity: nothing, an SNMP question, or a set of TCP options.
use super::shape::Method;
use crate::job::MptcpOffer;
use crate::seed::mix;
use alloc::vec::Vec;
use netsonde_wire::snmp;
use netsonde_wire::tcp::{TcpOption, flags};

/// What the ordinary SYN offers as its largest segment: what any IPv6 path carries.
const SEGMENT: u16 = 1_220;
/// What the ordinary SYN shifts its window by.
const WINDOW_SHIFT: u8 = 7;
/// Kind of the Multipath TCP option.
const MPTCP: u8 = 30;
/// Kind of the Fast Open option; empty, it asks for a cookie (RFC 7413, section 4.1.1).
const FAST_OPEN: u8 = 34;
/// `MP_CAPABLE` (subtype 0) and version 0 or 1, then the flag for HMAC-SHA1 or HMAC-SHA256.
const CAPABLE_V0: [u8; 2] = [0x00, 0x01];
const CAPABLE_V1: [u8; 2] = [0x01, 0x01];
/// Window of every segment.
pub(super) const WINDOW: u16 = 64_240;

/// What a probe carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Content {
    /// The tag that identifies it; in TCP probes the options of an ordinary SYN.
    #[default]
    Tag,
    /// An `SNMPv3` discovery whose message identifier is keyed. Only for UDP with a source port per probe.
    SnmpDiscovery,
    /// TCP options and flags beyond the ordinary ones.
    Tcp(TcpSet),
}

/// What a TCP probe offers beyond an ordinary SYN or ACK.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "independent parts of a segment"
)]
pub(crate) struct TcpSet {
    /// `MP_CAPABLE` of Multipath TCP.
    pub(crate) mptcp: MptcpOffer,
    /// The question for a Fast Open cookie.
    pub(crate) fast_open: bool,
    /// No option but the maximum segment size.
    pub(crate) bare: bool,
    /// The flags ECE and CWR: a SYN that would use explicit congestion notification (RFC 3168).
    pub(crate) ecn: bool,
    /// A SYN whose acknowledgment field is not 0 although it acknowledges nothing.
    pub(crate) acknowledges: bool,
    /// Maximum segment size; 0 for that of every other probe.
    pub(crate) segment: u16,
}

impl Content {
    fn tcp(self) -> TcpSet {
        match self {
            Self::Tcp(set) => set,
            Self::Tag | Self::SnmpDiscovery => TcpSet::default(),
        }
    }

    /// The options of a segment; `word` is its keyed number, `capable` what `MP_CAPABLE` holds.
    pub(super) fn tcp_options(
        self,
        method: Method,
        word: u32,
        capable: &Capable,
    ) -> Vec<TcpOption<'_>> {
        if method == Method::TcpAck {
            return Vec::new();
        }
        let set = self.tcp();
        let segment = if set.segment == 0 {
            SEGMENT
        } else {
            set.segment
        };
        let mut options = Vec::from([TcpOption::MaximumSegmentSize(segment)]);
        if set.bare {
            return options;
        }
        options.extend([
            TcpOption::SackPermitted,
            TcpOption::Timestamps {
                value: stamp(word),
                echo: 0,
            },
            TcpOption::Nop,
            TcpOption::WindowScale(WINDOW_SHIFT),
        ]);
        if !capable.bytes().is_empty() {
            options.push(TcpOption::Unknown {
                kind: MPTCP,
                data: capable.bytes(),
            });
        }
        if set.fast_open {
            options.push(TcpOption::Unknown {
                kind: FAST_OPEN,
                data: &[],
            });
        }
        options
    }

    /// What `MP_CAPABLE` holds in the segment whose keyed number is `word`.
    pub(super) fn capable(self, word: u32) -> Capable {
        Capable::new(self.tcp().mptcp, word)
    }

    /// The flags of a segment.
    pub(super) fn tcp_flags(self, method: Method) -> u16 {
        let base = if method == Method::TcpAck {
            flags::ACK
        } else {
            flags::SYN
        };
        let ecn = if self.tcp().ecn {
            flags::ECE | flags::CWR
        } else {
            0
        };
        base | ecn
    }

    /// The acknowledgment number of a segment.
    pub(super) fn tcp_acknowledgment(self, method: Method, word: u32) -> u32 {
        if method == Method::TcpAck || self.tcp().acknowledges {
            word
        } else {
            0
        }
    }

    /// Bytes of TCP header.
    pub(super) fn tcp_header_len(self, method: Method) -> u16 {
        let set = self.tcp();
        if method == Method::TcpAck || set.bare {
            return if method == Method::TcpAck { 20 } else { 24 };
        }
        let capable: u16 = match set.mptcp {
            MptcpOffer::None => 0,
            MptcpOffer::V0 => 12,
            MptcpOffer::V1 => 4,
        };
        40 + capable + if set.fast_open { 4 } else { 0 }
    }

    /// A UDP payload that is not the tag: `keyed` authenticates its answer.
    pub(super) fn datagram(self, keyed: [u8; 6]) -> Option<Vec<u8>> {
        let [_, _, a, b, c, d] = keyed;
        (self == Self::SnmpDiscovery).then(|| snmp::discovery(u32::from_be_bytes([a, b, c, d])))
    }
}

/// The data of an `MP_CAPABLE` option.
#[derive(Clone, Copy, Debug)]
pub(super) struct Capable {
    room: [u8; 10],
    len: usize,
}

impl Capable {
    fn new(offer: MptcpOffer, word: u32) -> Self {
        let mut room = [0; 10];
        let len = match offer {
            MptcpOffer::None => 0,
            MptcpOffer::V0 => {
                room[..2].copy_from_slice(&CAPABLE_V0);
                // A key that belongs to this probe: one who copies it shows that he copies.
                room[2..].copy_from_slice(&mix(u64::from(word)).to_be_bytes());
                room.len()
            }
            MptcpOffer::V1 => {
                room[..2].copy_from_slice(&CAPABLE_V1);
                CAPABLE_V1.len()
            }
        };
        Self { room, len }
    }

    fn bytes(&self) -> &[u8] {
        &self.room[..self.len]
    }
}

/// The timestamp of a SYN, keyed too: it finds a probe whose sequence number was rewritten.
pub(super) fn stamp(word: u32) -> u32 {
    word.rotate_left(16)
}

/// The sequence number that goes with a timestamp.
pub(super) fn unstamp(value: u32) -> u32 {
    value.rotate_right(16)
}

#[cfg(test)]
mod tests {
    use super::{Content, TcpSet};
    use crate::identity::tests::fix_header;
    use crate::identity::{Finding, Heard, Issue, Keys, Method, Registry, Shape};
    use crate::job::{MptcpOffer, Privilege};
    use crate::slab::Handle;
    use crate::testing::{address, error, source};
    use alloc::vec::Vec;
    use netsonde_wire::ip::{IpBuild, IpPacket, protocol};
    use netsonde_wire::tcp::{self, Tcp, TcpOption, flags};
    use netsonde_wire::udp::{self, Udp};
    use netsonde_wire::{icmp::types, snmp};

    fn shape(method: Method, v6: bool, content: Content) -> Shape {
        Shape {
            target: address(v6, 200),
            source: source(v6),
            method,
            flow: 0,
            label_flow: 0,
            size: 0,
            tos: 0,
            destination_port: 161,
            dont_fragment: true,
            content,
        }
    }

    fn issue(shape: &Shape) -> (Registry, Vec<u8>) {
        let mut registry = Registry::new(Keys::new([7; 16], 1), Privilege::Raw, 100, 0);
        let probe = Issue {
            measurement: Handle {
                number: 1,
                place: 0,
            },
            ttl: 9,
            attempt: 1,
            now_ns: 0,
            wait_ns: 1,
        };
        let mut packet = Vec::new();
        registry.issue(shape, probe, &mut packet);
        (registry, packet)
    }

    const FULL: Content = Content::Tcp(TcpSet {
        mptcp: MptcpOffer::V1,
        fast_open: true,
        bare: false,
        ecn: true,
        acknowledges: true,
        segment: 1_460,
    });

    #[test]
    fn headers_are_as_long_as_they_are_said_to_be() {
        let sets = [MptcpOffer::None, MptcpOffer::V0, MptcpOffer::V1]
            .into_iter()
            .flat_map(|mptcp| {
                [(false, false), (true, false), (false, true)].map(|(fast_open, bare)| TcpSet {
                    mptcp,
                    fast_open,
                    bare,
                    ..TcpSet::default()
                })
            });
        for set in sets {
            let content = Content::Tcp(set);
            let (_, packet) = issue(&shape(Method::TcpSyn, false, content));
            let stated = usize::from(content.tcp_header_len(Method::TcpSyn));
            assert_eq!(usize::from(packet[32] >> 4) * 4, stated, "{set:?}");
            let tcp = Tcp::parse(&packet[20..]).unwrap();
            assert_eq!(tcp::options(tcp.options).count() == 1, set.bare, "{set:?}");
        }
    }

    #[test]
    fn a_syn_offers_what_it_is_told_to() {
        for v6 in [false, true] {
            let (_, packet) = issue(&shape(Method::TcpSyn, v6, FULL));
            let ip = IpPacket::parse(&packet).unwrap();
            assert!(Tcp::checksum_ok(
                ip.payload,
                ip.header.source,
                ip.header.destination
            ));
            let tcp = Tcp::parse(ip.payload).unwrap();
            assert_eq!(tcp.flags, Some(flags::SYN | flags::ECE | flags::CWR));
            assert_eq!(tcp.acknowledgment, Some(tcp.sequence));
            let options: Vec<_> = tcp::options(tcp.options).collect();
            let mptcp = TcpOption::Unknown {
                kind: 30,
                data: &[1, 1],
            };
            let cookie = TcpOption::Unknown {
                kind: 34,
                data: &[],
            };
            assert!(options.contains(&cookie));
            assert!(
                options.contains(&mptcp) && options.contains(&TcpOption::MaximumSegmentSize(1_460))
            );
            assert!(v6 || packet[6] & 0x40 != 0, "do not fragment");
        }
    }

    #[test]
    fn a_discovery_is_found_by_its_port_and_by_quotes() {
        for v6 in [false, true] {
            let (registry, packet) =
                issue(&shape(Method::UdpBySourcePort, v6, Content::SnmpDiscovery));
            let header = if v6 { 40 } else { 20 };
            let ask = Udp::parse(&packet[header..]).unwrap();
            assert!(snmp::Message::parse(ask.payload).is_ok());
            let mut datagram = Vec::new();
            let (from, to) = (address(v6, 200), source(v6));
            udp::emit(from, to, 161, ask.source_port, b"hello", &mut datagram);
            let build = IpBuild {
                source: from,
                destination: to,
                protocol: protocol::UDP,
                ttl: 60,
                tos: 0,
                ident: 1,
                flow_label: 0,
                dont_fragment: false,
            };
            let mut reply = Vec::new();
            build.emit(&datagram, &mut reply);
            let find = |packet: &[u8]| registry.find(&Heard::parse(packet).unwrap());
            assert_eq!(find(&reply), Finding::Authentic(0));
            let kind = if v6 {
                types::V6_TIME_EXCEEDED
            } else {
                types::V4_TIME_EXCEEDED
            };
            let short = error(&packet, address(v6, 9), kind, 0, header + 8);
            assert_eq!(find(&short), Finding::Authentic(0));
            let mut forged = packet.clone();
            forged[header + 7] ^= 1;
            forged[5] ^= u8::from(!v6);
            if !v6 {
                fix_header(&mut forged);
            }
            let forged = error(&forged, address(v6, 9), kind, 0, header + 8);
            assert_eq!(find(&forged), Finding::Rejected);
        }
    }

    #[test]
    fn a_rewritten_sequence_number_is_forgiven_where_the_timestamp_is_quoted() {
        let (registry, mut packet) = issue(&shape(Method::TcpSyn, false, Content::Tag));
        packet[24..28].copy_from_slice(&[1, 2, 3, 4]);
        let find = |quote_len| {
            let reply = error(
                &packet,
                address(false, 9),
                types::V4_TIME_EXCEEDED,
                0,
                quote_len,
            );
            registry.find(&Heard::parse(&reply).unwrap())
        };
        assert_eq!(find(60), Finding::Authentic(0));
        assert_eq!(find(28), Finding::Rejected);
    }
}
