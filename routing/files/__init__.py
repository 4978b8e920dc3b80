"""Days and plans as JSON files: written by the board, solved and checked anywhere. The format: docs/routing.md."""

from .plans import plan_from_json, plan_to_json
from .problems import problem_from_json, problem_to_json
from .reading import FileError, load_json
from .travel import ListedTravel

__all__ = [
    "FileError",
    "ListedTravel",
    "load_json",
    "plan_from_json",
    "plan_to_json",
    "problem_from_json",
    "problem_to_json",
]
