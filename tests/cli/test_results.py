"""Results of earlier measurements."""

from pathlib import Path

import pytest

from netsonde.cli._results import tnt_results
from netsonde.model import FormatError, HostError
from tests.cli.commands import netsonde


def lines(*names: str) -> str:
    line = ("tnt", "5.2.0.1", "--lab", "invisible-php-brpr", "--json", *names)
    return netsonde(*line).out


def test_only_results_of_tnt_are_given(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines("--names") + "\n" + lines())
    assert [len(result.hidden) for result in tnt_results(str(path))] == [3, 3]


def test_what_comes_before_a_bad_line_is_given_and_its_place_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    good = lines()
    path.write_text(good + "{}\n")
    results = tnt_results(str(path))
    assert next(results).target == "5.2.0.1"
    with pytest.raises(
        FormatError, match=f"a.jsonl: line {good.count(chr(10)) + 1}: no event"
    ) as caught:
        next(results)
    assert caught.value.offset == len(good)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="No such file"):
        next(tnt_results(str(tmp_path / "none")))
