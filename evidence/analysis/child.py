"""The process that decodes: one job after another from the socket it was born with (file descriptor 0).

    python -m evidence.analysis.child

Each message carries a job and two open files: the original to read, and one to write copies into. The process holds
no secret, opens nothing by name once it has begun, and dies of whatever it is not prepared for: that is an answer too.
"""

import os
import resource
import signal
import socket
import sys
import time
import traceback
from types import TracebackType
from typing import Any

import av.logging
from PIL import ImageFile, PngImagePlugin

from evidence.analysis import seccomp, wire
from evidence.analysis.marking import Pen
from evidence.analysis.report import Job
from evidence.analysis.specimens import rehearse
from evidence.analysis.work import analyse, pen_of

_NOFILE = 24
_PAGE = resource.getpagesize()
MEMORY = "memory"


def main() -> None:
    """Serves jobs until the parent is gone."""
    link = socket.socket(fileno=os.dup(0))
    sys.excepthook = _telling(link)
    # A traceback may hold bytes of the evidence's names only: the parent logs its last lines.
    av.logging.set_level(None)
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    PngImagePlugin.MAX_TEXT_MEMORY = 4 * 1024 * 1024
    greeting, _ = wire.receive(link)
    pen = pen_of(greeting["font"], greeting["font_index"])
    os.nice(greeting["nice"])
    rehearse(pen)  # imports on demand and tables on first use happen now, while files can still be opened
    _bound_process(greeting["memory_bytes"], greeting["output_bytes"])
    wire.send(link, {"ready": True, "shut": seccomp.shut()})
    while True:
        try:
            message, files = wire.receive(link, files=2)
        except wire.WireClosed:
            return
        wire.send(link, _done(message, files, pen))


def _done(message: dict[str, Any], files: list[int], pen: Pen | None) -> dict[str, Any]:
    said = message["job"]
    job = Job(said["kind"], said["media_type"], tuple(said["marks"]), tuple(said["wanted"]))
    budget = message["budget"]
    _bound_job(budget["cpu_s"])
    began = time.process_time()
    with os.fdopen(files[0], "rb") as stream, os.fdopen(files[1], "wb") as out:
        try:
            report = analyse(stream, out, job, pen, proxy_cpu_s=budget["proxy_s"])
            out.flush()
        except MemoryError:
            return {"failed": MEMORY}
    return {"report": report, "cpu_ms": round((time.process_time() - began) * 1000)}


def _bound_process(memory_bytes: int, output_bytes: int) -> None:
    """What holds for all jobs: memory above today's, no core, few files, signals as the system has them."""
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - read once, before files are out of reach
        idle = int(statm.read().split()[0]) * _PAGE
    resource.setrlimit(resource.RLIMIT_AS, (idle + memory_bytes, idle + memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (output_bytes, output_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_NOFILE, _NOFILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _bound_job(cpu_s: int) -> None:
    """Processor time counts from the birth of the process: each job gets its share on top of what was used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + cpu_s + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _telling(link: socket.socket) -> Any:
    """Sends what went wrong to the parent, who logs it, before the process ends."""

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        text = "".join(traceback.format_exception(kind, error, trace))
        failed = MEMORY if issubclass(kind, MemoryError) else "crash"
        wire.send(link, {"failed": failed, "trace": text[-2000:]})
        os._exit(3)

    return tell


if __name__ == "__main__":
    main()
