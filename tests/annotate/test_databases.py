"""Several databases, asked as one."""

from netsonde.annotate import Databases
from netsonde.annotate import _databases as module
from netsonde.model import Address, Annotation


class Known:
    """A database of one record."""

    def __init__(self, **fields: object) -> None:
        self.asked = 0
        self._fields = fields

    def lookup(self, address: Address) -> Annotation | None:
        """Return the record, whatever the address."""
        self.asked += 1
        return Annotation(address=address, **self._fields)  # type: ignore[arg-type]


def test_the_first_that_knows_wins_and_others_fill_gaps() -> None:
    first, second = Known(asn=1, prefix="5.0.0.0/8"), Known(asn=1, as_name="One", country="DE")
    found = Databases([first, second]).lookup("5.1.2.3")
    assert (found.asn, found.prefix, found.as_name, found.country) == (1, "5.0.0.0/8", "One", "DE")


def test_a_name_of_another_system_is_not_taken() -> None:
    found = Databases([Known(asn=1), Known(asn=2, as_name="Two")]).lookup("5.1.2.3")
    assert (found.asn, found.as_name) == (1, "")


def test_answers_are_remembered_within_a_limit() -> None:
    database = Known(asn=1)
    databases = Databases([database])
    for _ in range(3):
        databases.lookup("5.1.2.3")
    assert database.asked == 1
    for host in range(module.REMEMBERED_MAX):
        databases.lookup(str(host))
    assert len(databases._known) <= module.REMEMBERED_MAX
