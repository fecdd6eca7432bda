"""The result of alias resolution."""

import msgspec

from netsonde.model import AliasResult
from tests.report import samples


def test_routers_are_the_sets_and_the_targets_that_are_alone() -> None:
    result = samples.aliases()
    assert result.routers == (("5.1.0.2", "5.1.1.1"), ("5.1.1.2",), ("5.1.2.2",))
    assert result.reached == 2


def test_the_class_is_written_without_the_underscore_that_python_wants() -> None:
    text = msgspec.json.encode(samples.aliases())
    assert b'"class":"counter"' in text
    assert msgspec.json.decode(text, type=AliasResult) == samples.aliases()


def test_a_result_prints_itself() -> None:
    assert "1    5.1.1.1" in str(samples.aliases())
    assert "1 set, 40 probes" in str(samples.aliases())
    assert "<td>5.1.1.1</td>" in samples.aliases()._repr_html_()
