//! From what is known to the record of it.
use super::diamonds::diamonds;
use super::elsewhere::per_destination;
use super::graph::Graph;
use super::repeats::Place;
use super::session::Multipath;
use super::table::{Lane, Probe};
use crate::record::{
    BalancerKind, BranchPoint, Elsewhere, FlowFields, HopCost, MultipathLink, MultipathNode,
    MultipathProbe, MultipathResult, NodeEnd, ProbePurpose, StopReason,
};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use netsonde_wire::ip::{IpPacket, protocol};

/// Paths that TNT follows at most: diamonds in a row multiply.
const REPRESENTATIVES_MAX: usize = 64;

/// Why a measurement that has nothing more to ask ended.
pub(super) fn stop(graph: &Graph) -> StopReason {
    let ends: Vec<NodeEnd> = graph
        .hops
        .iter()
        .flat_map(|hop| &hop.vertices)
        .filter_map(|vertex| vertex.end)
        .collect();
    let order = [
        (NodeEnd::Destination, StopReason::Completed),
        (NodeEnd::Unreachable, StopReason::Unreachable),
        (NodeEnd::LoopLimit, StopReason::LoopLimit),
        (NodeEnd::GapLimit, StopReason::GapLimit),
    ];
    let first = order.into_iter().find(|(end, _)| ends.contains(end));
    first.map_or(StopReason::LastTtl, |(_, reason)| reason)
}

/// What the probes of a flow have in common, read from one of them.
pub(super) fn flow_fields(flow: u16, packet: &[u8]) -> FlowFields {
    let mut fields = FlowFields {
        flow,
        source_port: 0,
        destination_port: 0,
        checksum: 0,
        flow_label: 0,
    };
    let Ok(packet) = IpPacket::parse(packet) else {
        return fields;
    };
    fields.flow_label = packet.header.flow_label;
    if let [a, b, c, d, ..] = *packet.payload {
        let (first, second) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        match packet.header.protocol {
            protocol::UDP | protocol::TCP => {
                (fields.source_port, fields.destination_port) = (first, second);
            }
            _ => fields.checksum = second,
        }
    }
    fields
}

/// The record of a measurement.
pub(super) fn record(session: &Multipath, started_ns: u64, ended_ns: u64) -> MultipathResult {
    let (graph, table, options) = (session.graph(), &session.table, &session.options);
    let numbers = Numbers::new(&graph);
    let sent_as = |purpose| {
        count(
            table
                .probes()
                .iter()
                .filter(|probe| self::purpose(probe.key.lane) == purpose)
                .count(),
        )
    };
    MultipathResult {
        target: session.target.address,
        source: session.target.source,
        method: options.method,
        algorithm: options.algorithm,
        confidence: options.confidence,
        first_ttl: options.first_ttl,
        nodes: nodes(&graph),
        links: links(session, &graph, &numbers),
        diamonds: diamonds(&graph, |hop, vertex| numbers.of(hop, vertex)),
        branches: branches(session, &graph, &numbers),
        hops: hops(session, &graph),
        flows: session.flows.values().copied().collect(),
        probes: table
            .probes()
            .iter()
            .map(|probe| probe_record(session, probe))
            .collect(),
        tnt: Vec::new(),
        stop: session.stop.unwrap_or(StopReason::Interrupted),
        sent: count(table.probes().len()),
        sent_repeats: sent_as(ProbePurpose::Repeat),
        sent_elsewhere: sent_as(ProbePurpose::Elsewhere),
        sent_tnt: 0,
        duplicates: table.duplicates,
        late: table.late,
        started_ns: session.started_ns.unwrap_or(started_ns),
        ended_ns,
    }
}

/// One flow for every path that some flow was seen to take from its first to its last node.
pub(crate) fn representatives(result: &MultipathResult) -> Vec<u16> {
    let mut seen: BTreeMap<u8, Vec<(usize, &MultipathNode)>> = BTreeMap::new();
    for (index, node) in result.nodes.iter().enumerate() {
        seen.entry(node.ttl).or_default().push((index, node));
    }
    let (mut paths, mut found) = (BTreeSet::new(), Vec::new());
    for flow in &result.flows {
        let at = |nodes: &Vec<(usize, &MultipathNode)>| match nodes.as_slice() {
            [(only, _)] => Some(*only),
            several => several
                .iter()
                .find(|(_, node)| node.flows.contains(&flow.flow))
                .map(|(index, _)| *index),
        };
        let mut path = Vec::new();
        for nodes in seen.values() {
            let Some(index) = at(nodes) else { break };
            path.push(index);
            if result.nodes[index].end.is_some() {
                break;
            }
        }
        let is_whole = path
            .last()
            .is_some_and(|last| result.nodes[*last].end.is_some());
        if is_whole && found.len() < REPRESENTATIVES_MAX && paths.insert(path) {
            found.push(flow.flow);
        }
    }
    found
}

/// Indices of the nodes of the result.
struct Numbers(Vec<usize>);

impl Numbers {
    fn new(graph: &Graph) -> Self {
        let mut next = 0;
        let firsts = graph.hops[1..].iter().map(|hop| {
            next += hop.vertices.len();
            next - hop.vertices.len()
        });
        Self(firsts.collect())
    }

    fn of(&self, hop: usize, vertex: usize) -> u32 {
        count(self.0[hop - 1] + vertex)
    }
}

