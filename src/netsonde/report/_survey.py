"""What a survey found, as numbers: asked of its tables in SQL, one question per figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Points of a distribution: every percent.
QUANTILES = tuple(percent / 100 for percent in range(101))
#: Vendors and signatures named one by one.
VENDORS_MAX = 12


class Ask(Protocol):
    """Answers SQL on the tables of `docs/reference/tables.md`."""

    def __call__(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""


class Totals(NamedTuple):
    """The survey in a few numbers."""

    traces: int
    tnt: int
    """Those that tunnels were looked for on."""
    reached: int
    probes: int
    routers: int
    """Distinct addresses that a trace shows."""
    hops: int
    """Hops of all traces, silent ones included."""
    silent: int
    """Hops that did not reply."""
    tunnels: int
    """Tunnels of all paths: one that ten paths cross counts ten times."""
    tunnels_distinct: int
    """Pairs of ingress and egress."""
    hidden: int
    """Distinct addresses that no trace shows by itself, revealed by tnt."""
    pings: int
    """Targets pinged."""
    pings_answered: int


class TunnelClassRow(NamedTuple):
    """One class of tunnels."""

    name: str
    tunnels: int
    distinct: int
    hidden: int
    length_mean: float
    length_max: int
    complete: int
    """Tunnels of which everything is known."""


class Count(NamedTuple):
    """Something, and how often."""

    name: str
    number: int


class Length(NamedTuple):
    """How many paths, or tunnels, have a length."""

    length: int
    first: int
    second: int


class Survey(NamedTuple):
    """Everything that the page shows, but for the graph."""

    totals: Totals
    classes: list[TunnelClassRow]
    triggers: list[Count]
    methods: list[Count]
    tunnel_lengths: list[tuple[str, int, int]]
    """Class, length in LSRs, tunnels (distinct)."""
    path_lengths: list[Length]
    """Hops, paths of that length as traced, and with what was revealed."""
    hop_rtts_ms: list[float]
    """Quantiles, 0 to 100 percent; empty without a reply."""
    ping_rtts_ms: list[float]
    vendors: list[Count]
    signatures: list[Count]
    stops: list[Count]
    router_sizes: list[Count]
    """Routers that alias resolution knows, by how many addresses they have."""


def survey(ask: Ask) -> Survey:
    """Return what the tables say."""
    return Survey(
        totals=_totals(ask),
        classes=[TunnelClassRow(*row) for row in ask(_CLASSES)],
        triggers=[Count(*row) for row in ask(_TRIGGERS)],
        methods=[Count(*row) for row in ask(_METHODS)],
        tunnel_lengths=[(row[0], row[1], row[2]) for row in ask(_TUNNEL_LENGTHS)],
        path_lengths=[Length(*row) for row in ask(_PATH_LENGTHS)],
        hop_rtts_ms=_quantiles(ask, "hops"),
        ping_rtts_ms=_quantiles(ask, "pings"),
        vendors=[Count(*row) for row in ask(_VENDORS)],
        signatures=[Count(*row) for row in ask(_SIGNATURES)],
        stops=[Count(*row) for row in ask(_STOPS)],
        router_sizes=[Count(str(size), number) for size, number in ask(_ROUTER_SIZES)],
    )


def _totals(ask: Ask) -> Totals:
    values: list[int] = []
    for sql in (_TRACED, _SEEN, _TUNNELS, _HIDDEN, _PINGED):
        values += [int(value or 0) for value in ask(sql)[0]]
    traces, tnt, reached, trace_probes, routers, hops, silent = values[:7]
    tunnels, distinct, hidden, pings, answered, ping_probes = values[7:]
    return Totals(
        traces=traces,
        tnt=tnt,
        reached=reached,
        probes=trace_probes + ping_probes,
        routers=routers,
        hops=hops,
        silent=silent,
        tunnels=tunnels,
        tunnels_distinct=distinct,
        hidden=hidden,
        pings=pings,
        pings_answered=answered,
    )


def _quantiles(ask: Ask, table: str) -> list[float]:
    # `table` is one of ours, never the caller's.
    sql = f"SELECT quantile_cont(rtt_us / 1e3, ?) FROM {table} WHERE rtt_us IS NOT NULL"  # noqa: S608
    ((found,),) = ask(sql, [list(QUANTILES)])
    return [float(value) for value in found or ()]


_TRACED = """
SELECT count(*), count(*) FILTER (kind = 'tnt'), count(*) FILTER (stop = 'completed'),
       sum(coalesce(sent_trace + sent_ping + sent_revelation, sent))
