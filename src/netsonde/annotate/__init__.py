"""What others know of an address: AS, name and place, from files that the user has."""

from netsonde.annotate._database import Database, open_database
from netsonde.annotate._databases import Databases

__all__ = ["Database", "Databases", "open_database"]
