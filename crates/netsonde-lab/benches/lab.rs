//! Node events per second: `cargo bench -p netsonde-lab`.
//!
//! One event is one frame handled by one node. Each figure is the median of its rounds.
#![allow(clippy::unwrap_used, reason = "a bench")]
use netsonde_lab::{AttachmentId, Lab, Topology};
use netsonde_wire::icmp::emit_echo;
use netsonde_wire::ip::{IpBuild, protocol};
use std::fmt::Write;
use std::net::IpAddr;
use std::time::Instant;

const ROUNDS: usize = 9;
/// Hops of a path, the target included: the usual length of the Internet's.
const HOPS: u8 = 13;
/// Traceroutes of one round, all their probes in flight at once.
const TRACES: u16 = 2_000;

fn main() {
    let labelled = r#", "domains": {"core": {"members": ["r02","r03","r04","r05","r06","r07","r08","r09","r10"]}}"#;
    for (name, domain) in [
        ("IP forwarding", ""),
        ("label switching, RFC 4950", labelled),
    ] {
        report(name, domain);
    }
}

fn report(name: &str, domain: &str) {
    let mut rounds: Vec<[f64; 3]> = (0..ROUNDS)
        .map(|_| {
            let topology = Topology::from_json(path(domain).as_bytes()).unwrap();
            let mut lab = Lab::new(&topology).unwrap();
            let vp = lab.attachment("vp").unwrap();
            transit(&mut lab, vp); // buffers are made once
            [
                transit(&mut lab, vp),
                traces(&mut lab, vp).0,
                traces(&mut lab, vp).1,
            ]
        })
        .collect();
    let mut median = |figure: usize| {
        rounds.sort_by(|a, b| a[figure].total_cmp(&b[figure]));
        rounds[ROUNDS / 2][figure]
    };
    // Lines that `make bench` tabulates: name, at least two spaces, value, unit.
    let in_transit = median(0) / 1e6;
    println!("{name}, in transit  {in_transit:.1} Mevents/s");
    let in_traces = median(1) / 1e6;
    println!("{name}, in traceroutes  {in_traces:.1} Mevents/s");
    let traces = median(2);
    println!("{name}, {HOPS} hops  {traces:.0} traceroutes/s");
}

/// Events per second of pings through the whole path.
fn transit(lab: &mut Lab, vp: AttachmentId) -> f64 {
    let start_events = lab.statistics().node_events;
    let start = Instant::now();
    let mut now_ns = lab.now_ns();
    let packet = probe(64, 1);
    for _ in 0..50 {
        for _ in 0..200 {
            lab.inject(now_ns, vp, &packet);
        }
        now_ns += 1_000_000_000;
        lab.advance(now_ns);
        while lab.poll_delivery().is_some() {}
    }
    let events = lab.statistics().node_events - start_events;
    per_second(events, start)
}

/// Events and traceroutes per second: every TTL of every trace, 100 traces at a time.
fn traces(lab: &mut Lab, vp: AttachmentId) -> (f64, f64) {
    let start_events = lab.statistics().node_events;
    let start = Instant::now();
    let mut now_ns = lab.now_ns();
    let mut replies = 0;
    for trace in 0..TRACES {
        for ttl in 1..=HOPS {
            lab.inject(now_ns, vp, &probe(ttl, trace));
        }
        if trace % 100 == 99 {
            now_ns += 1_000_000_000;
            lab.advance(now_ns);
            while lab.poll_delivery().is_some() {
                replies += 1;
            }
        }
    }
    assert_eq!(
        replies,
        u32::from(TRACES) * u32::from(HOPS),
        "every hop answers"
    );
    let events = lab.statistics().node_events - start_events;
    (
        per_second(events, start),
        per_second(u64::from(TRACES), start),
    )
}

fn per_second(count: u64, start: Instant) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
    let count = count as f64;
    count / start.elapsed().as_secs_f64()
}

fn probe(ttl: u8, sequence: u16) -> Vec<u8> {
    let [source, destination] = ["5.1.0.1", "5.2.0.2"].map(|text| text.parse::<IpAddr>().unwrap());
    let (mut body, mut packet) = (Vec::new(), Vec::new());
    emit_echo(source, destination, false, 7, sequence, &[0; 32], &mut body);
    let protocol = protocol::ICMP;
    IpBuild {
        source,
        destination,
        protocol,
        ttl,
        tos: 0,
        ident: 1,
        flow_label: 0,
        dont_fragment: false,
    }
    .emit(&body, &mut packet);
    packet
}

/// Twelve routers in a row and a host.
fn path(domain: &str) -> String {
    let (mut nodes, mut links) = (String::new(), String::new());
    for index in 1..HOPS {
        write!(nodes, r#""r{index:02}": {{}}, "#).unwrap();
        if index > 1 {
            let near = index - 1;
            write!(
                links,
                r#""l{near:02}": {{"ends": ["r{near:02}", "r{index:02}"], "subnet": "5.1.{near}.0/30"}}, "#
            )
            .unwrap();
        }
    }
    format!(
        r#"{{"nodes": {{{nodes} "host": {{"role": "host"}}}},
            "links": {{{links} "last": {{"ends": ["r12", "host"], "subnet": "5.2.0.0/30"}}}},
            "attachments": {{"vp": {{"node": "r01", "subnet": "5.1.0.0/30"}}}} {domain}}}"#
    )
}
