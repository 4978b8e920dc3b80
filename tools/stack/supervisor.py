"""Starts a stack, keeps it running, and stops all of it and nothing else."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tools import progress
from tools.stack import services
from tools.stack.child import Child, StackError
from tools.stack.config import Config, load
from tools.stack.guard import Place, check_ports, hold, sweep
from tools.stack.procfs import Identity
from tools.stack.services import Service

READY_TIMEOUT_S = 240.0
WATCH_EVERY_S = 0.25
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopAsked(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal. No error: nothing that handles errors may swallow it."""


def run(place: Place) -> None:
    """Runs a stack until it is asked to stop. Raises Refusal or StackError when it cannot start."""
    with hold(place):
        sweep(place)
        check_ports(place)
        place.state_path.unlink(missing_ok=True)
        me = Identity.of(os.getpid())
        if me is not None:
            me.write(place.supervisor_pid_path)
        Supervisor(load(place, os.environ)).run()


class Supervisor:
    """One stack and its life."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.place = config.place
        self.accounts_path = self.place.run_dir / "accounts.txt"
        self.running: list[Service] = []
        self.once: Child | None = None

    def run(self) -> None:
        """Start, watch, stop; whatever happens in between, what was started is stopped."""
        try:
            with _signals_raise():
                self.start()
                self.announce()
                self.watch()
        except StopAsked:
            progress.say("收到停止请求,正在依次停止(请稍候)")
        finally:
            with _signals_wait():
                self.stop()

    def start(self) -> None:
        """Databases, outside systems, indexes, demo court, application; returns when /readyz says so."""
        for service in [*services.databases(self.config), *services.emulators(self.config)]:
            self._begin(service)
        if not self.config.own_wechat:
            progress.say(f"微信:使用 {self.config.wechat_url}(没有启动模拟微信)")
        self._prepare()
        for service in services.application(self.config):
            self._begin(service)
        with progress.step("等待全部服务就绪"):
            self._wait_until_ready()

    def announce(self) -> None:
        """Tells people where to go, and programs (`state.json`) what runs."""
        self._write_state()
        for line in self._summary(self.accounts_path.read_text(encoding="utf-8")):
            progress.plain(line)

    def watch(self) -> None:
        """Starts again whatever dies, until a signal comes."""
        while True:
            for service in self.running:
                self._look_after(service)
            time.sleep(WATCH_EVERY_S)

    def stop(self) -> None:
        """Application first and together, then outside systems, then the databases."""
        self.place.state_path.unlink(missing_ok=True)
        if self.once is not None:
            self.once.stop()
        front = [service for service in self.running if service.name in ("web", "live", "worker", "beat")]
        for service in front:
            service.child.ask_to_stop()
        for service in [*front, *(service for service in reversed(self.running) if service not in front)]:
            service.child.stop()
            progress.say(f"已停止 {service.title}")
        self.running.clear()
        self.place.supervisor_pid_path.unlink(missing_ok=True)

    def _begin(self, service: Service) -> None:
        self.running.append(service)
        with progress.step(f"启动{service.title}"):
            service.start()
        self._write_state(ready=False)

    def _look_after(self, service: Service) -> None:
        if service.child.running:
            return
        if service.due_at_s is None:
            self._mourn(service, f"意外退出({_how(service.child.exit_code)})", service.child.log_tail(8))
        elif time.monotonic() >= service.due_at_s:
            try:
                service.start()
            except StackError as problem:
                self._mourn(service, "未能重新启动", str(problem))
                return
            self._write_state()
            progress.say(f"{service.title} 已重新启动(进程 {service.child.pid})")

    def _mourn(self, service: Service, what: str, log: str) -> None:
        delay_s = service.plan_restart()
        progress.say(f"{service.title} {what},{delay_s:g} 秒后重新启动。日志 {service.child.log_path} 末尾:")
        for line in log.splitlines():
            progress.plain(f"    {line}")

    def _prepare(self) -> None:
        self.once = child = services.preparation(self.config, self.accounts_path)
        with progress.step("建立数据库索引,准备演示法院(首次约半分钟)"):
            child.start()
            while child.running:
                self._databases_must_run()
                time.sleep(0.05)
            child.kill()
            if child.exit_code:
                raise StackError(f"准备失败({_how(child.exit_code)}),日志 {child.log_path}:\n{child.log_tail(20)}")
        self.once = None

    def _databases_must_run(self) -> None:
        for service in self.running:
            if not service.child.running:
                how = _how(service.child.exit_code)
                raise StackError(f"{service.title} 在启动过程中退出({how}):\n{service.child.log_tail()}")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while True:
            status, body = get(self.place.port, "/readyz")
            if status == 200:
                break
            self._databases_must_run()
            if time.monotonic() > deadline:
                raise StackError(f"{READY_TIMEOUT_S:.0f} 秒后仍未就绪,/readyz 回答 {status}:{body[:500]}")
            time.sleep(0.2)

    def _write_state(self, ready: bool = True) -> None:
        state = {
            "supervisor": os.getpid(),
            "ready": ready,
            "url": self.config.url,
            "port": self.place.port,
            "ports": dict(self.config.ports),
            "services": {item.name: item.child.pid for item in self.running if item.child.running},
        }
        draft = self.place.state_path.with_suffix(".tmp")
        draft.write_text(json.dumps(state, indent=2), encoding="utf-8")
        draft.replace(self.place.state_path)

    def _summary(self, accounts: str) -> Iterator[str]:
        rule = "─" * 78
        yield rule
        yield f" 送达 Songda 已就绪 · ready({progress.elapsed_s():.1f} 秒)"
        yield ""
        yield f"   网址 URL        {self.config.url}/"
        yield f"   接口文档 API    {self.config.url}/api/docs"
        yield ""
        yield "   演示账号 Demo accounts"
        yield from (f"     {line}" for line in accounts.splitlines())
        yield ""
        if self.config.own_wechat:
            yield f"   模拟的外部系统 Emulated   微信 WeChat → {self.config.wechat_url}(不会发出任何真实消息)"
        yield f"   数据 Data       {self.place.var}"
        yield f"   日志 Logs       {self.place.log_dir}"
        yield "   停止 Stop       Ctrl-C(只停止本命令启动的程序 stops only what this command started)"
        yield rule


def get(port: int, path: str, timeout_s: float = 5.0) -> tuple[int, str]:
    """GET on loopback: status and body; status 0 when nothing answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", errors="replace")
    except (OSError, http.client.HTTPException) as problem:
        return 0, str(problem)
    finally:
        connection.close()


def _how(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"信号 {-exit_code}"
    return f"退出码 {exit_code}"


@contextmanager
def _signals_raise() -> Iterator[None]:
    """The first stop signal raises StopAsked in the main thread; further ones change nothing."""

    def handler(_number: int, _frame: FrameType | None) -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise StopAsked

    for number in STOP_SIGNALS:
        signal.signal(number, handler)
    yield


@contextmanager
def _signals_wait() -> Iterator[None]:
    """An impatient second Ctrl-C must not leave half of the stack running."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    yield
