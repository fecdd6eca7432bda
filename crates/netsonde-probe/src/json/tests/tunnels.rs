//! Tunnels of any content, drawn from a seed.
use super::dice::{Dice, one_of};
use crate::record::{
    Attempt, AttemptOutcome, Completeness, FailedRevelation, HopFacts, Method, TntHop, TntResult,
    Trigger, Tunnel, TunnelClass, TunnelRouter, VendorCandidate,
};

impl Dice {
    fn outcome(&mut self) -> AttemptOutcome {
        one_of!(self, AttemptOutcome: Revealed NothingRevealed IngressNotFound TargetNotReached Inconsistent
            NotAttempted)
    }

    fn attempt(&mut self) -> Attempt {
        Attempt {
            target: self.address(),
            step: self.number(),
            method: self.trace_method(),
            flow: self.number(),
            buddy: self.flag(),
            outcome: self.outcome(),
            sent: self.number(),
        }
    }

    /// Shares have one decimal, in the engine's table, too.
    fn vendor(&mut self) -> VendorCandidate {
        let tenths = u16::try_from(self.next() % 1_001).unwrap();
        VendorCandidate {
            vendor: self.text(),
            share_percent: f32::from(tenths) / 10.0,
        }
    }

    fn method(&mut self) -> Method {
        one_of!(self, Method: Dpr Brpr Buddy Unknown Mixed)
    }

    fn facts(&mut self) -> HopFacts {
        HopFacts {
            rtt_ns: self.number(),
            te_ttl: self.maybe(Self::number),
            er_ttl: self.maybe(Self::number),
            signature: (self.number(), self.number()),
            quoted_ttl: self.maybe(Self::number),
            frpla: self.maybe(Self::signed),
            rtla: self.maybe(Self::signed),
            uturn: self.maybe(Self::signed),
            reserved: self.flag(),
        }
    }

    fn signed(&mut self) -> i16 {
        self.number::<u16>().cast_signed()
    }

    fn router(&mut self) -> TunnelRouter {
        TunnelRouter {
            address: self.maybe(Self::address),
            probe_ttl: self.maybe(Self::number),
            step: self.maybe(Self::number),
            method: self.maybe(Self::method),
            hop: self.maybe(Self::facts),
            vendors: self.list(Self::vendor),
            labels: self.list(Self::label),
        }
    }

    fn trigger(&mut self) -> Trigger {
        one_of!(self, Trigger: Labels Qttl Uturn LseTtl Rtla Frpla FrplaIncrease DuplicateIp QttlZero Signature6464
            BruteForce)
    }

    fn tunnel(&mut self) -> Tunnel {
        Tunnel {
            class: one_of!(self, TunnelClass: Explicit Implicit Opaque InvisiblePhp InvisibleUhp),
            triggers: self.list(Self::trigger),
            method: self.maybe(Self::method),
            ingress_ttl: self.maybe(Self::number),
            egress_ttl: self.maybe(Self::number),
            ingress: self.maybe(Self::router),
            egress: self.maybe(Self::router),
            lsrs: self.list(Self::router),
            inferred_length: self.maybe(Self::number),
            completeness: one_of!(self, Completeness: Complete Incomplete Visible),
            stop: self.maybe(Self::outcome),
            attempts: self.list(Self::attempt),
        }
    }

    pub(super) fn tnt(&mut self) -> TntResult {
        TntResult {
            trace: self.trace(),
            hops: self.list(|dice| TntHop {
                probe_ttl: dice.number(),
                address: dice.maybe(Self::address),
                facts: dice.maybe(Self::facts),
                vendors: dice.list(Self::vendor),
                labels: dice.list(Self::label),
            }),
            tunnels: self.list(Self::tunnel),
            failed: self.list(|dice| FailedRevelation {
                entry: dice.address(),
                exit: dice.address(),
                exit_ttl: dice.number(),
                trigger: dice.trigger(),
                attempts: dice.list(Self::attempt),
            }),
            sent_trace: self.number(),
            sent_ping: self.number(),
            sent_revelation: self.number(),
            incomplete: self.flag(),
        }
    }
}
