//! The tables, and what a row of each says. `docs/reference/tables.md` explains every column.
use crate::address::{Addresses, FewAddresses, MaybeAddresses, Texts};
use crate::column::table;
use crate::names::{MaybeNames, Named, Names, named};
use crate::nested::{Attempts, LabelStack, Lists, Triggers, Vendors};
use crate::numbers::{Flags, MaybeFlags, MaybeNumbers, Numbers};
use arrow_array::types::{Int16Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type};
use netsonde_probe::job::{PingMethod, TraceMethod};
use netsonde_probe::record::{
    AttemptOutcome, Completeness, Method, ReplyKind, StopReason, Trigger, TunnelClass,
};

/// A table of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// One row per ping reply, or one for a target that did not answer.
    Pings = 1,
    /// One row per trace, plain or of `tnt`.
    Traces = 2,
    /// One row per reply of a hop, or one for a silent hop.
    Hops = 3,
    /// One row per tunnel.
    Tunnels = 4,
    /// One row per router of a tunnel.
    TunnelRouters = 5,
    /// One row per revelation that found no tunnel.
    FailedRevelations = 6,
}

impl Table {
    /// All of them, each after those whose rows announce its own.
    pub const ALL: [Self; 6] = [
        Self::Pings,
        Self::Traces,
        Self::Hops,
        Self::Tunnels,
        Self::TunnelRouters,
        Self::FailedRevelations,
    ];

    /// Its number in the frames of a stream.
    pub fn id(self) -> u8 {
        self as u8
    }

    /// The table of a number.
    pub fn from_id(id: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.id() == id)
    }

    /// Its name in files and queries.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pings => "pings",
            Self::Traces => "traces",
            Self::Hops => "hops",
            Self::Tunnels => "tunnels",
            Self::TunnelRouters => "tunnel_routers",
            Self::FailedRevelations => "failed_revelations",
        }
    }
}

table! {
    /// What a ping of one target gave, on each of its rows.
    Pings {
        ping: Numbers<UInt64Type>,
        target: Addresses,
        source: FewAddresses,
        method: Names<PingMethod>,
        sent: Numbers<UInt32Type>,
        duplicates: Numbers<UInt32Type>,
        late: Numbers<UInt32Type>,
        started_ns: Numbers<UInt64Type>,
        ended_ns: Numbers<UInt64Type>,
        incomplete: Flags,
        responder: MaybeAddresses,
    }
}

table! {
    /// A hop, on each of its rows.
    Hops {
        trace: Numbers<UInt64Type>,
        target: Addresses,
        ttl: Numbers<UInt8Type>,
        sent: Numbers<UInt8Type>,
        address: MaybeAddresses,
    }
}

table! {
    /// One reply; the row of silence has none of these.
    Replies {
        attempt: MaybeNumbers<UInt32Type>,
        kind: MaybeNames<ReplyKind>,
        sent_after_ns: MaybeNumbers<Int64Type>,
        rtt_ns: MaybeNumbers<UInt64Type>,
        reply_ttl: MaybeNumbers<UInt8Type>,
        reply_tos: MaybeNumbers<UInt8Type>,
        ip_id: MaybeNumbers<UInt32Type>,
        size: MaybeNumbers<UInt16Type>,
        icmp_type: MaybeNumbers<UInt8Type>,
        icmp_code: MaybeNumbers<UInt8Type>,
        quoted_ttl: MaybeNumbers<UInt8Type>,
        quoted_tos: MaybeNumbers<UInt8Type>,
        mtu: MaybeNumbers<UInt32Type>,
        labels: Lists<LabelStack>,
        extensions: Texts,
    }
}

table! {
    /// What TNT derives of a hop beyond its reply; on the first row of each hop.
    Facts {
        er_ttl: MaybeNumbers<UInt8Type>,
        signature_te: MaybeNumbers<UInt8Type>,
        signature_er: MaybeNumbers<UInt8Type>,
        frpla: MaybeNumbers<Int16Type>,
        rtla: MaybeNumbers<Int16Type>,
        uturn: MaybeNumbers<Int16Type>,
        reserved: MaybeFlags,
        vendors: Lists<Vendors>,
    }
}

/// Which measurement a trace belongs to.
#[derive(Clone, Copy)]
pub(crate) enum TraceKind {
    Trace,
    Tnt,
}

named!(TraceKind {
    Trace = 0 "trace",
    Tnt = 1 "tnt",
});

table! {
    /// One path.
    Traces {
        trace: Numbers<UInt64Type>,
        kind: Names<TraceKind>,
        target: Addresses,
        source: FewAddresses,
        method: Names<TraceMethod>,
        flow: Numbers<UInt16Type>,
        first_ttl: Numbers<UInt8Type>,
        stop: Names<StopReason>,
        hops: Numbers<UInt16Type>,
        sent: Numbers<UInt32Type>,
        duplicates: Numbers<UInt32Type>,
        late: Numbers<UInt32Type>,
        started_ns: Numbers<UInt64Type>,
        ended_ns: Numbers<UInt64Type>,
        mtu: MaybeNumbers<UInt16Type>,
        path_mtu: Texts,
        tunnels: MaybeNumbers<UInt16Type>,
        sent_trace: MaybeNumbers<UInt32Type>,
        sent_ping: MaybeNumbers<UInt32Type>,
        sent_revelation: MaybeNumbers<UInt32Type>,
        incomplete: MaybeFlags,
        tnt_hops: Texts,
    }
}

table! {
    /// One tunnel.
    Tunnels {
        trace: Numbers<UInt64Type>,
        target: Addresses,
        tunnel: Numbers<UInt16Type>,
        class: Names<TunnelClass>,
        triggers: Lists<Triggers>,
        method: MaybeNames<Method>,
        ingress_ttl: MaybeNumbers<UInt8Type>,
        egress_ttl: MaybeNumbers<UInt8Type>,
        ingress: MaybeAddresses,
        egress: MaybeAddresses,
        length: Numbers<UInt16Type>,
        hidden: Numbers<UInt16Type>,
        inferred_length: MaybeNumbers<UInt8Type>,
        completeness: Names<Completeness>,
        stop: MaybeNames<AttemptOutcome>,
        sent: Numbers<UInt32Type>,
        attempts: Lists<Attempts>,
    }
}

/// What a router does in a tunnel.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    Ingress,
    Lsr,
    Egress,
}

named!(Role {
    Ingress = 0 "ingress",
    Lsr = 1 "lsr",
    Egress = 2 "egress",
});

table! {
    /// One router of a tunnel.
    TunnelRouters {
        trace: Numbers<UInt64Type>,
        tunnel: Numbers<UInt16Type>,
        position: Numbers<UInt16Type>,
        role: Names<Role>,
        address: MaybeAddresses,
        ttl: MaybeNumbers<UInt8Type>,
        step: MaybeNumbers<UInt8Type>,
        method: MaybeNames<Method>,
        rtt_ns: MaybeNumbers<UInt64Type>,
        te_ttl: MaybeNumbers<UInt8Type>,
        quoted_ttl: MaybeNumbers<UInt8Type>,
        labels: Lists<LabelStack>,
    }
}

table! {
    /// One revelation that found no tunnel.
    FailedRevelations {
        trace: Numbers<UInt64Type>,
        target: Addresses,
        position: Numbers<UInt16Type>,
        entry: Addresses,
        exit: Addresses,
        exit_ttl: Numbers<UInt8Type>,
        trigger: Names<Trigger>,
        sent: Numbers<UInt32Type>,
        attempts: Lists<Attempts>,
    }
}
