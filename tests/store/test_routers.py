"""The addresses of routers, from whatever shows paths."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from netsonde.formats import Measured, write
from netsonde.model import HostError, ReplyKind, Result, UsageError
from netsonde.store import _routers, router_addresses
from tests.store.rooms import dataset, ping, reply, tnt, trace

_EVENTS: list[Result] = [
    trace("5.1.0.1", "5.0.0.1", None, "2a00::3"),
    trace("5.1.0.2", "5.0.0.1", "5.0.0.4"),
    tnt("5.1.0.3"),
    ping("5.1.0.4", reply("5.1.0.4", kind=ReplyKind.ECHO_REPLY)),
]
_ROUTERS = {"5.0.0.1", "5.0.0.3", "5.0.0.4", "2a00::3", "5.9.0.2"}


def test_a_dataset_shows_each_router_once_hidden_ones_included(tmp_path: Path) -> None:
    found = list(router_addresses(dataset(tmp_path, _EVENTS).path))
    assert sorted(found) == sorted(_ROUTERS)


def test_a_target_that_answered_is_no_router(tmp_path: Path) -> None:
    reached = trace("5.1.0.1", "5.0.0.1", "5.1.0.1")
    (answer,) = reached.hops[1].replies
    echo = msgspec.structs.replace(answer, kind=ReplyKind.ECHO_REPLY)
    last = msgspec.structs.replace(reached.hops[1], replies=(echo,))
    reached = msgspec.structs.replace(reached, hops=(reached.hops[0], last))
    assert list(router_addresses(dataset(tmp_path, [reached]).path)) == ["5.0.0.1"]


def with_types(event: Result) -> Any:  # noqa: ANN401
    """Return a result with the ICMP types that other formats have instead of our kinds."""
    fields = msgspec.to_builtins(event)
    for hop in fields.get("trace", fields).get("hops", ()):
        for answer in hop["replies"]:
            answer["icmp_type"], answer["icmp_code"] = 3 if ":" in answer["responder"] else 11, 0
    return msgspec.convert(fields, type(event))


@pytest.mark.parametrize("suffix", ["jsonl", "warts", "warts.gz"])
def test_files_show_the_same(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"found.{suffix}"
    write(file, [Measured(result=with_types(event), epoch_ns=0) for event in _EVENTS])
    found = list(router_addresses(file))
    assert sorted(found) == sorted(_ROUTERS)


def test_what_is_too_much_or_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_routers, "ADDRESSES_MAX", 1)
    file = tmp_path / "found.jsonl"
    write(file, [Measured(result=event, epoch_ns=0) for event in _EVENTS])
    with pytest.raises(UsageError, match="more than 1 addresses"):
        list(router_addresses(file))
    with pytest.raises(HostError, match="cannot read"):
        list(router_addresses(tmp_path / "nothing"))
