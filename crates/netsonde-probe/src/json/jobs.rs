//! The fields of a job, as they are read.
use super::reader::{Read, Reader, Result, list};
use crate::job::{
    AliasOptions, Budget, FingerprintOptions, Job, Kind, MultipathOptions, Output, PingMethod,
    PingOptions, PrefixLimits, Privilege, Target, TcpOptions, TntOptions, TraceMethod,
    TraceOptions,
};
use crate::targets::Prefix;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};

const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Job> {
    let mut job = Job::new(Kind::Ping, Vec::new(), 0, "");
    job.read(reader)?;
    reader.end()?;
    Ok(job)
}

/// Fields in their order; those with a star must be there.
macro_rules! object {
    ($type:ty: $($name:ident $($star:literal)?),*) => {
        impl Read for $type {
            fn read(&mut self, reader: &mut Reader<'_>) -> Result<()> {
                // What ends with a space ends with an empty name, which no field has.
                const NAMES: &str = concat!($(stringify!($name), $($star,)? " "),*);
                reader.object(NAMES, &mut [$(&mut self.$name),*])
            }
        }
    };
}
object!(Job: schema "*", id "*", kind "*", targets "*", stream_targets, ping, trace, tnt, alias, fingerprint,
    multipath, tcp, rate_pps "*", in_flight_max "*", budget, prefix, exclude, deadline_ms, privilege, progress_ms,
    output, origin, epoch_ns, seed "*", key "*");
object!(Target: address "*", source "*");
object!(Budget: per_target, total);
object!(PrefixLimits: rate_pps, probes, v4_len, v6_len);
object!(PingOptions: method, count, interval_ms, timeout_ms, size, ttl, tos, destination_port);
object!(TraceOptions: method, first_ttl, last_ttl, attempts, all_attempts, wait_ms, gap_limit, loop_limit, window,
    size, tos, destination_port, flow, mtu);
object!(TntOptions: ping_count, frpla_min, rtla_min, brute_force, reveal_64_64, treat_as_public, flow_retries,
    opaque_min, opaque_max);

macro_rules! choice {
    ($type:ident: $($name:literal $value:ident),*) => {
        impl Read for $type {
            fn read(&mut self, reader: &mut Reader<'_>) -> Result<()> {
                const VALUES: &[$type] = &[$($type::$value),*];
                let index = reader.choice(concat!($($name, " "),*))?;
                *self = *VALUES.get(index).ok_or("expected a value")?;
                Ok(())
            }
        }
    };
}
choice!(Kind: "ping" Ping, "trace" Trace, "tnt" Tnt, "alias" Alias, "multipath" Multipath,
    "fingerprint" Fingerprint, "tcp" Tcp);
choice!(Privilege: "raw" Raw, "none" None);
choice!(Output: "events" Events, "columns" Columns);
choice!(PingMethod: "icmp" Icmp, "udp" Udp, "tcp-syn" TcpSyn, "tcp-ack" TcpAck);
choice!(TraceMethod: "icmp-paris" IcmpParis, "udp-paris" UdpParis, "tcp-syn" TcpSyn);

impl Read for Vec<Target> {
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        let nobody = Target {
            address: NOBODY,
            source: NOBODY,
        };
        list(self, nobody, reader)
    }
}

impl Read for Vec<Prefix> {
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        list(self, Prefix::around(NOBODY, 0), reader)
    }
}

impl Read for Prefix {
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        let text = reader.string()?;
        *self = text
            .parse()
            .map_err(|error| String::from("expected a prefix: ") + &ToString::to_string(&error))?;
        Ok(())
    }
}

/// Options of what only other builds measure. Those have the code to read them, too.
macro_rules! surveys {
    ($($type:ty)*) => {$(
        impl Read for $type {
            fn read(&mut self, reader: &mut Reader<'_>) -> Result<()> {
                let _text = reader.any()?;
                #[cfg(feature = "surveys")]
                {
                    *self = serde_json::from_str(_text).map_err(|error| error.to_string())?;
                }
                Ok(())
            }
        }
    )*};
}
surveys!(AliasOptions FingerprintOptions MultipathOptions TcpOptions);
