//! What the probes of a flow are made of.
use crate::identity::{Method, Shape};
use crate::job::{
    MultipathMethod, MultipathOptions, PingOptions, Target, TraceMethod, TraceOptions,
};
use core::net::IpAddr;

/// Destination ports when the job names none: those of trace.
const UDP_PORT: u16 = 33_434;
const TCP_PORT: u16 = 80;

/// The shape of a probe of `flow` to `destination`.
pub(super) fn shape(
    target: Target,
    destination: IpAddr,
    options: &MultipathOptions,
    flow: u16,
) -> Shape {
    let (method, flow_id) = match options.method {
        MultipathMethod::IcmpEcho => (Method::Icmp, flow),
        MultipathMethod::UdpSport => (Method::UdpParis, flow),
        MultipathMethod::UdpDport => (Method::UdpParis, 0),
        MultipathMethod::TcpSport => (Method::TcpSyn, flow),
        MultipathMethod::TcpAckSport => (Method::TcpAck, flow),
    };
    Shape {
        target: destination,
        method,
        flow: flow_id,
        label_flow: label_flow(options, flow),
        size: options.size,
        tos: options.tos,
        destination_port: destination_port(options, flow),
        ..Shape::of_ping(target, &PingOptions::default())
    }
}

/// The flow whose IPv6 flow label a flow has.
pub(crate) fn label_flow(options: &MultipathOptions, flow: u16) -> u16 {
    if options.vary_flow_label { flow } else { 0 }
}

/// The trace that follows a flow.
pub(crate) fn trace_options(options: &MultipathOptions, flow: u16) -> TraceOptions {
    let is_by_destination = options.method == MultipathMethod::UdpDport;
    TraceOptions {
        method: match options.method {
            MultipathMethod::IcmpEcho => TraceMethod::IcmpParis,
            MultipathMethod::UdpSport | MultipathMethod::UdpDport => TraceMethod::UdpParis,
            MultipathMethod::TcpSport | MultipathMethod::TcpAckSport => TraceMethod::TcpSyn,
        },
        first_ttl: options.first_ttl,
        last_ttl: options.last_ttl,
        attempts: options.attempts,
        wait_ms: options.wait_ms,
        gap_limit: options.gap_limit,
        loop_limit: options.loop_limit,
        size: options.size,
        tos: options.tos,
        destination_port: destination_port(options, flow),
        flow: if is_by_destination { 0 } else { flow },
        ..TraceOptions::default()
    }
}

fn destination_port(options: &MultipathOptions, flow: u16) -> u16 {
    let or = |default| {
        if options.destination_port == 0 {
            default
        } else {
            options.destination_port
        }
    };
    match options.method {
        MultipathMethod::IcmpEcho => 0,
        MultipathMethod::UdpSport => or(UDP_PORT),
        MultipathMethod::UdpDport => or(UDP_PORT).saturating_add(flow),
        MultipathMethod::TcpSport | MultipathMethod::TcpAckSport => or(TCP_PORT),
    }
}
