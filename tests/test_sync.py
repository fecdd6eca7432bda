"""The synchronous twins."""

import asyncio

import pytest

import netsonde
from tests.measure.twins import SOURCE, TWINS, twins


def test_the_twins_are_up_to_date() -> None:
    assert TWINS.read_text() == twins(SOURCE.read_text()), "run python tests/measure/twins.py"


@pytest.mark.parametrize("name", netsonde.aio.__all__)
def test_inside_a_running_loop_the_error_names_the_async_twin(name: str) -> None:
    async def inside() -> None:
        getattr(netsonde, name)("5.2.0.1")

    with pytest.raises(netsonde.UsageError) as caught:
        asyncio.run(inside())
    assert f"netsonde.aio.{name}" in caught.value.hint
