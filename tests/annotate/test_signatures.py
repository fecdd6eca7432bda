"""Signatures: files, matches, learning."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsonde.annotate import (
    BUILT_IN,
    Signature,
    Signatures,
    learn,
    read_signatures,
    signatures_toml,
)
from netsonde.model import Evidence, FormatError, HostError
from tests.annotate.fingerprints import LINUX, OTHER, fingerprint

_HEAD = "version = 1\n[[signature]]\n"
_FLAG, _LETTER = st.sampled_from("01-"), st.sampled_from("irzsd-")
_TTL, _SIZE = st.sampled_from(["32", "64", "128", "255", "-"]), st.sampled_from(["40", "-"])
TEXTS = st.tuples(_FLAG, *[_LETTER] * 3, *[_FLAG] * 4, *[_TTL] * 3, *[_SIZE] * 3, _FLAG).map(
    ",".join
)


@given(
    texts=st.lists(st.tuples(st.text(min_size=1, max_size=9), TEXTS, st.integers(1, 9))),
    source=st.text(max_size=9),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str, int]], source: str
) -> None:
    path = tmp_path_factory.mktemp("signatures") / "a.toml"
    made = [Signature(vendor=one, lfp=text, count=count) for one, text, count in texts]
    path.write_text("\n".join(signatures_toml(made, source)), encoding="utf-8")
    found = read_signatures(path)
    assert [(one.vendor, one.lfp, one.count) for one in found] == texts
    assert all(one.source == source for one in found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version = 2\n", "version 2; this netsonde reads 1"),
        ("version = \n", "Invalid value"),
        (_HEAD + 'vendor = "a"\n', "signature 1 \\(a\\): expected either lfp or ttl"),
        (_HEAD + f'vendor = "a"\nlfp = "{LINUX}"\nttl = "64,64,64"', "expected either"),
        (_HEAD + f'vendor = "a"\nlfp = "{LINUX},0"', "no text of 15 LFP features"),
        (_HEAD + 'vendor = "a"\nttl = "64,64,63"', "no three initial TTLs"),
        (_HEAD + 'vendor = ""\nttl = "64,64,64"', "vendor"),
        (_HEAD + 'vendor = "a"\nttl = "64,64,64"\ncount = 0', "count"),
        (_HEAD + 'vendor = "a"\nttl = "64,64,64"\nwho = 1', "who"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text)
    with pytest.raises(FormatError, match=words) as caught:
        Signatures.open([path])
    assert str(path) in caught.value.message
    with pytest.raises(HostError, match="No such file"):
        Signatures.open([tmp_path / "none"])


def test_a_whole_vector_is_compared_whole() -> None:
    known = Signatures(
        [
            Signature(vendor="A", lfp=LINUX, count=3),
            Signature(vendor="B", lfp=LINUX, count=5),
            Signature(vendor="C", lfp=OTHER),
            Signature(vendor="D", ttl="64,64,64"),
        ]
    )
    (found,) = known.identify(fingerprint(LINUX))
    assert [(one.vendor, one.count) for one in found.vendors] == [("B", 5), ("A", 3)]
    assert (found.exact, found.unique, found.vendor) == (True, False, None)
    assert str(found) == "B 5/8, A 3/8 (exact)"
    (found,) = known.identify(fingerprint(OTHER))
    assert (found.vendor, str(found)) == ("C", "C (exact)")
    (found,) = known.identify(fingerprint(OTHER.replace("56", "57")))
    assert (found.vendors, found.unique) == ((), False)
    (found,) = known.identify(fingerprint(ttl=(64, 64, 64)))
    assert (found.evidence, found.vendor) == (Evidence.TTL, "D")


def test_of_a_part_whatever_agrees_with_it_is_told() -> None:
    known = Signatures([Signature(vendor="A", lfp=LINUX), Signature(vendor="B", lfp=OTHER)])
    (found,) = known.identify(fingerprint("0,-,-,-,-,-,-,-,-,64,-,84,-,-,-"))
    assert {one.vendor for one in found.vendors} == {"A", "B"}
    assert not found.exact
    (found,) = known.identify(fingerprint("0,r,-,-,-,-,-,-,-,64,-,84,-,-,-"))
    assert (found.vendor, str(found)) == ("B", "B (partial)")
    # A signature that lacks what is known here agrees with nothing.
    partial = Signatures([Signature(vendor="C", lfp="0,-,-,-,-,-,-,-,-,64,-,84,-,-,-")])
    assert next(partial.identify(fingerprint(OTHER))).vendors == ()
    assert list(known.identify(fingerprint(ttl=(None, None, None)))) == []


def test_labelled_addresses_are_counted() -> None:
    whole = [("A", fingerprint(LINUX, ttl=(64, 64, 64)))] * 2 + [("B", fingerprint(OTHER))]
    found = learn(whole)
    assert [(one.vendor, one.lfp or one.ttl, one.count) for one in found] == [
        ("A", "64,64,64", 2),
        ("A", LINUX, 2),
        ("B", OTHER, 1),
    ]
    assert {one.vendor for one in learn(whole, least=2)} == {"A"}
    assert learn([("A", fingerprint(ttl=(None, None, None)))]) == []


def test_what_comes_with_netsonde_says_where_it_is_from() -> None:
    found = read_signatures(BUILT_IN)
    assert found
    assert all("measured" in one.source or "namespaces" in one.source for one in found)
    (match,) = Signatures.open([BUILT_IN]).identify(fingerprint(LINUX))
    assert match.vendor == "Linux"
