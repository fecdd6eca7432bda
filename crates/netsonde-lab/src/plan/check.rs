//! Is the topology one that can be built? Every refusal names the key, what was expected and what was found.
use core::net::IpAddr;
use std::collections::BTreeSet;

use crate::LabError;
use crate::topology::{
    Action, Attachment, Domain, Link, Lsp, Mutator, Node, Prefix, Role, Topology,
};

mod require;

use require::{costs, label, limit, mtu, probability, require};

/// How a mutator names the host of an attachment.
pub(crate) const HOST: &str = "host";

/// Labels on the wire: above the reserved ones, below those whose first four bits look like IP.
pub(crate) const LABELS: core::ops::RangeInclusive<u32> = 16..=0x3_ffff;

const ENTITIES_MAX: usize = 1 << 20;

type Checked = Result<(), LabError>;

/// Checks everything but overlapping prefixes.
pub(crate) fn topology(topology: &Topology) -> Checked {
    for (key, count) in [
        ("nodes", topology.nodes.len()),
        ("links", topology.links.len()),
        ("attachments", topology.attachments.len()),
    ] {
        require(count < ENTITIES_MAX, key, "fewer than 2^20 entries", count)?;
    }
    let check = Check(topology);
    for (name, value) in &topology.nodes {
        check.node(name, value)?;
    }
    for (name, value) in &topology.links {
        check.link(&format!("links.{name}"), value)?;
    }
    for (name, value) in &topology.attachments {
        check.attachment(&format!("attachments.{name}"), name, value)?;
    }
    check.domains()?;
    for (name, value) in &topology.lsps {
        check.lsp(&format!("lsps.{name}"), value)?;
    }
    check.routes()?;
    for (index, fault) in topology.faults.iter().enumerate() {
        check.fault(&format!("faults.{index}"), &fault.action)?;
    }
    for (index, mutator) in topology.mutators.iter().enumerate() {
        check.mutator(&format!("mutators.{index}"), mutator)?;
    }
    Ok(())
}

/// The address of one end of a link.
pub(crate) fn end_address(
    subnet: Option<Prefix>,
    addresses: Option<[IpAddr; 2]>,
    side: u8,
) -> Option<IpAddr> {
    let explicit = addresses.map(|addresses| addresses[usize::from(side)]);
    explicit.or_else(|| subnet.and_then(|subnet| subnet.usable(u32::from(side))))
}

/// The router's addresses on an access link: the second usable one, or the first if the host has taken that.
pub(crate) fn router_addresses(attachment: &Attachment) -> [Option<IpAddr>; 2] {
    [(attachment.subnet, false), (attachment.subnet6, true)].map(|(subnet, v6)| {
        let subnet = subnet?;
        let second = subnet.usable(1);
        if second == attachment.host_address(v6) {
            subnet.usable(0)
        } else {
            second
        }
    })
}

struct Check<'a>(&'a Topology);

