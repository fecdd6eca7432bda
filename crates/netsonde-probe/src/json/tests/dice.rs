//! Jobs and events of any content, drawn from a seed.
use crate::event::{Event, LinkKind, LinkUsed};
use crate::job::{Job, Kind, Output, PingMethod, Privilege, Target, TraceMethod};
use crate::record::{
    Counters, Extension, Hop, HopMtu, Label, MtuChange, MtuSource, PathMtu, PingResult, Reply,
    ReplyKind, StopReason, Trace,
};
use crate::seed::mix;
use crate::targets::Prefix;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

pub(super) struct Dice(pub(super) u64);

/// Draws one variant of an enumeration; all are named.
macro_rules! one_of {
    ($dice:ident, $type:ident: $($variant:ident)*) => {
        $dice.of(&[$($type::$variant),*])
    };
}
pub(super) use one_of;

impl Dice {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// Of any size: small ones and the largest are not rare.
    pub(super) fn number<T: TryFrom<u64>>(&mut self) -> T {
        loop {
            let number = match self.next() % 3 {
                0 => self.next() % 11,
                1 => u64::MAX,
                _ => self.next(),
            };
            if let Ok(number) = T::try_from(number >> (self.next() % 64)) {
                return number;
            }
        }
    }

    pub(super) fn flag(&mut self) -> bool {
        self.next() & 1 == 0
    }

