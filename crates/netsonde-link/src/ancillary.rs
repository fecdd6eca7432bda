//! What the kernel tells beside a message: time, header fields, drops, and errors about what was sent.
use crate::control::{Item, items};
use crate::sys::time::nanoseconds;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Everything we ask for, as far as it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ancillary {
    /// Receive time on the wall clock.
    pub(crate) stamp_ns: Option<u64>,
    /// TTL or hop limit.
    pub(crate) ttl: Option<u8>,
    /// Type of service or traffic class.
    pub(crate) tos: Option<u8>,
    pub(crate) flow_label: u32,
    /// To which of our addresses, IPv6 only.
    pub(crate) destination: Option<IpAddr>,
    /// Messages dropped on this socket so far because its queue was full.
    pub(crate) dropped: Option<u32>,
    pub(crate) error: Option<ExtendedError>,
}

/// An entry of the error queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExtendedError {
    /// From ICMP or `ICMPv6`, not from our own kernel's send path.
    pub(crate) is_icmp: bool,
    pub(crate) icmp_type: u8,
    pub(crate) icmp_code: u8,
    /// MTU, pointer or gateway.
    pub(crate) info: u32,
    /// Bytes of the message that quote the probe; after them come extensions. 0: no extensions.
    pub(crate) extensions_at: u16,
    /// Who sent it.
    pub(crate) offender: Option<IpAddr>,
}

impl Ancillary {
    /// Reads ancillary data; items of other kinds and broken ones are passed over.
    pub(crate) fn parse(control: &[u8]) -> Self {
        let mut parsed = Self::default();
        for item in items(control) {
            match item.level {
                libc::SOL_SOCKET => parsed.general(&item),
                libc::IPPROTO_IP => parsed.v4(&item),
                libc::IPPROTO_IPV6 => parsed.v6(&item),
                _ => {}
            }
        }
        parsed
    }

    fn general(&mut self, item: &Item<'_>) {
        match item.kind {
            libc::SCM_TIMESTAMPNS => self.stamp_ns = stamp_ns(item.data),
            libc::SO_RXQ_OVFL => {
                self.dropped = item
                    .data
                    .first_chunk()
                    .map(|bytes| u32::from_ne_bytes(*bytes));
            }
            _ => {}
        }
    }

    fn v4(&mut self, item: &Item<'_>) {
        match item.kind {
            libc::IP_TTL => self.ttl = item.octet(),
            libc::IP_TOS => self.tos = item.octet(),
            libc::IP_RECVERR => self.error = ExtendedError::parse(item.data),
            _ => {}
        }
    }

    fn v6(&mut self, item: &Item<'_>) {
        match item.kind {
            libc::IPV6_HOPLIMIT => self.ttl = item.octet(),
            libc::IPV6_TCLASS => self.tos = item.octet(),
            libc::IPV6_FLOWINFO => {
                let word = item
                    .data
                    .first_chunk()
                    .map_or(0, |bytes| u32::from_be_bytes(*bytes));
                self.flow_label = word & 0x000f_ffff;
            }
            libc::IPV6_PKTINFO => {
                self.destination = item
                    .data
                    .first_chunk::<16>()
                    .map(|bytes| IpAddr::from(*bytes));
            }
            libc::IPV6_RECVERR => self.error = ExtendedError::parse(item.data),
            _ => {}
        }
    }
}

impl ExtendedError {
    /// Length of `struct sock_extended_err`, after which the offender's address follows.
    const LENGTH: usize = 16;

