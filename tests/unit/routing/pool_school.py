"""What the workers of test_pool are given to do."""

import os
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Pupil:
    """An object built in a worker."""

    def __init__(self, payload: dict[str, Any]) -> None:
        self.payload = payload
        self.name = payload["name"]
        self.halt: NDArray[np.int64] = np.zeros(1, dtype=np.int64)

    def add(self, name: str, number: int) -> int:
        """Add to a table in place; its sum."""
        table: NDArray[np.int64] = self.payload[name]
        table += number
        return int(table.sum())

    def hello(self, number: int) -> str:
        return f"{self.name} {number}"

    def echo(self, load: bytes) -> bytes:
        return load

    def pid(self) -> int:
        return os.getpid()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def shout(self) -> str:
        print("printed by a library", flush=True)  # noqa: T201 - the point of the test
        return "said"

    def until_halted(self) -> str:
        while not self.halt[0]:
            time.sleep(0.005)
        return "halted"
