//! The card of a process: a descriptor that it was given, or a packet socket that it opens at its start.
use super::call::{self, EAGAIN, EINTR, Errno, POLLIN, POLLOUT, Watched, number};
use alloc::format;
use alloc::string::String;
use netsonde_wire::ethernet::MacAddr;

/// How often, and how long each time, a full queue is waited for before a frame is lost; and how often where time stands
/// still meanwhile, and a lost frame would end it.
pub(super) const ROOM_TRIES: usize = 20;
pub(super) const ROOM_TRIES_ON_TICKS: usize = 30_000;
const ROOM_WAIT_NS: u64 = 1_000_000;
/// How often, and how long each time, an interface is waited for: two seconds.
const INTERFACE_TRIES: usize = 200;
const INTERFACE_WAIT_NS: u64 = 10_000_000;

const F_GETFL: usize = 3;
const F_SETFL: usize = 4;
const O_NONBLOCK: usize = 0o4000;

const AF_PACKET: usize = 17;
const SOCK_RAW: usize = 3;
const SOCK_CLOEXEC: usize = 0o2_000_000;
const ETH_P_ALL: u16 = 3;
const SOL_PACKET: usize = 263;
const PACKET_IGNORE_OUTGOING: usize = 23;
const SIOCGIFFLAGS: usize = 0x8913;
const SIOCGIFHWADDR: usize = 0x8927;
const SIOCGIFINDEX: usize = 0x8933;
const IFF_UP: u8 = 1;

/// Sends one frame; false if the queue stays full or the kernel refuses the frame.
pub(super) fn send(descriptor: i32, frame: &[u8], tries: usize) -> bool {
    for _ in 0..tries {
        match call::write(descriptor, frame) {
            Ok(_) => return true,
            Err(EINTR) => {}
            Err(EAGAIN) => wait(descriptor, POLLOUT, ROOM_WAIT_NS),
            Err(_) => return false,
        }
    }
    false
}

/// Waits for a descriptor to be as it is wanted, at most so long.
pub(super) fn wait(descriptor: i32, events: i16, wait_ns: u64) {
    let mut watched = [Watched {
        descriptor,
        events,
        seen: 0,
    }];
    call::poll(&mut watched, wait_ns);
}

/// Makes reading and writing return at once.
pub(super) fn make_nonblocking(descriptor: i32) -> Result<(), String> {
    let control = |command, argument| {
        let arguments = [descriptor as usize, command, argument, 0, 0, 0];
        // SAFETY: flags are no pointers.
        unsafe { call::call(number::FCNTL, arguments) }
    };
    control(F_GETFL, 0)
        .and_then(|flags| control(F_SETFL, flags | O_NONBLOCK))
        .map(drop)
        .map_err(|Errno(error)| format!("descriptor {descriptor} is no card: error {error}"))
}

/// `struct ifreq`: a name, and what is asked.
#[repr(C, align(8))]
struct Request {
    name: [u8; 16],
    value: [u8; 24],
}

/// Opens an interface and returns its descriptor and its card's address.
pub(super) fn open(name: &str) -> Result<(i32, MacAddr), String> {
    let refused = |what: &str, Errno(error)| format!("interface {name}: {what}: error {error}");
    // Of no protocol: nothing comes before it is bound to the interface.
    let arguments = [AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0, 0, 0, 0];
    // SAFETY: no pointers.
    let socket = unsafe { call::call(number::SOCKET, arguments) }
        .map_err(|error| refused("no packet socket (it needs CAP_NET_RAW)", error))?;
    let socket = socket as i32;
    let index = wait_for(socket, name)?;
    let hardware =
        ask(socket, name, SIOCGIFHWADDR).map_err(|error| refused("no address", error))?;
    let option = 1_i32;
    let arguments = [
        socket as usize,
        SOL_PACKET,
        PACKET_IGNORE_OUTGOING,
        (&raw const option) as usize,
        size_of::<i32>(),
        0,
    ];
    // SAFETY: the kernel reads the option. Without it we only read our own frames, too.
    let _ = unsafe { call::call(number::SETSOCKOPT, arguments) };
    bind(socket, index).map_err(|error| refused("bind", error))?;
    make_nonblocking(socket)?;
    let mut mac = [0; 6];
    for (octet, found) in mac.iter_mut().zip(hardware.iter().skip(2)) {
        *octet = *found;
    }
    Ok((socket, MacAddr(mac)))
}

/// Waits until an interface is there and up; returns its number.
fn wait_for(socket: i32, name: &str) -> Result<u32, String> {
    for _ in 0..INTERFACE_TRIES {
        let flags = ask(socket, name, SIOCGIFFLAGS);
        let index = ask(socket, name, SIOCGIFINDEX);
        if let (Ok([flags, ..]), Ok([a, b, c, d, ..])) = (flags, index)
            && flags & IFF_UP != 0
        {
            return Ok(u32::from_ne_bytes([a, b, c, d]));
        }
        call::poll(&mut [], INTERFACE_WAIT_NS);
    }
    Err(format!("interface {name} is not there, or not up"))
}

fn ask(socket: i32, name: &str, what: usize) -> Result<[u8; 24], Errno> {
    let mut request = Request {
        name: [0; 16],
        value: [0; 24],
    };
    // The words limit the name to 15 bytes.
    for (to, from) in request.name.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    let arguments = [socket as usize, what, (&raw mut request) as usize, 0, 0, 0];
    // SAFETY: the kernel reads and writes a `struct ifreq`.
    unsafe { call::call(number::IOCTL, arguments) }?;
    Ok(request.value)
}

fn bind(socket: i32, index: u32) -> Result<(), Errno> {
    // `struct sockaddr_ll`: family, protocol, interface, and what only receiving fills in.
    let mut address = [0_u8; 20];
    let family = (AF_PACKET as u16).to_ne_bytes();
    let fields = family
        .into_iter()
        .chain(ETH_P_ALL.to_be_bytes())
        .chain(index.to_ne_bytes());
    for (to, from) in address.iter_mut().zip(fields) {
        *to = from;
    }
    let arguments = [
        socket as usize,
        address.as_ptr() as usize,
        address.len(),
        0,
        0,
        0,
    ];
    // SAFETY: the kernel reads the address.
    unsafe { call::call(number::BIND, arguments) }.map(drop)
}

/// Where something is waited for.
pub(super) fn watched(descriptor: i32) -> Watched {
    Watched {
        descriptor,
        events: POLLIN,
        seen: 0,
    }
}
