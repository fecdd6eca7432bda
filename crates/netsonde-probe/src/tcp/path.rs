//! The SYN with rising TTL: which TTL is next, and when the path is known.
use super::compare::Comparison;
use crate::job::TcpOptions;
use crate::record::{Reply, ReplyKind, StopReason, TcpHop};
use alloc::vec::Vec;
use core::net::IpAddr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// To be asked again.
    Due,
    Waiting,
    Answered,
    Silent,
}

/// The TTLs of one path, from the first one that was begun.
#[derive(Debug)]
pub(super) struct Path {
    places: Vec<(State, TcpHop)>,
    first_ttl: u8,
    last_ttl: u8,
    attempts: u8,
    gap_limit: usize,
    window: usize,
    /// The least TTL beyond which there is nothing, and why.
    end: Option<(u8, StopReason)>,
}

impl Path {
    pub(super) fn new(options: &TcpOptions) -> Self {
        Self {
            places: Vec::new(),
            first_ttl: options.first_ttl,
            last_ttl: options.last_ttl,
            attempts: options.attempts,
            gap_limit: usize::from(options.gap_limit),
            window: usize::from(options.window),
            end: None,
        }
    }

    /// The TTL to be asked now; `None` while others are waited for, and in the end.
    pub(super) fn next(&self) -> Option<u8> {
        let waiting = self.count(State::Waiting);
        if waiting >= self.window {
            return None;
        }
        let end = self.end.map_or(self.last_ttl, |(ttl, _)| ttl);
        let due = self.places.iter().find(|(state, _)| *state == State::Due);
        if let Some((_, hop)) = due {
            return Some(hop.probe_ttl).filter(|ttl| *ttl <= end);
        }
        let begun = u8::try_from(self.places.len()).ok()?;
        let ttl = self.first_ttl.checked_add(begun)?;
        (ttl <= end && self.gap() < self.gap_limit).then_some(ttl)
    }

    /// Takes it that a probe leaves with this TTL.
    pub(super) fn ask(&mut self, ttl: u8) {
        let at = usize::from(ttl - self.first_ttl);
        if at == self.places.len() {
            let hop = TcpHop {
                probe_ttl: ttl,
                sent: 0,
                reply: None,
                quoted: None,
                reach: None,
                differences: Vec::new(),
            };
            self.places.push((State::Due, hop));
        }
        if let Some((state, hop)) = self.places.get_mut(at) {
            *state = State::Waiting;
            hop.sent += 1;
        }
    }

    /// Takes a reply, and what the packet quoted in it shows.
    pub(super) fn answer(
        &mut self,
        ttl: u8,
        mut reply: Reply,
        comparison: Option<Comparison>,
        target: IpAddr,
    ) {
        let stop = match reply.kind {
            _ if reply.responder == target => Some(StopReason::Completed),
            ReplyKind::Unreachable => Some(StopReason::Unreachable),
            _ => None,
        };
        if let Some(stop) = stop.filter(|_| self.end.is_none_or(|(end, _)| ttl < end)) {
            self.end = Some((ttl, stop));
        }
        let Some((state, hop)) = self.places.get_mut(usize::from(ttl - self.first_ttl)) else {
            return;
        };
        *state = State::Answered;
        reply.attempt = u32::from(hop.sent);
        hop.reply = Some(reply);
        if let Some(comparison) = comparison {
            hop.quoted = Some(comparison.quoted);
            hop.reach = comparison.reach;
            hop.differences = comparison.differences;
        }
    }

    /// Takes it that a probe of this TTL is not answered any more.
    pub(super) fn expire(&mut self, ttl: u8) {
        let attempts = self.attempts;
        if let Some((state, hop)) = self.places.get_mut(usize::from(ttl - self.first_ttl)) {
            *state = if hop.sent < attempts {
                State::Due
            } else {
                State::Silent
            };
        }
    }

    /// Whether nothing is waited for, and nothing left to be asked.
    pub(super) fn is_over(&self) -> bool {
        self.count(State::Waiting) == 0 && self.next().is_none()
    }

    /// Why it ended, once it has.
    pub(super) fn stop(&self) -> StopReason {
        match self.end {
            Some((_, stop)) => stop,
            None if self.gap() >= self.gap_limit => StopReason::GapLimit,
            None => StopReason::LastTtl,
        }
    }

    /// The hops up to the end.
    pub(super) fn into_hops(self) -> Vec<TcpHop> {
        let end = self.end.map_or(u8::MAX, |(ttl, _)| ttl);
        let hops = self.places.into_iter().map(|(_, hop)| hop);
        hops.filter(|hop| hop.probe_ttl <= end).collect()
    }

    /// Silent TTLs since the last that answered.
    fn gap(&self) -> usize {
        let heard = |(state, _): &&(State, TcpHop)| *state != State::Answered;
        let tail = self.places.iter().rev().take_while(heard);
        tail.filter(|(state, _)| *state == State::Silent).count()
    }

    fn count(&self, wanted: State) -> usize {
        let of_it = self.places.iter().filter(|(state, _)| *state == wanted);
        of_it.count()
    }
}
