"""Options that name a place."""

from pathlib import Path

import pytest

from netsonde.cli._vantage import chosen_vantage
from netsonde.measure._host import Host
from netsonde.measure._lab import LabVantage
from netsonde.model import UsageError
from netsonde.runtime import RuntimeVantage


def test_the_place_is_chosen() -> None:
    given = {"privilege": "none", "count": 3}
    assert isinstance(chosen_vantage(given), Host)
    assert given == {"count": 3}
    assert isinstance(chosen_vantage({"lab": "plain"}), LabVantage)
    for name in ("process", "unikernel"):
        found = chosen_vantage(
            {"lab": "plain", "runtime": name, "image": "x:1", "runtime_limits": ("cpu=3",)}
        )
        assert isinstance(found, RuntimeVantage)
        assert found.is_virtual
    assert not chosen_vantage({"runtime": "podman"}).is_virtual


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"attach": "vp"}, "--attach names a place in a lab"),
        ({"lab": "plain", "link": "raw"}, "--link is for this host"),
        ({"lab": "plain", "privilege": "raw"}, "--privilege is for this host"),
        ({"runtime": "process", "link": "raw"}, "--link is for this host's own sockets"),
        ({"image": "x"}, "--image is for images"),
        ({"runtime_limits": ("cpu=1",)}, "--runtime-limit is for images"),
        ({"runtime": "process", "runtime_limits": ("x=1",)}, "no limit"),
    ],
)
def test_contradictions_are_refused(given: dict[str, object], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        chosen_vantage(dict(given))


def test_nothing_is_made_by_choosing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    chosen_vantage({"runtime": "process"})
    assert list(tmp_path.iterdir()) == []
