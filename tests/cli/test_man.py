"""`netsonde man`."""

import re
import shutil
import subprocess

import pytest

from netsonde.cli._main import COMMANDS, EXIT_STATUSES
from tests.cli.commands import netsonde


def test_the_page_has_every_command_and_status() -> None:
    text = netsonde("man").out
    for name in COMMANDS:
        assert f".SS netsonde {name}" in text
    for status in EXIT_STATUSES:
        assert rf"\fB{status}\fR" in text


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff")
def test_troff_has_no_complaint() -> None:
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww"],
        input=netsonde("man").out.encode(),
        capture_output=True,
        check=True,
    )
    assert not done.stderr
    text = re.sub(".\b", "", done.stdout.decode())  # printers strike bold letters twice
    assert "--last-ttl" in text
    assert "netsonde ping example.net\n" in text
