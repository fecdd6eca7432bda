"""Results on disk: Parquet parts, spools that survive a crash, and SQL."""

from netsonde.store._dataset import Dataset
from netsonde.store._query import Query
from netsonde.store._routers import router_addresses
from netsonde.store._state import Run
from netsonde.store._writer import Writer

__all__ = ["Dataset", "Query", "Run", "Writer", "router_addresses"]
