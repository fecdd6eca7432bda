//! Everything that can break in a small Internet.
use crate::world::{Draw, World};
use netsonde_lab::topology::{Action, Fault, Mutation, Mutator, Nat, QuoteChange, Role};
use std::net::IpAddr;

const MS: u64 = 1_000_000;

impl World {
    /// Faults on links, mutators on links and at the vantage point, and events in time.
    pub(crate) fn break_things(&mut self, draw: &mut Draw) {
        for link in self.topology.links.values_mut() {
            if draw.one_in(3) {
                link.loss = draw.percent(30);
                link.jitter_ns = draw.below(40) * MS;
                (link.reorder, link.duplicate) = (draw.percent(30), draw.percent(30));
            }
        }
        let links: Vec<String> = self
            .topology
            .links
            .keys()
            .cloned()
            .chain(["vp".to_owned()])
            .collect();
        for _ in 0..draw.below(4) {
            let link = draw.pick(&links).clone();
            let mutator = mutator(draw, link, self);
            self.topology.mutators.push(mutator);
        }
        for _ in 0..draw.below(3) {
            let link = draw.pick(&links[..links.len() - 1]).clone();
            let fault = fault(draw, link, self);
            self.topology.faults.push(fault);
        }
        // A translator answers what is reflected to it, and its answer may be reflected, too.
        if draw.one_in(6) && !self.reflects() {
            let first = self
                .topology
                .nodes
                .get_mut(&self.layers[0][0])
                .expect("every layer has one");
            first.role = Role::Nat;
            first.nat = Some(Nat {
                inside: vec!["vp".to_owned()],
                address: None,
                translate_quotes: draw.one_in(2),
            });
        }
    }

    fn reflects(&self) -> bool {
        self.topology
            .mutators
            .iter()
            .any(|mutator| matches!(mutator.mutation, Mutation::Reflect {}))
    }

    /// What was broken, for messages.
    pub(crate) fn troubles(&self) -> String {
        format!("{:#?}\n{:#?}", self.topology.mutators, self.topology.faults)
    }

    /// Whether traffic over this link finds another way of the same length: so that layers stay what they are.
    fn has_way_round(&self, link: &str) -> bool {
        let is_only_fault = !self
            .topology
            .faults
            .iter()
            .any(|fault| matches!(fault.action, Action::Link { .. }));
        let far = &self.topology.links[link].ends[1];
        is_only_fault
            && self
                .layers
                .iter()
                .any(|layer| layer.len() > 1 && layer.contains(far) && !link.ends_with("-host"))
    }
}

/// Anything but what no prober can notice: a seen probe answered with a lie, or a true answer under a false address.
fn mutator(draw: &mut Draw, link: String, world: &World) -> Mutator {
    let liar = if draw.one_in(2) {
        IpAddr::from([9, 9, 9, 9])
    } else {
        *world.layer(2).iter().next().expect("numbered")
    };
    let is_vp = link == "vp";
    let mutation = match draw.below(13) {
        0 => Mutation::Dscp { tos: 0x2e },
        1 if is_vp => Mutation::Source { address: liar },
        2 if is_vp => Mutation::SourcePort { add: 1 },
        3 => Mutation::Quote {
            change: *draw.pick(&[QuoteChange::Destination, QuoteChange::Ports]),
        },
        4 => Mutation::Quote {
            change: *draw.pick(&[QuoteChange::Cut, QuoteChange::Ttl]),
        },
        5 => Mutation::TruncateExtensions {
            bytes: u16::try_from(draw.below(16)).expect("small"),
        },
        6 => Mutation::ExtensionChecksum {},
        7 => Mutation::StripExtensions {},
        8 => Mutation::Late {
            delay_ns: draw.below(3_000) * MS,
        },
        // Reflected twice, a probe would go on with its TTL spent elsewhere.
        9 if !world.reflects() => Mutation::Reflect {},
        10 => Mutation::Forge {
            source: liar,
            blind: true,
        },
        11 => Mutation::Corrupt {},
        _ => Mutation::Drop {},
    };
    let forwards_only = matches!(
        mutation,
        Mutation::Source { .. } | Mutation::SourcePort { .. }
    );
    let from = forwards_only.then(|| "host".to_owned());
    Mutator {
        link,
        from,
        to: Vec::new(),
        probability: 0.01 + draw.percent(60),
        mutation,
    }
}

fn fault(draw: &mut Draw, link: String, world: &World) -> Fault {
    let action = match draw.below(4) {
        0 => Action::Icmp {
            node: draw.pick(&world.layers.concat()).clone(),
            silent: true,
        },
        1 => Action::Loss {
            link,
            loss: draw.percent(60),
        },
        2 if world.has_way_round(&link) => Action::Link {
            link,
            up: false,
            reroute_ns: draw.below(200) * MS,
        },
        _ => Action::Delay {
            link,
            delay_ns: draw.below(800) * MS + MS,
        },
    };
    Fault {
        at_ns: draw.below(2_000) * MS,
        action,
    }
}
