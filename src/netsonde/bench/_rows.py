"""Tidy rows of a benchmark, one number each, and the folder that keeps them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from netsonde.model import FormatError, HostError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Octets of a journal that is read.
_JOURNAL_BYTES_MAX = 256 << 20


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One number.

    Attributes:
        experiment: Which one: size, time, memory, ksm, density, rate or rtt.
        runtime: Where the image ran.
        repetition: From 0.
        metric: What was measured.
        value: The number.
        unit: Its unit: ms, bytes, 1 (a count), 1/s or us.
        load1: Load of the host over a minute, when the repetition began.
        versions: netsonde, kernel and the runtime's own programs.
        image: Digest of the image; empty where it is not known.
    """

    experiment: str
    runtime: str
    repetition: int
    metric: str
    value: float
    unit: str
    load1: float
    versions: str = ""
    image: str = ""


class Repetition(msgspec.Struct, frozen=True, kw_only=True):
    """One repetition of an experiment in a runtime.

    Attributes:
        experiment: Which one.
        runtime: Where.
        number: From 0.
        took_s: How long it took, set-up included.
        rows: What it gave.
        complaint: Why it gave nothing; empty if it did not fail.
    """

    experiment: str
    runtime: str
    number: int
    took_s: float
    rows: tuple[Row, ...] = ()
    complaint: str = ""


class Cell(NamedTuple):
    """An experiment in a runtime."""

    experiment: str
    runtime: str


class Folder:
    """Where the results of a benchmark are kept.

    Each finished repetition is one line of `repetitions.jsonl`, so that nothing is lost if the run
    is killed; `results.parquet` has all rows once it ended.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.journal = path / "repetitions.jsonl"
        self.parquet = path / "results.parquet"
        self._about = path / "host.txt"

    @property
    def host(self) -> str:
        """What the results were measured on; empty if nobody wrote it down."""
        try:
            return self._about.read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    def begin(self, host: str, *, is_resumed: bool) -> list[Repetition]:
        """Make the folder and return the repetitions that are there.

        Args:
            host: What is measured on.
            is_resumed: Whether results that are there are gone on with.

        Raises:
            HostError: It cannot be written, or has results and is not to be resumed.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if not is_resumed and (self.journal.exists() or self.parquet.exists()):
                message = f"{self.path} has results already"
                raise HostError(message, "--resume goes on with them; -o names another folder")
            found = self.finished()
            # Without the line that a killed run may have left half written.
            self._replace(self.journal, b"".join(map(_line, found)))
            self._replace(self._about, f"{host}\n".encode())
        except OSError as error:
            message = f"cannot write {self.path}: {error.strerror}"
            raise HostError(message, "-o names the folder") from error
        return found

    def finished(self) -> list[Repetition]:
        """Return the repetitions that were finished, without what was cut off.

        Raises:
            FormatError: The journal is none.
        """
        if not self.journal.exists():
            return []
        found = []
        with self.journal.open("rb") as file:
            data = file.read(_JOURNAL_BYTES_MAX)
        for number, line in enumerate(data.split(b"\n")[:-1], 1):
            try:
                found.append(msgspec.json.decode(line, type=Repetition))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise FormatError(f"{self.journal}, line {number}: {error}") from error
        return found

    def add(self, repetition: Repetition) -> None:
        """Keep a finished repetition."""
        try:
            with self.journal.open("ab") as file:
                file.write(_line(repetition))
        except OSError as error:
            raise HostError(f"cannot write {self.journal}: {error.strerror}") from error

    def close(self) -> list[Row]:
        """Write the rows of all repetitions as Parquet, and return them."""
        rows = [row for repetition in self.finished() for row in repetition.rows]
        write_parquet(rows, self.parquet)
        return rows

    def rows(self) -> list[Row]:
        """Return the rows that were written.

        Raises:
            FormatError: There are none.
        """
        if not self.parquet.exists():
            message = f"{self.path} has no results.parquet"
            raise FormatError(message, "give the folder that `netsonde bench runtimes -o` wrote")
        return read_parquet(self.parquet)

    def _replace(self, file: Path, data: bytes) -> None:
        part = file.with_suffix(".part")
        part.write_bytes(data)
        part.replace(file)


def write_parquet(rows: Sequence[Row], file: Path) -> None:
    """Write rows as a Parquet file, at once.

    Raises:
        HostError: It cannot be written.
    """
    import pyarrow as pa  # noqa: PLC0415 - slow to import
    import pyarrow.parquet as pq  # noqa: PLC0415

    types = {str: pa.string(), float: pa.float64(), int: pa.uint32()}
    fields = msgspec.structs.fields(Row)
    schema = pa.schema([(field.name, types[field.type]) for field in fields])
    table = pa.Table.from_pylist([msgspec.structs.asdict(row) for row in rows], schema=schema)
    part = file.with_suffix(".part")
    try:
        pq.write_table(table, part, compression="zstd")
        part.replace(file)
    except OSError as error:
        raise HostError(f"cannot write {file}: {error.strerror or error}") from error


def read_parquet(file: Path) -> list[Row]:
    """Return the rows of a Parquet file.

    Raises:
        FormatError: It holds something else.
    """
    import pyarrow as pa  # noqa: PLC0415 - slow to import
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        found = pq.read_table(file).to_pylist()
        return msgspec.convert(found, list[Row])
    except (OSError, pa.ArrowInvalid, msgspec.ValidationError) as error:
        raise FormatError(f"{file} holds no rows of a benchmark: {error}") from error


def versions_of(rows: Iterable[Row]) -> tuple[str, ...]:
    """Return all that rows say of versions, each once."""
    return tuple(sorted({one for row in rows for one in row.versions.split("; ") if one}))


def _line(repetition: Repetition) -> bytes:
    return msgspec.json.encode(repetition) + b"\n"
