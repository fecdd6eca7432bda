"""From keyword options to a job."""

import time

import msgspec
import pytest

import netsonde
from netsonde.measure import OptionError, choose, request
from netsonde.measure._host import Host
from netsonde.measure._lab import LabVantage
from netsonde.measure._request import job
from netsonde.model import HostError, Job, Kind, PingMethod, Target, TraceMethod, UsageError

LAB = choose(netsonde.lab.load("plain"))
TARGET = Target(address="5.2.0.1", source="5.1.0.1")


def _job(kind: Kind, **options: object) -> Job:
    return msgspec.json.decode(job(request(kind, options), LAB, [TARGET]), type=Job)


def test_options_reach_their_section() -> None:
    made = _job(
        Kind.TNT, attempts=2, frpla_min=4, rate_pps=7, probes_per_target=9, deadline_ms=5_000
    )
    assert (made.trace.attempts, made.tnt.frpla_min) == (2, 4)
    assert (made.rate_pps, made.budget.per_target, made.deadline_ms) == (7, 9, 5_000)


def test_methods_are_words() -> None:
    assert _job(Kind.PING, method="tcp-syn").ping.method is PingMethod.TCP_SYN


def test_a_virtual_job_repeats_and_a_seed_changes_it() -> None:
    assert _job(Kind.TRACE) == _job(Kind.TRACE)
    assert _job(Kind.TRACE, seed=2).key != _job(Kind.TRACE).key


def test_only_a_real_clock_has_an_epoch() -> None:
    assert _job(Kind.PING).epoch_ns is None
    before_ns = time.time_ns()
    made = job(request(Kind.PING, {}), Host("none"), [TARGET])
    epoch_ns = msgspec.json.decode(made, type=Job).epoch_ns
    assert epoch_ns is not None
    minute_ns = 60 * 10**9  # the wall clock may be set meanwhile
    assert abs(epoch_ns + time.monotonic_ns() - before_ns) < minute_ns


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (Kind.TRACE, {"attempts": 300}, "attempts: expected a whole number <= 255, found 300"),
        (Kind.TRACE, {"attempts": "many"}, "attempts: expected a whole number, found 'many'"),
        (Kind.TRACE, {"rate_pps": 0}, "rate_pps: expected a whole number >= 1, found 0"),
        (Kind.PING, {"probes_per_target": 0}, "probes_per_target: expected a whole number >= 1"),
        (Kind.TNT, {"brute_force": 3}, "brute_force: expected true or false, found 3"),
        (
            Kind.TRACE,
            {"method": "icmp"},
            "method: expected one of icmp-paris, udp-paris, tcp-syn, found 'icmp'",
        ),
    ],
)
def test_a_value_out_of_range_is_named(
    kind: Kind, options: dict[str, object], message: str
) -> None:
    with pytest.raises(OptionError) as caught:
        _job(kind, **options)
    assert caught.value.message.startswith(message)


def test_contradictions_are_found_before_anything_is_sent() -> None:
    with pytest.raises(OptionError) as caught:
        _job(Kind.TRACE, first_ttl=9, last_ttl=3)
    assert caught.value.message == "last_ttl: expected no less than first_ttl, found 3"


def test_an_unknown_option_is_a_type_error_as_for_any_function() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'frpla_min'"):
        _job(Kind.TRACE, frpla_min=3)


def test_without_privilege_the_method_is_udp_unless_given() -> None:
    def made(kind: Kind, **options: object) -> Job:
        return msgspec.json.decode(job(request(kind, options), Host("none"), [TARGET]), type=Job)

    assert made(Kind.PING).ping.method is PingMethod.UDP
    assert made(Kind.TRACE).trace.method is TraceMethod.UDP_PARIS
    assert made(Kind.PING, method="icmp").ping.method is PingMethod.ICMP
    with pytest.raises(OptionError, match="udp or icmp, without privilege"):
        made(Kind.PING, method="tcp-ack")


def test_tnt_without_privilege_is_refused() -> None:
    with pytest.raises(HostError, match="raw sockets"):
        job(request(Kind.TNT, {}), Host("none"), [TARGET])


def test_more_than_64_bits_do_not_fit() -> None:
    with pytest.raises(UsageError, match="out of range"):
        _job(Kind.TRACE, seed=2**64)


class Wide(LabVantage):
    """A lab whose attachment carries less than its other interface."""

    def __init__(self) -> None:
        super().__init__(netsonde.lab.load("plain"))

    def mtu(self, source: str | None) -> int:
        return 9_000 if source is None else 1_400


@pytest.mark.parametrize("kind", [Kind.PING, Kind.TRACE, Kind.TNT, Kind.MULTIPATH])
def test_probes_that_no_interface_carries_are_refused(kind: Kind) -> None:
    for targets, mtu in ((None, 9_000), ([TARGET], 1_400)):
        job(request(kind, {"size": mtu}), Wide(), targets)
        with pytest.raises(OptionError, match=f"size: expected at most {mtu}, .* found {mtu + 1}"):
            job(request(kind, {"size": mtu + 1}), Wide(), targets)


def test_a_search_for_path_mtus_begins_with_what_leaves_the_vantage() -> None:
    """Where targets come while the job runs, that is the largest that any interface carries."""

    for targets, mtu in ((None, 9_000), ([TARGET], 1_400)):
        made = job(request(Kind.TRACE, {"mtu": True}), Wide(), targets)
        assert msgspec.json.decode(made, type=Job).trace.mtu == mtu
