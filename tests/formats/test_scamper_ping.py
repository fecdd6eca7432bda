"""Counts that records have of themselves."""

from netsonde.formats import ScamperMultipath
from netsonde.formats._scamper_ping import (
    MultipathLink,
    MultipathNode,
    MultipathProbe,
    MultipathReply,
)


def test_counts() -> None:
    probe = MultipathProbe(replies=(MultipathReply(),))
    link = MultipathLink(sets=((probe,), ()))
    trace = ScamperMultipath(nodes=(MultipathNode(),) * 3, links=(link,))
    assert (probe.reply_count, link.set_count) == (1, 2)
    assert (trace.node_count, trace.link_count) == (3, 1)
