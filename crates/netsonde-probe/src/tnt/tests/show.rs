//! Results in a short notation, so that a test says what is found in a line or two.
use crate::record::{Completeness, FailedRevelation, TntResult, Tunnel, TunnelRouter};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

/// One line per tunnel, such as `invisible-php frpla brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3`, and one per failed revelation,
/// such as `failed frpla: PE1 > CE1`. `@` gives the TTL of a visible router, `#` the step of a hidden one.
pub(crate) fn show(result: &TntResult, name: &dyn Fn(IpAddr) -> String) -> Vec<String> {
    let tunnels = result
        .tunnels
        .iter()
        .map(|tunnel| show_tunnel(tunnel, name));
    tunnels
        .chain(result.failed.iter().map(|failed| show_failed(failed, name)))
        .collect()
}

fn show_tunnel(tunnel: &Tunnel, name: &dyn Fn(IpAddr) -> String) -> String {
    let triggers: Vec<String> = tunnel.triggers.iter().map(word).collect();
    let method = tunnel
        .method
        .as_ref()
        .map_or_else(String::new, |method| format!(" {}", word(method)));
    let lsrs: Vec<String> = tunnel
        .lsrs
        .iter()
        .map(|router| show_router(router, name))
        .collect();
    let end = |router: &Option<TunnelRouter>| {
        router
            .as_ref()
            .map_or_else(|| "-".to_string(), |router| show_router(router, name))
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

fn show_failed(failed: &FailedRevelation, name: &dyn Fn(IpAddr) -> String) -> String {
    format!(
        "failed {}: {} > {}",
        word(&failed.trigger),
        name(failed.entry),
        name(failed.exit)
    )
}

fn show_router(router: &TunnelRouter, name: &dyn Fn(IpAddr) -> String) -> String {
    let name = router.address.map_or_else(|| "*".to_string(), name);
    match (router.probe_ttl, router.step) {
        (Some(ttl), _) => format!("{name}@{ttl}"),
        (None, Some(step)) => format!("{name}#{step}"),
        (None, None) => name,
    }
}

/// How JSON spells an enumeration's value.
fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value)
        .expect("an enumeration")
        .trim_matches('"')
        .to_string()
}
