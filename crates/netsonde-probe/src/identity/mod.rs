//! Authentic replies: how each probe carries numbers that only the holder of the job's key can know,
//! and how a reply is matched to its probe by them.
//!
//! The keyed numbers are SipHash-2-4 of (target, method, flow, measurement, TTL, attempt). Each method puts
//! them where they come back even from a router that quotes no more than the IP header and eight bytes
//! (RFC 792), and again in the payload for those that quote more (RFC 1812, RFC 4443). Fields that load
//! balancers hash stay constant within a flow; the identity is never among them.
//!
//! | probe | reply | keyed fields | bits |
//! | --- | --- | --- | --- |
//! | ICMP, IPv4 | error quoting 28 bytes | identifier 16, sequence 16, IP-ID 16 | 48 |
//! | ICMP, IPv4 | error quoting 40 bytes or more | the same, payload 48 | 96 |
//! | ICMP, IPv6 | error quoting 60 bytes or more | identifier 16, sequence 16, payload 48 | 80 |
//! | ICMP, IPv6 | error quoting 48 bytes | identifier 16, sequence 16 | 32 |
//! | ICMP | echo reply | identifier 16, sequence 16, payload 48 | 80 |
//! | UDP trace, IPv4 | error quoting 28 bytes | checksum 16, IP-ID 16 | 32 |
//! | UDP trace, IPv4 | error quoting 40 bytes or more | the same, payload 48 | 80 |
//! | UDP trace, IPv6 | error quoting 60 bytes or more | checksum 16, payload 48 | 64 |
//! | UDP trace | UDP reply | none: not accepted, counted as `unparsed` | 0 |
//! | UDP ping, IPv4 | error quoting 28 bytes | source port 15, checksum 16, IP-ID 16 | 47 |
//! | UDP ping, IPv6 | error quoting 60 bytes or more | source port 15, checksum 16, payload 48 | 79 |
//! | UDP ping | UDP reply | source port 15 (a datagram has no more room) | 15 |
//! | SNMP discovery | UDP reply | source port 15, message identifier 30 (the session looks at it) | 45 |
//! | SNMP discovery, IPv4 | error quoting 28 bytes | source port 15, checksum 16, IP-ID 16 | 47 |
//! | SNMP discovery, IPv6 | error quoting 48 bytes | source port 15, checksum 16 | 31 |
//! | TCP, IPv4 | error quoting 28 bytes | sequence 32, IP-ID 16 | 48 |
//! | TCP, IPv6 | error quoting 48 bytes | sequence 32 | 32 |
//! | TCP SYN | SYN-ACK or RST | acknowledgment 32 | 32 |
//! | TCP ACK | RST | sequence (our acknowledgment) 32 | 32 |
//! | UDP without privilege | error without the payload | source port 15, destination port 15 | 30 |
//! | UDP without privilege | error with the payload | the same, payload 48 | 78 |
//! | ICMP without privilege | error without the payload | identifier 16 (the kernel's), sequence 16 | 32 |
//! | ICMP without privilege | echo reply, error with the payload | the same, payload 48 | 80 |
//! | UDP without privilege, port demanded | any error or UDP reply | source port 15 | 15 |
//!
//! "16" is rounded: checksums take 65,534 values and IP-IDs 65,535.
//!
//! **What is forgiven.** Middleboxes rewrite headers and do not always undo it in quotes. A reply counts as
//! authentic when at least 48 keyed bits match, or when at least 30 do and the quoted destination is the
//! target's; so for ICMP and TCP a changed IP-ID or a changed destination is forgiven, never both, and a changed
//! checksum of a UDP probe only where the payload is quoted. A changed TCP sequence number is forgiven where the
//! timestamp of the SYN, which carries the same 32 bits, is quoted. The quoted source address and port are never looked at
//! where the identity is elsewhere. Bytes of a quoted payload that are wrong or zero add nothing and take nothing:
//! some routers pad short quotes with zeros.
//!
//! **Without privilege** the kernel chooses IP-ID and checksum, and the error queue need not return any payload.
//! There each probe has its own destination port (or its own source port, if the job demands the destination's),
//! and (target, source port, destination port) is its identity. The path may then differ from probe to probe
//! through per-flow balancers; results say `privilege: none`.
mod content;
mod craft;
mod heard;
mod keys;
mod matching;
mod registry;
mod ring;
mod shape;
mod tables;
#[cfg(test)]
mod tests;

pub(crate) use content::{Content, TcpSet};
pub(crate) use heard::{Heard, Unheard};
pub(crate) use keys::Keys;
pub(crate) use matching::Finding;
pub(crate) use registry::{Issue, Registry};
pub(crate) use shape::{Method, Shape};
