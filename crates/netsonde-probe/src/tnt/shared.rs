//! What the machines of one run know together, so that nothing is measured twice.
use super::revelation::Revealed;
use alloc::collections::BTreeMap;
use core::net::IpAddr;

/// Echo results per address and revelations per pair of routers, for one run.
///
/// The machine whose claim is granted does the work and says [`finish`](Ledger::finish), or
/// [`release`](Ledger::release) when its budget ended first, so that another may try; all others wait.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// The reply TTL of each pinged address; `None` for one that did not answer.
    pub(super) echoes: Ledger<IpAddr, Option<u8>>,
    /// What each attempted revelation found.
    pub(super) revelations: Ledger<Pair, Revealed>,
}

/// What tells one revelation from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    pub(super) entry: IpAddr,
    pub(super) exit: IpAddr,
    /// A silent hop lay between them.
    pub(super) gap: bool,
    /// The other address of a link may be probed.
    pub(super) buddy: bool,
}

/// Work that is under way or done, by key.
#[derive(Debug)]
pub(super) struct Ledger<K, V>(BTreeMap<K, Option<V>>);

/// The answer to who does a piece of work.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Claim<V> {
    /// Nobody: it is done.
    Done(V),
    /// Another: wait.
    Running,
    /// You.
    Granted,
}

impl<K, V> Default for Ledger<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord, V: Clone> Ledger<K, V> {
    /// Asks for a result, and takes the work on if nobody has.
    pub(super) fn claim(&mut self, key: K) -> Claim<V> {
        match self.0.get(&key) {
            Some(Some(value)) => Claim::Done(value.clone()),
            Some(None) => Claim::Running,
            None => {
                self.0.insert(key, None);
                Claim::Granted
            }
        }
    }

    /// Writes the result of granted work.
    pub(super) fn finish(&mut self, key: K, value: V) {
        self.0.insert(key, Some(value));
    }

    /// Gives granted work back.
    pub(super) fn release(&mut self, key: &K) {
        self.0.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_granted_once_and_again_after_release() {
        let mut ledger: Ledger<u8, u8> = Ledger::default();
        assert_eq!(ledger.claim(1), Claim::Granted);
        assert_eq!(ledger.claim(1), Claim::Running);
        ledger.release(&1);
        assert_eq!(ledger.claim(1), Claim::Granted);
        ledger.finish(1, 7);
        assert_eq!(ledger.claim(1), Claim::Done(7));
    }
}
