//! Small Internets drawn from a seed, and everything that can break in them.
use netsonde_lab::Topology;
use netsonde_lab::topology::{
    Attachment, Behaviour, Ecmp, Extensions, Hash, IpId, LimitScope, Link, Mutation, Mutator, Node,
    RateLimit, Role,
};
use netsonde_probe::job::Target;
use std::collections::BTreeSet;
use std::net::IpAddr;

const MS: u64 = 1_000_000;

/// A stream of numbers (splitmix64), so that a seed is all that a failure needs.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(crate) fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[usize::try_from(self.below(items.len() as u64)).expect("an index")]
    }

    /// A probability of `n` hundredths.
    pub(crate) fn percent(&mut self, most: u32) -> f64 {
        f64::from(u32::try_from(self.below(u64::from(most))).expect("small")) / 100.0
    }
}

/// Layers of routers, each joined to all of the next; the vantage point before the first, a host behind the last.
pub(crate) struct World {
    pub(crate) topology: Topology,
    pub(crate) layers: Vec<Vec<String>>,
    /// Addresses of the routers of each layer.
    addresses: Vec<BTreeSet<IpAddr>>,
}

impl World {
    /// Three to seven layers of one or two routers.
    pub(crate) fn layered(draw: &mut Draw) -> Self {
        let count = 3 + draw.below(5);
        let widths: Vec<u64> = (0..count)
            .map(|layer| if layer == 0 { 1 } else { 1 + draw.below(2) })
            .collect();
        Self::new(draw, &widths)
    }

    /// Five to seven routers in a row.
    pub(crate) fn line(draw: &mut Draw) -> Self {
        let count = 5 + draw.below(3);
        Self::new(draw, &vec![1; usize::try_from(count).expect("small")])
    }

    fn new(draw: &mut Draw, widths: &[u64]) -> Self {
        let name = |layer: usize, n: u64| format!("r{layer}{n}");
        let layers: Vec<Vec<String>> = (0..)
            .zip(widths)
            .map(|(layer, width)| (0..*width).map(|n| name(layer, n)).collect())
            .collect();
        let mut world = Self {
            topology: Topology {
                seed: draw.next(),
                ..Topology::default()
            },
            addresses: vec![BTreeSet::new(); layers.len()],
            layers,
        };
        let hash = *draw.pick(&[
            Hash::FiveTuple,
            Hash::Destination,
            Hash::PerPacket,
            Hash::FlowLabel,
        ]);
        for router in world.layers.concat() {
            let ecmp = Ecmp {
                hash,
                salt: draw.next(),
                ..Ecmp::default()
            };
            world.topology.nodes.insert(
                router,
                Node {
                    behaviour: behaviour(draw),
                    ecmp,
                    ..Node::default()
                },
            );
        }
        for layer in 1..world.layers.len() {
            for (near, far) in pairs(&world.layers[layer - 1], &world.layers[layer]) {
                world.join(layer, &near, &far);
            }
        }
        world.plug(draw);
        world
    }

    fn join(&mut self, layer: usize, near: &str, far: &str) {
        let number = self.topology.links.len();
        let (subnet, subnet6) = (
            format!("5.10.{number}.0/30"),
            format!("2a00:10:{number:x}::/64"),
        );
        for (end, side) in [(layer - 1, 1), (layer, 2)] {
            self.addresses[end]
                .insert(format!("5.10.{number}.{side}").parse().expect("an address"));
            self.addresses[end].insert(
                format!("2a00:10:{number:x}::{side}")
                    .parse()
                    .expect("an address"),
            );
        }
        let link = Link {
            ends: [near.to_owned(), far.to_owned()],
            subnet: Some(subnet.parse().expect("a prefix")),
            subnet6: Some(subnet6.parse().expect("a prefix")),
            ..Link::default()
        };
        self.topology.links.insert(format!("{near}-{far}"), link);
    }

