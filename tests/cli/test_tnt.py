"""`netsonde tnt`."""

from tests.cli.commands import netsonde


def test_hidden_routers_are_shown_under_their_tunnel() -> None:
    ran = netsonde("tnt", "5.2.0.1", "--lab", "invisible-php-brpr")
    lines = ran.out.splitlines()
    start = next(n for n, line in enumerate(lines) if "┌ invisible tunnel (PHP)" in line)
    assert [line.split()[0] for line in lines[start + 1 : start + 4]] == ["H1", "H2", "H3"]


def test_a_path_without_tunnels_has_none() -> None:
    assert "no tunnel" in netsonde("tnt", "5.2.0.1", "--lab", "plain").out


def test_help_shows_examples_and_statuses() -> None:
    ran = netsonde("tnt", "--help")
    assert "netsonde tnt -f targets.txt --json > out.jsonl" in ran.out
    assert "130  interrupted" in ran.out
