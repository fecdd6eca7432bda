"""A virtual Internet: topologies, vendor profiles, scenarios, virtual and live drivers."""

from netsonde.lab._elements import NodeHandler
from netsonde.lab._profiles import Profile, profiles
from netsonde.lab._reader import TopologyError
from netsonde.lab._topology import Topology

__all__ = ["NodeHandler", "Profile", "Topology", "TopologyError", "profiles"]
