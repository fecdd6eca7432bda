"""Results for people, in lines that fit a terminal of 80 to 100 columns."""

from netsonde.report._compare import compare_lines, summary_lines
from netsonde.report._console import Printer
from netsonde.report._counters import counters_line
from netsonde.report._dns import dns_lines
from netsonde.report._known import Known, nothing
from netsonde.report._ping import ping_heading, ping_lines, ping_reply_line
from netsonde.report._tnt import tnt_lines
from netsonde.report._trace import TraceTable, trace_footer, trace_heading, trace_lines

__all__ = [
    "Known",
    "Printer",
    "TraceTable",
    "compare_lines",
    "counters_line",
    "dns_lines",
    "nothing",
    "ping_heading",
    "ping_lines",
    "ping_reply_line",
    "summary_lines",
    "tnt_lines",
    "trace_footer",
    "trace_heading",
    "trace_lines",
]
