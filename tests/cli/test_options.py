"""Options made from the records of the job."""

import click
import pytest

from netsonde.cli._ping import ping
from netsonde.cli._tnt import tnt
from netsonde.cli._trace import trace
from netsonde.measure import RunKeywords
from netsonde.model import PingOptions, Record, TntOptions, TraceOptions


def _flags(command: click.Command) -> dict[str, click.Parameter]:
    return {flag: param for param in command.params for flag in param.opts}


@pytest.mark.parametrize(
    ("command", "records"),
    [(ping, [PingOptions]), (trace, [TraceOptions]), (tnt, [TraceOptions, TntOptions])],
)
def test_every_option_of_the_schema_is_a_flag(
    command: click.Command, records: list[type[Record]]
) -> None:
    flags = _flags(command)
    fields = [name for record in records for name in record.__struct_fields__]
    fields += [name for name in RunKeywords.__annotations__ if name not in ("vantage", "family")]
    assert {f"--{name.replace('_', '-')}" for name in fields} <= set(flags)
    for flag in ("-4", "-6", "-f", "--lab", "--attach", "--privilege", "--json", "-v"):
        assert flag in flags


def test_no_flag_is_given_twice() -> None:
    for command in (ping, trace, tnt):
        flags = [flag for param in command.params for flag in (*param.opts, *param.secondary_opts)]
        assert len(flags) == len(set(flags))


def test_every_flag_says_what_it_does_and_its_default() -> None:
    for command in (ping, trace, tnt):
        for param in command.params:
            if isinstance(param, click.Option):
                assert param.help, param.name
    attempts = _flags(trace)["--attempts"]
    assert isinstance(attempts, click.Option)
    assert attempts.help
    assert attempts.help.endswith("[default: 3]")


def test_ranges_are_those_of_the_schema() -> None:
    kind = _flags(trace)["--last-ttl"].type
    assert isinstance(kind, click.IntRange)
    assert (kind.min, kind.max) == (1, 255)
