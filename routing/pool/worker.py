"""A worker process: `python -m routing.pool.worker IN OUT BOARD SLOT PARENT WARM…`; see `workers` for the other end.

One thread reads orders from the pipe, so that the end of the parent is noticed even during a long call; the main
thread works. Standard output is not the answering pipe: whatever library prints does no harm.
"""

import importlib
import os
import queue
import select
import signal
import sys
import threading
import time
import traceback
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .board import flag_of, together
from .wire import FrameReader, packed, write_all

# How often the worker looks whether its parent is still there, should the pipe not tell.
_LOOK_EVERY_S = 1.0
# A worker nobody has used for so long ends; the next solve starts a new one.
IDLE_S = 900.0


def named(path: str) -> Any:
    """What "module:name" names. Raises ModuleNotFoundError or AttributeError."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


class _Desk:
    """The orders that came in, and the objects built here by key."""

    def __init__(self, incoming: int, outgoing: int, board: int, halt: NDArray[np.int64]) -> None:
        self.outgoing = outgoing
        self.board = board
        self.halt = halt
        self.reader = FrameReader(incoming)
        self.orders: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self.objects: dict[str, Any] = {}
        self.used_at = time.monotonic()
        self.busy = True

    def listen(self, parent: int) -> None:
        """Pass orders on until the parent is gone; then end the process at once, whatever it is doing."""
        while not self.reader.ended and os.getppid() == parent:
            if select.select([self.reader.fd], [], [], _LOOK_EVERY_S)[0]:
                self.reader.pull()
                while (order := self.reader.frame()) is not None:
                    self.orders.put(order)
            elif not self.busy and time.monotonic() - self.used_at > IDLE_S:
                break
        os._exit(0)

    def work(self) -> None:
        """Answer orders for ever. An error ends the process: `_tell_error` reports it."""
        while True:
            self.busy, self.used_at = False, time.monotonic()
            order = self.orders.get()
            self.busy = True
            self._do(*order)

    def _do(self, kind: str, number: int, key: Any, *rest: Any) -> None:
        answer: Any = True
        if kind == "load":
            factory, body, places = rest
            # What had this key goes first: two large days at once need not fit into memory.
            self.objects.pop(key, None)
            payload = together(self.board, body, places)
            made = named(factory)(payload)
            made.halt = self.halt
            self.objects[key] = made
        elif kind == "drop":
            self.objects = {} if key is None else {name: one for name, one in self.objects.items() if name != key}
        else:
            method, arguments = rest
            answer = getattr(self.objects[key], method)(*arguments)
        write_all(self.outgoing, packed(("answer", number, answer)))


def main(arguments: list[str]) -> None:
    """Run a worker until its parent is gone."""
    incoming, outgoing, board, slot, parent = (int(one) for one in arguments[:5])
    # Ctrl-C at the terminal goes to the whole group; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    desk = _Desk(incoming, outgoing, board, flag_of(board, slot))

    def tell_error(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        text = "".join(traceback.format_exception(kind, error, where))
        write_all(outgoing, packed(("error", 0, text)))

    sys.excepthook = tell_error
    threading.Thread(target=desk.listen, args=(parent,), daemon=True).start()
    for warm_up in arguments[5:]:
        named(warm_up)()
    write_all(outgoing, packed(("ready", 0, os.getpid())))
    desk.work()


if __name__ == "__main__":
    main(sys.argv[1:])
