//! The formulas of TNT, each in its only home: numbers in, numbers out.
//!
//! Source: Vanaubel et al., "Through the wormhole", IMC 2017 (doi 10.1145/3131365.3131378), for FRPLA and RTLA; "Network
//! fingerprinting: TTL-based router signatures", IMC 2013 (doi 10.1145/2504730.2504761), for initial TTLs; Donnet et al.,
//! "Revealing MPLS tunnels obscured from traceroute", CCR 2012 (doi 10.1145/2185376.2185388), for the U-turn.

/// The initial TTL that most plausibly led to a received one: 32, 64, 128 or 255.
///
/// Wrong for paths longer than the distance to the next smaller value, which the Internet does not show.
pub const fn initial_ttl(reply_ttl: u8) -> u8 {
    match reply_ttl {
        129.. => 255,
        65.. => 128,
        33.. => 64,
        _ => 32,
    }
}

/// Hops on the way back, the responder's own not counted and ours counted: 1 for a neighbour.
pub const fn return_length(reply_ttl: u8) -> i16 {
    initial_ttl(reply_ttl) as i16 - reply_ttl as i16 + 1
}

/// Forward and return path length analysis: by how many hops the way back is longer than the way out.
///
/// A tunnel that hides its routers from the way out does not hide them from the way back: the router that pops
/// the label writes the smaller of IP and label TTL. Asymmetric routes give the same number, hence a threshold.
pub const fn frpla(te_ttl: u8, probe_ttl: u8) -> i16 {
    return_length(te_ttl) - probe_ttl as i16
}

/// Return tunnel length analysis: by how many hops time-exceeded comes back longer than echo, which is the number
/// of routers that the return tunnel hides. `None` unless the signature is one of which only the former, starting
/// at 255, is lowered by the label TTL.
pub const fn rtla(te_ttl: u8, er_ttl: u8) -> Option<i16> {
    if initial_ttl(te_ttl) == 255 && initial_ttl(er_ttl) != 255 {
        Some(uturn(te_ttl, er_ttl))
    } else {
        None
    }
}

/// By how many hops time-exceeded comes back longer than echo, whatever the signature: a label switch router that
/// sends its errors on to the end of the LSP makes them take a U-turn.
pub const fn uturn(te_ttl: u8, er_ttl: u8) -> i16 {
    return_length(te_ttl) - return_length(er_ttl)
}

/// The signature <TE, ER> of a router: the initial TTLs of its errors and of its echo replies, 0 for unknown.
pub fn signature(te_ttl: Option<u8>, er_ttl: Option<u8>) -> (u8, u8) {
    (te_ttl.map_or(0, initial_ttl), er_ttl.map_or(0, initial_ttl))
}

/// Routers hidden before an opaque hop, from the TTL of the label it quotes; `None` if the number is absurd, which
/// means that the label TTL did not start at 255.
pub const fn opaque_length(lse_ttl: u8) -> Option<u8> {
    let hidden = u8::MAX - lse_ttl;
    if hidden <= OPAQUE_LENGTH_MAX {
        Some(hidden)
    } else {
        None
    }
}

/// Longest plausible opaque tunnel. The 2025 replication of TNT calls a label TTL opaque above 236 only.
pub const OPAQUE_LENGTH_MAX: u8 = 19;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initial_ttls_at_every_border() {
        let pairs = [
            (0, 32),
            (32, 32),
            (33, 64),
            (64, 64),
            (65, 128),
            (128, 128),
            (129, 255),
            (255, 255),
        ];
        for (received, initial) in pairs {
            assert_eq!(initial_ttl(received), initial, "received {received}");
        }
    }

    /// Egress of three hidden routers, as the original tool printed it: `rTTLs=<250,62> frpla=3 rtla=3`.
    #[test]
    fn three_hidden_routers_give_three() {
        assert_eq!(frpla(250, 3), 3);
        assert_eq!(rtla(250, 62), Some(3));
        assert_eq!(uturn(250, 62), 3);
        assert_eq!(opaque_length(252), Some(3));
    }

    #[test]
    fn rtla_needs_errors_from_255_and_echo_from_less() {
        assert_eq!(rtla(250, 250), None);
        assert_eq!(rtla(62, 62), None);
        assert_eq!(rtla(250, 122), Some(-1));
        assert_eq!(rtla(250, 30), Some(3));
    }

    #[test]
    fn a_shorter_way_back_is_negative() {
        assert_eq!(frpla(255, 3), -2);
        assert_eq!(uturn(255, 60), -4);
    }

    #[test]
    fn an_absurd_label_ttl_gives_no_length() {
        assert_eq!(opaque_length(236), Some(19));
        assert_eq!(opaque_length(235), None);
        assert_eq!(signature(Some(250), None), (255, 0));
    }

    #[test]
    fn no_ttl_overflows() {
        for ttl in 0..=u8::MAX {
            for other in 0..=u8::MAX {
                let (_, _, _) = (frpla(ttl, other), rtla(ttl, other), uturn(ttl, other));
            }
        }
    }
}
