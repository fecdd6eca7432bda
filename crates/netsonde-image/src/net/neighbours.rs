//! Who on the link has which address, and the packets that wait to know it.
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::IpAddr;
use netsonde_wire::ethernet::MacAddr;

/// Neighbours known or asked for at most.
pub(super) const NEIGHBOURS_MAX: usize = 256;
/// Packets that wait for one neighbour at most; the oldest is lost.
pub(super) const WAITING_MAX: usize = 64;
/// Questions for one neighbour, and the time between two (RFC 4861: `MAX_MULTICAST_SOLICIT`, `RETRANS_TIMER`).
const QUESTIONS_MAX: u8 = 3;
const QUESTION_NS: u64 = 1_000_000_000;
/// After this long it is asked again; meanwhile the old answer serves.
const FRESH_NS: u64 = 30_000_000_000;

/// A packet on its way, and the number that its sender knows it by.
pub(super) type Packet = (Option<u32>, Vec<u8>);

/// What is known of the link.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    known: Vec<Neighbour>,
    /// Packets that were given up.
    pub(super) lost: u64,
}

#[derive(Debug)]
struct Neighbour {
    address: IpAddr,
    mac: Option<MacAddr>,
    /// Since the last answer.
    questions: u8,
    /// When to ask, again.
    due_ns: u64,
    waiting: VecDeque<Packet>,
}

impl Neighbours {
    /// The card of a neighbour. Where it is not known, the packet is kept until it is.
    pub(super) fn resolve(
        &mut self,
        address: IpAddr,
        packet: Packet,
        now_ns: u64,
    ) -> Option<(MacAddr, Packet)> {
        let place = self.place(address, now_ns);
        let neighbour = self.known.get_mut(place)?;
        if let Some(mac) = neighbour.mac {
            return Some((mac, packet));
        }
        if neighbour.waiting.len() == WAITING_MAX {
            neighbour.waiting.pop_front();
            self.lost += 1;
        }
        neighbour.waiting.push_back(packet);
        None
    }

    /// Takes an answer; those that nobody asked for are ignored. Returns the packets that waited for it.
    pub(super) fn learn(&mut self, address: IpAddr, mac: MacAddr, now_ns: u64) -> VecDeque<Packet> {
        let known = self.known.iter_mut().find(|one| one.address == address);
        let Some(neighbour) = known.filter(|_| !mac.is_multicast()) else {
            return VecDeque::new();
        };
        neighbour.mac = Some(mac);
        neighbour.questions = 0;
        neighbour.due_ns = now_ns.saturating_add(FRESH_NS);
        core::mem::take(&mut neighbour.waiting)
    }

    /// The next address to ask for, if one is due. Who does not answer is forgotten, with what waited.
    pub(super) fn poll_question(&mut self, now_ns: u64) -> Option<IpAddr> {
        while let Some(place) = self.known.iter().position(|one| one.due_ns <= now_ns) {
            let neighbour = self.known.get_mut(place)?;
            if neighbour.questions < QUESTIONS_MAX {
                neighbour.questions += 1;
                neighbour.due_ns = now_ns.saturating_add(QUESTION_NS);
                return Some(neighbour.address);
            }
            self.forget(place);
        }
        None
    }

    /// When `poll_question` is next worth calling.
    pub(super) fn poll_timeout(&self) -> Option<u64> {
        self.known.iter().map(|one| one.due_ns).min()
    }

    /// Where a neighbour stands; a new one takes the place of that longest unheard of.
    fn place(&mut self, address: IpAddr, now_ns: u64) -> usize {
        if let Some(place) = self.known.iter().position(|one| one.address == address) {
            return place;
        }
        if self.known.len() == NEIGHBOURS_MAX {
            let due = |(_, one): &(usize, &Neighbour)| one.due_ns;
            let oldest = self.known.iter().enumerate().min_by_key(due);
            let oldest = oldest.map_or(0, |(place, _)| place);
            self.forget(oldest);
        }
        self.known.push(Neighbour {
            address,
            mac: None,
            questions: 0,
            due_ns: now_ns,
            waiting: VecDeque::new(),
        });
        self.known.len() - 1
    }

    fn forget(&mut self, place: usize) {
        self.lost += self.known.swap_remove(place).waiting.len() as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::Ipv4Addr;

    const MAC: MacAddr = MacAddr([2, 0, 0, 0, 0, 9]);

    fn ip(last: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(0x0501_0000 + last))
    }

    fn packet(serial: u32) -> Packet {
        (Some(serial), vec![0x45])
    }

    #[test]
    fn packets_wait_in_order_for_the_answer() {
        let mut neighbours = Neighbours::default();
        for serial in 0..3 {
            assert_eq!(neighbours.resolve(ip(1), packet(serial), 5), None);
        }
        assert_eq!(
            (neighbours.poll_question(5), neighbours.poll_question(5)),
            (Some(ip(1)), None)
        );
        assert_eq!(neighbours.poll_timeout(), Some(5 + QUESTION_NS));
        let freed: Vec<_> = neighbours
            .learn(ip(1), MAC, 7)
            .into_iter()
            .map(|one| one.0)
            .collect();
        assert_eq!(freed, [Some(0), Some(1), Some(2)]);
        assert_eq!(
            neighbours.resolve(ip(1), packet(3), 8),
            Some((MAC, packet(3)))
        );
    }

    #[test]
    fn who_does_not_answer_is_given_up() {
        let mut neighbours = Neighbours::default();
        neighbours.resolve(ip(1), packet(0), 0);
        let asked =
            (0..9).filter(|second| neighbours.poll_question(second * QUESTION_NS).is_some());
        assert_eq!(asked.count(), 3);
        assert_eq!((neighbours.lost, neighbours.poll_timeout()), (1, None));
    }

    #[test]
    fn an_old_answer_serves_while_it_is_asked_again() {
        let mut neighbours = Neighbours::default();
        neighbours.resolve(ip(1), packet(0), 0);
        neighbours.learn(ip(1), MAC, 0);
        assert_eq!(neighbours.poll_question(FRESH_NS - 1), None);
        assert_eq!(neighbours.poll_question(FRESH_NS), Some(ip(1)));
        assert!(neighbours.resolve(ip(1), packet(1), FRESH_NS).is_some());
        let moved = MacAddr([2, 0, 0, 0, 0, 8]);
        neighbours.learn(ip(1), moved, FRESH_NS);
        assert_eq!(
            neighbours.resolve(ip(1), packet(2), FRESH_NS),
            Some((moved, packet(2)))
        );
    }

    #[test]
    fn answers_to_no_question_and_groups_are_ignored() {
        let mut neighbours = Neighbours::default();
        assert!(neighbours.learn(ip(1), MAC, 0).is_empty());
        assert_eq!(neighbours.resolve(ip(1), packet(0), 0), None);
        neighbours.learn(ip(1), MacAddr::BROADCAST, 0);
        assert_eq!(neighbours.resolve(ip(1), packet(1), 0), None);
    }

    #[test]
    fn tables_and_queues_end() {
        let mut neighbours = Neighbours::default();
        for serial in 0..WAITING_MAX as u32 + 5 {
            neighbours.resolve(ip(1), packet(serial), 0);
        }
        assert_eq!(neighbours.lost, 5);
        for last in 0..NEIGHBOURS_MAX as u32 + 9 {
            neighbours.resolve(ip(last), packet(0), u64::from(last));
        }
        assert_eq!(neighbours.known.len(), NEIGHBOURS_MAX);
    }
}
