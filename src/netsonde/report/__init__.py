"""Results for people: lines that fit a terminal of 80 to 100 columns, and a page for a browser.

Each kind of table is imported when it is first drawn: a command draws one of them.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netsonde.report._alias import alias_lines, alias_nodes
    from netsonde.report._compare import compare_lines, summary_lines
    from netsonde.report._console import Printer
    from netsonde.report._counters import counters_line
    from netsonde.report._dns import dns_lines
    from netsonde.report._dot import multipath_dot
    from netsonde.report._fingerprint import fingerprint_lines
    from netsonde.report._graph import Graph, graph
    from netsonde.report._known import Known, nothing
    from netsonde.report._multipath import multipath_lines
    from netsonde.report._page import page
    from netsonde.report._path_mtu import path_mtu_lines
    from netsonde.report._ping import ping_heading, ping_lines, ping_reply_line
    from netsonde.report._roc import RocPoint, roc
    from netsonde.report._survey import Ask, Survey, survey
    from netsonde.report._tabular import columns_of, tabulate
    from netsonde.report._tcp import tcp_lines
    from netsonde.report._tnt import tnt_lines
    from netsonde.report._trace import TraceTable, trace_footer, trace_heading, trace_lines

__all__ = [
    "Ask",
    "Graph",
    "Known",
    "Printer",
    "RocPoint",
    "Survey",
    "TraceTable",
    "alias_lines",
    "alias_nodes",
    "columns_of",
    "compare_lines",
    "counters_line",
    "dns_lines",
    "fingerprint_lines",
    "graph",
    "multipath_dot",
    "multipath_lines",
    "nothing",
    "page",
    "path_mtu_lines",
    "ping_heading",
    "ping_lines",
    "ping_reply_line",
    "roc",
    "summary_lines",
    "survey",
    "tabulate",
    "tcp_lines",
    "tnt_lines",
    "trace_footer",
    "trace_heading",
    "trace_lines",
]


def __getattr__(name: str) -> object:
    """Import a name when it is first used."""
    import importlib  # noqa: PLC0415

    homes = {
        "_alias": "alias_lines alias_nodes",
        "_compare": "compare_lines summary_lines",
        "_console": "Printer",
        "_counters": "counters_line",
        "_dns": "dns_lines",
        "_dot": "multipath_dot",
        "_fingerprint": "fingerprint_lines",
        "_graph": "Graph graph",
        "_known": "Known nothing",
        "_multipath": "multipath_lines",
        "_page": "page",
        "_path_mtu": "path_mtu_lines",
        "_ping": "ping_heading ping_lines ping_reply_line",
        "_roc": "RocPoint roc",
        "_survey": "Ask Survey survey",
        "_tabular": "columns_of tabulate",
        "_tcp": "tcp_lines",
        "_tnt": "tnt_lines",
        "_trace": "TraceTable trace_footer trace_heading trace_lines",
    }
    for home, names in homes.items():
        if name in names.split():
            return getattr(importlib.import_module(f"netsonde.report.{home}"), name)
    raise AttributeError(f"module 'netsonde.report' has no attribute {name!r}")
