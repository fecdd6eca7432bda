//! A packet as it came, read as far as a reply to a probe goes.
#[cfg(test)]
mod tests;

use crate::job::Privilege;
use crate::record::{Extension, Label, Reply, ReplyKind};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use netsonde_wire::icmp::{
    ErrorKind, Extensions, Icmp, IcmpError, InterfaceInfo, Object, QuotedTransport, types,
};
use netsonde_wire::ip::{IpHeader, IpPacket, protocol};
use netsonde_wire::mpls;
use netsonde_wire::tcp::{Tcp, flags};
use netsonde_wire::udp::Udp;

/// A packet that may be a reply.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Heard<'a> {
    /// An ICMP error and the packet that it quotes.
    Error {
        ip: IpHeader,
        error: IcmpError<'a>,
        quoted: IpHeader,
        transport: QuotedTransport<'a>,
    },
    /// An answer to an echo request.
    EchoReply {
        ip: IpHeader,
        ident: u16,
        sequence: u16,
        payload: &'a [u8],
    },
    /// A TCP segment.
    Tcp { ip: IpHeader, tcp: Tcp<'a> },
    /// A UDP datagram.
    Udp { ip: IpHeader, udp: Udp<'a> },
}

/// Why a packet is not a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unheard {
    /// It cannot be read as far as it would have to be.
    Unparsed,
    /// It is of no kind that answers a probe: a request, a redirect, another protocol.
    Unrelated,
}

impl<'a> Heard<'a> {
    /// Reads one whole IP packet.
    pub(crate) fn parse(packet: &'a [u8]) -> Result<Self, Unheard> {
        let packet = IpPacket::parse(packet).map_err(|_| Unheard::Unparsed)?;
        let ip = packet.header;
        if ip.fragment_offset != 0 || ip.more_fragments {
            return Self::parse_fragment(ip, packet.payload);
        }
        match (ip.protocol, ip.source.is_ipv6()) {
            (protocol::ICMP, false) | (protocol::ICMPV6, true) => {
                Self::parse_icmp(ip, packet.payload)
            }
            (protocol::TCP, _) => {
                let tcp = Tcp::parse(packet.payload).map_err(|_| Unheard::Unparsed)?;
                Ok(Self::Tcp { ip, tcp })
            }
            (protocol::UDP, _) => {
                let udp = Udp::parse(packet.payload).map_err(|_| Unheard::Unparsed)?;
                Ok(Self::Udp { ip, udp })
            }
            _ => Err(Unheard::Unrelated),
        }
    }

    /// Of the fragments of an IPv6 echo reply the first tells whose it is, and none the checksum. Those behind it
    /// are nobody's; no other reply is made so large that it would come in pieces.
    fn parse_fragment(ip: IpHeader, message: &'a [u8]) -> Result<Self, Unheard> {
        if ip.protocol != protocol::ICMPV6 || !ip.source.is_ipv6() {
            return Err(Unheard::Unparsed);
        }
        if ip.fragment_offset != 0 {
            return Err(Unheard::Unrelated);
        }
        match Icmp::parse(message, true) {
            Ok(Icmp::EchoReply {
                ident,
                sequence,
                payload,
            }) => Ok(Self::EchoReply {
                ip,
                ident,
                sequence,
                payload,
            }),
            _ => Err(Unheard::Unparsed),
        }
    }

    fn parse_icmp(ip: IpHeader, message: &'a [u8]) -> Result<Self, Unheard> {
        // TCP and UDP checksums are left alone: between two hosts of one machine they may not be computed.
        if !Icmp::checksum_ok(message, ip.source, ip.destination) {
            return Err(Unheard::Unparsed);
        }
        match Icmp::parse(message, ip.source.is_ipv6()).map_err(|_| Unheard::Unparsed)? {
            Icmp::EchoReply {
                ident,
                sequence,
                payload,
            } => Ok(Self::EchoReply {
                ip,
                ident,
                sequence,
                payload,
            }),
            // Advice to the host, not an answer: the probe itself was forwarded.
            Icmp::Error(error) if error.kind == ErrorKind::Redirect => Err(Unheard::Unrelated),
            Icmp::Error(error) => {
                let (quoted, transport) =
                    error.quoted_transport().map_err(|_| Unheard::Unparsed)?;
                Ok(Self::Error {
                    ip,
                    error,
                    quoted: quoted.header,
                    transport,
                })
            }
            _ => Err(Unheard::Unrelated),
        }
    }

    /// The header of the packet itself.
    pub(crate) fn ip(&self) -> &IpHeader {
        match self {
            Self::Error { ip, .. }
            | Self::EchoReply { ip, .. }
            | Self::Tcp { ip, .. }
            | Self::Udp { ip, .. } => ip,
        }
    }

