//! Questions to the kernel about interfaces, addresses, routes and neighbours (rtnetlink), by any user.
use crate::sys::socket::open;
use crate::{LinkError, monotonic_ns, poll};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

/// Octets of `struct nlmsghdr`, and what messages and attributes are aligned to.
const HEADER: usize = 16;
const ALIGN: usize = 4;
/// Longest batch of answers: the kernel makes none longer.
const BATCH_MAX: usize = 1 << 16;
/// Messages of one answer at most: about two full tables of the Internet.
const MESSAGES_MAX: usize = 1 << 22;
/// An answer that takes longer is none.
const ANSWER_WAIT_NS: u64 = 5_000_000_000;
/// Attempts at a list that changes while it is read.
const ATTEMPTS_MAX: u32 = 4;

const NLM_F_REQUEST: u16 = 1;
pub(crate) const NLM_F_ACK: u16 = 4;
pub(crate) const NLM_F_CREATE: u16 = 0x400;
const NLM_F_DUMP: u16 = 0x300;
const NLM_F_DUMP_INTR: u16 = 0x10;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;

/// A netlink socket.
#[derive(Debug)]
pub(crate) struct Netlink {
    file: File,
    sequence: u32,
    buffer: Vec<u8>,
}

/// One attribute of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attribute<'a> {
    pub(crate) kind: u16,
    pub(crate) data: &'a [u8],
}

impl Attribute<'_> {
    /// Four octets as a number.
    pub(crate) fn u32(&self) -> u32 {
        self.data
            .first_chunk()
            .map_or(0, |bytes| u32::from_ne_bytes(*bytes))
    }
}

impl Netlink {
    /// Opens a socket of a netlink protocol, such as `NETLINK_ROUTE`.
    pub(crate) fn open(protocol: i32) -> Result<Self, LinkError> {
        let socket = open(
            libc::AF_NETLINK,
            libc::SOCK_RAW,
            protocol,
            "socket(AF_NETLINK)",
        )?;
        Ok(Self {
            file: socket.into(),
            sequence: 0,
            buffer: vec![0; BATCH_MAX],
        })
    }

    /// Hands every message of a list to `take`: its kind and its body.
    pub(crate) fn dump(
        &mut self,
        kind: u16,
        body: &[u8],
        take: &mut dyn FnMut(u16, &[u8]),
    ) -> Result<(), LinkError> {
        for _ in 1..ATTEMPTS_MAX {
            // What changes on the way is read again: the taker sees some entries twice, and none too few.
            if self.ask(kind, NLM_F_DUMP, body, take)? {
                return Ok(());
            }
        }
        self.ask(kind, NLM_F_DUMP, body, take).map(|_| ())
    }

    /// Asks for one thing; hands its message, if there is one, to `take`.
    pub(crate) fn request(
        &mut self,
        kind: u16,
        flags: u16,
        body: &[u8],
        take: &mut dyn FnMut(u16, &[u8]),
    ) -> Result<(), LinkError> {
        self.ask(kind, flags, body, take).map(|_| ())
    }

    /// Throws away what came unasked; true if there was something.
    pub(crate) fn drain(&mut self) -> bool {
        let mut any = false;
        loop {
            match self.file.read(&mut self.buffer) {
                Ok(length) if length > 0 => any = true,
                // Too much came for the queue: something did change.
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => any = true,
                _ => return any,
            }
        }
    }

    /// False if the list changed while it was read.
    fn ask(
        &mut self,
        kind: u16,
        flags: u16,
        body: &[u8],
        take: &mut dyn FnMut(u16, &[u8]),
    ) -> Result<bool, LinkError> {
        self.sequence = self.sequence.wrapping_add(1);
        let message = message(kind, flags | NLM_F_REQUEST, self.sequence, body);
        self.file.write_all(&message).map_err(failed)?;
        let is_list = flags & NLM_F_DUMP == NLM_F_DUMP;
        let deadline_ns = monotonic_ns() + ANSWER_WAIT_NS;
        let mut consistent = true;
        let mut messages = 0;
        loop {
            let length = self.read(deadline_ns)?;
            for answer in Messages(&self.buffer[..length]) {
                if answer.sequence != self.sequence {
                    continue;
                }
                consistent &= answer.flags & NLM_F_DUMP_INTR == 0;
                messages += 1;
                match answer.kind {
                    NLMSG_DONE => return Ok(consistent),
                    NLMSG_ERROR => return error(answer.body).map(|()| consistent),
                    kind => take(kind, answer.body),
                }
                if messages > MESSAGES_MAX || (!is_list && flags & NLM_F_ACK == 0) {
                    return Ok(consistent);
                }
            }
        }
    }

    fn read(&mut self, deadline_ns: u64) -> Result<usize, LinkError> {
        loop {
            match self.file.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if monotonic_ns() > deadline_ns {
                        return Err(failed(io::ErrorKind::TimedOut.into()));
                    }
                    poll::wait(&[self.file.as_fd()], Some(deadline_ns))?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other.map_err(failed),
            }
        }
    }
}

