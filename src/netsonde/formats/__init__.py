"""Files that other tools read and write: warts, scamper's JSON, RIPE Atlas, captures.

```text
records = formats.read("old.warts")            one by one, until the end or a FormatError
formats.write("new.jsonl.gz", records)         gives what the format could not carry
```
"""

from netsonde.formats._files import Format, guess, read, write
from netsonde.formats._losses import Losses
from netsonde.formats._pcapng import whole_blocks
from netsonde.formats._record import Direction, Measured, Packet, Record, Skipped
from netsonde.formats._scamper import (
    IcmpExtension,
    ScamperCycle,
    ScamperCycleStop,
    ScamperHop,
    ScamperList,
    ScamperTrace,
)
from netsonde.formats._scamper_ping import (
    Opaque,
    ScamperMultipath,
    ScamperPing,
    ScamperPingReply,
)
from netsonde.formats._stream import Source
from netsonde.formats._to_model import measured

__all__ = [
    "Direction",
    "Format",
    "IcmpExtension",
    "Losses",
    "Measured",
    "Opaque",
    "Packet",
    "Record",
    "ScamperCycle",
    "ScamperCycleStop",
    "ScamperHop",
    "ScamperList",
    "ScamperMultipath",
    "ScamperPing",
    "ScamperPingReply",
    "ScamperTrace",
    "Skipped",
    "Source",
    "guess",
    "measured",
    "read",
    "whole_blocks",
    "write",
]
