//! Programs for sockets that receive frames, and what raw sockets leave to them.
use super::{Carries, Scope, icmp4, icmp6, tcp4, tcp6, udp4, udp6};
use crate::bpf::Assembler;
use std::net::IpAddr;

/// Addresses of this host, of either IP version, that replies may be for at most.
pub(crate) const ADDRESSES_MAX: usize = 32;
/// Longest IPv4 packet that is taken from frames, whole or put together from their fragments; longer ones come by raw
/// sockets, for which the kernel puts fragments together. Errors are no longer (RFC 1812, section 4.3.2.3).
pub(crate) const V4_MAX: u32 = 576;
/// The same for UDP and TCP over IPv6, whose header is 40 octets of it (RFC 8200, section 5). A fragment header, which
/// the kernel takes out, does not count.
pub(crate) const V6_MAX: u32 = 1_280;
const V6_HEADER: u32 = 40;
pub(crate) const V6_FRAGMENT_HEADER: u32 = 8;

/// What the kernel knows of a packet beside its bytes (`SKF_AD_OFF` of linux/filter.h), and where its network header is.
const ANCILLARY: u32 = 0xffff_f000;
const PACKET_TYPE: u32 = ANCILLARY + 4;
const INTERFACE: u32 = ANCILLARY + 8;
const VLAN_TAG_PRESENT: u32 = ANCILLARY + 48;
const NETWORK: u32 = 0xfff0_0000;
/// `PACKET_HOST`: for this host, not one that is only overheard.
const FOR_US: u32 = 0;
/// The bits of the offset, in eight octets of IPv4, in octets of IPv6.
const V4_FRAGMENT_OFFSET: u32 = 0x1fff;
const V6_FRAGMENT_OFFSET: u32 = 0xfff8;
const V6_FRAGMENT: u32 = 44;

/// What is received as frames: packets that came by these interfaces for these addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frames {
    pub(crate) interfaces: Vec<u32>,
    pub(crate) addresses: Vec<IpAddr>,
}

impl Frames {
    fn v4(&self) -> Vec<u32> {
        let v4 = self.addresses.iter().filter_map(|address| match address {
            IpAddr::V4(v4) => Some(u32::from(*v4)),
            IpAddr::V6(_) => None,
        });
        v4.collect()
    }

    fn v6(&self) -> Vec<[u32; 4]> {
        let v6 = self.addresses.iter().filter_map(|address| match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(v6) => Some(u128::from(*v6)),
        });
        v6.map(|bits| {
            [96, 64, 32, 0].map(|shift| u32::try_from(bits >> shift & 0xffff_ffff).unwrap_or(0))
        })
        .collect()
    }

    /// Lets a raw socket drop what a ring takes.
    pub(super) fn leave(&self, code: &mut Assembler, carries: Carries) {
        if self.interfaces.is_empty() {
            return;
        }
        code.load_word(INTERFACE);
        code.when_among(&self.interfaces, |code| match carries {
            Carries::Icmp4 | Carries::Udp4 | Carries::Tcp4 => {
                code.load_length();
                code.when_at_most(V4_MAX, |code| {
                    code.load_word(16);
                    code.when_among(&self.v4(), Assembler::drop_packet);
                });
            }
            Carries::Icmp6 => self.leave_v6(code, 58),
            Carries::Udp6 | Carries::Tcp6 => {
                code.load_length();
                code.when_at_most(V6_MAX - V6_HEADER, |code| {
                    self.leave_v6(code, if carries == Carries::Udp6 { 17 } else { 6 });
                });
            }
        });
    }

    /// Packets with extension headers are not taken by rings, but for a fragment header alone: of a packet that was put
    /// together the kernel has taken it out, and left it in one that was never cut (RFC 6946).
    fn leave_v6(&self, code: &mut Assembler, protocol: u32) {
        let leave = |code: &mut Assembler| {
            code.when_words_among(NETWORK + 24, &self.v6(), Assembler::drop_packet);
        };
        code.load_u8(NETWORK + 6);
        code.when_among(&[protocol], leave);
        code.when_among(&[V6_FRAGMENT], |code| {
            code.load_u8(NETWORK + V6_HEADER);
            code.when_among(&[protocol], leave);
        });
    }
}