impl Check<'_> {
    fn node(&self, name: &str, node: &Node) -> Checked {
        let key = format!("nodes.{name}");
        for next in &node.ecmp.next {
            self.neighbours(&format!("{key}.ecmp.next"), name, next)?;
        }
        limit(
            &format!("{key}.behaviour.rate_limit"),
            node.behaviour.rate_limit,
        )?;
        let has_nat = node.nat.is_some();
        require(
            (node.role == Role::Nat) == has_nat,
            format!("{key}.nat"),
            "`nat` with role \"nat\", and only there",
            has_nat,
        )?;
        for inside in node.nat.iter().flat_map(|nat| &nat.inside) {
            self.known_link(&format!("{key}.nat.inside"), inside)?;
        }
        Ok(())
    }

    fn link(&self, key: &str, link: &Link) -> Checked {
        for end in &link.ends {
            self.known_node(&format!("{key}.ends"), end)?;
        }
        require(
            link.ends[0] != link.ends[1],
            format!("{key}.ends"),
            "two different nodes",
            &link.ends[0],
        )?;
        Self::subnet(
            &format!("{key}.subnet"),
            link.subnet,
            link.addresses.map(|a| a.map(IpAddr::V4)),
            false,
        )?;
        Self::subnet(
            &format!("{key}.subnet6"),
            link.subnet6,
            link.addresses6.map(|a| a.map(IpAddr::V6)),
            true,
        )?;
        for (name, value) in [
            ("loss", link.loss),
            ("reorder", link.reorder),
            ("duplicate", link.duplicate),
            ("loss_back", link.loss_back.unwrap_or(0.0)),
        ] {
            probability(&format!("{key}.{name}"), value)?;
        }
        mtu(key, link.mtu)?;
        costs(&format!("{key}.cost"), link.cost)
    }

    fn subnet(
        key: &str,
        subnet: Option<Prefix>,
        addresses: Option<[IpAddr; 2]>,
        v6: bool,
    ) -> Checked {
        let Some(subnet) = subnet else {
            return require(
                addresses.is_none(),
                key,
                "a subnet around the addresses",
                "none",
            );
        };
        require(
            subnet.is_ipv6() == v6,
            key,
            if v6 {
                "an IPv6 prefix"
            } else {
                "an IPv4 prefix"
            },
            subnet,
        )?;
        require(
            subnet.usable(1).is_some(),
            key,
            "room for two addresses",
            subnet,
        )?;
        for address in addresses.into_iter().flatten() {
            require(
                subnet.contains(address),
                key,
                format!("a subnet that contains {address}"),
                subnet,
            )?;
        }
        Ok(())
    }

    fn attachment(&self, key: &str, name: &str, attachment: &Attachment) -> Checked {
        require(
            !self.0.links.contains_key(name),
            key,
            "a name that no link has",
            name,
        )?;
        self.known_node(&format!("{key}.node"), &attachment.node)?;
        let addresses = attachment.address.map(|address| [address.into(); 2]);
        Self::subnet(
            &format!("{key}.subnet"),
            attachment.subnet,
            addresses,
            false,
        )?;
        let addresses = attachment.address6.map(|address| [address.into(); 2]);
        Self::subnet(
            &format!("{key}.subnet6"),
            attachment.subnet6,
            addresses,
            true,
        )?;
        mtu(key, attachment.mtu)
    }

    fn domains(&self) -> Checked {
        let mut members = BTreeSet::new();
        for (name, domain) in &self.0.domains {
            let key = format!("domains.{name}");
            for member in &domain.members {
                let key = format!("{key}.members");
                self.known_node(&key, member)?;
                require(
                    members.insert(member),
                    key,
                    "nodes that are in no other domain, each once",
                    member,
                )?;
            }
            Self::domain(&key, domain)?;
        }
        Ok(())
    }

    fn domain(key: &str, domain: &Domain) -> Checked {
        let plain = domain
            .plain_ingress
            .iter()
            .map(|name| ("plain_ingress", name));
        let modes = domain.ttl_at.keys().map(|name| ("ttl_at", name));
        let pins = domain
            .pins
            .iter()
            .flat_map(|pin| [("pins", &pin.node), ("pins", &pin.egress)]);
        for (field, name) in plain.chain(modes).chain(pins) {
            require(
                domain.members.contains(name),
                format!("{key}.{field}"),
                "a member of the domain",
                name,
            )?;
        }
        label(&format!("{key}.label_base"), domain.label_base)?;
        if let Some(service) = domain.service_label {
            label(&format!("{key}.service_label"), service)?;
        }
        domain
            .pins
            .iter()
            .try_for_each(|pin| label(&format!("{key}.pins"), pin.label))
    }

    fn lsp(&self, key: &str, lsp: &Lsp) -> Checked {
        let path = format!("{key}.path");
        require(
            lsp.path.len() >= 2,
            &path,
            "at least two routers",
            lsp.path.len(),
        )?;
        for name in &lsp.path {
            self.known_node(&path, name)?;
        }
        let distinct: BTreeSet<&String> = lsp.path.iter().collect();
        require(
            distinct.len() == lsp.path.len(),
            &path,
            "each router once",
            lsp.path.join(", "),
        )?;
        for pair in lsp.path.windows(2) {
            self.neighbours(&path, &pair[0], &pair[1])?;
        }
        let labels = lsp.labels.len();
        require(
            labels == 0 || labels == lsp.path.len() - 1,
            format!("{key}.labels"),
            "one label per router after the ingress",
            labels,
        )?;
        lsp.labels
            .iter()
            .chain(&lsp.service_label)
            .try_for_each(|&value| label(&format!("{key}.labels"), value))
    }

    fn routes(&self) -> Checked {
        for (index, route) in self.0.routes.iter().enumerate() {
            let key = format!("routes.{index}");
            self.known_node(&format!("{key}.node"), &route.node)?;
            for via in &route.via {
                self.neighbours(&format!("{key}.via"), &route.node, via)?;
            }
        }
        Ok(())
    }

    fn fault(&self, key: &str, action: &Action) -> Checked {
        match action {
            Action::Icmp { node, .. } => self.known_node(&format!("{key}.node"), node),
            Action::Limit { node, limit: rate } => {
                self.known_node(&format!("{key}.node"), node)?;
                limit(&format!("{key}.limit"), *rate)
            }
            Action::Link { link, .. } | Action::Delay { link, .. } => {
                self.known_link(&format!("{key}.link"), link)
            }
            Action::Cost { link, cost } => {
                self.known_link(&format!("{key}.link"), link)?;
                costs(&format!("{key}.cost"), *cost)
            }
            Action::Loss { link, loss } => {
                self.known_link(&format!("{key}.link"), link)?;
                probability(&format!("{key}.loss"), *loss)
            }
        }
    }

    fn mutator(&self, key: &str, mutator: &Mutator) -> Checked {
        self.known_link(&format!("{key}.link"), &mutator.link)?;
        probability(&format!("{key}.probability"), mutator.probability)?;
        let Some(from) = &mutator.from else {
            return Ok(());
        };
        let ends = match (
            self.0.links.get(&mutator.link),
            self.0.attachments.get(&mutator.link),
        ) {
            (Some(link), _) => link.ends.clone(),
            (None, Some(attachment)) => [HOST.to_owned(), attachment.node.clone()],
            (None, None) => return Ok(()),
        };
        require(
            ends.contains(from),
            format!("{key}.from"),
            format!("{} or {}", ends[0], ends[1]),
            from,
        )
    }

    fn known_node(&self, key: &str, name: &str) -> Checked {
        require(
            self.0.nodes.contains_key(name),
            key,
            "the name of a node",
            name,
        )
    }

    fn known_link(&self, key: &str, name: &str) -> Checked {
        let known = self.0.links.contains_key(name) || self.0.attachments.contains_key(name);
        require(known, key, "the name of a link or attachment", name)
    }

    fn neighbours(&self, key: &str, node: &str, other: &str) -> Checked {
        let joins = |link: &Link| {
            link.ends.iter().any(|end| end == node) && link.ends.iter().any(|end| end == other)
        };
        let linked = node != other && self.0.links.values().any(joins);
        require(linked, key, format!("a neighbour of {node}"), other)
    }
}
