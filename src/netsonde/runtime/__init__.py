"""Where the image runs: as a process, in a container, as a virtual machine of its own."""

from netsonde.runtime._doctor import examine_runtimes
from netsonde.runtime._host_network import HostNetwork
from netsonde.runtime._lab_network import LabNetwork
from netsonde.runtime._ledger import Ledger, Made, clean, clean_noted
from netsonde.runtime._limits import Limits, read_limits
from netsonde.runtime._machines import Machine, forget_machines, machines
from netsonde.runtime._run import Run
from netsonde.runtime._runtime import MACHINES, Runtime, RuntimeName, build_machine
from netsonde.runtime._vantage import RuntimeVantage

__all__ = [
    "MACHINES",
    "HostNetwork",
    "LabNetwork",
    "Ledger",
    "Limits",
    "Machine",
    "Made",
    "Run",
    "Runtime",
    "RuntimeName",
    "RuntimeVantage",
    "build_machine",
    "clean",
    "clean_noted",
    "examine_runtimes",
    "forget_machines",
    "machines",
    "read_limits",
]
