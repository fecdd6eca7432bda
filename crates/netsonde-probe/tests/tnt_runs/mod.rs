//! The runs, what the original made of them, and what netsonde makes of them.
#![allow(unreachable_pub, reason = "shared with a test file")]
use crate::tnt_lab::{Setup, setup};
use netsonde_lab::topology::Pop;

/// One configuration.
pub struct Run {
    /// As the collection of the original's outputs names it, or in like words.
    pub title: &'static str,
    pub setup: Setup,
    /// The original's tunnel in our notation, without triggers and lengths; empty: none.
    pub original: &'static str,
    /// Ours; a second one does not occur on this path.
    pub netsonde: &'static str,
    /// Why the two differ, if they do.
    pub note: &'static str,
}

/// Three label switch routers in the middle of the reference path, in every configuration of which the original's
/// outcome is known.
pub fn runs() -> Vec<Run> {
    let mut runs = visible();
    runs.extend(invisible());
    runs.extend(popped_by_egress());
    runs.extend(blind());
    runs.extend(silent());
    runs
}

fn run(
    title: &'static str,
    setup: Setup,
    original: &'static str,
    netsonde: &'static str,
    note: &'static str,
) -> Run {
    Run {
        title,
        setup,
        original,
        netsonde,
        note,
    }
}

fn visible() -> Vec<Run> {
    let implicit = setup().uniform().no_labels_quoted();
    let explicit = "explicit: PE1@2 [P1@3 P2@4 P3@5] PE2@6";
    let off_by_one = "implicit: PE1@2 [P1@3 P2@4 P3@5 PE2@6] CE2@7";
    let by_uturn = "implicit uturn: PE1@2 [P1@3 P2@4 P3@5] PE2@6";
    let by_labels = "explicit labels: PE1@2 [P1@3 P2@4 P3@5] PE2@6";
    vec![
        run("explicit PHP", setup().uniform(), explicit, by_labels, ""),
        run(
            "explicit, no ICMP tunnelling",
            setup().uniform().no_icmp_tunnel(),
            explicit,
            by_labels,
            "",
        ),
        run(
            "explicit UHP",
            setup().uniform().pop(Pop::Uhp),
            "explicit: PE1@2 [P1@3 P2@4 P3@5 PE2@6] CE2@7",
            by_labels,
            "the last label's router turns its errors by one hop, not two: it is the egress",
        ),
        run(
            "implicit, quoted TTL climbs",
            implicit.clone(),
            off_by_one,
            "implicit qttl: PE1@2 [P1@3 P2@4 P3@5] PE2@6",
            "the hop that quotes 1 after a climb is the egress",
        ),
        run(
            "implicit, quoted TTL rewritten, <255,255>",
            implicit.clone().quote_rewritten(),
            off_by_one,
            by_uturn,
            "the same; and no revelation is wasted (the original: 2)",
        ),
        run(
            "implicit, quoted TTL rewritten, <255,64>",
            implicit.quote_rewritten().ttls(255, 64),
            "",
            by_uturn,
            "detours that shrink by two are no return tunnel; the original wastes 3 revelations",
        ),
    ]
}

fn invisible() -> Vec<Run> {
    let brpr = "invisible-php brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3";
    let dpr = "invisible-php dpr: PE1@2 [P1#1 P2#1 P3#1] PE2@3";
    let frpla_brpr = "invisible-php frpla brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3 ~3";
    let rtla_dpr = "invisible-php rtla+frpla dpr: PE1@2 [P1#1 P2#1 P3#1] PE2@3 ~3";
    vec![
        run(
            "invisible PHP, all prefixes, <255,255>",
            setup(),
            brpr,
            frpla_brpr,
            "",
        ),
        run(
            "invisible PHP, all prefixes, <255,64>",
            setup().ttls(255, 64),
            brpr,
            "invisible-php rtla+frpla brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3 ~3",
            "",
        ),
        run(
            "invisible PHP, loopbacks only, <255,64>",
            setup().host_only().ttls(255, 64),
            dpr,
            rtla_dpr,
            "",
        ),
        run(
            "invisible PHP, loopbacks only, <255,255>",
            setup().host_only(),
            dpr,
            "invisible-php frpla dpr: PE1@2 [P1#1 P2#1 P3#1] PE2@3 ~3",
            "",
        ),
        run(
            "invisible PHP, no return LSP",
            setup().no_return_lsp(),
            brpr,
            frpla_brpr,
            "",
        ),
        run(
            "invisible PHP, FRPLA threshold 4",
            setup().options(|tnt| tnt.frpla_min = 4),
            "",
            "",
            "",
        ),
    ]
}

