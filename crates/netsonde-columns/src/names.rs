//! Columns of names of which all are known: one byte a row, and the list of the names.
use crate::column::Column;
use crate::numbers::{MaybeNumbers, take_all};
use arrow_array::types::Int8Type;
use arrow_array::{ArrayRef, DictionaryArray, PrimitiveArray, StringArray};
use netsonde_probe::job::{PingMethod, TraceMethod};
use netsonde_probe::record::{
    AttemptOutcome, Completeness, Method, ReplyKind, StopReason, Trigger, TunnelClass,
};
use std::marker::PhantomData;
use std::sync::Arc;

/// A value that has a name, one of few.
pub(crate) trait Named: Copy {
    /// All names, as JSON spells them.
    const NAMES: &'static [&'static str];

    /// Its place among them.
    fn code(self) -> i8;
}

/// Gives each variant of an enum the name that JSON has for it.
macro_rules! named {
    ($kind:ty { $($variant:ident = $code:literal $name:literal,)* }) => {
        impl Named for $kind {
            const NAMES: &'static [&'static str] = &[$($name,)*];

            fn code(self) -> i8 {
                match self {
                    $(Self::$variant => $code,)*
                }
            }
        }
    };
}
pub(crate) use named;

/// Names that are always there.
pub(crate) struct Names<N>(Vec<i8>, PhantomData<N>);

impl<N: Named> Names<N> {
    pub(crate) fn push(&mut self, value: N) {
        self.0.push(value.code());
    }
}

impl<N> Default for Names<N> {
    fn default() -> Self {
        Self(Vec::new(), PhantomData)
    }
}

impl<N: Named> Column for Names<N> {
    const NULLABLE: bool = false;

    fn take(&mut self) -> ArrayRef {
        let keys = PrimitiveArray::<Int8Type>::from(take_all(&mut self.0));
        dictionary::<N>(keys)
    }
}

/// Names that may be missing.
pub(crate) struct MaybeNames<N>(MaybeNumbers<Int8Type>, PhantomData<N>);

impl<N: Named> MaybeNames<N> {
    pub(crate) fn push(&mut self, value: Option<N>) {
        self.0.push(value.map(Named::code));
    }
}

impl<N> Default for MaybeNames<N> {
    fn default() -> Self {
        Self(MaybeNumbers::default(), PhantomData)
    }
}

impl<N: Named> Column for MaybeNames<N> {
    const NULLABLE: bool = true;

    fn take(&mut self) -> ArrayRef {
        dictionary::<N>(self.0.finish())
    }
}

fn dictionary<N: Named>(keys: PrimitiveArray<Int8Type>) -> ArrayRef {
    let names = StringArray::from_iter_values(N::NAMES);
    Arc::new(DictionaryArray::new(keys, Arc::new(names)))
}

named!(PingMethod {
    Icmp = 0 "icmp",
    Udp = 1 "udp",
    TcpSyn = 2 "tcp-syn",
    TcpAck = 3 "tcp-ack",
});
named!(TraceMethod {
    IcmpParis = 0 "icmp-paris",
    UdpParis = 1 "udp-paris",
    TcpSyn = 2 "tcp-syn",
});
named!(ReplyKind {
    EchoReply = 0 "echo-reply",
    TimeExceeded = 1 "time-exceeded",
    Unreachable = 2 "unreachable",
    PacketTooBig = 3 "packet-too-big",
    ParameterProblem = 4 "parameter-problem",
    Redirect = 5 "redirect",
    TcpSynAck = 6 "tcp-syn-ack",
    TcpRst = 7 "tcp-rst",
    UdpReply = 8 "udp-reply",
});
named!(StopReason {
    Completed = 0 "completed",
    Unreachable = 1 "unreachable",
    GapLimit = 2 "gap-limit",
    LoopLimit = 3 "loop-limit",
    LastTtl = 4 "last-ttl",
    Budget = 5 "budget",
    Deadline = 6 "deadline",
    Interrupted = 7 "interrupted",
});
named!(TunnelClass {
    Explicit = 0 "explicit",
    Implicit = 1 "implicit",
    Opaque = 2 "opaque",
    InvisiblePhp = 3 "invisible-php",
    InvisibleUhp = 4 "invisible-uhp",
});
named!(Trigger {
    Labels = 0 "labels",
    Qttl = 1 "qttl",
    Uturn = 2 "uturn",
    LseTtl = 3 "lse-ttl",
    Rtla = 4 "rtla",
    Frpla = 5 "frpla",
    FrplaIncrease = 6 "frpla-increase",
    DuplicateIp = 7 "duplicate-ip",
    QttlZero = 8 "qttl-zero",
    Signature6464 = 9 "signature-64-64",
    BruteForce = 10 "brute-force",
});
named!(Method {
    Dpr = 0 "dpr",
    Brpr = 1 "brpr",
    Buddy = 2 "buddy",
    Unknown = 3 "unknown",
    Mixed = 4 "mixed",
});
named!(AttemptOutcome {
    Revealed = 0 "revealed",
    NothingRevealed = 1 "nothing-revealed",
    IngressNotFound = 2 "ingress-not-found",
    TargetNotReached = 3 "target-not-reached",
    Inconsistent = 4 "inconsistent",
    NotAttempted = 5 "not-attempted",
});
named!(Completeness {
    Complete = 0 "complete",
    Incomplete = 1 "incomplete",
    Visible = 2 "visible",
});

#[cfg(test)]
mod tests;