    /// The record of it. Without privilege a link rebuilds packets from what the kernel tells:
    /// what it cannot know is left out.
    pub(crate) fn reply(&self, attempt: u32, rtt_ns: u64, privilege: Privilege) -> Reply {
        let ip = self.ip();
        let raw = privilege == Privilege::Raw;
        let mut reply = Reply {
            responder: ip.source,
            kind: self.kind(),
            attempt,
            rtt_ns,
            sent_ns: None,
            reply_ttl: Some(ip.ttl).filter(|ttl| raw || *ttl != 0),
            reply_tos: Some(ip.tos).filter(|_| raw),
            ip_id: ip.ident.filter(|_| raw),
            size: u16::try_from(ip.total_len - fragment_header(ip)).unwrap_or(u16::MAX),
            icmp_type: None,
            icmp_code: None,
            quoted_ttl: None,
            quoted_tos: None,
            mtu: None,
            labels: Vec::new(),
            extensions: Vec::new(),
        };
        match self {
            Self::Error { error, quoted, .. } => {
                reply.icmp_type = Some(error.icmp_type);
                reply.icmp_code = Some(error.icmp_code);
                reply.quoted_ttl = Some(quoted.ttl).filter(|_| raw);
                reply.quoted_tos = Some(quoted.tos).filter(|_| raw);
                reply.mtu = Some(error.mtu).filter(|_| error.kind == ErrorKind::PacketTooBig);
                if let Some(extensions) = error.extensions {
                    read_extensions(extensions, &mut reply);
                }
            }
            Self::EchoReply { ip, .. } => {
                let v6 = ip.source.is_ipv6();
                reply.icmp_type = Some(if v6 {
                    types::V6_ECHO_REPLY
                } else {
                    types::V4_ECHO_REPLY
                });
                reply.icmp_code = Some(0);
            }
            Self::Tcp { .. } | Self::Udp { .. } => {}
        }
        reply
    }

    fn kind(&self) -> ReplyKind {
        match self {
            Self::Error { error, .. } => match error.kind {
                ErrorKind::TimeExceeded => ReplyKind::TimeExceeded,
                ErrorKind::Unreachable => ReplyKind::Unreachable,
                ErrorKind::PacketTooBig => ReplyKind::PacketTooBig,
                ErrorKind::ParameterProblem => ReplyKind::ParameterProblem,
                ErrorKind::Redirect => ReplyKind::Redirect,
            },
            Self::EchoReply { .. } => ReplyKind::EchoReply,
            Self::Tcp { tcp, .. } if tcp.flags.unwrap_or_default() & flags::RST != 0 => {
                ReplyKind::TcpRst
            }
            Self::Tcp { .. } => ReplyKind::TcpSynAck,
            Self::Udp { .. } => ReplyKind::UdpReply,
        }
    }
}

/// Octets of a fragment header that says that its packet is whole: links that put packets together leave it there for
/// its identification, others take it out.
fn fragment_header(ip: &IpHeader) -> usize {
    if ip.source.is_ipv6() && ip.ident.is_some() && !ip.more_fragments {
        8
    } else {
        0
    }
}

/// Labels of a structure whose checksum is wrong are not believed: its objects are kept raw.
fn read_extensions(extensions: Extensions<'_>, reply: &mut Reply) {
    if extensions.checksum_ok() == Some(false) {
        reply.extensions.push(Extension::Unknown {
            class: 0,
            c_type: 0,
            payload: hexadecimal(extensions.as_bytes()),
        });
        return;
    }
    for object in extensions.objects() {
        match object {
            Object::LabelStack { raw } => reply.labels.extend(mpls::entries(raw).map(label)),
            Object::Interface(info) => reply.extensions.push(interface(&info)),
            Object::Unknown {
                class,
                c_type,
                payload,
            } => {
                reply.extensions.push(Extension::Unknown {
                    class,
                    c_type,
                    payload: hexadecimal(payload),
                });
            }
            _ => {}
        }
    }
}

fn label(entry: mpls::Lse) -> Label {
    Label {
        label: entry.label,
        tc: entry.tc,
        bottom: entry.bottom,
        ttl: entry.ttl,
    }
}

fn interface(info: &InterfaceInfo<'_>) -> Extension {
    Extension::Interface {
        role: info.role,
        if_index: info.if_index,
        address: info.address,
        name: info
            .name
            .map(|name| String::from_utf8_lossy(name).into_owned()),
        mtu: info.mtu,
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a String takes every character");
            text
        })
}
