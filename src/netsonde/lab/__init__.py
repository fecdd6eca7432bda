"""A virtual Internet: topologies, vendor profiles, scenarios, virtual and live drivers."""

from netsonde.lab._draw import draw, link_table
from netsonde.lab._elements import NodeHandler
from netsonde.lab._lab import Lab, load, parse_token
from netsonde.lab._live import Ended, execute, run
from netsonde.lab._profiles import Profile, profiles
from netsonde.lab._reader import TopologyError
from netsonde.lab._scenario import Scenario, read_scenario, scenario_names
from netsonde.lab._topology import Topology

__all__ = [
    "Ended",
    "Lab",
    "NodeHandler",
    "Profile",
    "Scenario",
    "Topology",
    "TopologyError",
    "draw",
    "execute",
    "link_table",
    "load",
    "parse_token",
    "profiles",
    "read_scenario",
    "run",
    "scenario_names",
]
