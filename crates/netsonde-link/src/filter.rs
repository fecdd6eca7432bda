//! Classic BPF programs that keep other programs' traffic out of our queues.
//!
//! They run before the queue, so a busy host costs us nothing, and they are locked: the engine that reads the
//! packets cannot widen them. What they let through is still only a guess that it is ours; the engine checks it.
//!
//! Where frames are received too, each packet comes one way only: what a ring takes, raw sockets leave.
mod frames;

use crate::bpf::Assembler;
pub(crate) use frames::{
    ADDRESSES_MAX, Frames, V4_MAX, V6_FRAGMENT_HEADER, V6_MAX, program as frames_program,
};
use std::ops::RangeInclusive;

/// Bits of the TCP flags.
const SYN_OR_RST: u32 = 0x06;

/// Which replies are ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Identifiers of our ICMP echo requests.
    pub idents: RangeInclusive<u16>,
    /// Source ports of our UDP and TCP probes.
    pub ports: RangeInclusive<u16>,
    /// Whether a UDP datagram can be a reply. If not, other programs' datagrams stay out.
    pub udp_replies: bool,
}

/// What a receiving socket carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carries {
    /// ICMP after an IPv4 header.
    Icmp4,
    /// `ICMPv6`, its IPv6 header already taken off.
    Icmp6,
    /// UDP after an IPv4 header.
    Udp4,
    /// UDP, the IPv6 header already taken off.
    Udp6,
    /// TCP after an IPv4 header.
    Tcp4,
    /// TCP, the IPv6 header already taken off.
    Tcp6,
}

/// The program for one receiving socket beside rings that take `frames`.
pub(crate) fn program(carries: Carries, scope: &Scope, frames: &Frames) -> Vec<libc::sock_filter> {
    let mut code = Assembler::default();
    frames.leave(&mut code, carries);
    match carries {
        Carries::Icmp4 => icmp4(&mut code, scope),
        Carries::Icmp6 => icmp6(&mut code, scope, 0),
        Carries::Udp4 => udp4(&mut code, scope),
        Carries::Udp6 => udp6(&mut code, scope, 0),
        Carries::Tcp4 => tcp4(&mut code, scope),
        Carries::Tcp6 => tcp6(&mut code, scope, 0),
    }
    code.finish()
}

fn udp4(code: &mut Assembler, scope: &Scope) {
    code.load_x_header_length();
    code.load_u16_at_x(2);
    code.keep_if_in(&scope.ports);
}

fn udp6(code: &mut Assembler, scope: &Scope, at: u32) {
    code.load_u16(at + 2);
    code.keep_if_in(&scope.ports);
}

/// What answers a probe of ours has SYN or RST set: the data of other connections stays out.
fn tcp4(code: &mut Assembler, scope: &Scope) {
    code.load_x_header_length();
    code.load_u8_at_x(13);
    code.when_any_bit(SYN_OR_RST, |code| {
        code.load_u16_at_x(2);
        code.keep_if_in(&scope.ports);
    });
    code.drop_packet();
}

fn tcp6(code: &mut Assembler, scope: &Scope, at: u32) {
    code.load_u8(at + 13);
    code.when_any_bit(SYN_OR_RST, |code| {
        code.load_u16(at + 2);
        code.keep_if_in(&scope.ports);
    });
    code.drop_packet();
}

/// Echo replies to us, and errors about our probes.
fn icmp4(code: &mut Assembler, scope: &Scope) {
    code.load_x_header_length();
    code.load_u8_at_x(0);
    code.when(0, |code| {
        code.load_u16_at_x(4);
        code.keep_if_in(&scope.idents);
    });
    // Unreachable, redirect, time exceeded, parameter problem.
    for error in [3, 5, 11, 12] {
        code.when(error, |code| {
            // The protocol of the quoted packet, kept aside while X moves past the quoted header.
            code.load_u8_at_x(8 + 9);
            code.store(0);
            code.load_u8_at_x(8);
            code.add_ipv4_header_length_to_x();
            code.load(0);
            quoted(code, scope, 1, 8, |code, offset| {
                code.load_u16_at_x(8 + offset);
            });
        });
    }
    code.drop_packet();
}

/// As [`icmp4`]; the headers have a fixed length here, and `ICMPv6` begins `at` an offset.
fn icmp6(code: &mut Assembler, scope: &Scope, at: u32) {
    code.load_u8(at);
    code.when(129, |code| {
        code.load_u16(at + 4);
        code.keep_if_in(&scope.idents);
    });
    // Unreachable, packet too big, time exceeded, parameter problem.
    for error in [1, 2, 3, 4] {
        code.when(error, |code| {
            code.load_u8(at + 8 + 6);
            quoted(code, scope, 58, 128, |code, offset| {
                code.load_u16(at + 8 + 40 + offset);
            });
        });
    }
    code.drop_packet();
}

/// The protocol of the quoted packet is in A; `load_u16` reads from the quoted transport header.
fn quoted(
    code: &mut Assembler,
    scope: &Scope,
    icmp: u32,
    echo: u32,
    load_u16: impl Fn(&mut Assembler, u32),
) {
    code.when(icmp, |code| {
        load_u16(code, 0);
        // Type 8 or 128, code 0.
        code.when(echo << 8, |code| {
            load_u16(code, 4);
            code.keep_if_in(&scope.idents);
        });
        code.drop_packet();
    });
    for transport in [6, 17] {
        code.when(transport, |code| {
            load_u16(code, 0);
            code.keep_if_in(&scope.ports);
        });
    }
    code.drop_packet();
}

#[cfg(test)]
mod tests;