fn popped_by_egress() -> Vec<Run> {
    let uhp = || setup().pop(Pop::Uhp);
    let opaque = || setup().pop(Pop::Opaque);
    vec![
        run(
            "invisible UHP with the quirk, all prefixes",
            uhp().quirk(),
            "invisible-uhp buddy: PE1@2 [P1#4 P2#3 P3#2] PE2#1",
            "invisible-uhp duplicate-ip buddy: PE1@2 [P1#4 P2#3 P3#2] PE2#1 ~3",
            "",
        ),
        run(
            "invisible UHP with the quirk, loopbacks only",
            uhp().quirk().host_only(),
            "invisible-uhp dpr: PE1@2 [P1#1 P2#1 P3#1] PE2#1",
            "invisible-uhp duplicate-ip dpr: PE1@2 [P1#1 P2#1 P3#1] PE2#1 ~3",
            "",
        ),
        run(
            "invisible UHP without the quirk, loopbacks only",
            uhp().host_only(),
            "invisible-php dpr: PE1@2 [P1#1 P2#1 P3#1] PE2@3",
            "invisible-php frpla dpr: PE1@2 [P1#1 P2#1 P3#1] PE2@3 ~4",
            "",
        ),
        run(
            "opaque, loopbacks only",
            opaque().host_only(),
            "opaque dpr: PE1@2 [P1#1 P2#1 P3#1] PE2@3",
            "opaque lse-ttl dpr: PE1@2 [P1#1 P2#1 P3#1] PE2@3 ~3",
            "",
        ),
        run(
            "opaque, all prefixes",
            opaque(),
            "opaque brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3",
            "opaque lse-ttl brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3 ~3",
            "",
        ),
    ]
}

fn blind() -> Vec<Run> {
    let brpr = "invisible-php brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3";
    let by_brute_force = "invisible-php brute-force brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3";
    let by_signature = "invisible-php signature-64-64 brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3";
    vec![
        run(
            "invisible PHP, pop takes no minimum",
            setup().no_min(),
            "",
            "",
            "nothing gives it away",
        ),
        run(
            "invisible PHP, pop takes no minimum, brute force",
            setup().no_min().options(|tnt| tnt.brute_force = true),
            brpr,
            by_brute_force,
            "",
        ),
        run(
            "invisible PHP, <64,64>",
            setup().ttls(64, 64),
            "",
            by_signature,
            "a <64,64> egress is tried whatever the triggers say",
        ),
        run(
            "invisible PHP, <64,64>, brute force",
            setup()
                .ttls(64, 64)
                .options(|tnt| (tnt.brute_force, tnt.reveal_64_64) = (true, false)),
            brpr,
            by_brute_force,
            "",
        ),
        run(
            "invisible PHP, <64,64>, label TTL from 64",
            setup().ttls(64, 64).lse_ttl(64),
            brpr,
            "invisible-php frpla brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3 ~3",
            "",
        ),
    ]
}

fn silent() -> Vec<Run> {
    let partial = "invisible-php: PE1@2 [*#2 P3#1] PE2@3";
    let rescued = "invisible-php frpla brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3 ~3";
    vec![
        run(
            "P2 silent, DPR",
            setup().host_only().ttls(255, 64).silent("p2"),
            "invisible-php dpr: PE1@2 [P1#1 *#1 P3#1] PE2@3",
            "invisible-php rtla+frpla dpr: PE1@2 [P1#1 *#1 P3#1] PE2@3 ~3",
            "",
        ),
        run(
            "P2 silent, BRPR",
            setup().silent("p2"),
            partial,
            "invisible-php frpla brpr: PE1@2 [*#2 P3#1] PE2@3 ~3 incomplete: nothing-revealed",
            "",
        ),
        run(
            "ingress silent, DPR",
            setup().host_only().silent("pe1"),
            "invisible-php dpr: - [P1#1 P2#1 P3#1] PE2@3",
            "invisible-php frpla+frpla-increase dpr: *@2 [P1#1 P2#1 P3#1] PE2@3 ~3",
            "the ingress is named silent, not left out",
        ),
        run(
            "egress silent, loopbacks only",
            setup().host_only().silent("pe2"),
            "",
            "invisible-php frpla-increase dpr: PE1@2 [P1#1 P2#1 P3#1] *@3 ~3",
            "FRPLA rises across the silent hop",
        ),
        run(
            "egress silent, all prefixes",
            setup().silent("pe2"),
            "",
            "",
            "seen, but the address that would reveal it is the one that keeps silent",
        ),
        run(
            "P3 drops echo, BRPR",
            setup().router("p3", |behaviour| behaviour.drops_echo = true),
            "invisible-php: PE1@2 [P3#1] PE2@3",
            rescued,
            "what answers before a silent target counts",
        ),
        run(
            "all routers drop echo",
            setup().all_routers(|behaviour| behaviour.drops_echo = true),
            "",
            rescued,
            "the same; UDP confirms the last one",
        ),
    ]
}