fn nodes(graph: &Graph) -> Vec<MultipathNode> {
    let node = |ttl| {
        move |vertex: &super::graph::Vertex| MultipathNode {
            ttl,
            address: vertex.address,
            flows: vertex.flows.clone(),
            end: vertex.end,
        }
    };
    graph.hops[1..]
        .iter()
        .flat_map(|hop| hop.vertices.iter().map(node(hop.ttl)))
        .collect()
}

fn links(session: &Multipath, graph: &Graph, numbers: &Numbers) -> Vec<MultipathLink> {
    let mut links = Vec::new();
    for index in 1..graph.hops.len() {
        let (before, hop) = (&graph.hops[index - 1], &graph.hops[index]);
        let certain =
            before.is_sole() || hop.is_sole() || !session.planner.is_scattered(graph, index);
        for (near, vertex) in before.vertices.iter().enumerate() {
            for far in &vertex.next {
                let both = |flow: &&u16| before.saw(**flow) && before.locate(**flow) == Some(near);
                links.push(MultipathLink {
                    near: (index > 1).then(|| numbers.of(index - 1, near)),
                    far: numbers.of(index, *far),
                    flows: hop.vertices[*far]
                        .flows
                        .iter()
                        .filter(both)
                        .copied()
                        .collect(),
                    certain,
                });
            }
        }
    }
    links
}

fn branches(session: &Multipath, graph: &Graph, numbers: &Numbers) -> Vec<BranchPoint> {
    let elsewhere = per_destination(&session.table, graph, &session.others);
    let mut branches = Vec::new();
    for (index, hop) in graph.hops.iter().enumerate() {
        if session.planner.is_scattered(graph, index) && !hop.is_sole() {
            continue;
        }
        for (at, vertex) in hop.vertices.iter().enumerate() {
            let place = (hop.ttl, vertex.address);
            let mut branch = BranchPoint {
                node: (index > 0).then(|| numbers.of(index, at)),
                ttl: hop.ttl,
                width: count(vertex.next.len()),
                kind: BalancerKind::Unknown,
                confidence: 0.0,
                sent: 0,
                changed: false,
                elsewhere: Vec::new(),
            };
            if let Some(others) = elsewhere.get(&place) {
                by_destination(&mut branch, others, session);
            } else if vertex.next.len() > 1 {
                by_repeats(&mut branch, place, session);
            } else {
                continue;
            }
            branches.push(branch);
        }
    }
    branches
}

fn by_destination(branch: &mut BranchPoint, others: &[Elsewhere], session: &Multipath) {
    let addresses: BTreeSet<_> = others.iter().map(|other| other.address).collect();
    branch.width += count(addresses.len());
    branch.kind = BalancerKind::PerDestination;
    branch.confidence = certainty(2, session.others.len());
    let elsewhere = |probe: &&Probe| matches!(probe.key.lane, Lane::Elsewhere(_));
    branch.sent = count(session.table.probes().iter().filter(elsewhere).count());
    branch.elsewhere = others.to_vec();
}

fn by_repeats(branch: &mut BranchPoint, place: Place, session: &Multipath) {
    let Some(shown) = session
        .planner
        .repeats
        .shown
        .get(&place)
        .filter(|shown| shown.answered > 0)
    else {
        return;
    };
    branch.kind = if shown.per_packet {
        BalancerKind::PerPacket
    } else {
        BalancerKind::PerFlow
    };
    branch.confidence = certainty(branch.width, shown.answered);
    branch.sent = shown.sent;
    branch.changed = shown.changed;
}

/// Percent: that `repeats` draws among `width` are not all the same.
fn certainty(width: u32, repeats: usize) -> f64 {
    let same = (0..repeats).fold(1.0, |same, _| same / f64::from(width.max(2)));
    100.0 * (1.0 - same)
}

fn hops(session: &Multipath, graph: &Graph) -> Vec<HopCost> {
    let mut sent: BTreeMap<u8, u32> = BTreeMap::new();
    for probe in session.table.probes() {
        *sent.entry(probe.key.ttl).or_default() += 1;
    }
    let planner = &session.planner;
    let cost = |(ttl, sent)| {
        let index = usize::from(ttl - graph.hops[0].ttl);
        let behind_several = graph
            .hops
            .get(index - 1)
            .is_some_and(|hop| hop.vertices.len() > 1);
        HopCost {
            ttl,
            sent,
            limited: planner.limited.contains(&ttl),
            node_control: behind_several && planner.controls_nodes(graph, index),
        }
    };
    sent.into_iter().map(cost).collect()
}

fn probe_record(session: &Multipath, probe: &Probe) -> MultipathProbe {
    let destination = match probe.key.lane {
        Lane::Elsewhere(number) => session.others.get(usize::from(number)).copied(),
        _ => None,
    };
    MultipathProbe {
        ttl: probe.key.ttl,
        flow: probe.key.flow,
        attempt: probe.attempt,
        purpose: purpose(probe.key.lane),
        destination,
        sent_ns: probe.sent_ns,
        reply: probe.reply.clone(),
    }
}

fn purpose(lane: Lane) -> ProbePurpose {
    match lane {
        Lane::Explore => ProbePurpose::Explore,
        Lane::Repeat(_) => ProbePurpose::Repeat,
        Lane::Elsewhere(_) => ProbePurpose::Elsewhere,
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
