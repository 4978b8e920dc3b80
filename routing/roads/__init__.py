"""Travel times from road engines: Valhalla and OSRM of one's own, AMap and Tencent over the network.

`CachedTravel` asks an engine only for what its store does not know yet, within a bound of time, and answers what is
still missing from the embedded default: counted in its report, never silently. Everything inside is WGS-84.
"""

from .amap import AMap
from .base import Block, Limits, Profile, RoadEngine
from .cached import CachedTravel
from .errors import RoadError
from .fetched import FetchedTravel
from .osrm import Osrm
from .report import FetchReport
from .store import MemoryStore, PairStore, Row, RowKey
from .tencent import Tencent
from .valhalla import Valhalla

__all__ = [
    "AMap",
    "Block",
    "CachedTravel",
    "FetchReport",
    "FetchedTravel",
    "Limits",
    "MemoryStore",
    "Osrm",
    "PairStore",
    "Profile",
    "RoadEngine",
    "RoadError",
    "Row",
    "RowKey",
    "Tencent",
    "Valhalla",
]