impl AsFd for Netlink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn failed(source: io::Error) -> LinkError {
    let call = "netlink";
    LinkError::Call { call, source }
}

/// A negative error number begins the body; 0 is an acknowledgment.
fn error(body: &[u8]) -> Result<(), LinkError> {
    let number = body
        .first_chunk()
        .map_or(-libc::EPROTO, |bytes| i32::from_ne_bytes(*bytes));
    match number {
        0 => Ok(()),
        number => Err(failed(io::Error::from_raw_os_error(
            number.saturating_neg(),
        ))),
    }
}

fn message(kind: u16, flags: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADER + body.len()).expect("our questions are short");
    let mut out = Vec::with_capacity(HEADER + body.len());
    out.extend_from_slice(&length.to_ne_bytes());
    out.extend_from_slice(&kind.to_ne_bytes());
    out.extend_from_slice(&flags.to_ne_bytes());
    out.extend_from_slice(&sequence.to_ne_bytes());
    out.extend_from_slice(&0u32.to_ne_bytes());
    out.extend_from_slice(body);
    out
}

/// Appends an attribute to the body of a question.
pub(crate) fn push_attribute(body: &mut Vec<u8>, kind: u16, data: &[u8]) {
    let length = u16::try_from(4 + data.len()).expect("our attributes are short");
    body.extend_from_slice(&length.to_ne_bytes());
    body.extend_from_slice(&kind.to_ne_bytes());
    body.extend_from_slice(data);
    body.resize(body.len().next_multiple_of(ALIGN), 0);
}

struct Answer<'a> {
    kind: u16,
    flags: u16,
    sequence: u32,
    body: &'a [u8],
}

/// The messages of a batch; ends at the first whose length does not fit.
struct Messages<'a>(&'a [u8]);

impl<'a> Iterator for Messages<'a> {
    type Item = Answer<'a>;

    fn next(&mut self) -> Option<Answer<'a>> {
        let header = self.0.first_chunk::<HEADER>()?;
        let [l0, l1, l2, l3, k0, k1, f0, f1, s0, s1, s2, s3, ..] = *header;
        let length = u32::from_ne_bytes([l0, l1, l2, l3]) as usize;
        let body = self.0.get(HEADER..length)?;
        let next = length.next_multiple_of(ALIGN);
        self.0 = self.0.get(next..).unwrap_or_default();
        Some(Answer {
            kind: u16::from_ne_bytes([k0, k1]),
            flags: u16::from_ne_bytes([f0, f1]),
            sequence: u32::from_ne_bytes([s0, s1, s2, s3]),
            body,
        })
    }
}

/// Types and bodies of the messages in `bytes`; ends at the first whose length does not fit.
pub(crate) fn messages(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    Messages(bytes).map(|answer| (answer.kind, answer.body))
}

/// The attributes in `bytes`; ends at the first whose length does not fit.
pub(crate) fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = Attribute<'_>> {
    std::iter::from_fn(move || {
        let [l0, l1, k0, k1] = *bytes.first_chunk::<4>()?;
        let length = usize::from(u16::from_ne_bytes([l0, l1]));
        let data = bytes.get(4..length)?;
        bytes = bytes
            .get(length.next_multiple_of(ALIGN)..)
            .unwrap_or_default();
        // The highest bits say how it is nested and ordered.
        let kind = u16::from_ne_bytes([k0, k1]) & 0x3fff;
        Some(Attribute { kind, data })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read_as_written() {
        let mut body = Vec::new();
        push_attribute(&mut body, 1, b"abcde");
        push_attribute(&mut body, 0x8002, &7u32.to_ne_bytes());
        let read: Vec<_> = attributes(&body).collect();
        assert_eq!((read[0].kind, read[0].data), (1, &b"abcde"[..]));
        assert_eq!((read[1].kind, read[1].u32()), (2, 7));
        for cut in 0..body.len() - 4 {
            assert!(attributes(&body[..cut]).count() < 2);
        }
    }

    #[test]
    fn lengths_that_do_not_fit_end_a_batch() {
        let batch = message(1, 0, 9, b"body");
        assert_eq!(Messages(&batch).count(), 1);
        for length in [0u32, 15, 21, u32::MAX] {
            let mut broken = batch.clone();
            broken[..4].copy_from_slice(&length.to_ne_bytes());
            assert_eq!(Messages(&broken).count(), 0, "{length}");
        }
    }

    #[test]
    fn the_kernel_lists_its_interfaces() {
        let mut netlink = Netlink::open(libc::NETLINK_ROUTE).unwrap();
        let mut found = 0;
        let kind = libc::RTM_GETLINK;
        netlink
            .dump(kind, &[0; 16], &mut |kind, _| {
                found += usize::from(kind == libc::RTM_NEWLINK);
            })
            .unwrap();
        assert!(found > 0, "the loopback at least");
        // An interface that cannot be there.
        let mut body = vec![0; 16];
        body[4..8].copy_from_slice(&i32::MAX.to_ne_bytes());
        let error = netlink.request(kind, 0, &body, &mut |_, _| {}).unwrap_err();
        assert_eq!(error.errno(), Some(libc::ENODEV));
    }
}
