"""Files are told apart by what they hold."""

from pathlib import Path

import pytest

from netsonde.annotate import open_database
from netsonde.model import FormatError, HostError


def test_a_missing_file_is_the_hosts_matter(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="No such file"):
        open_database(tmp_path / "none")


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"\x7fELF" + bytes(100)])
def test_anything_else_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(FormatError, match="no database of addresses"):
        open_database(path)
