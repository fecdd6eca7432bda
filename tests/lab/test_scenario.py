"""Scenarios: found by name, alias or path; each says what it shows."""

from pathlib import Path

import pytest

from netsonde.lab import TopologyError, read_scenario, scenario_names
from netsonde.lab._scenario import parse_scenario
from netsonde.model import UsageError

MINIMAL = 'chain = ["a", "h"]\n[node.h]\nrole = "host"\n[attach.vp]\nnode = "a"\n'


def test_names_aliases_and_paths_lead_to_one_scenario(tmp_path: Path) -> None:
    assert read_scenario("invisible-php").name == "invisible-php-brpr"
    assert read_scenario("invisible-php-brpr").name == "invisible-php-brpr"
    path = tmp_path / "mine.toml"
    path.write_text(MINIMAL)
    assert read_scenario(str(path)).name == "mine"


def test_an_unknown_name_is_told_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        read_scenario("invisible-phpp")
    assert caught.value.hint == "did you mean invisible-php?"
    with pytest.raises(UsageError) as caught:
        read_scenario("qqq")
    assert "lab list" in caught.value.hint


@pytest.mark.parametrize("name", scenario_names())
def test_every_scenario_builds_and_says_what_it_is(name: str) -> None:
    scenario = read_scenario(name)
    assert scenario.description
    assert scenario.tnt
    assert scenario.targets
    assert scenario.topology.attachments


def test_aliases_are_unique() -> None:
    names = [*scenario_names()]
    aliases = [alias for name in names for alias in read_scenario(name).aliases]
    assert len({*names, *aliases}) == len(names) + len(aliases)


def test_targets_are_the_first_host_unless_given() -> None:
    assert parse_scenario("x", MINIMAL, "x.toml").targets == ("h",)
    assert parse_scenario("x", 'targets = ["a"]\n' + MINIMAL, "x.toml").targets == ("a",)


def test_options_go_through() -> None:
    text = MINIMAL + "[options.tnt]\nbrute_force = true\n"
    assert parse_scenario("x", text, "x.toml").options == {"tnt": {"brute_force": True}}
    with pytest.raises(TopologyError, match="options"):
        parse_scenario("x", MINIMAL + "[options.dns]\nx = 1\n", "x.toml")


def test_an_unknown_key_at_the_top_is_refused() -> None:
    with pytest.raises(TopologyError) as caught:
        parse_scenario("x", 'descripton = "x"\n' + MINIMAL, "x.toml")
    assert caught.value.hint == "did you mean description?"
