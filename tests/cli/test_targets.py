"""Targets from the command line and from files."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsonde.cli._targets import targets
from netsonde.model import HostError, UsageError


def _file(tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "targets.txt"
    path.write_bytes(content)
    return str(path)


def test_arguments_come_first_then_the_file_s_lines(tmp_path: Path) -> None:
    file = _file(tmp_path, b"# comment\n\n  5.2.0.2  # trailing\n2a00::1\r\nexample.net\n")
    found = targets(["5.2.0.1"], file)
    assert found.names == ("5.2.0.1", "5.2.0.2", "2a00::1", "example.net")
    assert found.places["2a00::1"] == f"{file}:4: "
    assert not found.problems


def test_a_malformed_line_is_told_with_its_number_and_loses_no_other(tmp_path: Path) -> None:
    file = _file(tmp_path, b"5.2.0.1\nfoo bar\n\xff\xfe\n5.2.0.2\n")
    found = targets([], file)
    assert found.names == ("5.2.0.1", "5.2.0.2")
    assert [problem.message for problem in found.problems] == [
        f'{file}:2: expected one address, prefix or host name, found "foo bar"',
        f'{file}:3: expected one address, prefix or host name, found "\\xff\\xfe"',
    ]


def test_what_is_found_cannot_steer_the_terminal(tmp_path: Path) -> None:
    found = targets([], _file(tmp_path, b"a\x1b[2Jb" + b"x" * 99))
    (problem,) = found.problems
    assert "\x1b" not in problem.message
    assert '"a\\x1b[2Jb' in problem.message
    assert len(problem.message) < 200


def test_a_malformed_argument_is_told_too() -> None:
    found = targets(["not a name", "5.2.0.1"], None)
    assert found.names == ("5.2.0.1",)
    assert (
        found.problems[0].message == 'expected one address, prefix or host name, found "not a name"'
    )


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    assert targets([], _file(tmp_path, b"\xef\xbb\xbf5.2.0.1\n")).names == ("5.2.0.1",)


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"5.2.0.1\n? ?\n")))
    found = targets([], "-")
    assert found.names == ("5.2.0.1",)
    assert found.problems[0].message.startswith("standard input:2: ")


def test_an_unreadable_file(tmp_path: Path) -> None:
    with pytest.raises(HostError, match=r"cannot read .*: No such file"):
        targets([], str(tmp_path / "none"))
    with pytest.raises(HostError, match="Is a directory"):
        targets([], str(tmp_path))


@pytest.mark.parametrize("content", [b"", b"# only a comment\n"])
def test_no_target_at_all(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UsageError, match="no target"):
        targets([], _file(tmp_path, content))
    with pytest.raises(UsageError, match="no target"):
        targets([], None)


@given(content=st.binary(max_size=200))
def test_every_line_of_any_file_is_a_target_or_a_problem_or_empty(content: bytes) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        try:
            found = targets([], file.name)
        except UsageError:
            return
    if found.many is not None:
        return
    text = content.removeprefix(b"\xef\xbb\xbf")
    lines = [line.partition(b"#")[0].strip(b" \t\n\x0c\r") for line in text.split(b"\n")]
    assert len(found.names) + len(found.problems) == sum(map(bool, lines))


def test_prefixes_and_long_lists_are_many(tmp_path: Path) -> None:
    file = _file(tmp_path, b"5.9.0.0/24 each=28\n5.2.0.1\nexample.net\n")
    found = targets(["5.2.0.7"], file)
    assert (found.names, found.many is not None) == ((), True)
    assert found.many
    assert found.many.space.count == 18
    assert found.many.names == (("example.net", f"{file}:3: "),)
    addresses = b"".join(b"5.2.%d.%d\n" % divmod(number, 256) for number in range(1_001))
    assert targets([], _file(tmp_path, addresses)).many
    assert targets([], _file(tmp_path, addresses[: addresses.rindex(b"5.")])).many is None
