//! TNT through the engine and over the virtual Internet, in virtual time.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
use netsonde_lab::topology::{
    Behaviour, Domain, Extensions, LabelExpiry, LabelPolicy, Pop, PopRule, QuotedTtl, TtlMode,
};
use netsonde_lab::{Host, Lab, Topology};
use netsonde_probe::Engine;
use netsonde_probe::event::Event;
use netsonde_probe::job::{Job, Kind, Target, TntOptions};
use netsonde_probe::record::TntResult;
use std::net::IpAddr;

#[path = "../../../netsonde-lab/tests/common/mod.rs"]
pub mod path;

#[path = "../../src/tnt/tests/show.rs"]
mod show;

/// A change of one router.
type Change = fn(&mut Behaviour);

/// One configuration of the reference path, in the words of the original's runs.
#[derive(Clone)]
pub struct Setup {
    pub behaviour: Behaviour,
    pub domain: Domain,
    /// Changes after everything else, by name of the router.
    pub routers: Vec<(&'static str, Change)>,
    pub options: TntOptions,
}

/// Invisible, PHP, labels for all prefixes, <255,255>.
pub fn setup() -> Setup {
    Setup {
        behaviour: Behaviour::default(),
        domain: Domain {
            ttl: TtlMode::Pipe,
            ..Domain::default()
        },
        routers: Vec::new(),
        options: TntOptions::default(),
    }
}

impl Setup {
    pub fn uniform(mut self) -> Self {
        self.domain.ttl = TtlMode::Uniform;
        self
    }

    pub fn host_only(mut self) -> Self {
        self.domain.labels = LabelPolicy::Loopbacks;
        self
    }

    pub fn pop(mut self, pop: Pop) -> Self {
        self.domain.pop = pop;
        self.domain.uhp_label = netsonde_lab::topology::UhpLabel::Allocated;
        self
    }

    pub fn quirk(mut self) -> Self {
        self.behaviour.uhp_quirk = true;
        self
    }

    pub fn ttls(mut self, te_ttl: u8, er_ttl: u8) -> Self {
        (self.behaviour.te_ttl, self.behaviour.unreachable_ttl) = (te_ttl, te_ttl);
        self.behaviour.er_ttl = er_ttl;
        self
    }

    /// Hop limits of errors and echo replies over IPv6; 64 unless changed.
    pub fn hop_limits(mut self, hop_limit: u8) -> Self {
        (self.behaviour.te_ttl6, self.behaviour.er_ttl6) = (hop_limit, hop_limit);
        self
    }

    pub fn no_labels_quoted(mut self) -> Self {
        self.behaviour.extensions = Extensions::None;
        self
    }

    pub fn quote_rewritten(mut self) -> Self {
        self.behaviour.quoted_ttl = QuotedTtl::One;
        self
    }

    pub fn no_icmp_tunnel(mut self) -> Self {
        self.behaviour.label_expiry = LabelExpiry::Icmp;
        self
    }

    pub fn no_min(mut self) -> Self {
        self.behaviour.pop_rule = PopRule::None;
        self
    }

    pub fn lse_ttl(mut self, lse_ttl: u8) -> Self {
        self.behaviour.lse_ttl = lse_ttl;
        self
    }

    pub fn no_return_lsp(mut self) -> Self {
        self.domain.plain_ingress = ["p1", "p2", "p3", "pe2"].map(String::from).to_vec();
        self
    }

    pub fn router(mut self, name: &'static str, change: Change) -> Self {
        self.routers.push((name, change));
        self
    }

    pub fn all_routers(mut self, change: Change) -> Self {
        self.routers
            .extend(path::ROUTERS.map(|name| (name, change)));
        self
    }

    pub fn silent(self, name: &'static str) -> Self {
        self.router(name, |behaviour| behaviour.silent = true)
    }

    pub fn options(mut self, change: fn(&mut TntOptions)) -> Self {
        change(&mut self.options);
        self
    }

    pub fn topology(&self) -> Topology {
        let mut topology = path::reference(&self.behaviour, self.domain.clone());
        for &(name, change) in &self.routers {
            let node = topology.nodes.get_mut(name).expect("a router of the path");
            change(&mut node.behaviour);
        }
        topology
    }

    /// What netsonde finds, in short notation.
    pub fn found(&self) -> Vec<String> {
        let result = measure(&self.topology(), &self.options, path::TARGET, path::VANTAGE);
        describe(&result)
    }
}

/// Tunnels and failed revelations, routers by name.
pub fn describe(result: &TntResult) -> Vec<String> {
    show::show(result, &name)
}

/// One job for one target, driven over the lab to its end.
pub fn measure(topology: &Topology, options: &TntOptions, target: &str, source: &str) -> TntResult {
    measure_all(topology, options, &[target], source).remove(0)
}

/// One job for several targets, driven over the lab to its end.
pub fn measure_all(
    topology: &Topology,
    options: &TntOptions,
    targets: &[&str],
    source: &str,
) -> Vec<TntResult> {
    let target = |address: &&str| Target {
        address: address.parse().expect("an address"),
        source: source.parse().expect("an address"),
    };
    let job = job(targets.iter().map(target).collect(), *options);
    let mut lab = Lab::new(topology).expect("a sound topology");
    let vantage = lab.attachment("vp").expect("a vantage point");
    let mut host = Measurement(Engine::new(&job, 0).expect("a sound job"));
    lab.drive(vantage, &mut host, DEADLINE_NS);
    let events = std::iter::from_fn(|| host.0.poll_event());
    let results = events.filter_map(|event| match event {
        Event::Tnt(result) => Some(result),
        _ => None,
    });
    results.collect()
}

pub fn job(targets: Vec<Target>, tnt: TntOptions) -> Job {
    Job {
        tnt,
        ..Job::new(Kind::Tnt, targets, 1, "000102030405060708090a0b0c0d0e0f")
    }
}

/// The names of the figures for the addresses that traceroute shows.
fn name(address: IpAddr) -> String {
    let text = address.to_string();
    let names = ["CE1", "PE1", "P1", "P2", "P3", "PE2", "CE2"];
    let far_sides = |link: usize| match link {
        0 => ["5.1.0.2".to_owned(), "2a00:1::2".to_owned()],
        _ => [format!("5.1.{link}.2"), format!("2a00:1:{link:x}::2")],
    };
    let link = (0..names.len()).find(|&link| far_sides(link).contains(&text));
    let host = [path::TARGET, path::TARGET6].contains(&text.as_str());
    match link {
        Some(link) => names[link].to_owned(),
        None if host => "host".to_owned(),
        None => text,
    }
}

struct Measurement(Engine);

impl Host for Measurement {
    fn poll_transmit(&mut self, now_ns: u64) -> Option<Vec<u8>> {
        self.0.poll_transmit(now_ns)
    }

    fn handle_packet(&mut self, received_ns: u64, packet: &[u8]) {
        self.0.handle_packet(received_ns, packet);
    }

    fn handle_timeout(&mut self, now_ns: u64) {
        self.0.handle_timeout(now_ns);
    }

    fn poll_timeout(&self) -> Option<u64> {
        self.0.poll_timeout()
    }

    fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

/// No measurement of a test takes an hour of virtual time.
const DEADLINE_NS: u64 = 3_600_000_000_000;
