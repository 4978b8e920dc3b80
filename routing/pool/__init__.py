"""Worker processes that are kept warm: numba code keeps both cores busy without threads fighting over the GIL.

`shared(count)` lends this process's workers to one caller at a time. `Workers.load` builds an object in every worker
from a factory ("module:name") and a payload, `Workers.call` runs one of its methods and answers a `Call` to wait for.
"""

from .shared import close_shared, shared, start_shared, use
from .workers import Call, WorkerError, Workers

__all__ = ["Call", "WorkerError", "Workers", "close_shared", "shared", "start_shared", "use"]
