//! The fields of events, as they are written.
use super::writer::{Write, Writer};
use crate::event::{Event, LinkKind, LinkUsed};
use crate::job::{Kind, PingMethod, Privilege, TraceMethod};
use crate::record::{
    Attempt, AttemptOutcome, Completeness, Counters, Extension, FailedRevelation, Hop, HopFacts,
    HopMtu, Label, Method, MtuChange, MtuSource, PathMtu, PingResult, Reply, ReplyKind, StopReason,
    TntHop, TntResult, Trace, Trigger, Tunnel, TunnelClass, TunnelRouter, VendorCandidate,
};

/// Fields in their order.
macro_rules! object {
    ($type:ty: $tag:literal $($name:ident),*) => {
        impl Write for $type {
            fn write(&self, writer: &mut Writer<'_>) {
                writer.object($tag, concat!($(stringify!($name), " "),*), &[$(&self.$name),*]);
            }
        }
    };
}

/// Those of a variant that was taken apart.
macro_rules! variant {
    ($writer:ident, $tag:literal $($name:ident),*) => {
        $writer.object($tag, concat!($(stringify!($name), " "),*), &[$($name),*])
    };
}

pub(super) fn write(writer: &mut Writer<'_>, event: &Event) {
    match event {
        Event::Start {
            schema,
            job,
            kind,
            privilege,
            targets,
            seed,
            epoch_ns,
            links,
        } => {
            variant!(writer, r#"{"type":"start""# schema, job, kind, privilege, targets, seed, epoch_ns, links);
        }
        Event::PingReply { target, reply } => {
            variant!(writer, r#"{"type":"ping-reply""# target, reply);
        }
        Event::Hop { target, hop } => variant!(writer, r#"{"type":"hop""# target, hop),
        Event::Ping(result) => result.write(writer),
        Event::Trace(trace) => write_trace(writer, r#"{"type":"trace""#, trace),
        Event::Tnt(result) => result.write(writer),
        Event::Progress {
            sent,
            received,
            targets_begun,
            targets_done,
            in_flight,
            elapsed_ns,
        } => {
            variant!(writer, r#"{"type":"progress""# sent, received, targets_begun, targets_done, in_flight, elapsed_ns);
        }
        Event::Done {
            counters,
            targets_done,
            duration_ns,
        } => variant!(writer, r#"{"type":"done""# counters, targets_done, duration_ns),
        Event::Failed { reason, hint } => variant!(writer, r#"{"type":"failed""# reason, hint),
        // Of measurements that a build without surveys does not make.
        #[cfg(feature = "surveys")]
        other => writer.raw(&other.to_json()),
        #[cfg(not(feature = "surveys"))]
        _ => writer.raw("null"),
    }
}

fn write_trace(writer: &mut Writer<'_>, tag: &str, trace: &Trace) {
    let Trace {
        target,
        source,
        method,
        flow,
        first_ttl,
        hops,
        stop,
        sent,
        duplicates,
        late,
        started_ns,
        ended_ns,
        path_mtu,
    } = trace;
    writer.object(
        tag,
        "target source method flow first_ttl hops stop sent duplicates late started_ns ended_ns path_mtu",
        &[
            target, source, method, flow, first_ttl, hops, stop, sent, duplicates, late,
            started_ns, ended_ns, path_mtu,
        ],
    );
}

impl Write for Trace {
    fn write(&self, writer: &mut Writer<'_>) {
        write_trace(writer, "{", self);
    }
}

impl Write for Extension {
    fn write(&self, writer: &mut Writer<'_>) {
        match self {
            Self::Interface {
                role,
                if_index,
                address,
                name,
                mtu,
            } => variant!(writer, r#"{"object":"interface""# role, if_index, address, name, mtu),
            Self::Unknown {
                class,
                c_type,
                payload,
            } => variant!(writer, r#"{"object":"unknown""# class, c_type, payload),
        }
    }
}

// These two are written as events only, so with a type.
object!(PingResult: r#"{"type":"ping""# target, source, method, sent, replies, duplicates, late, incomplete,
    started_ns, ended_ns);
object!(TntResult: r#"{"type":"tnt""# trace, hops, tunnels, failed, sent_trace, sent_ping, sent_revelation,
    incomplete);
object!(LinkUsed: "{" link, interface);
object!(Label: "{" label, tc, bottom, ttl);
object!(Reply: "{" responder, kind, attempt, rtt_ns, sent_ns, reply_ttl, reply_tos, ip_id, size, icmp_type, icmp_code,
    quoted_ttl, quoted_tos, mtu, labels, extensions);
object!(Counters: "{" sent, received, late, duplicate, rejected, unparsed, unrelated, refused, dropped, excluded,
    uncaptured, frames, reassembled, unfinished, overlapped);
object!(Hop: "{" probe_ttl, sent, replies);
object!(PathMtu: "{" start, mtu, hops, changes, sent, incomplete);
object!(HopMtu: "{" probe_ttl, mtu);
object!(MtuChange: "{" probe_ttl, before, after, found, router, said);
object!(Attempt: "{" target, step, method, flow, buddy, outcome, sent);
object!(TunnelRouter: "{" address, probe_ttl, step, method, hop, vendors, labels);
object!(VendorCandidate: "{" vendor, share_percent);
object!(HopFacts: "{" rtt_ns, te_ttl, er_ttl, signature, quoted_ttl, frpla, rtla, uturn, reserved);
object!(Tunnel: "{" class, triggers, method, ingress_ttl, egress_ttl, ingress, egress, lsrs, inferred_length,
    completeness, stop, attempts);
object!(TntHop: "{" probe_ttl, address, facts, vendors, labels);
object!(FailedRevelation: "{" entry, exit, exit_ttl, trigger, attempts);

macro_rules! choice {
    ($type:ident: $($name:literal $value:ident),*) => {
        impl Write for $type {
            fn write(&self, writer: &mut Writer<'_>) {
                writer.string(match self { $(Self::$value => $name),* });
            }
        }
    };
}
choice!(Kind: "ping" Ping, "trace" Trace, "tnt" Tnt, "alias" Alias, "multipath" Multipath,
    "fingerprint" Fingerprint, "tcp" Tcp);
choice!(Privilege: "raw" Raw, "none" None);
choice!(LinkKind: "frames" Frames, "raw" Raw, "unprivileged" Unprivileged);
choice!(PingMethod: "icmp" Icmp, "udp" Udp, "tcp-syn" TcpSyn, "tcp-ack" TcpAck);
choice!(TraceMethod: "icmp-paris" IcmpParis, "udp-paris" UdpParis, "tcp-syn" TcpSyn);
choice!(ReplyKind: "echo-reply" EchoReply, "time-exceeded" TimeExceeded, "unreachable" Unreachable,
    "packet-too-big" PacketTooBig, "parameter-problem" ParameterProblem, "redirect" Redirect,
    "tcp-syn-ack" TcpSynAck, "tcp-rst" TcpRst, "udp-reply" UdpReply);
choice!(StopReason: "completed" Completed, "unreachable" Unreachable, "gap-limit" GapLimit, "loop-limit" LoopLimit,
    "last-ttl" LastTtl, "budget" Budget, "deadline" Deadline, "interrupted" Interrupted);
choice!(MtuSource: "packet-too-big" PacketTooBig, "search" Search);
choice!(TunnelClass: "explicit" Explicit, "implicit" Implicit, "opaque" Opaque, "invisible-php" InvisiblePhp,
    "invisible-uhp" InvisibleUhp);
choice!(Trigger: "labels" Labels, "qttl" Qttl, "uturn" Uturn, "lse-ttl" LseTtl, "rtla" Rtla, "frpla" Frpla,
    "frpla-increase" FrplaIncrease, "duplicate-ip" DuplicateIp, "qttl-zero" QttlZero,
    "signature-64-64" Signature6464, "brute-force" BruteForce);
choice!(Method: "dpr" Dpr, "brpr" Brpr, "buddy" Buddy, "unknown" Unknown, "mixed" Mixed);
choice!(AttemptOutcome: "revealed" Revealed, "nothing-revealed" NothingRevealed,
    "ingress-not-found" IngressNotFound, "target-not-reached" TargetNotReached, "inconsistent" Inconsistent,
    "not-attempted" NotAttempted);
choice!(Completeness: "complete" Complete, "incomplete" Incomplete, "visible" Visible);
