//! The least that a sender of frames can do: the ceiling that benches compare with.
//!
//! `ceiling INTERFACE-INDEX FROM TO SOURCE DESTINATION COUNT [bypass]` sends echo requests to COUNT addresses from
//! DESTINATION on, nothing but the last octets of the address and their checksum changing, and prints packets per
//! second. It reads nothing, paces nothing and remembers nothing.
#![expect(
    unsafe_code,
    reason = "one socket and one system call, with nothing around them"
)]

use netsonde_wire::checksum;
use netsonde_wire::icmp::emit_echo;
use netsonde_wire::ip::{IpBuild, protocol};
use std::net::Ipv4Addr;
use std::time::Instant;

/// Frames of one call.
const BATCH: usize = 64;
/// Octets of an Ethernet header, and where the header checksum and the destination are.
const ETHERNET: usize = 14;
const CHECKSUM: usize = ETHERNET + 10;
const DESTINATION: usize = ETHERNET + 16;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [interface, from, to, source, destination, count, rest @ ..] = &arguments[..] else {
        panic!("INTERFACE-INDEX FROM TO SOURCE DESTINATION COUNT [bypass]");
    };
    let interface: i32 = interface.parse().expect("an index");
    let source: Ipv4Addr = source.parse().expect("an address");
    let first: Ipv4Addr = destination.parse().expect("an address");
    let count: u32 = count.parse().expect("a number");
    let socket = open(interface, !rest.is_empty());
    let frame = frame(&hardware(from), &hardware(to), source, first);
    let mut frames = vec![frame; BATCH];
    let begun = Instant::now();
    let mut sent = 0;
    while sent < count {
        for (frame, place) in frames.iter_mut().zip(sent..) {
            aim(frame, u32::from(first) + place);
        }
        sent += send(socket, &mut frames);
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("{:.0}", f64::from(sent) / seconds);
}

fn hardware(text: &str) -> Vec<u8> {
    let octets = text.split(':');
    octets
        .map(|octet| u8::from_str_radix(octet, 16).expect("a hardware address"))
        .collect()
}

/// An echo request of 44 octets.
fn frame(from: &[u8], to: &[u8], source: Ipv4Addr, destination: Ipv4Addr) -> Vec<u8> {
    let (source, destination) = (source.into(), destination.into());
    let mut message = Vec::new();
    emit_echo(source, destination, false, 7, 7, &[0; 16], &mut message);
    let header = IpBuild {
        source,
        destination,
        protocol: protocol::ICMP,
        ttl: 64,
        tos: 0,
        ident: 0,
        flow_label: 0,
        dont_fragment: true,
    };
    let mut frame = [to, from, &[8, 0]].concat();
    header.emit(&message, &mut frame);
    frame
}

fn aim(frame: &mut [u8], destination: u32) {
    frame[DESTINATION..DESTINATION + 4].copy_from_slice(&destination.to_be_bytes());
    frame[CHECKSUM..CHECKSUM + 2].fill(0);
    let sum = checksum::internet(&frame[ETHERNET..ETHERNET + 20]);
    frame[CHECKSUM..CHECKSUM + 2].copy_from_slice(&sum.to_be_bytes());
}

fn open(interface: i32, bypass: bool) -> i32 {
    // SAFETY: an address is plain old data, and each call gets the length of what it reads.
    // JUSTIFICATION: std has no packet sockets.
    unsafe {
        let socket = libc::socket(libc::AF_PACKET, libc::SOCK_RAW, 0);
        assert!(socket >= 0, "packet sockets need CAP_NET_RAW");
        let one = i32::from(bypass);
        let length = libc::socklen_t::try_from(size_of::<i32>()).expect("small");
        let (level, name) = (libc::SOL_PACKET, libc::PACKET_QDISC_BYPASS);
        libc::setsockopt(socket, level, name, (&raw const one).cast(), length);
        let mut address: libc::sockaddr_ll = std::mem::zeroed();
        address.sll_family = u16::try_from(libc::AF_PACKET).expect("small");
        address.sll_ifindex = interface;
        let length = libc::socklen_t::try_from(size_of_val(&address)).expect("small");
        assert_eq!(libc::bind(socket, (&raw const address).cast(), length), 0);
        socket
    }
}

/// How many frames the kernel took.
fn send(socket: i32, frames: &mut [Vec<u8>]) -> u32 {
    let mut parts: Vec<libc::iovec> = frames
        .iter_mut()
        .map(|frame| libc::iovec {
            iov_base: frame.as_mut_ptr().cast(),
            iov_len: frame.len(),
        })
        .collect();
    // SAFETY: headers are plain old data and point to parts and frames that outlive the call.
    // JUSTIFICATION: std sends one message at a time.
    let sent = unsafe {
        let mut headers: [libc::mmsghdr; BATCH] = std::mem::zeroed();
        for (header, part) in headers.iter_mut().zip(&mut parts) {
            header.msg_hdr.msg_iov = part;
            header.msg_hdr.msg_iovlen = 1;
        }
        let length = u32::try_from(frames.len()).expect("small");
        libc::sendmmsg(socket, headers.as_mut_ptr(), length, 0)
    };
    u32::try_from(sent).unwrap_or(0)
}
