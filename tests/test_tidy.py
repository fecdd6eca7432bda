"""The house rules, on the house. `test_tidy_rules.py` shows that each of them can fail."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests import mutants
from tests.tidy import crates, layout, prose, sizes

ROOT = Path(__file__).parents[1]

RULES = [
    sizes.file_sizes,
    sizes.python_functions,
    sizes.rust_functions,
    layout.pairing,
    layout.exemptions,
    layout.private_modules,
    layout.quiet_inits,
    layout.exports,
    layout.shortcuts,
    crates.directions,
    crates.sans_io,
    crates.no_unsafe,
    prose.words,
    prose.links,
    prose.fragments,
    prose.promises,
    prose.site,
    mutants.problems,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_house_rule(rule: Callable[[Path], Iterable[str]]) -> None:
    problems = list(rule(ROOT))
    assert not problems, f"{rule.__doc__}\n" + "\n".join(problems)