    pub(super) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.next() % all.len() as u64).unwrap()]
    }

    pub(super) fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flag().then(|| make(self))
    }

    pub(super) fn list<T>(&mut self, make: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..self.next() % 4).map(|_| make(self)).collect()
    }

    pub(super) fn text(&mut self) -> String {
        let characters = self.list(|dice| match dice.next() % 4 {
            0 => char::from_u32(u32::try_from(dice.next() % 0x80).unwrap()),
            1 => char::from_u32(dice.number()),
            2 => Some(dice.of(&['"', '\\', '\n', '\u{7f}', '\u{1f}', '/', '\u{2028}'])),
            _ => Some('a'),
        });
        characters.into_iter().flatten().collect()
    }

    pub(super) fn address(&mut self) -> IpAddr {
        let bits = u128::from(self.next()) << 64 | u128::from(self.number::<u64>());
        match self.next() % 4 {
            0 => IpAddr::from(bits.to_be_bytes()),
            1 => IpAddr::from((bits << 40 & !0xffff).to_be_bytes()),
            2 => IpAddr::from((0xffff_0000_0000 | bits & 0xffff_ffff).to_be_bytes()),
            _ => IpAddr::from(self.number::<u32>().to_be_bytes()),
        }
    }

    fn kind(&mut self) -> Kind {
        one_of!(self, Kind: Ping Trace Tnt Alias Multipath Fingerprint Tcp)
    }

    pub(super) fn trace_method(&mut self) -> TraceMethod {
        one_of!(self, TraceMethod: IcmpParis UdpParis TcpSyn)
    }

    fn ping_method(&mut self) -> PingMethod {
        one_of!(self, PingMethod: Icmp Udp TcpSyn TcpAck)
    }

    pub(super) fn job(&mut self) -> Job {
        let targets = self.list(|dice| Target {
            address: dice.address(),
            source: dice.address(),
        });
        let mut job = Job::new(self.kind(), targets, self.number(), &self.text());
        (job.schema, job.id, job.origin) = (self.number(), self.text(), self.text());
        job.stream_targets = self.flag();
        job.ping.method = self.ping_method();
        (job.ping.count, job.ping.size, job.ping.ttl) =
            (self.number(), self.number(), self.number());
        (job.ping.interval_ms, job.ping.destination_port) = (self.number(), self.number());
        job.trace.method = self.trace_method();
        (job.trace.first_ttl, job.trace.window, job.trace.mtu) =
            (self.number(), self.number(), self.number());
        (job.trace.all_attempts, job.trace.flow) = (self.flag(), self.number());
        (job.tnt.brute_force, job.tnt.opaque_max, job.tnt.rtla_min) =
            (self.flag(), self.number(), self.number());
        (job.rate_pps, job.in_flight_max) = (self.number(), self.number());
        (job.budget.per_target, job.budget.total) = (self.number(), self.number());
        (job.prefix.rate_pps, job.prefix.probes) = (self.number(), self.number());
        (job.prefix.v4_len, job.prefix.v6_len) = (self.number(), self.number());
        job.exclude = self.list(|dice| Prefix::around(dice.address(), dice.number()));
        job.deadline_ms = self.maybe(Self::number);
        job.epoch_ns = self.maybe(Self::number);
        job.privilege = self.of(&[Privilege::Raw, Privilege::None]);
        job.output = self.of(&[Output::Events, Output::Columns]);
        job.progress_ms = self.number();
        job
    }

    pub(super) fn event(&mut self) -> Event {
        match self.next() % 9 {
            0 => Event::Start {
                schema: self.number(),
                job: self.text(),
                kind: self.kind(),
                privilege: self.of(&[Privilege::Raw, Privilege::None]),
                targets: self.number(),
                seed: self.number(),
                epoch_ns: self.maybe(Self::number),
                links: self.list(|dice| LinkUsed {
                    link: one_of!(dice, LinkKind: Frames Raw Unprivileged),
                    interface: dice.maybe(Self::text),
                }),
            },
            1 => Event::PingReply {
                target: self.address(),
                reply: self.reply(),
            },
            2 => Event::Hop {
                target: self.address(),
                hop: self.hop(),
            },
            3 => Event::Ping(self.ping()),
            4 => Event::Trace(self.trace()),
            5 => Event::Tnt(self.tnt()),
            6 => Event::Progress {
                sent: self.number(),
                received: self.number(),
                targets_begun: self.number(),
                targets_done: self.number(),
                in_flight: self.number(),
                elapsed_ns: self.number(),
            },
            7 => Event::Done {
                counters: self.counters(),
                targets_done: self.number(),
                duration_ns: self.number(),
            },
            _ => Event::Failed {
                reason: self.text(),
                hint: self.text(),
            },
        }
    }

    fn counters(&mut self) -> Counters {
        Counters {
            sent: self.number(),
            received: self.number(),
            late: self.number(),
            duplicate: self.number(),
            rejected: self.number(),
            unparsed: self.number(),
            unrelated: self.number(),
            refused: self.number(),
            dropped: self.number(),
            excluded: self.number(),
            uncaptured: self.number(),
            frames: self.number(),
            reassembled: self.number(),
            unfinished: self.number(),
            overlapped: self.number(),
        }
    }

    pub(super) fn label(&mut self) -> Label {
        Label {
            label: self.number(),
            tc: self.number(),
            bottom: self.flag(),
            ttl: self.number(),
        }
    }

    fn extension(&mut self) -> Extension {
        if self.flag() {
            return Extension::Unknown {
                class: self.number(),
                c_type: self.number(),
                payload: self.text(),
            };
        }
        Extension::Interface {
            role: self.number(),
            if_index: self.maybe(Self::number),
            address: self.maybe(Self::address),
            name: self.maybe(Self::text),
            mtu: self.maybe(Self::number),
        }
    }

    fn reply(&mut self) -> Reply {
        Reply {
            responder: self.address(),
            kind: one_of!(self, ReplyKind: EchoReply TimeExceeded Unreachable PacketTooBig ParameterProblem Redirect
                TcpSynAck TcpRst UdpReply),
            attempt: self.number(),
            rtt_ns: self.number(),
            sent_ns: self.maybe(Self::number),
            reply_ttl: self.maybe(Self::number),
            reply_tos: self.maybe(Self::number),
            ip_id: self.maybe(Self::number),
            size: self.number(),
            icmp_type: self.maybe(Self::number),
            icmp_code: self.maybe(Self::number),
            quoted_ttl: self.maybe(Self::number),
            quoted_tos: self.maybe(Self::number),
            mtu: self.maybe(Self::number),
            labels: self.list(Self::label),
            extensions: self.list(Self::extension),
        }
    }

    fn hop(&mut self) -> Hop {
        Hop {
            probe_ttl: self.number(),
            sent: self.number(),
            replies: self.list(Self::reply),
        }
    }

    fn ping(&mut self) -> PingResult {
        PingResult {
            target: self.address(),
            source: self.address(),
            method: self.ping_method(),
            sent: self.number(),
            replies: self.list(Self::reply),
            duplicates: self.number(),
            late: self.number(),
            incomplete: self.flag(),
            started_ns: self.number(),
            ended_ns: self.number(),
        }
    }

    pub(super) fn trace(&mut self) -> Trace {
        Trace {
            target: self.address(),
            source: self.address(),
            method: self.trace_method(),
            flow: self.number(),
            first_ttl: self.number(),
            hops: self.list(Self::hop),
            stop: one_of!(self, StopReason: Completed Unreachable GapLimit LoopLimit LastTtl Budget Deadline
                Interrupted),
            sent: self.number(),
            duplicates: self.number(),
            late: self.number(),
            started_ns: self.number(),
            ended_ns: self.number(),
            path_mtu: self.maybe(Self::path_mtu),
        }
    }

    fn path_mtu(&mut self) -> PathMtu {
        PathMtu {
            start: self.number(),
            mtu: self.maybe(Self::number),
            hops: self.list(|dice| HopMtu {
                probe_ttl: dice.number(),
                mtu: dice.maybe(Self::number),
            }),
            changes: self.list(|dice| MtuChange {
                probe_ttl: dice.number(),
                before: dice.number(),
                after: dice.number(),
                found: dice.of(&[MtuSource::PacketTooBig, MtuSource::Search]),
                router: dice.maybe(Self::address),
                said: dice.maybe(Self::number),
            }),
            sent: self.number(),
            incomplete: self.flag(),
        }
    }
}
