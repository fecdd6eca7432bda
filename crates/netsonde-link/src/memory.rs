//! The probes sent without privilege, found again by the little that the kernel tells of their replies.
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

/// Probes remembered; older ones are forgotten first.
const REMEMBERED_MAX: usize = 65_536;

/// What a reply names: which of our sockets, the probe's destination, and its destination port (UDP) or sequence
/// number (ICMP).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) socket: usize,
    pub(crate) destination: IpAddr,
    pub(crate) number: u16,
}

/// A probe as the host built it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    /// The IP and the transport header: what a router quotes at least.
    pub(crate) headers: Vec<u8>,
    /// Bytes of `headers` that are the IP header.
    pub(crate) ip_len: usize,
    pub(crate) payload: Vec<u8>,
}

/// The latest probes.
#[derive(Debug)]
pub(crate) struct Memory {
    sent: VecDeque<(Key, Sent)>,
    /// Serial number of the first of `sent`.
    first: u64,
    /// Serial numbers by key, oldest first.
    by_key: BTreeMap<Key, VecDeque<u64>>,
    remembered_max: usize,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self {
            sent: VecDeque::new(),
            first: 0,
            by_key: BTreeMap::new(),
            remembered_max: REMEMBERED_MAX,
        }
    }

    /// Remembers a probe.
    pub(crate) fn insert(&mut self, key: Key, sent: Sent) {
        let serial = self.first + self.sent.len() as u64;
        self.sent.push_back((key, sent));
        self.by_key.entry(key).or_default().push_back(serial);
        while self.sent.len() > self.remembered_max {
            self.forget_first();
        }
    }

    /// The latest probe with this key whose payload begins like what came back of it. A reply that brings nothing
    /// back fits the latest of all.
    pub(crate) fn find(&self, key: Key, returned: &[u8]) -> Option<&Sent> {
        self.by_key
            .get(&key)?
            .iter()
            .rev()
            .filter_map(|serial| self.get(*serial))
            .find(|sent| {
                let common = returned.len().min(sent.payload.len());
                sent.payload[..common] == returned[..common]
            })
    }

    fn get(&self, serial: u64) -> Option<&Sent> {
        let index = usize::try_from(serial.checked_sub(self.first)?).ok()?;
        self.sent.get(index).map(|(_, sent)| sent)
    }

    fn forget_first(&mut self) {
        let Some((key, _)) = self.sent.pop_front() else {
            return;
        };
        self.first += 1;
        if let Some(serials) = self.by_key.get_mut(&key) {
            serials.pop_front();
            if serials.is_empty() {
                self.by_key.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u16) -> Key {
        Key {
            socket: 0,
            destination: "192.0.2.1".parse().unwrap(),
            number,
        }
    }

    fn sent(payload: &[u8]) -> Sent {
        Sent {
            headers: vec![0; 28],
            ip_len: 20,
            payload: payload.to_vec(),
        }
    }

    #[test]
    fn the_latest_with_that_payload_is_found() {
        let mut memory = Memory::new();
        for payload in [b"one1", b"two2", b"thr3"] {
            memory.insert(key(1), sent(payload));
        }
        memory.insert(key(2), sent(b"other"));
        assert_eq!(memory.find(key(1), b"tw").unwrap().payload, b"two2");
        assert_eq!(
            memory.find(key(1), b"two2 and padding").unwrap().payload,
            b"two2"
        );
        assert_eq!(
            memory.find(key(1), b"").unwrap().payload,
            b"thr3",
            "nothing came back: the latest"
        );
        assert_eq!(memory.find(key(1), b"zzz"), None);
        assert_eq!(memory.find(key(3), b""), None);
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let mut memory = Memory {
            remembered_max: 2,
            ..Memory::new()
        };
        for number in 1..=5 {
            memory.insert(key(number), sent(b"x"));
        }
        let known: Vec<u16> = (1..=5)
            .filter(|number| memory.find(key(*number), b"x").is_some())
            .collect();
        assert_eq!(known, [4, 5]);
        assert_eq!(memory.by_key.len(), 2, "nothing is left of the others");
    }
}
