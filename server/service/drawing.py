"""docs/states.md: the machines of `server.service.machines` as drawings (Mermaid) and tables."""

from __future__ import annotations

from server.service.machines import MACHINES, WHO_ZH, Event, Machine

_HEAD = """# States of the service core

Generated from `server/service/machines.py` by `make openapi`; `make lint` and a test hold it to the program. An event
that has no arrow from a state is refused there with `state.refused` (409), which names machine, state and event. The
services' atomic updates take their guards from the same tables. A visit's own course lives in `server/dispatch` and
`server/field`.
"""


def text() -> str:
    """The whole document, ending in one newline."""
    parts = [_HEAD]
    for machine in MACHINES.values():
        parts += [f"## {machine.label_zh} (`{machine.code}`)", "", *_drawing(machine), "", *_events(machine), ""]
    return "\n".join(parts).rstrip("\n") + "\n"


def _drawing(machine: Machine) -> list[str]:
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    {code}: {label}" for code, label in machine.states.items()]
    lines.append(f"    [*] --> {machine.start}")
    for event in machine.events.values():
        lines += [f"    {source} --> {target}: {event.label_zh}" for source, target in event.moves.items()]
    return [*lines, "```"]


def _events(machine: Machine) -> list[str]:
    """One row per event, one column per state: where it leads, – where it is refused."""
    head = "| Event | 事件 | Who | " + " | ".join(f"{code} {label}" for code, label in machine.states.items()) + " |"
    rule = "|---|---|---|" + "---|" * len(machine.states)
    return [head, rule, *(_row(machine, event) for event in machine.events.values())]


def _row(machine: Machine, event: Event) -> str:
    who = "、".join(WHO_ZH[one] for one in event.by)
    cells = " | ".join(event.moves.get(state, "–") for state in machine.states)
    return f"| `{event.code}` | {event.label_zh} | {who} | {cells} |"
