"""Tables are read key by key, and every complaint says file, key, expected and found."""

from collections.abc import Callable

import pytest

from netsonde.lab._reader import Table, TopologyError, join, show, suggest


def table(**content: object) -> Table:
    return Table("net.toml", "node.p1", content)


def test_an_error_says_where_and_what() -> None:
    with pytest.raises(TopologyError) as caught:
        table(te_ttl=300).take_int("te_ttl", 1, 255, 64)
    error = caught.value
    assert error.file == "net.toml"
    assert error.key == "node.p1.te_ttl"
    assert error.expected == "an integer from 1 to 255"
    assert error.found == "300"
    assert str(error) == "net.toml: node.p1.te_ttl: expected an integer from 1 to 255, found 300"
    assert error.exit_status == 5


def test_an_unknown_key_is_told_its_nearest_neighbour() -> None:
    reader = table(profil="junos")
    reader.take_text("profile")
    reader.take_text("role")
    with pytest.raises(TopologyError) as caught:
        reader.finish()
    assert caught.value.hint == "did you mean profile?"
    assert caught.value.found == '"profil"'


def test_what_is_taken_is_not_refused() -> None:
    reader = table(a=1, b="x", c=True, d=0.5, e="4ms", f=["p"], g="one")
    assert reader.take_int("a", 0, 9, 0) == 1
    assert reader.take_text("b") == "x"
    assert reader.take_bool("c", False)
    assert reader.take_share("d") == 0.5
    assert reader.take_duration("e", 0) == 4_000_000
    assert reader.take_names("f") == ("p",)
    assert reader.take_choice("g", ("one", "two"), "two") == "one"
    reader.finish()


def test_defaults_stand_for_absent_keys() -> None:
    reader = table()
    assert reader.take_int("a", 5, 9, 7) == 7
    assert reader.take_choice("g", ("one", "two"), "two") == "two"
    assert reader.take_table("t") is None
    assert reader.take_list("l") == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", True),
        ("int", "1"),
        ("int", 10),
        ("bool", 1),
        ("share", 1.1),
        ("share", True),
        ("share", -0.1),
        ("duration", 4),
        ("duration", "4"),
        ("names", "p1"),
        ("names", [1]),
        ("text", 3),
    ],
)
def test_wrong_values_are_refused(kind: str, value: object) -> None:
    reader = table(key=value)
    takers: dict[str, Callable[[], object]] = {
        "int": lambda: reader.take_int("key", 0, 9, 0),
        "bool": lambda: reader.take_bool("key", False),
        "share": lambda: reader.take_share("key"),
        "duration": lambda: reader.take_duration("key", 0),
        "names": lambda: reader.take_names("key"),
        "text": lambda: reader.take_text("key"),
    }
    with pytest.raises(TopologyError, match=r"node\.p1\.key"):
        takers[kind]()


def test_a_missing_key_that_must_be_there() -> None:
    with pytest.raises(TopologyError, match="found nothing") as caught:
        table().require("path", "a path", str, "such as this")
    assert caught.value.hint == "such as this"


def test_a_choice_names_the_nearest() -> None:
    with pytest.raises(TopologyError) as caught:
        table(pop="phb").take_choice("pop", ("php", "uhp"), "php")
    assert caught.value.hint == "did you mean php?"


def test_a_table_must_be_one() -> None:
    with pytest.raises(TopologyError, match='expected a table, found "x"'):
        table(icmp="x").take_table("icmp")


def test_lists_of_tables_are_numbered_and_one_table_will_do() -> None:
    several = table(fault=[{"at": "1s"}, {"at": 2}]).take_list("fault")
    assert several[0].take_duration("at", 0) == 10**9
    with pytest.raises(TopologyError, match=r"node\.p1\.fault\[1\]\.at"):
        several[1].take_duration("at", 0)
    assert len(table(fault={"at": "1s"}).take_list("fault")) == 1


def test_inherited_keys_yield_to_given_ones() -> None:
    reader = table(profile="junos")
    reader.inherit({"profile": "linux", "silent": True})
    assert reader.take_text("profile") == "junos"
    assert reader.take_bool("silent", False)


def test_keys_are_quoted_as_in_toml() -> None:
    assert join("link", "pe1-p1") == "link.pe1-p1"
    assert join("link", "a b") == 'link."a b"'
    assert join("", "x") == "x"


def test_values_are_shown_short() -> None:
    assert show(None) == "nothing"
    assert show({}) == "a table"
    assert show("a") == '"a"'
    assert len(show("a" * 200)) == 60


def test_suggestions() -> None:
    assert suggest("jnuos", ["junos", "linux"]) == "did you mean junos?"
    assert suggest("zzz", ["b", "a"]) == "known: a, b"
    assert suggest("zzz", []) == ""
