//! Mercator: a router that answers a datagram to a closed port from the address it finds nearest to us.
//!
//! Source: Govindan and Tangmunarunkit, "Heuristics for Internet map discovery", INFOCOM 2000. Only "port
//! unreachable" counts: other errors may come from routers on the way.
use super::book::{Book, Evidence, Heard, Probe, pair};
use super::plan::{Stage, Step, in_turns};
use crate::job::{AliasMethod, Target};
use crate::record::AliasVerdict;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

/// Probes each address until it answers.
#[derive(Debug)]
pub(super) struct Mercator {
    unanswered: BTreeSet<u32>,
    attempts_left: u8,
    /// Where the evidence of each pair is.
    found: BTreeMap<(u32, u32), usize>,
}

impl Mercator {
    pub(super) fn new(book: &Book, members: Vec<u32>) -> Self {
        Self {
            unanswered: members.into_iter().collect(),
            attempts_left: book.options.attempts,
            found: BTreeMap::new(),
        }
    }

    fn take(&mut self, book: &mut Book, reply: &Heard) {
        if !reply.is_port_unreachable || !self.unanswered.remove(&reply.address) {
            return;
        }
        let probed = book.address(reply.address).target;
        if reply.responder == probed.address {
            return;
        }
        let target = Target {
            address: reply.responder,
            source: probed.source,
        };
        let Some(other) = book.intern(target) else {
            return;
        };
        let pair = pair(reply.address, other);
        let place = *self.found.entry(pair).or_insert_with(|| {
            let fresh = Evidence::new(pair, AliasMethod::Mercator, AliasVerdict::Alias);
            book.evidence.push(Evidence { rounds: 1, ..fresh });
            book.evidence.len() - 1
        });
        book.evidence[place].samples += 1;
    }
}

impl Stage for Mercator {
    fn next_plan(&mut self, book: &mut Book, heard: Vec<Heard>) -> Vec<Step> {
        for reply in &heard {
            self.take(book, reply);
        }
        if self.attempts_left == 0 {
            return Vec::new();
        }
        self.attempts_left -= 1;
        let members: Vec<_> = self
            .unanswered
            .iter()
            .map(|number| (*number, Probe::Udp))
            .collect();
        in_turns(&members, 1, 0, book.spacing_ns())
    }
}
