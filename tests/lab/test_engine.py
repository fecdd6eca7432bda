"""The JSON for the engine: its schema, nothing more."""

import json
from typing import Any

from netsonde.lab import Topology


def engine(text: str) -> dict[str, Any]:
    found = json.loads(Topology.parse(text).build().to_engine())
    assert isinstance(found, dict)
    return found


CHAIN = """
seed = 9
chain = ["a", "b", "c", "h"]
[node.h]
role = "host"
"""


def test_nodes_carry_their_profile_and_what_they_set_otherwise() -> None:
    found = engine(CHAIN + '[node.b]\nprofile = "junos"\nte_ttl = 64\nquoted_ttl = "one"')
    behaviour = found["nodes"]["b"]["behaviour"]
    assert (behaviour["te_ttl"], behaviour["er_ttl"], behaviour["quoted_ttl"]) == (64, 64, "one")
    assert found["nodes"]["a"]["behaviour"]["te_ttl"] == 255
    assert found["seed"] == 9


def test_a_domain_decides_and_what_it_leaves_open_the_profile_decides() -> None:
    text = CHAIN + '[node.b]\nprofile = "junos"\n[mpls.core]\nmembers = ["a", "b"]\n'
    open_domain = engine(text)
    assert open_domain["nodes"]["a"]["behaviour"]["labels"] == "all-prefixes"
    assert open_domain["nodes"]["b"]["behaviour"]["labels"] == "loopbacks"
    assert "labels" not in open_domain["domains"]["core"]
    assert "labels" not in open_domain["nodes"]["c"]["behaviour"]
    closed = engine(text + 'labels = "loopbacks"\nttl = "pipe"')
    assert "labels" not in closed["nodes"]["a"]["behaviour"]
    assert "ttl" not in closed["nodes"]["a"]["behaviour"]
    assert closed["nodes"]["a"]["behaviour"]["pop"] == "php"
    assert closed["domains"]["core"]["labels"] == "loopbacks"
    assert closed["domains"]["core"]["ttl"] == "pipe"


def test_a_node_s_own_word_wins_over_its_domain() -> None:
    text = CHAIN + '[node.b]\nttl = "pipe"\n[mpls.core]\nmembers = ["a", "b"]\nttl = "uniform"\n'
    assert engine(text)["nodes"]["b"]["behaviour"]["ttl"] == "pipe"


def test_ecmp_goes_to_its_node() -> None:
    found = engine(CHAIN + '[ecmp.b]\nhash = "destination"\nsalt = 7\nnext = ["c"]')
    assert found["nodes"]["b"]["ecmp"] == {"hash": "destination", "salt": 7, "next": ["c"]}


def test_the_keys_of_faults_and_mutators_stand_side_by_side() -> None:
    found = engine(
        CHAIN
        + '[[fault]]\nat = "1s"\nnode = "b"\nicmp = "drop"\n'
        + '[[mutator]]\nlink = "a-b"\nfrom = "a"\nmutation = "dscp"\ntos = 8\n'
    )
    assert found["faults"] == [{"at_ns": 10**9, "action": "icmp", "node": "b", "silent": True}]
    assert found["mutators"] == [
        {
            "link": "a-b",
            "from": "a",
            "to": [],
            "probability": 1.0,
            "mutation": "dscp",
            "tos": 8,
        }
    ]


def test_links_attachments_routes_and_lsps() -> None:
    found = engine(
        CHAIN
        + '[link]\n"a-b" = { delay = "4ms", cost = [1, 9] }\n'
        + '[attach.vp]\nnode = "a"\nrouted = "5.9.0.0/16"\n'
        + '[[route]]\nnode = "b"\nprefix = "5.8.0.0/16"\n'
        + '[lsp.te]\npath = ["a", "b"]\nfec = "5.2.0.0/24"\nlabels = [99]\n'
    )
    link = found["links"]["a-b"]
    assert (link["ends"], link["subnet"], link["delay_ns"], link["cost"]) == (
        ["a", "b"],
        "5.1.1.0/30",
        4_000_000,
        [1, 9],
    )
    assert found["links"]["c-h"]["addresses"] == ["5.2.0.254", "5.2.0.1"]
    assert found["attachments"]["vp"]["routed"] == ["5.9.0.0/16"]
    assert found["routes"] == [{"node": "b", "prefix": "5.8.0.0/16", "via": []}]
    assert found["lsps"]["te"]["labels"] == [99]


def test_a_nat() -> None:
    found = engine(
        CHAIN + '[attach.vp]\nnode = "a"\n[node.a]\nrole = "nat"\nnat = { inside = ["vp"] }\n'
    )
    assert found["nodes"]["a"]["nat"] == {
        "inside": ["vp"],
        "address": None,
        "translate_quotes": True,
    }