/// The program for a socket that receives the frames of one IP version, from their IP header on.
pub(crate) fn program(v6: bool, scope: &Scope, frames: &Frames) -> Vec<libc::sock_filter> {
    let mut code = Assembler::default();
    code.load_word(PACKET_TYPE);
    code.when_among(&[FOR_US], |code| {
        // A frame of a VLAN comes once more by the interface of that VLAN.
        code.load_word(VLAN_TAG_PRESENT);
        code.when_among(&[0], |code| {
            if v6 {
                code.when_words_among(24, &frames.v6(), |code| keep_v6(code, scope));
            } else {
                code.load_word(16);
                code.when_among(&frames.v4(), |code| keep_v4(code, scope));
            }
        });
    });
    code.drop_packet();
    code.finish()
}

/// Of a fragment that is not the first nobody can say whose it is, only that it may be of a packet that is taken.
fn keep_v4(code: &mut Assembler, scope: &Scope) {
    code.load_length();
    code.when_at_most(V4_MAX, |code| {
        code.load_u16(6);
        code.when_any_bit(V4_FRAGMENT_OFFSET, |code| {
            code.keep_bits(V4_FRAGMENT_OFFSET);
            code.when_at_most(V4_MAX / 8, |code| {
                code.load_u8(9);
                code.when_among(protocols(1, scope), Assembler::keep_packet);
            });
            code.drop_packet();
        });
        code.load_u8(9);
        code.when_among(&[1], |code| icmp4(code, scope));
        code.when_among(&[6], |code| tcp4(code, scope));
        if scope.udp_replies {
            code.when_among(&[17], |code| udp4(code, scope));
        }
    });
    code.drop_packet();
}

fn keep_v6(code: &mut Assembler, scope: &Scope) {
    code.load_u8(6);
    code.when_among(&[58], |code| icmp6(code, scope, V6_HEADER));
    code.when_among(&[V6_FRAGMENT], |code| keep_v6_fragment(code, scope));
    code.load_length();
    code.when_at_most(V6_MAX, |code| {
        code.load_u8(6);
        code.when_among(&[6], |code| tcp6(code, scope, V6_HEADER));
        if scope.udp_replies {
            code.when_among(&[17], |code| udp6(code, scope, V6_HEADER));
        }
    });
    code.drop_packet();
}

/// What has a fragment header and nothing else: echo replies may be of any length.
fn keep_v6_fragment(code: &mut Assembler, scope: &Scope) {
    let at = V6_HEADER + V6_FRAGMENT_HEADER;
    code.load_u16(V6_HEADER + 2);
    code.when_any_bit(V6_FRAGMENT_OFFSET, |code| {
        code.keep_bits(V6_FRAGMENT_OFFSET);
        code.when_at_most(V6_MAX, |code| {
            code.load_u8(V6_HEADER);
            code.when_among(protocols(58, scope), Assembler::keep_packet);
        });
        code.load_u8(V6_HEADER);
        code.when_among(&[58], Assembler::keep_packet);
        code.drop_packet();
    });
    code.load_u8(V6_HEADER);
    code.when_among(&[58], |code| icmp6(code, scope, at));
    code.load_length();
    code.when_at_most(V6_MAX + V6_FRAGMENT_HEADER, |code| {
        code.load_u8(V6_HEADER);
        code.when_among(&[6], |code| tcp6(code, scope, at));
        if scope.udp_replies {
            code.when_among(&[17], |code| udp6(code, scope, at));
        }
    });
    code.drop_packet();
}

fn protocols(icmp: u32, scope: &Scope) -> &'static [u32] {
    match (icmp, scope.udp_replies) {
        (1, true) => &[1, 6, 17],
        (1, false) => &[1, 6],
        (_, true) => &[58, 6, 17],
        (_, false) => &[58, 6],
    }
}
