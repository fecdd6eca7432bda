"""The line on standard error."""

import io

from netsonde.cli._progress import Progress
from netsonde.model import HopSettled, Kind
from tests.report import samples


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _events(stream: io.StringIO) -> str:
    trace = samples.trace(samples.hop(1, samples.reply(samples.TARGET, 1.0)))
    with Progress(Kind.TRACE, 2, stream) as progress:
        progress.update(HopSettled(target=samples.TARGET, hop=trace.hops[0]))
        progress.update(trace)
    return stream.getvalue()


def test_it_tells_how_far_a_run_is_and_leaves_nothing() -> None:
    text = _events(_Terminal())
    assert "trace: 0 of 2 done, hop 1 of 5.2.0.1" in text
    assert "trace: 1 of 2 done" in text
    assert text.endswith("\r\x1b[K")


def test_a_file_gets_nothing() -> None:
    assert _events(io.StringIO()) == ""