FROM traces"""

_SEEN = """
SELECT count(DISTINCT address), count(DISTINCT (trace, ttl)),
       count(*) FILTER (address IS NULL)
FROM hops"""

_TUNNELS = "SELECT count(*), count(DISTINCT (ingress, egress)) FROM tunnels"

_HIDDEN = "SELECT count(DISTINCT address) FROM tunnel_routers WHERE ttl IS NULL"

_PINGED = """
SELECT count(*), count(*) FILTER (answered), sum(sent)
FROM (SELECT ping, any_value(sent) AS sent, bool_or(coalesce(responder = target, false)) AS answered
      FROM pings GROUP BY ping)"""

_CLASSES = """
SELECT class, count(*), count(DISTINCT (ingress, egress)), sum(hidden)::BIGINT, avg(length),
       max(length), count(*) FILTER (completeness <> 'incomplete')
FROM tunnels GROUP BY class ORDER BY count(*) DESC, class"""

_TRIGGERS = """
SELECT trigger, count(*)
FROM (SELECT unnest(triggers) AS trigger FROM tunnels)
GROUP BY trigger ORDER BY count(*) DESC, trigger"""

_METHODS = """
SELECT method, count(*) FROM tunnels WHERE method IS NOT NULL
GROUP BY method ORDER BY count(*) DESC, method"""

_TUNNEL_LENGTHS = """
SELECT class, length, count(DISTINCT (ingress, egress))
FROM tunnels GROUP BY class, length ORDER BY length, class"""

_PATH_LENGTHS = """
WITH hidden AS (SELECT trace, sum(hidden)::BIGINT AS hidden FROM tunnels GROUP BY trace),
     paths AS (SELECT first_ttl - 1 + hops AS traced,
                      first_ttl - 1 + hops + coalesce(hidden, 0) AS whole
               FROM traces LEFT JOIN hidden USING (trace) WHERE stop = 'completed'),
     counted AS (SELECT traced AS length, 1 AS first, 0 AS second FROM paths
              UNION ALL SELECT whole, 0, 1 FROM paths)
SELECT length, sum(first)::BIGINT, sum(second)::BIGINT
FROM counted GROUP BY length ORDER BY length"""

_NAMED = """
SELECT address, any_value(vendors[1].vendor) AS vendor,
       any_value(signature_te) AS te, any_value(signature_er) AS er
FROM hops WHERE address IS NOT NULL AND signature_te IS NOT NULL GROUP BY address"""

_VENDORS = f"""
SELECT coalesce(vendor, 'unknown'), count(*) FROM ({_NAMED})
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {VENDORS_MAX}"""  # noqa: S608 - a constant of ours

_SIGNATURES = f"""
SELECT '<' || if(te = 0, '*', te::TEXT) || ',' || if(er = 0, '*', er::TEXT) || '>', count(*)
FROM ({_NAMED}) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {VENDORS_MAX}"""  # noqa: S608

_STOPS = "SELECT stop, count(*) FROM traces GROUP BY stop ORDER BY 2 DESC, 1"

_ROUTER_SIZES = """
SELECT size, count(*) FROM (
    SELECT count(DISTINCT address) AS size FROM aliases
    WHERE methods IS NOT NULL AND run = (SELECT max(run) FROM aliases) GROUP BY router)
GROUP BY size ORDER BY size"""
