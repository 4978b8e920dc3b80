"""A handful of visits: many short searches from different beginnings, over as soon as they all say the same."""

from routing.instance import Instance, Order

from .base import Task
from .searcher import Searcher, temperature

# A day of so many stops is tiny.
_MOST_NODES = 12
# One search: so many steps, looked at in blocks, cooling from … to (objective seconds).
_STEPS, _BLOCK = 1500, 100
_WARM, _COLD = 2000.0, 1.0
# So many searches in a row without a better plan: nothing better is left, as far as anybody can tell.
_SAME = 8


class TinyEngine:
    """See the module. Stops by itself, long before the budget."""

    name = "kernel"

    @staticmethod
    def suits(instance: Instance) -> bool:
        """Whether the day is tiny."""
        return sum(visit.crew for visit in instance.visits) <= _MOST_NODES

    def improve(self, task: Task) -> None:
        """See Engine."""
        if not task.instance.n or not task.instance.servers:
            return
        most = task.iterations
        searcher = Searcher(task.instance, task.orders, task.seed)
        best = searcher.kernel.best_value
        same = done = 0
        beginnings: list[list[Order]] = [[list(order) for order in task.orders]]
        while same < _SAME and (most is None or done < most):
            searcher.load(beginnings[-1])
            for block in range(_STEPS // _BLOCK):
                if task.halt():
                    return
                begin, end = (temperature((block + k) * _BLOCK / _STEPS, _WARM, _COLD) for k in (0, 1))
                found = searcher.steps(_BLOCK, begin, end)
                done += _BLOCK
            same += 1
            if found.best_value < best:
                best, same = found.best_value, 0
                beginnings.append(found.best)
                task.report(found.best)
