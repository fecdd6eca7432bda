"""`netsonde schema`."""

import json

from netsonde.model import json_schema
from tests.cli.commands import netsonde


def test_it_prints_the_schema() -> None:
    assert json.loads(netsonde("schema").out) == json.loads(json.dumps(json_schema()))