    /// The host behind the last layer, and the vantage point.
    fn plug(&mut self, draw: &mut Draw) {
        let host = Node {
            role: Role::Host,
            behaviour: behaviour(draw),
            ..Node::default()
        };
        self.topology.nodes.insert(
            "host".to_owned(),
            Node {
                behaviour: Behaviour {
                    silent: false,
                    ..host.behaviour
                },
                ..host
            },
        );
        let last = self.layers.len() - 1;
        for (number, router) in (0..).zip(self.layers[last].clone()) {
            let link = Link {
                ends: ["host".to_owned(), router.clone()],
                subnet: Some(format!("5.20.{number}.0/30").parse().expect("a prefix")),
                subnet6: Some(format!("2a00:20:{number}::/64").parse().expect("a prefix")),
                ..Link::default()
            };
            self.addresses[last].insert(format!("5.20.{number}.2").parse().expect("an address"));
            self.addresses[last]
                .insert(format!("2a00:20:{number}::2").parse().expect("an address"));
            self.topology.links.insert(format!("{router}-host"), link);
        }
        self.topology
            .nodes
            .get_mut("host")
            .expect("just put there")
            .addresses = ["5.30.0.1/32", "2a00:30::1/128"]
            .map(|prefix| prefix.parse().expect("a prefix"))
            .to_vec();
        self.addresses.push(
            ["5.30.0.1", "2a00:30::1"]
                .map(|address| address.parse().expect("an address"))
                .into(),
        );
        self.addresses[0].insert([5, 0, 0, 2].into());
        self.addresses[0].insert("2a00::2".parse().expect("an address"));
        let attachment = Attachment {
            node: self.layers[0][0].clone(),
            subnet: Some("5.0.0.0/30".parse().expect("a prefix")),
            subnet6: Some("2a00::/64".parse().expect("a prefix")),
            address: None,
            address6: None,
            routed: Vec::new(),
            delay_ns: 0,
            mtu: 1_500,
        };
        self.topology
            .attachments
            .insert("vp".to_owned(), attachment);
    }

    /// The host, probed from the vantage point.
    pub(crate) fn target(&self, v6: bool) -> Target {
        let host = &self.addresses[self.layers.len()];
        let address = *host
            .iter()
            .find(|address| address.is_ipv6() == v6)
            .expect("one of each version");
        let source = self.topology.attachments["vp"]
            .host_address(v6)
            .expect("numbered");
        Target { address, source }
    }

    /// TTL at which the host answers.
    pub(crate) fn length(&self) -> u8 {
        u8::try_from(self.layers.len()).expect("short") + 1
    }

    /// Who may answer a probe of this TTL.
    pub(crate) fn layer(&self, ttl: u8) -> &BTreeSet<IpAddr> {
        &self.addresses[usize::from(ttl).min(self.addresses.len()) - 1]
    }

    /// Two milliseconds for each link of the way.
    pub(crate) fn rtt_min_ns(&self, ttl: u8) -> u64 {
        (u64::from(ttl.min(self.length())) - 1) * 2 * MS
    }

    /// Routers that may be in a label distribution domain: all but the first and the last.
    pub(crate) fn core(&self) -> Vec<String> {
        self.layers[1..self.layers.len() - 1].concat()
    }

    /// Loses this share of the probes on the first link, whatever their TTL, and nothing else is wrong.
    pub(crate) fn lose(&mut self, loss: f64) {
        for node in self.topology.nodes.values_mut() {
            (node.behaviour.silent, node.behaviour.rate_limit) = (false, None);
        }
        let mutator = Mutator {
            link: "vp".to_owned(),
            from: Some("host".to_owned()),
            to: Vec::new(),
            probability: loss,
            mutation: Mutation::Drop {},
        };
        self.topology.mutators.push(mutator);
    }
}

fn pairs(near: &[String], far: &[String]) -> Vec<(String, String)> {
    near.iter()
        .flat_map(|near| far.iter().map(|far| (near.clone(), far.clone())))
        .collect()
}

fn behaviour(draw: &mut Draw) -> Behaviour {
    let limit = RateLimit {
        rate_pps: 5.0,
        burst: 3,
        scope: LimitScope::default(),
        echo: false,
    };
    Behaviour {
        quote_len: *draw.pick(&[28, 28, 128, 0]),
        extensions: *draw.pick(&[
            Extensions::None,
            Extensions::Rfc4884,
            Extensions::LengthZero,
            Extensions::LengthAndChecksumZero,
            Extensions::Length17,
        ]),
        interface_info: draw.one_in(4),
        ip_id: *draw.pick(&[IpId::Counter, IpId::Zero, IpId::Random]),
        silent: draw.one_in(10),
        rate_limit: draw.one_in(10).then_some(limit),
        answer_delay_ns: draw.below(3) * MS,
        ..Behaviour::default()
    }
}