    fn parse(data: &[u8]) -> Option<Self> {
        let (head, offender) = data.split_first_chunk::<{ Self::LENGTH }>()?;
        let [
            _,
            _,
            _,
            _,
            origin,
            icmp_type,
            icmp_code,
            _,
            i0,
            i1,
            i2,
            i3,
            l0,
            l1,
            flags,
            _,
        ] = *head;
        // Flag 1: the kernel found the extensions broken.
        let is_sound = flags & 1 == 0;
        Some(Self {
            is_icmp: matches!(origin, libc::SO_EE_ORIGIN_ICMP | libc::SO_EE_ORIGIN_ICMP6),
            icmp_type,
            icmp_code,
            info: u32::from_ne_bytes([i0, i1, i2, i3]),
            extensions_at: if is_sound {
                u16::from_ne_bytes([l0, l1])
            } else {
                0
            },
            offender: address(offender),
        })
    }
}

/// The address in a `sockaddr_in` or `sockaddr_in6`.
fn address(bytes: &[u8]) -> Option<IpAddr> {
    match i32::from(u16::from_ne_bytes(*bytes.first_chunk()?)) {
        libc::AF_INET => bytes
            .get(4..)?
            .first_chunk::<4>()
            .map(|octets| Ipv4Addr::from(*octets).into()),
        libc::AF_INET6 => bytes
            .get(8..)?
            .first_chunk::<16>()
            .map(|octets| Ipv6Addr::from(*octets).into()),
        _ => None,
    }
}

/// A `timespec` of two C longs.
fn stamp_ns(data: &[u8]) -> Option<u64> {
    let (seconds, rest) = data.split_first_chunk::<{ size_of::<libc::time_t>() }>()?;
    let nanos = rest.first_chunk::<{ size_of::<libc::c_long>() }>()?;
    Some(nanoseconds(libc::timespec {
        tv_sec: libc::time_t::from_ne_bytes(*seconds),
        tv_nsec: libc::c_long::from_ne_bytes(*nanos),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::push;

    #[test]
    fn nothing_known_from_nothing() {
        assert_eq!(Ancillary::parse(&[]), Ancillary::default());
        assert_eq!(Ancillary::parse(&[0xff; 64]), Ancillary::default());
    }

    #[test]
    fn every_item_short_or_empty_is_harmless() {
        for level in [libc::SOL_SOCKET, libc::IPPROTO_IP, libc::IPPROTO_IPV6] {
            for kind in 0..128 {
                for length in 0..40 {
                    let mut control = Vec::new();
                    push(&mut control, level, kind, &[0xff; 40][..length]);
                    Ancillary::parse(&control);
                }
            }
        }
    }

    #[test]
    fn an_error_names_its_offender_and_extensions() {
        for (sound, at) in [(0, 128), (1, 0)] {
            let mut data = Vec::new();
            data.extend_from_slice(&113u32.to_ne_bytes());
            data.extend_from_slice(&[libc::SO_EE_ORIGIN_ICMP, 11, 0, 0]);
            data.extend_from_slice(&7u32.to_ne_bytes());
            data.extend_from_slice(&128u16.to_ne_bytes());
            data.extend_from_slice(&[sound, 0]);
            data.extend_from_slice(&2u16.to_ne_bytes());
            data.extend_from_slice(&[0, 0, 192, 0, 2, 9, 0, 0, 0, 0, 0, 0, 0, 0]);
            let mut control = Vec::new();
            push(&mut control, libc::IPPROTO_IP, libc::IP_RECVERR, &data);
            push(
                &mut control,
                libc::IPPROTO_IP,
                libc::IP_TTL,
                &250i32.to_ne_bytes(),
            );
            push(
                &mut control,
                libc::SOL_SOCKET,
                libc::SO_RXQ_OVFL,
                &3u32.to_ne_bytes(),
            );
            let parsed = Ancillary::parse(&control);
            assert_eq!((parsed.ttl, parsed.dropped), (Some(250), Some(3)));
            let expected = ExtendedError {
                is_icmp: true,
                icmp_type: 11,
                icmp_code: 0,
                info: 7,
                extensions_at: at,
                offender: Some("192.0.2.9".parse().unwrap()),
            };
            assert_eq!(parsed.error, Some(expected));
        }
    }
}
