//! The echo results that one machine needs, from its own pings or from the run's cache.
use super::path::EchoTtls;
use super::shared::{Claim, Shared};
use alloc::vec::Vec;
use core::net::IpAddr;

/// Addresses asked for, and what is known of them.
#[derive(Debug, Default)]
pub(super) struct Pings {
    open: Vec<Open>,
    known: EchoTtls,
}

#[derive(Debug)]
struct Open {
    address: IpAddr,
    /// This machine pings it; otherwise another one does, or nobody yet.
    mine: bool,
}

/// What asking for the next ping gives.
pub(super) enum Next {
    Ping(IpAddr),
    /// Another machine pings what is missing.
    Wait,
    Nothing,
}

impl Pings {
    pub(super) fn want(&mut self, address: IpAddr) {
        let is_open = self.open.iter().any(|open| open.address == address);
        if !is_open && self.known.get(&address).is_none() {
            self.open.push(Open {
                address,
                mine: false,
            });
        }
    }

    pub(super) fn known(&self) -> &EchoTtls {
        &self.known
    }

    pub(super) fn is_settled(&self) -> bool {
        self.open.is_empty()
    }

    /// The next address that this machine has to ping.
    pub(super) fn poll(&mut self, shared: &mut Shared) -> Next {
        let mut next = Next::Nothing;
        let known = &mut self.known;
        self.open.retain_mut(|open| {
            if open.mine || matches!(next, Next::Ping(_)) {
                return true;
            }
            match shared.echoes.claim(open.address) {
                Claim::Done(ttl) => {
                    known.insert(open.address, ttl);
                    return false;
                }
                Claim::Running => next = Next::Wait,
                Claim::Granted => {
                    open.mine = true;
                    next = Next::Ping(open.address);
                }
            }
            true
        });
        next
    }

    /// The answer to a ping of this machine; `None` if it does not answer.
    pub(super) fn finish(&mut self, shared: &mut Shared, address: IpAddr, ttl: Option<u8>) {
        shared.echoes.finish(address, ttl);
        self.close(address, ttl);
    }

    /// A ping of this machine may not be sent: for others it stays open.
    pub(super) fn give_up(&mut self, shared: &mut Shared, address: IpAddr) {
        shared.echoes.release(&address);
        self.close(address, None);
    }

    fn close(&mut self, address: IpAddr, ttl: Option<u8>) {
        self.known.insert(address, ttl);
        self.open.retain(|open| open.address != address);
    }
}
