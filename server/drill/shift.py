"""A server's working day: from door to door along the route, then once more where the reviewer wants more."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from evidence.geo import GeoPoint
from server.core.clock import at_second
from server.core.ids import new_id
from server.drill.camera import Captured
from server.drill.doors import Scene, Script, Shot
from server.drill.ledger import Ledger
from server.drill.line import Refused
from server.drill.phone import Gone, Phone
from server.drill.pictures import Pictures
from server.drill.walk import Place, Receiver

_OUT_OF_ORDER, _OUTCOME_TOO_EARLY, _POSITIONS_LATE = 0.06, 0.05, 0.1
_EXIF_SHARE = 0.5
_MOST_FIXES = 400
_MORE_WANTED = timedelta(minutes=40)


@dataclass
class _Done:
    """What was entered at a door, for the case that it comes back."""

    scene: Scene
    evidence: list[str]


@dataclass
class Shift:
    """One server on one day. `ago` is how far the phone's clock is set back, so that nothing lies in the future."""

    phone: Phone
    script: Script
    pictures: Pictures
    ledger: Ledger
    day: str
    ago: timedelta
    rng: random.Random
    _done: dict[str, _Done] = field(default_factory=dict)
    _late: list[list[dict[str, Any]]] = field(default_factory=list)
    _tried: set[str] = field(default_factory=set)
    _receiver: Receiver = field(init=False)

    def __post_init__(self) -> None:
        self._receiver = Receiver(self.rng)

    def work(self) -> int:
        """Plays what is left of the route, and what dispatch moves here meanwhile; how many outcomes were entered."""
        before = len(self._done)
        while self._once_along_the_route():
            pass
        return len(self._done) - before

    def _once_along_the_route(self) -> bool:
        """One pass; false when there was nothing left to try."""
        route = self.phone.route(self.day)
        stops = [one for one in route["stops"] if one["date"] == self.day]
        left = {one["visit_id"] for one in stops if one["role"] == "lead" and one["state"] != "ended"} - self._tried
        if not self._tried:
            self.ledger.count("done_before", sum(one["state"] == "ended" and one["role"] == "lead" for one in stops))
        if not left:
            return False
        self._tried |= left
        self.phone.camera.load(self.day)
        here = Place.of(route["server"]["start"]).point
        clock = self._moment(at_second(_date(self.day), (route["server"]["shift"] or [30_600])[0]))
        self._accept_all(stops, clock)
        for stop in stops:
            there = Place.of(stop["point"]).point or here
            arrive, leave = self._times(stop, clock)
            if here is not None and there is not None and (stop["visit_id"] in left or self._comes_along(stop)):
                self._go(stop, here, there, clock, arrive)
                self._at_door(stop, there, arrive)
            here, clock = there, leave
        for fixes in reversed(self._late):
            self.phone.positions(self.day, fixes)
        self._late.clear()
        return True

    def _comes_along(self, stop: dict[str, Any]) -> bool:
        """The second of a crew goes there too, once, and enters nothing."""
        if stop["role"] != "second" or stop["state"] == "ended" or stop["visit_id"] in self._tried:
            return False
        self._tried.add(stop["visit_id"])
        return True

    def fix_what_came_back(self) -> int:
        """Adds evidence and enters the outcome again where a reviewer sent it back; how many visits that were."""
        route = self.phone.route(self.day)
        back = [one for one in route["stops"] if one["review"]["state"] == "sent_back" and one["role"] == "lead"]
        for stop in back:
            _, leave = self._times(stop, self._moment(at_second(_date(self.day), 61_200)))
            self._again(stop, leave + _MORE_WANTED)
        return len(back)

    # ---- on the way

    def _accept_all(self, stops: list[dict[str, Any]], clock: datetime) -> None:
        for stop in stops:
            if stop["role"] == "lead" and stop["state"] == "assigned":
                self._careful(stop, lambda one=stop: self._step(one, "accept", clock - timedelta(minutes=5), None))

    def _go(self, stop: dict[str, Any], here: GeoPoint, there: GeoPoint, leave: datetime, arrive: datetime) -> None:
        depart = min(leave, arrive - timedelta(seconds=30))
        fixes = self._receiver.along(here, there, depart, arrive)
        if stop["role"] == "lead":
            steps = [("depart", depart, here), ("arrive", arrive, there)]
            if self.rng.random() < _OUT_OF_ORDER:
                self.ledger.count("out_of_order")
                steps.reverse()
            for kind, at, place in steps:
                self._careful(stop, lambda k=kind, a=at, p=place: self._step(stop, k, a, p))
        for start in range(0, len(fixes), _MOST_FIXES):
            part = fixes[start : start + _MOST_FIXES]
            if self.rng.random() < _POSITIONS_LATE:
                self._late.append(part)
            else:
                self.phone.positions(self.day, part)

    def _step(self, stop: dict[str, Any], kind: str, at: datetime, place: GeoPoint | None) -> None:
        fix = self._receiver.fix(at, place) if place else None
        self.phone.step(stop["visit_id"], kind, at.isoformat(), fix)

    # ---- at the door

    def _at_door(self, stop: dict[str, Any], there: GeoPoint, arrive: datetime) -> None:
        """The lead of a crew enters everything; the second is a witness with two hands."""
        if stop["role"] == "lead":
            self._careful(stop, lambda: self._enter(stop, self.script.scene(stop), there, arrive))

    def _enter(self, stop: dict[str, Any], scene: Scene, there: GeoPoint | None, arrive: datetime) -> None:
        ids = [new_id() for _ in scene.shots]
        at = arrive + timedelta(minutes=2)
        entry = self._outcome(scene, ids, at + timedelta(seconds=30 * len(ids)), there)
        if ids and self.rng.random() < _OUTCOME_TOO_EARLY:
            self._too_early(stop, entry)
        self.phone.hand_in(
            self.day,
            [
                self._shoot(stop, shot, client_id, at + timedelta(seconds=30 * number), there)
                for number, (shot, client_id) in enumerate(zip(scene.shots, ids, strict=True))
            ],
        )
        self.phone.outcome(stop["visit_id"], entry)
        self._done[stop["visit_id"]] = _Done(scene, ids)
        self.ledger.outcome(scene.code)

    def _too_early(self, stop: dict[str, Any], entry: dict[str, Any]) -> None:
        """The outcome overtakes its evidence: it must be refused, and say what is missing."""
        try:
            self.phone.outcome(stop["visit_id"], entry)
        except Refused as error:
            if error.code != "outcome.evidence_missing" or not error.problem.get("missing"):
                raise
            self.ledger.count("refused_too_early")
        else:
            self.ledger.error(f"{stop['visit_id']} 证据未到，结果却被接受")

    def _again(self, stop: dict[str, Any], at: datetime) -> None:
        there = Place.of(stop["point"]).point
        before = self._done.get(stop["visit_id"])
        if before is None:  # sent back in an earlier run: this phone has forgotten what it sent
            self._careful(stop, lambda: self._enter(stop, self.script.scene(stop), there, at))
            return
        client_id = new_id()
        ids = [*before.evidence, client_id]

        def enter() -> None:
            shot = self._shoot(stop, Shot("photo_process", "once more"), client_id, at, there)
            self.phone.hand_in(self.day, [shot])
            entry = self._outcome(before.scene, ids, at + timedelta(minutes=1), there)
            self.phone.outcome(stop["visit_id"], entry)
            self.ledger.count("resubmitted")

        self._careful(stop, enter)

    def _outcome(self, scene: Scene, ids: list[str], at: datetime, there: GeoPoint | None) -> dict[str, Any]:
        return {
            "code": scene.code,
            "happened_at": at.isoformat(),
            "fix": self._receiver.fix(at, there) if there else None,
            "evidence": ids,
            **scene.fields,
        }

    def _shoot(
        self, stop: dict[str, Any], shot: Shot, client_id: str, at: datetime, there: GeoPoint | None
    ) -> Captured:
        data = (
            self.pictures.signature()
            if shot.kind.startswith("signature_")
            else self.pictures.photo(
                words=f"{self.phone.staff_no} {shot.words}",
                taken_at=at,
                place=there,
                with_exif=self.rng.random() < _EXIF_SHARE,
            )
        )
        fix = self._receiver.fix(at, there) if there else None
        return self.phone.camera.shoot(stop["visit_id"], client_id, shot.kind, data, at, fix)

    # ---- the rest

    def _careful(self, stop: dict[str, Any], act: Any) -> None:
        """A visit may be taken away at any moment; anything else refused is an error of the system."""
        try:
            act()
        except Gone:
            self.ledger.count("taken_away")
        except Refused as error:
            self.ledger.error(f"{self.phone.staff_no} {stop['case_number']}：{error}")

    def _times(self, stop: dict[str, Any], clock: datetime) -> tuple[datetime, datetime]:
        minutes = timedelta(minutes=stop["minutes"])
        planned = stop["planned_arrive_at"]
        if planned is None:
            arrive = clock + timedelta(minutes=20)
            return arrive, arrive + minutes
        arrive = self._moment(datetime.fromisoformat(planned))
        leave = stop["planned_leave_at"]
        return arrive, self._moment(datetime.fromisoformat(leave)) if leave else arrive + minutes

    def _moment(self, at: datetime) -> datetime:
        return at - self.ago


def _date(day: str) -> Any:
    return datetime.fromisoformat(day).date()
