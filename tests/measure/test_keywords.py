"""Keyword options and the job's records name the same things."""

import pytest

from netsonde.measure import (
    AliasKeywords,
    PingKeywords,
    RunKeywords,
    TntKeywords,
    TraceKeywords,
)
from netsonde.model import AliasOptions, PingOptions, TntOptions, TraceOptions, attributes


@pytest.mark.parametrize(
    ("keywords", "records"),
    [
        (PingKeywords, [PingOptions]),
        (TraceKeywords, [TraceOptions]),
        (AliasKeywords, [AliasOptions]),
        (TntKeywords, [TraceOptions, TntOptions]),
    ],
)
def test_options_are_the_fields_of_the_job(keywords: type, records: list[type]) -> None:
    own = set(keywords.__annotations__) - set(RunKeywords.__annotations__)
    assert own == {name for record in records for name in record.__struct_fields__}  # type: ignore[attr-defined]


def test_every_option_is_described() -> None:
    assert set(attributes(RunKeywords)) == set(RunKeywords.__annotations__)
    for record in (AliasOptions, PingOptions, TraceOptions, TntOptions):
        assert set(attributes(record)) == set(record.__struct_fields__)
