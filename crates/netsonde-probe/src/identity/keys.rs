//! Numbers that nobody without the job's key can guess, and flow identifiers that the seed draws.
use super::registry::Conversation;
use super::shape::Shape;
use crate::seed::mix;
use core::fmt;
use core::net::{IpAddr, Ipv6Addr};
use siphasher::sip::SipHasher24;

/// Distinguishes the uses of one key, so that a number seen in one place says nothing of another.
#[derive(Clone, Copy)]
enum Domain {
    Probe = 1,
    Payload = 2,
    Ident = 3,
    Destination = 4,
    Salt = 5,
}

/// The job's key and the flow identifiers of its seed.
#[derive(Clone)]
pub(crate) struct Keys {
    hasher: SipHasher24,
    flow_base: u64,
    salt: u64,
}

/// The keyed bits of one probe; each method takes what it has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Draw(u64);

impl Draw {
    /// For the TCP sequence number.
    pub(super) fn word(self) -> u32 {
        (self.0 & 0xffff_ffff) as u32
    }

    /// For the ICMP sequence number.
    pub(super) fn half(self) -> u16 {
        (self.0 & 0xffff) as u16
    }

    /// For a UDP checksum: never 0 (not computed) nor 0xffff (which 0 is sent as).
    pub(super) fn checksum(self) -> u16 {
        nonzero(self.0 & 0xffff, 0xfffe)
    }

    /// For a port that is keyed: 15 bits, above the registered ones.
    pub(super) fn port(self) -> u16 {
        0x8000 | (self.0 >> 48 & 0x7fff) as u16
    }

    /// For the IPv4 identification: never 0, which kernels replace.
    pub(super) fn ip_id(self) -> u16 {
        nonzero(self.0 >> 32 & 0xffff, 0xffff)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Keys {
    /// Takes the job's key and seed.
    pub(crate) fn new(key: [u8; 16], seed: u64) -> Self {
        let hasher = SipHasher24::new_with_key(&key);
        Self {
            hasher,
            flow_base: mix(seed),
            salt: hasher.hash(&[Domain::Salt as u8]),
        }
    }

    /// The bits of one probe; `nonce` counts the draws that were taken already.
    pub(super) fn draw(
        &self,
        shape: &Shape,
        measurement: u32,
        ttl: u8,
        attempt: u32,
        nonce: u8,
    ) -> Draw {
        Draw(self.hash_probe(
            Domain::Probe,
            shape,
            measurement,
            ttl,
            attempt,
            u32::from(nonce),
        ))
    }

    /// 48 bits for the payload, `serial` being sent beside them.
    pub(super) fn payload(
        &self,
        shape: &Shape,
        measurement: u32,
        ttl: u8,
        attempt: u32,
        serial: u32,
    ) -> [u8; 6] {
        let hash = self.hash_probe(Domain::Payload, shape, measurement, ttl, attempt, serial);
        let [_, _, keyed @ ..] = hash.to_be_bytes();
        keyed
    }

    /// The ICMP identifier: one for each target and flow, as some balancers look at it.
    pub(super) fn ident(&self, target: IpAddr, flow: u16) -> u16 {
        let mut bytes = [Domain::Ident as u8; 19];
        bytes[1..17].copy_from_slice(&octets(target));
        bytes[17..].copy_from_slice(&flow.to_be_bytes());
        (self.hasher.hash(&bytes) & 0xffff) as u16
    }

    /// A number for an address, for an index.
    pub(super) fn destination(&self, destination: IpAddr) -> u64 {
        let mut bytes = [Domain::Destination as u8; 17];
        bytes[1..].copy_from_slice(&octets(destination));
        self.hasher.hash(&bytes)
    }

    /// A number for a conversation, for a table whose keys no stranger chooses.
    pub(super) fn conversation(&self, (target, protocol, port): Conversation) -> u64 {
        let bytes = octets(target);
        let half =
            |from: usize| (from..from + 8).fold(0, |half, at| half << 8 | u64::from(bytes[at]));
        let (high, low) = (half(0), half(8));
        let rest = u64::from(protocol) << 16 | u64::from(port);
        mix(mix(self.salt ^ high ^ rest << 32) ^ low)
    }

    /// The ICMP checksum of a flow. The step visits all 65,534 values before one returns.
    pub(super) fn flow_checksum(&self, flow: u16) -> u16 {
        let step = u64::from(flow) * 40_503;
        nonzero((self.flow_base & 0xffff) + step, 0xfffe)
    }

    /// The source port of a flow: 32,768 flows have different ones.
    pub(super) fn flow_port(&self, flow: u16) -> u16 {
        0x8000 | ((self.flow_base >> 16).wrapping_add(u64::from(flow)) & 0x7fff) as u16
    }

    /// The source port of a flow where every keyed bit is needed: 15 of them.
    pub(super) fn keyed_flow_port(&self, flow: u16) -> u16 {
        0x8000 | (self.ident(IpAddr::V6(Ipv6Addr::UNSPECIFIED), flow) & 0x7fff)
    }

    /// The IPv6 flow label of a flow, never 0.
    pub(super) fn flow_label(&self, flow: u16) -> u32 {
        let label =
            ((self.flow_base >> 40).wrapping_add(u64::from(flow) * 40_503) & 0xf_ffff) as u32;
        label.max(1)
    }

    fn hash_probe(
        &self,
        domain: Domain,
        shape: &Shape,
        measurement: u32,
        ttl: u8,
        attempt: u32,
        extra: u32,
    ) -> u64 {
        let mut bytes = [domain as u8; 33];
        bytes[1..17].copy_from_slice(&octets(shape.target));
        bytes[17..19].copy_from_slice(&[shape.method.code(), ttl]);
        bytes[19..21].copy_from_slice(&shape.flow.to_be_bytes());
        bytes[21..25].copy_from_slice(&measurement.to_be_bytes());
        bytes[25..29].copy_from_slice(&attempt.to_be_bytes());
        bytes[29..].copy_from_slice(&extra.to_be_bytes());
        self.hasher.hash(&bytes)
    }
}

/// Folds `value` into 1 to `most`.
fn nonzero(value: u64, most: u64) -> u16 {
    u16::try_from(value % most + 1).expect("`most` is below 2^16")
}

fn octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}
