//! The configurations of the original's emulator, and checks of what is seen of each.
use super::{Rig, TARGET, reference};
use netsonde_lab::Topology;
use netsonde_lab::topology::{
    Behaviour, Domain, Extensions, LabelExpiry, LabelPin, LabelPolicy, Pop, PopRule, QuotedTtl,
    TtlMode, UhpLabel,
};

/// One hop of a trace: address, `te_ttl`, `er_ttl`, quoted TTL (0: an echo reply), label and its TTL.
pub type Row = (&'static str, u8, u8, u8, Option<(u32, u8)>);

/// A configuration of the original's emulator.
#[derive(Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "the emulator's own switches")]
pub struct Config {
    pub pop: Pop,
    pub propagate: bool,
    pub labels: LabelPolicy,
    pub rfc4950: bool,
    pub quirk: bool,
    pub min: bool,
    pub ttls: (u8, u8),
    pub quoted: QuotedTtl,
    pub icmp_tunnel: bool,
}

pub const BASE: Config = Config {
    pop: Pop::Php,
    propagate: false,
    labels: LabelPolicy::AllPrefixes,
    rfc4950: true,
    quirk: true,
    min: true,
    ttls: (255, 255),
    quoted: QuotedTtl::Received,
    icmp_tunnel: true,
};
pub const HOST_ONLY: Config = Config {
    labels: LabelPolicy::Loopbacks,
    ..BASE
};
pub const UNIFORM: Config = Config {
    propagate: true,
    ..BASE
};
pub const JUNIPER: Config = Config {
    ttls: (255, 64),
    ..HOST_ONLY
};
pub const NO_MIN: Config = Config { min: false, ..BASE };
pub const LINUX_TTLS: Config = Config {
    ttls: (64, 64),
    ..BASE
};
pub const UHP_HOST: Config = Config {
    pop: Pop::Uhp,
    ..HOST_ONLY
};

pub const L3: Option<(u32, u8)> = Some((16_003, 1));
pub const L4: Option<(u32, u8)> = Some((16_004, 1));
pub const L5: Option<(u32, u8)> = Some((16_005, 1));
pub const L6: Option<(u32, u8)> = Some((16_006, 1));

pub fn rig(config: Config) -> Rig {
    Rig::new(&topology(config))
}

pub fn topology(config: Config) -> Topology {
    let behaviour = Behaviour {
        te_ttl: config.ttls.0,
        er_ttl: config.ttls.1,
        unreachable_ttl: config.ttls.0,
        uhp_quirk: config.quirk,
        pop_rule: if config.min {
            PopRule::Min
        } else {
            PopRule::None
        },
        quoted_ttl: config.quoted,
        extensions: if config.rfc4950 {
            Extensions::Rfc4884
        } else {
            Extensions::None
        },
        label_expiry: if config.icmp_tunnel {
            LabelExpiry::IcmpAlongLsp
        } else {
            LabelExpiry::Icmp
        },
        ..Behaviour::default()
    };
    let pin = |(node, label): (&str, u32)| LabelPin {
        node: node.into(),
        egress: "pe2".into(),
        label,
    };
    let domain = Domain {
        labels: config.labels,
        pop: config.pop,
        ttl: if config.propagate {
            TtlMode::Uniform
        } else {
            TtlMode::Pipe
        },
        uhp_label: UhpLabel::Allocated,
        pins: [
            ("p1", 16_003),
            ("p2", 16_004),
            ("p3", 16_005),
            ("pe2", 16_006),
        ]
        .map(pin)
        .to_vec(),
        ..Domain::default()
    };
    reference(&behaviour, domain)
}

/// Traces to the target and pings each hop.
pub fn check(config: Config, rows: &[Row]) {
    let mut rig = rig(config);
    let hops = rig.trace(TARGET);
    assert_eq!(hops.len(), rows.len(), "{hops:#?}");
    for (hop, row) in hops.iter().zip(rows) {
        let hop = hop.as_ref().expect("every hop answers");
        let seen = (
            hop.from.to_string(),
            hop.reply_ttl,
            rig.er_ttl(&hop.from.to_string()).unwrap(),
            hop.quoted_ttl.unwrap_or(0),
            hop.labels.first().copied(),
        );
        assert_eq!(seen, (row.0.to_owned(), row.1, row.2, row.3, row.4));
    }
    assert!(rig.lab.statistics().is_conserved());
}

/// What is seen of a revealed router when it is itself the target: the last hop but one, and its TTLs.
pub fn check_revealed(config: Config, steps: &[(&str, &str, u8, u8)]) {
    let mut rig = rig(config);
    for &(target, revealed, te_ttl, er_ttl) in steps {
        let hops = rig.trace(target);
        let before = hops[hops.len() - 2].as_ref().unwrap();
        assert_eq!(
            (before.from.to_string(), before.reply_ttl),
            (revealed.to_owned(), te_ttl),
            "to {target}"
        );
        assert_eq!(rig.er_ttl(revealed), Some(er_ttl), "{revealed}");
    }
}

/// Addresses of a whole trace, for label policies that show all routers at once.
pub fn addresses(rig: &mut Rig, target: &str) -> Vec<String> {
    rig.trace(target)
        .into_iter()
        .map(|hop| hop.map_or("*".into(), |hop| hop.from.to_string()))
        .collect()
}
