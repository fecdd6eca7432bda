"""The error tree."""

import pytest

from netsonde.model import FormatError, HostError, NetsondeError, UsageError


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NetsondeError("m"), 1),
        (UsageError("m", "h"), 2),
        (HostError("m"), 4),
        (FormatError("m", offset=7), 5),
    ],
)
def test_each_error_has_a_message_and_its_status(error: NetsondeError, status: int) -> None:
    assert isinstance(error, NetsondeError)
    assert (str(error), error.exit_status) == ("m", status)


def test_a_format_error_says_where() -> None:
    assert FormatError("m", offset=7).offset == 7
    assert FormatError("m").offset is None
