"""Views and macros on the tables: what researchers ask again and again."""

from __future__ import annotations

from typing import NamedTuple


class View(NamedTuple):
    """One view."""

    name: str
    meaning: str
    columns: tuple[tuple[str, str], ...]
    """Each with its meaning."""
    sql: str


class Macro(NamedTuple):
    """One scalar macro."""

    name: str
    parameter: str
    meaning: str
    sql: str


MACROS = (
    Macro("ms", "us", "microseconds as milliseconds", "us / 1e3"),
    Macro("label", "entry", "the label of a label stack entry", "entry >> 12"),
    Macro("label_tc", "entry", "its traffic class", "(entry >> 9) & 7"),
    Macro("label_bottom", "entry", "whether it is the bottom of the stack", "(entry >> 8) & 1 = 1"),
    Macro("label_ttl", "entry", "its TTL", "entry & 255"),
    Macro(
        "family",
        "address",
        "4 or 6, the version of an address",
        "CASE WHEN contains(address, ':') THEN 6 ELSE 4 END",
    ),
)

VIEWS = (
    View(
        "first_hops",
        "One row per TTL of a trace: the reply that decides, or silence.",
        (
            ("trace", "the row of `traces` it belongs to"),
            ("target", "address measured"),
            ("ttl", "TTL of the probes"),
            ("address", "the router's address; null: silent"),
            ("rtt_ms", "round-trip time, milliseconds"),
            ("reply_ttl", "IP TTL of the reply as received"),
            ("labels", "label stack entries, top first"),
        ),
        "SELECT trace, target, ttl, address, ms(rtt_us) AS rtt_ms, reply_ttl, labels FROM hops"
        " QUALIFY row_number() OVER (PARTITION BY trace, ttl) = 1",
    ),
    View(
        "paths",
        "One row per trace: its addresses as a list.",
        (
            ("trace", "the row of `traces`"),
            ("target", "address measured"),
            ("source", "address measured from"),
            ("started", "start, UTC"),
            ("reached", "whether the target replied"),
            ("path", "address of each TTL from `first_ttl` on, null where silent"),
        ),
        "SELECT t.trace, t.target, t.source, t.started, t.stop = 'completed' AS reached,"
        " coalesce(h.path, []) AS path FROM traces t LEFT JOIN"
        " (SELECT trace, list(address ORDER BY ttl) AS path FROM first_hops GROUP BY trace) h"
        " USING (trace)",
    ),
    View(
        "full_hops",
        "One row per router of a path, the hidden ones between those that the trace shows.",
        (
            ("trace", "the row of `traces` it belongs to"),
            ("target", "address measured"),
            ("ttl", "TTL of the probes; of a hidden router, that of the hop before it"),
            ("place", "0 for what the trace shows, then 1, 2, ... for hidden routers behind it"),
            ("address", "the router's address; null: silent"),
            ("rtt_ms", "round-trip time, milliseconds"),
            ("hidden", "whether plain traceroute does not show it"),
            ("tunnel", "index of the tunnel that hides it; null for what the trace shows"),
        ),
        "SELECT trace, target, ttl, 0 AS place, address, rtt_ms, false AS hidden,"
        " NULL::USMALLINT AS tunnel FROM first_hops UNION ALL"
        " SELECT r.trace, t.target,"
        " coalesce(t.ingress_ttl, t.egress_ttl - 1, 0)::UTINYINT,"
        " row_number() OVER (PARTITION BY r.trace,"
        " coalesce(t.ingress_ttl, t.egress_ttl - 1, 0) ORDER BY r.tunnel, r.position),"
        " r.address, ms(r.rtt_us), true, r.tunnel"
        " FROM tunnel_routers r JOIN tunnels t USING (trace, tunnel) WHERE r.ttl IS NULL",
    ),
    View(
        "links",
        "One row per pair of routers seen next to each other, hidden ones included.",
        (
            ("near", "address nearer to the vantage"),
            ("far", "address behind it"),
            ("traces", "traces that cross it"),
            ("hidden", "whether one of the two is hidden on every trace"),
        ),
        "SELECT near, far, count(DISTINCT trace) AS traces, bool_and(hidden) AS hidden FROM"
        " (SELECT trace, address AS near, lead(address) OVER w AS far,"
        " hidden OR lead(hidden) OVER w AS hidden FROM full_hops"
        " WINDOW w AS (PARTITION BY trace ORDER BY ttl, place))"
        " WHERE near IS NOT NULL AND far IS NOT NULL AND near <> far GROUP BY near, far",
    ),
    View(
        "routers",
        "One row per address that a trace or a tunnel shows.",
        (
            ("address", "the address"),
            ("traces", "traces that cross it"),
            ("ttl_min", "least TTL that it was seen at"),
            ("rtt_ms_min", "least round-trip time, milliseconds"),
            ("hidden", "whether plain traceroute never shows it"),
        ),
        "SELECT address, count(DISTINCT trace) AS traces, min(ttl) AS ttl_min,"
        " min(rtt_ms) AS rtt_ms_min, bool_and(hidden) AS hidden FROM full_hops"
        " WHERE address IS NOT NULL GROUP BY address",
    ),
    View(
        "tunnel_census",
        "One row per class of tunnels and method of revelation.",
        (
            ("class", "how the tunnel treats the TTL"),
            ("method", "how its routers were revealed; null if none was"),
            ("tunnels", "tunnels of all paths"),
            ("distinct_ends", "pairs of ingress and egress"),
            ("hidden", "hidden routers, each once"),
            ("length_mean", "mean number of routers between the two ends"),
            ("complete", "tunnels of which everything is known"),
        ),
        "SELECT class, method, count(*) AS tunnels,"
        " count(DISTINCT (ingress, egress)) AS distinct_ends,"
        " coalesce(any_value(h.hidden), 0) AS hidden, avg(length) AS length_mean,"
        " count(*) FILTER (completeness <> 'incomplete') AS complete"
        " FROM tunnels LEFT JOIN (SELECT t.class AS c, t.method AS m,"
        " count(DISTINCT r.address) AS hidden FROM tunnel_routers r JOIN tunnels t"
        " USING (trace, tunnel) WHERE r.ttl IS NULL GROUP BY ALL) h"
        " ON class = h.c AND method IS NOT DISTINCT FROM h.m"
        " GROUP BY class, method ORDER BY tunnels DESC",
    ),
    View(
        "ping_targets",
        "One row per target of a ping.",
        (
            ("ping", "number of the ping"),
            ("target", "address measured"),
            ("started", "start, UTC"),
            ("sent", "probes"),
            ("received", "replies of the target itself"),
            ("rtt_ms_min", "least round-trip time, milliseconds"),
            ("rtt_ms_avg", "mean round-trip time, milliseconds"),
            ("rtt_ms_max", "greatest round-trip time, milliseconds"),
        ),
        "SELECT ping, any_value(target) AS target, any_value(started) AS started,"
        " any_value(sent) AS sent,"
        " count(*) FILTER (responder = target) AS received,"
        " min(ms(rtt_us)) FILTER (responder = target) AS rtt_ms_min,"
        " avg(ms(rtt_us)) FILTER (responder = target) AS rtt_ms_avg,"
        " max(ms(rtt_us)) FILTER (responder = target) AS rtt_ms_max"
        " FROM pings GROUP BY ping",
    ),
    View(
        "alias_routers",
        "One row per router that has several addresses, as far as alias resolution knows.",
        (
            ("run", "the row of `runs` that found it"),
            ("router", "its first address, which names it"),
            ("addresses", "all its addresses"),
            ("methods", "methods that found it"),
            ("false_positive", "how likely it is two, 0 to 1"),
        ),
        "SELECT run, router, list(address ORDER BY address) AS addresses,"
        " any_value(methods) AS methods, any_value(false_positive) AS false_positive"
        " FROM aliases WHERE methods IS NOT NULL GROUP BY run, router",
    ),
    View(
        "tcp",
        "One row per TCP port asked: what its host negotiates.",
        (
            ("target", "address measured"),
            ("port", "port asked"),
            ("state", "`open`, `closed`, `unreachable` or `silent`"),
            ("plain", "what a SYN without options got, where the first was not answered"),
            ("mptcp", "Multipath TCP: `accepted`, `refused`, `mirrored` or `not-offered`"),
            ("mptcp_version", "its version"),
            ("ecn", "explicit congestion notification"),
            ("sack", "selective acknowledgments"),
            ("timestamps", "timestamps"),
            ("window_scaling", "window scaling"),
            ("fast_open", "Fast Open"),
            ("mss", "the host's maximum segment size"),
            ("stop", "why the path ended; null if it was not asked for"),
            ("changes", "changes of the SYN on its way, those that follow from others too"),
            ("sent", "SYNs"),
        ),
        "SELECT target, (record->>'$.destination_port')::USMALLINT AS port,"
        " record->>'$.handshake.state' AS state, record->>'$.handshake.plain' AS plain,"
        " record->>'$.handshake.mptcp' AS mptcp,"
        " (record->>'$.handshake.mptcp_version')::UTINYINT AS mptcp_version,"
        " record->>'$.handshake.ecn' AS ecn, record->>'$.handshake.sack' AS sack,"
        " record->>'$.handshake.timestamps' AS timestamps,"
        " record->>'$.handshake.window_scaling' AS window_scaling,"
        " record->>'$.handshake.fast_open' AS fast_open,"
        " (record->>'$.handshake.mss')::USMALLINT AS mss, record->>'$.stop' AS stop,"
        " json_array_length(record, '$.changes') AS changes,"
        " (record->>'$.sent')::UINTEGER AS sent FROM records WHERE type = 'tcp'",
    ),
    View(
        "tcp_changes",
        "One row per change of a SYN on its way.",
        (
            ("target", "address measured"),
            ("field", "what was changed, such as `sequence` or `option`"),
            ("option", "kind of the option"),
            ("edit", "`changed`, `removed`, `blanked` or `added`"),
            ("sent", "value sent"),
            ("quoted", "value quoted"),
            ("cause", "`marking`, `translation`, `consequence`, `quote` or `middlebox`"),
            ("after_ttl", "last TTL before it whose quote goes so far and does not have it"),
            ("first_ttl", "first TTL whose quote shows it"),
            ("lasts", "whether every later quote that goes so far has the field changed too"),
        ),
        "SELECT target, c->>'$.field' AS field, (c->>'$.option')::UTINYINT AS option,"
        " c->>'$.edit' AS edit, c->>'$.sent' AS sent, c->>'$.quoted' AS quoted,"
        " c->>'$.cause' AS cause, (c->>'$.after_ttl')::UTINYINT AS after_ttl,"
        " (c->>'$.first_ttl')::UTINYINT AS first_ttl, (c->>'$.lasts')::BOOLEAN AS lasts"
        " FROM (SELECT target, unnest(from_json(json_extract(record, '$.changes'),"
        " '[\"JSON\"]')) AS c FROM records WHERE type = 'tcp')",
    ),
)
