"""A line that cannot be trusted: an HTTP/1.1 proxy that cuts, repeats and reorders what passes through it.

Cuts fall on given positions of the stream of bytes in either direction, all connections taken together: in the middle
of a head, a body or an answer. A cut ends the phone's connection at once; the server's is ended too, or reset, or left
open without another byte, as when a phone loses its radio. A request may be delivered twice at the same moment, or be
held back and delivered after the phone has given up and sent others.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Coroutine, Iterable
from types import TracebackType
from typing import Any, Self

LOOPBACK = "127.0.0.1"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
_BLOCK = 32 * 1024
_LONGEST_HEAD = 64 * 1024
_RESET = struct.pack("ii", 1, 0)


class Cut(Exception):
    """The line broke here."""


class Position:
    """Counts the bytes of one direction and knows where to cut."""

    def __init__(self, cuts: Iterable[int]) -> None:
        self._cuts = sorted(cuts, reverse=True)
        self.passed = 0

    def take(self, wanted: int) -> tuple[int, bool]:
        """(how many of the wanted bytes pass, whether the line is cut behind them)."""
        if self._cuts and self.passed + wanted > self._cuts[-1]:
            allowed = max(self._cuts.pop() - self.passed, 0)
            self.passed += allowed
            return allowed, True
        self.passed += wanted
        return wanted, False

    @property
    def left(self) -> int:
        return len(self._cuts)


class CuttingProxy:
    """Listens on a free port of this machine while in use as a context.

    `up`, `down`   byte positions of the cuts, to the server and from it
    `twice`        share of requests that are delivered twice at once
    `late`         share of requests that are held back, and delivered after up to `overtaken` others
    `bytes_per_s`  pace of each connection towards the server; 0: as fast as it goes
    `silent_s`     how long a server is left with a line that is open and silent, in a third of the cuts; 0: never
    `counts`       what was done: requests, cuts_up, cuts_down, silent, reset, twice, late
    """

    def __init__(
        self,
        port: int,
        *,
        up: Iterable[int] = (),
        down: Iterable[int] = (),
        twice: float = 0.0,
        late: float = 0.0,
        overtaken: int = 4,
        bytes_per_s: float = 0.0,
        silent_s: float = 0.0,
        seed: int = 1,
    ) -> None:
        self.upstream = port
        self.up, self.down = Position(up), Position(down)
        self.bytes_per_s = bytes_per_s
        self.counts: Counter[str] = Counter()
        self._twice, self._late, self._overtaken, self._silent_s = twice, late, overtaken, silent_s
        self._random = random.Random(seed)
        self._held: list[tuple[int, bytes]] = []
        self._beside: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="cutting proxy")
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def cuts_left(self) -> int:
        return self.up.left + self.down.left

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._wait_for(asyncio.start_server(self._serve, LOOPBACK, 0, limit=_LONGEST_HEAD))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wait_for(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait_for(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        here = asyncio.current_task()
        others = [one for one in asyncio.all_tasks(self._loop) if one is not here]
        for one in others:
            one.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    # ---- one connection of the phone

    async def _serve(self, phone: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        line = _Line(self, answers)
        try:
            while True:
                head = await phone.readuntil(b"\r\n\r\n")
                found = _LENGTH.search(head)
                await self._request(line, phone, head, int(found[1]) if found else 0)
        except Cut:
            await line.cut(self._how_it_ends())
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            await line.cut("end")

    async def _request(self, line: _Line, phone: asyncio.StreamReader, head: bytes, length: int) -> None:
        self.counts["requests"] += 1
        await self._deliver_what_is_due()
        dice = self._random.random()
        if dice < self._late:
            self.counts["late"] += 1
            due = self.counts["requests"] + self._random.randint(1, self._overtaken)
            self._held.append((due, head + await phone.readexactly(length)))
            raise Cut
        if dice < self._late + self._twice:
            self.counts["twice"] += 1
            body = await phone.readexactly(length)
            self._aside(self._deliver(head + body))
            await line.send(head + body)
            return
        await line.send(head)
        while length:
            block = await phone.read(min(length, _BLOCK))
            if not block:
                raise asyncio.IncompleteReadError(b"", length)
            length -= len(block)
            await line.send(block)

    # ---- what nobody waits for

    async def _deliver_what_is_due(self) -> None:
        due = [one for one in self._held if one[0] <= self.counts["requests"]]
        for one in due:
            self._held.remove(one)
            self._aside(self._deliver(one[1]))

    def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _deliver(self, request: bytes) -> None:
        """Sends a whole request on a connection of its own; whatever is answered, nobody hears it."""
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection(LOOPBACK, self.upstream)
            try:
                writer.write(request)
                await reader.readline()
            finally:
                writer.close()

    async def leave_open(self, writer: asyncio.StreamWriter) -> None:
        """A server that waits for bytes of a phone that is gone."""
        try:
            await asyncio.sleep(self._silent_s)
        finally:
            writer.close()

    def left_behind(self, writer: asyncio.StreamWriter) -> None:
        self._aside(self.leave_open(writer))

    def _how_it_ends(self) -> str:
        found = self._random.choice(("end", "reset", "silent") if self._silent_s else ("end", "reset"))
        self.counts[found] += 1
        return found


class _Line:
    """The server's side of one connection, opened when the first request comes."""

    def __init__(self, proxy: CuttingProxy, answers: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._answers = answers
        self._server: asyncio.StreamWriter | None = None
        self._pump: asyncio.Task[None] | None = None
        self._broken = False

    async def send(self, block: bytes) -> None:
        """To the server; raises Cut where the line breaks, OSError when the server is away."""
        if self._broken:
            raise Cut
        if self._server is None:
            reader, self._server = await asyncio.open_connection(LOOPBACK, self._proxy.upstream)
            self._pump = asyncio.create_task(self._answer(reader))
        allowed, cut = self._proxy.up.take(len(block))
        self._server.write(block[:allowed])
        await self._server.drain()
        if cut:
            self._proxy.counts["cuts_up"] += 1
            raise Cut
        if self._proxy.bytes_per_s:
            await asyncio.sleep(allowed / self._proxy.bytes_per_s)

    async def _answer(self, server: asyncio.StreamReader) -> None:
        """From the server to the phone, until either goes."""
        with contextlib.suppress(OSError):
            while block := await server.read(_BLOCK):
                allowed, cut = self._proxy.down.take(len(block))
                self._answers.write(block[:allowed])
                await self._answers.drain()
                if cut:
                    self._proxy.counts["cuts_down"] += 1
                    break
        # The phone's side ends here; reading from it fails, which ends the rest.
        self._broken = True
        self._answers.close()

    async def cut(self, how: str) -> None:
        """Ends both sides: `end`, `reset` (both without a farewell), or `silent` (the server is not told)."""
        if how == "silent" and self._server is not None:
            self._proxy.left_behind(self._server)
            self._server = None
        if self._pump is not None:
            self._pump.cancel()
        for writer in (self._answers, self._server):
            if writer is None:
                continue
            if how == "reset":
                raw = writer.get_extra_info("socket")
                with contextlib.suppress(OSError):
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.close()
