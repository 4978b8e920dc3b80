"""The embedded stack: a real mongod and a real Valkey from pip wheels, and the supervisor behind `make run`.

For development, tests and the demo on one machine; production runs the official servers (compose.yaml).
"""

from tools.stack.child import Child, StackError
from tools.stack.mongo import Mongo
from tools.stack.valkey import Valkey

__all__ = ["Child", "Mongo", "StackError", "Valkey"]
