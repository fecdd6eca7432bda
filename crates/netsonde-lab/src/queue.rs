//! What is to happen: events ordered by time, then by the order in which they were planned.
use core::cmp::Ordering;
use std::collections::BinaryHeap;

/// What an event does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The packet reaches the interface.
    Arrive { interface: u32, packet: u32 },
    /// A node sends the packet out of its interface.
    Send { interface: u32, packet: u32 },
    /// A mutator lets go of a packet: it travels on.
    Carry { interface: u32, packet: u32 },
    /// A fault of the topology strikes.
    Fault { index: u32 },
    /// Routes and labels are computed anew.
    Reroute,
}

/// All planned events.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Entry>,
    sequence: u64,
}

impl Queue {
    pub(crate) fn push(&mut self, at_ns: u64, kind: Kind) {
        self.sequence += 1;
        self.heap.push(Entry {
            at_ns,
            sequence: self.sequence,
            kind,
        });
    }

    /// The next event, if it is due by `now_ns`.
    pub(crate) fn pop_until(&mut self, now_ns: u64) -> Option<(u64, Kind)> {
        if self.heap.peek()?.at_ns > now_ns {
            return None;
        }
        self.heap.pop().map(|entry| (entry.at_ns, entry.kind))
    }

    /// When the next event is due.
    pub(crate) fn next_at(&self) -> Option<u64> {
        self.heap.peek().map(|entry| entry.at_ns)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    at_ns: u64,
    sequence: u64,
    kind: Kind,
}

impl Ord for Entry {
    /// Reversed: the heap gives the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at_ns, other.sequence).cmp(&(self.at_ns, self.sequence))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_first_then_order_of_planning() {
        let mut queue = Queue::default();
        for (index, at_ns) in [(0, 5), (1, 3), (2, 5), (3, 3)] {
            queue.push(at_ns, Kind::Fault { index });
        }
        assert_eq!(queue.next_at(), Some(3));
        let mut order = Vec::new();
        while let Some((_, Kind::Fault { index })) = queue.pop_until(4) {
            order.push(index);
        }
        assert_eq!((order, queue.next_at()), (vec![1, 3], Some(5)));
        assert_eq!(queue.pop_until(5), Some((5, Kind::Fault { index: 0 })));
    }
}
