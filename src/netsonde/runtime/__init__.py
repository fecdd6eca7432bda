"""Where the image runs: as a process, in a container, as a virtual machine of its own."""

from netsonde.runtime._host_network import HostNetwork
from netsonde.runtime._lab_network import LabNetwork
from netsonde.runtime._ledger import Made, clean
from netsonde.runtime._limits import Limits, read_limits
from netsonde.runtime._run import Run
from netsonde.runtime._runtime import Runtime, RuntimeName
from netsonde.runtime._vantage import RuntimeVantage

__all__ = [
    "HostNetwork",
    "LabNetwork",
    "Limits",
    "Made",
    "Run",
    "Runtime",
    "RuntimeName",
    "RuntimeVantage",
    "clean",
    "read_limits",
]
