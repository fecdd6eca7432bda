"""TCP records."""

import json

import msgspec
import pytest
from hypothesis import given

from netsonde import _core
from netsonde.model import (
    PortState,
    TcpCause,
    TcpChange,
    TcpEdit,
    TcpField,
    TcpFlags,
    TcpHandshake,
    TcpResult,
    TcpSegment,
)
from tests.model.strategies import records


@given(records(TcpResult))
def test_the_core_reads_and_writes_what_the_model_does(result: TcpResult) -> None:
    line = msgspec.json.encode(result)
    assert json.loads(_core.read_event(line)) == json.loads(line)


def change(cause: TcpCause, edit: TcpEdit, option: int | None = 30) -> TcpChange:
    field = TcpField.FLAGS if option is None else TcpField.OPTION
    return TcpChange(field=field, option=option, edit=edit, cause=cause, first_ttl=3, lasts=True)


def result(*changes: TcpChange) -> TcpResult:
    return TcpResult(
        target="5.2.0.1",
        source="5.1.0.1",
        destination_port=80,
        handshake=TcpHandshake(state=PortState.SILENT, offered=TcpSegment()),
        changes=changes,
    )


@pytest.mark.parametrize("edit", [TcpEdit.REMOVED, TcpEdit.BLANKED])
def test_an_option_that_is_gone_is_told(edit: TcpEdit) -> None:
    gone = change(TcpCause.MIDDLEBOX, edit)
    assert result(gone).removal(30) == gone
    assert result(gone).removal(8) is None


def test_what_one_quote_shows_and_what_is_only_changed_is_no_removal() -> None:
    quoted = change(TcpCause.QUOTE, TcpEdit.REMOVED)
    changed = change(TcpCause.MIDDLEBOX, TcpEdit.CHANGED)
    assert result(quoted, changed).removal(30) is None
    assert result(quoted, changed).middleboxes == (changed,)


def test_silence_is_not_reached_and_flags_have_names() -> None:
    assert not result().reached
    assert TcpFlags(0x42) == TcpFlags.SYN | TcpFlags.ECE
    assert "port 80: silent" in str(result())
