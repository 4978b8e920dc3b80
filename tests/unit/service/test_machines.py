"""The machines are total: every event in every state is a transition to a known state, or refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.core.errors import Conflict
from server.service import drawing, machines
from server.service.machines import MACHINES, WHO_ZH, Machine
from server.service.models import (
    ATTEMPT_STATES,
    RECIPIENT_STATES,
    STATUSES,
    TASK_STATES,
    TODO_STATES,
)

ROOT = Path(__file__).parents[3]
EVERY = [
    (machine, state, event) for machine in MACHINES.values() for state in machine.states for event in machine.events
]
NAMED = [f"{machine.code}-{state}-{event}" for machine, state, event in EVERY]


@pytest.mark.parametrize(("machine", "state", "event"), EVERY, ids=NAMED)
def test_every_event_in_every_state_is_defined_or_refused(machine: Machine, state: str, event: str) -> None:
    if machines.allows(machine, state, event):
        assert machines.next_state(machine, state, event) in machine.states
        assert state in machines.sources(machine, event)
        return
    assert state not in machines.sources(machine, event)
    with pytest.raises(Conflict) as refusal:
        machines.next_state(machine, state, event)
    problem = refusal.value.as_problem()
    assert (problem["code"], problem["status"]) == ("state.refused", 409)
    assert (problem["machine"], problem["state"], problem["event"]) == (machine.code, state, event)
    assert machine.states[state] in problem["title"]
    assert machine.events[event].label_zh in problem["title"]


@pytest.mark.parametrize("machine", MACHINES.values(), ids=list(MACHINES))
def test_every_state_can_be_reached_and_every_event_can_happen(machine: Machine) -> None:
    reached = {machine.start}
    for _ in machine.states:
        reached |= {
            target for event in machine.events.values() for source, target in event.moves.items() if source in reached
        }
    assert reached == set(machine.states)
    for event in machine.events.values():
        assert event.moves, event.code
        assert set(event.moves) | set(event.moves.values()) <= set(machine.states), event.code
        assert event.by, event.code
        assert set(event.by) <= set(WHO_ZH), event.code


def test_what_is_stored_and_what_the_machines_know_are_the_same_states() -> None:
    stored = {
        "task": TASK_STATES,
        "recipient": RECIPIENT_STATES,
        "attempt": ATTEMPT_STATES,
        "effect": STATUSES,
        "todo": TODO_STATES,
    }
    for code, states in stored.items():
        assert set(MACHINES[code].states) == set(states), code


def test_what_has_ended_for_good_moves_nowhere() -> None:
    for machine, state in ((machines.TASK, "withdrawn"), (machines.ATTEMPT, "closed"), (machines.TODO, "done")):
        assert [event for event in machine.events if machines.allows(machine, state, event)] == []


def test_a_machine_confirms_nothing_that_ends_a_right() -> None:
    for event in ("confirm", "reject", "set"):
        assert machines.MACHINE not in machines.EFFECT.events[event].by


def test_an_unknown_event_is_a_mistake_of_the_program() -> None:
    with pytest.raises(KeyError):
        machines.next_state(machines.TASK, "in_progress", "explode")


def test_the_drawings_are_of_this_program() -> None:
    assert (ROOT / "docs/states.md").read_text(encoding="utf-8") == drawing.text()
