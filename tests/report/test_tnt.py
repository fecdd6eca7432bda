"""A path with its tunnels for people."""

import msgspec
import pytest

from netsonde.model import (
    AttemptOutcome,
    Completeness,
    FailedRevelation,
    TntResult,
    Trigger,
    Tunnel,
)
from netsonde.report import tnt_lines
from tests.report import samples


def _text(result: TntResult, width: int = 100, *, verbose: bool = False) -> list[str]:
    return [line.plain for line in tnt_lines(result, width, verbose=verbose)]


def _with(result: TntResult, **changes: object) -> TntResult:
    (tunnel,) = result.tunnels
    changed: Tunnel = msgspec.structs.replace(tunnel, **changes)
    return msgspec.structs.replace(result, tunnels=(changed,))


def test_hidden_routers_are_indented_under_their_tunnel() -> None:
    assert _text(samples.brpr_path()) == [
        "tnt to 5.2.0.1 from 5.1.0.1, icmp-paris",
        "hop  address              rtt/ms  loss  <TE,ER>    vendor",
        "  1  5.1.0.2                0.21        <255,255>  Huawei, Cisco +1",
        "  2  5.1.1.2                4.04        <255,255>  Huawei, Cisco +1  ingress",
        "     ┌ invisible tunnel (PHP): 3 hidden routers, by FRPLA 3, revealed by BRPR, complete",
        " H1  │ 5.1.2.2              8.00        <255,255>",
        " H2  │ 5.1.3.2              7.00        <255,255>",
        " H3  │ 5.1.4.2              6.00        <255,255>",
        "  3  5.1.5.2               20.07   50%  <255,255>  Huawei, Cisco +1  egress",
        "  4  5.1.6.2               24.11        <255,255>  Huawei, Cisco +1",
        "  5  5.2.0.1               28.30        <255,255>  Huawei, Cisco +1",
        "reached in 5 hops, 1 tunnel, 3 hidden routers, 31 probes: 6 trace, 8 ping, 17 reveal",
    ]


def test_visible_routers_too_and_their_labels() -> None:
    lines = _text(samples.explicit_path())
    assert lines[4] == "     ┌ explicit tunnel: 3 routers, by labels"
    assert lines[5].startswith("  3  │ 5.1.2.2 ")
    assert lines[5].endswith("L=16003 TTL=1")
    assert lines[6] == "  4  │ *"


def test_an_incomplete_tunnel_says_why_and_how_many_are_missing() -> None:
    (tunnel,) = samples.brpr_path().tunnels
    result = _with(
        samples.brpr_path(),
        lsrs=tunnel.lsrs[2:],
        completeness=Completeness.INCOMPLETE,
        stop=AttemptOutcome.TARGET_NOT_REACHED,
    )
    lines = _text(result, 120)
    assert "1 of 3 hidden routers" in lines[4]
    assert lines[4].endswith("incomplete (target not reached)")


def test_a_tunnel_of_which_nothing_was_revealed_is_told_after_its_ingress() -> None:
    result = _with(samples.brpr_path(), lsrs=(), method=None, completeness=Completeness.INCOMPLETE)
    lines = _text(result)
    assert lines[3].endswith("ingress")
    assert "┌ invisible tunnel (PHP): 0 of 3 hidden routers, by FRPLA 3, incomplete" in lines[4]
    assert lines[5].startswith("  3  5.1.5.2")


def test_verbose_tells_attempts_failures_and_ttls() -> None:
    (tunnel,) = samples.brpr_path().tunnels
    failed = FailedRevelation(
        entry="5.1.5.2",
        exit="5.1.6.2",
        exit_ttl=4,
        trigger=Trigger.RTLA,
        attempts=tunnel.attempts[3:],
    )
    result = msgspec.structs.replace(samples.brpr_path(), failed=(failed,))
    text = "\n".join(_text(result, verbose=True))
    assert "│   step 2: trace to 5.1.4.2: revealed, 4 probes" in text
    assert "no tunnel between 5.1.5.2 and 5.1.6.2, suspected by RTLA" in text
    assert "step 4: trace to 5.1.2.2: nothing revealed, 2 probes" in text
    assert "egress, TTLs 253/253, qTTL 1, FRPLA 3" in " ".join(text.split())


@pytest.mark.parametrize("width", [80, 100, 132])
@pytest.mark.parametrize("verbose", [False, True])
def test_lines_fit_the_terminal(width: int, verbose: bool) -> None:
    for result in (samples.brpr_path(), samples.explicit_path()):
        assert all(len(line) <= width for line in _text(result, width, verbose=verbose))


def test_the_continued_line_of_a_tunnel_keeps_its_bar() -> None:
    lines = _text(samples.brpr_path(), 60)
    start = next(n for n, line in enumerate(lines) if "┌" in line)
    assert lines[start + 1].startswith("     │ ")
