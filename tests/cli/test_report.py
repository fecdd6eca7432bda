"""`netsonde report`."""

from pathlib import Path

import pytest

from tests.cli.commands import netsonde, summary

CAMPAIGN = """
name = "lab"
kind = "tnt"
[targets]
list = ["5.2.0.1", "2a00:5:2::1"]
[vantage]
lab = "invisible-php-brpr"
"""


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("campaign")
    (folder / "lab.toml").write_text(CAMPAIGN)
    ran = netsonde("campaign", "run", str(folder / "lab.toml"), "-o", str(folder / "lab"))
    assert ran.status == 0, ran.err
    return folder / "lab"


def test_it_is_listed() -> None:
    assert "browser" in summary("report")
    assert "graph" in netsonde("report", "--help").out


def test_a_campaign_becomes_a_page(campaign: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    ran = netsonde("report", str(campaign), "-o", str(page))
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    html = page.read_text()
    assert "<title>lab</title>" in html
    assert "invisible-php" in html
    assert "3 hidden" in html
    assert "<dt>kind</dt><dd>tnt</dd>" in html


def test_a_page_to_standard_output(campaign: Path) -> None:
    ran = netsonde("report", str(campaign), "-o", "-", "--title", "A & B", "--paths", "1")
    assert ran.status == 0
    assert "<title>A &amp; B</title>" in ran.out
    assert "1 of 2 paths" in ran.out


@pytest.mark.parametrize(("directory", "status"), [("/nonexistent", 2), ("/dev", 2)])
def test_what_is_no_campaign_is_told(directory: str, status: int) -> None:
    ran = netsonde("report", directory, "-o", "-")
    assert ran.status == status
    assert "is no campaign" in ran.err


def test_a_page_that_cannot_be_written_is_told(campaign: Path) -> None:
    ran = netsonde("report", str(campaign), "-o", "/nonexistent/page.html")
    assert ran.status == 4
    assert "cannot write" in ran.err
