"""What is drawn can be read."""

import builtins
import io
import xml.etree.ElementTree as ET

import pytest

from netsonde.bench import draw, summaries
from netsonde.model import HostError
from tests.bench.rows import WHOLE, row

FOUND = summaries([*WHOLE, *(row(300.0 + one, repetition=one) for one in range(5))])


def test_pictures_open() -> None:
    image = pytest.importorskip("PIL.Image", reason="Matplotlib is an extra")
    drawn = draw(FOUND, "png")
    assert set(drawn) == {"size", "time", "phases", "memory", "density"}
    for data in drawn.values():
        with image.open(io.BytesIO(data)) as picture:
            picture.load()
            assert picture.format == "PNG"
            assert min(picture.size) > 100
            assert len(set(picture.convert("L").tobytes())) > 2, "something is drawn"


def test_drawings_name_runtimes_units_and_load() -> None:
    pytest.importorskip("matplotlib", reason="Matplotlib is an extra")
    drawn = draw(FOUND, "svg")
    words = "".join(ET.fromstring(drawn["time"]).itertext())
    for word in ("process", "unikernel", "qemu-floor", "ms", "load at most 0.5", "medians of"):
        assert word in words
    assert drawn == draw(FOUND, "svg"), "the same numbers give the same file"


def test_without_matplotlib_the_hint_tells_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    known = builtins.__import__

    def refuse(name: str, *rest: object, **more: object) -> object:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return known(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(HostError, match="not installed") as caught:
        draw(FOUND, "png")
    assert "netsonde[plots]" in caught.value.hint
