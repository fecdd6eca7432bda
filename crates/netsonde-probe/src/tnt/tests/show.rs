//! Results in a short notation, so that a test says what is found in a line or two.
use super::fake::Net;
use crate::record::{Completeness, FailedRevelation, TntResult, Tunnel, TunnelRouter};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

/// One line per tunnel, such as `invisible-php frpla brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3`, and one per failed revelation,
/// such as `failed frpla: PE1 > CE1`. `@` gives the TTL of a visible router, `#` the step of a hidden one.
pub(super) fn show(result: &TntResult, net: &Net) -> Vec<String> {
    let tunnels = result.tunnels.iter().map(|tunnel| show_tunnel(tunnel, net));
    tunnels
        .chain(result.failed.iter().map(|failed| show_failed(failed, net)))
        .collect()
}

fn show_tunnel(tunnel: &Tunnel, net: &Net) -> String {
    let triggers: Vec<String> = tunnel.triggers.iter().map(word).collect();
    let method = tunnel
        .method
        .as_ref()
        .map_or_else(String::new, |method| format!(" {}", word(method)));
    let lsrs: Vec<String> = tunnel
        .lsrs
        .iter()
        .map(|router| show_router(router, net))
        .collect();
    let end = |router: &Option<TunnelRouter>| {
        router
            .as_ref()
            .map_or_else(|| "-".to_string(), |router| show_router(router, net))
    };
    let length = tunnel
        .inferred_length
        .map_or_else(String::new, |length| format!(" ~{length}"));
    let open = if tunnel.completeness == Completeness::Incomplete {
        format!(
            " incomplete: {}",
            tunnel.stop.as_ref().map_or_else(String::new, word)
        )
    } else {
        String::new()
    };
    format!(
        "{} {}{method}: {} [{}] {}{length}{open}",
        word(&tunnel.class),
        triggers.join("+"),
        end(&tunnel.ingress),
        lsrs.join(" "),
        end(&tunnel.egress)
    )
}

fn show_failed(failed: &FailedRevelation, net: &Net) -> String {
    format!(
        "failed {}: {} > {}",
        word(&failed.trigger),
        name(failed.entry, net),
        name(failed.exit, net)
    )
}

fn show_router(router: &TunnelRouter, net: &Net) -> String {
    let name = router
        .address
        .map_or_else(|| "*".to_string(), |address| name(address, net));
    match (router.probe_ttl, router.step) {
        (Some(ttl), _) => format!("{name}@{ttl}"),
        (None, Some(step)) => format!("{name}#{step}"),
        (None, None) => name,
    }
}

/// The name of the reference path's routers; nodes of longer paths are `n` and their number.
fn name(address: IpAddr, net: &Net) -> String {
    let Some(node) = (1..=net.routers.len()).find(|&node| net.address(node) == address) else {
        return address.to_string();
    };
    let names = ["CE1", "PE1", "P1", "P2", "P3", "PE2", "CE2", "host"];
    if net.routers.len() == names.len() {
        names[node - 1].to_string()
    } else {
        format!("n{node}")
    }
}

/// How JSON spells an enumeration's value.
fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value)
        .expect("an enumeration")
        .trim_matches('"')
        .to_string()
}
