"""Every scenario gives its golden result; `make bless` rewrites those, to be reviewed as code."""

import json
import os

import pytest

from tests.scenarios import golden


@pytest.mark.parametrize("name", golden.names())
def test_golden(name: str) -> None:
    if os.environ.get("NETSONDE_BLESS") == "1":
        golden.write(name)
    path = golden.path_of(name)
    assert path.exists(), "no golden result: `make bless` writes it"
    wanted = json.loads(path.read_text())
    found = json.loads(golden.render(golden.produce(name)))
    assert found == wanted, "if this is right: `make bless`, and review the difference"


def test_no_golden_result_without_its_scenario() -> None:
    if os.environ.get("NETSONDE_BLESS") == "1":
        golden.drop_orphans()
    assert {path.stem for path in golden.FOLDER.glob("*.json")} == set(golden.names())


def test_golden_results_are_written_as_bless_writes_them() -> None:
    for path in golden.FOLDER.glob("*.json"):
        text = path.read_text()
        assert golden.render(json.loads(text)) + "\n" == text
        assert json.loads(text)["seed"] is not None
        assert json.loads(text)["origin"]
