"""Drawings: every link once, the measured path first."""

from netsonde.lab import Topology, draw, link_table, read_scenario


def test_a_chain_with_a_detour() -> None:
    topology = read_scenario("ecmp-before").topology
    assert draw(topology, "ce1", "host") == [
        "ce1 ─ r1 ─ r2 ─ r4 ─ pe1 ═ p1 ═ p2 ═ p3 ═ pe2 ─ ce2 ─ host",
        "  r1 ─ r3 ─ r4",
    ]


def test_a_hand_made_lsp_is_drawn_as_one() -> None:
    lines = draw(read_scenario("te-tunnel").topology, "ce1", "host")
    assert lines == ["ce1 ─ pe1 ─ p4 ─ pe2 ─ ce2 ─ host", "  pe1 ═ p1 ═ p2 ═ p3 ═ pe2"]


def test_long_chains_wrap_and_an_unknown_end_draws_all_the_same() -> None:
    topology = Topology().chain(*(f"router{n}" for n in range(20))).build()
    lines = draw(topology, "router0", "nowhere", width=60)
    assert all(len(line) <= 60 for line in lines)
    assert "router19" in lines[-1]


def test_a_loop_of_links_is_drawn_once() -> None:
    topology = Topology().chain("a", "b", "c", "a").build()
    text = "\n".join(draw(topology, "a", "b"))
    assert text.count("─") == 3


def test_the_table_tells_what_is_special() -> None:
    topology = Topology().node("a").node("b")
    topology.link("a", "b", delay="4ms", jitter="1us", loss=0.5, mtu=1400, cost=[1, 9])
    (row,) = link_table(topology.build())
    assert row == (
        "a",
        "5.1.1.1 2a00:5:1:1::1",
        "5.1.1.2 2a00:5:1:1::2",
        "b",
        "4ms, jitter 1us, loss 0.5, mtu 1400, cost 1/9",
    )
