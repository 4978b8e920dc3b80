"""Recipients of a task that are one party, and recipients that are two: merged, taken apart again, split.

Nothing is lost: attempts and 送达事项 move with a mark of where they came from, and what cannot move stays where it is,
no longer in force. A merge is undone by splitting the merged recipient off again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from server.addresses.models import ContactPoint
from server.cases.models import Party
from server.core import crypto
from server.core.fields import address_index, sealed_address
from server.core.ids import new_id
from server.law import terms
from server.law.refusals import LawRefused
from server.service import errors, machines
from server.service.actor import Actor
from server.service.services import claims, judging, store
from server.service.services.store import Edit
from server.service.timeline import step

Raw = Mapping[str, Any]
_OPEN = ("pending_review", "in_progress")


@dataclass(frozen=True, slots=True)
class Split:
    """Which recipient is two, and who the second one is. Blank where the recipient had been merged: it comes back."""

    task_id: str
    recipient_id: str
    reason: str
    name: str = ""
    kind: str = terms.PERSON
    standing: str = ""
    address: str = ""
    address_basis: str = ""
    documents: tuple[str, ...] = ()


def merge(*, court: str, task_id: str, keep: str, drop: str, reason: str, actor: Actor, now: datetime) -> None:
    """`drop` is the same party as `keep`: its attempts count for `keep`, whose effect is judged anew.

    Raises `recipient.same`, `recipient.not_found`, `recipient.busy` (something runs for `drop`), `state.refused`
    (served or withdrawn already), `attempt.reason_required`.
    """
    told = _told(reason)
    if keep == drop:
        raise errors.same_recipient()
    work = _Merge(court, task_id, keep, drop, told, actor, now)
    task = store.rewrite(court=court, task_id=task_id, now=now, change=work.change, beside=work.beside)
    if task["state"] == "in_progress":
        _judge(court, task_id, keep, actor, now)


def _told(reason: str) -> str:
    told = reason.strip()
    if not told:
        raise errors.attempt_reason_required()
    return told


def _judge(court: str, task_id: str, recipient_id: str, actor: Actor, now: datetime) -> None:
    """What was tried counts for somebody else now. Nothing is judged where nothing was tried."""
    task = judging.task_of(court, task_id)
    state = task["recipients"][store.place_of(task, recipient_id)]["state"]
    if state in ("pending", "in_progress") and not judging.attempts_of(court, task_id, recipient_id):
        return
    judging.judge_recipient(
        court=court, task_id=task_id, recipient_id=recipient_id, attempt_id=None, actor=actor, now=now
    )


def _check_open(task: Raw) -> None:
    if task["state"] not in _OPEN:
        # Refused in the words of the machine: a task that has ended is withdrawn or completed for good.
        raise machines.refusal(machines.TASK, task["state"], "withdraw")


class _Merge:
    """The merge in one transaction; may be tried again."""

    def __init__(
        self, court: str, task_id: str, keep: str, drop: str, reason: str, actor: Actor, now: datetime
    ) -> None:
        self.court, self.task_id, self.keep, self.drop = court, task_id, keep, drop
        self.reason, self.actor, self.now = reason, actor, now

    def change(self, task: dict[str, Any]) -> Edit:
        _check_open(task)
        kept, place = store.place_of(task, self.keep), store.place_of(task, self.drop)
        keep, drop = task["recipients"][kept], task["recipients"][place]
        machines.next_state(machines.RECIPIENT, keep["state"], "open" if keep["state"] != "served" else "serve")
        state = machines.next_state(machines.RECIPIENT, drop["state"], "withdraw")
        if drop.get("lock"):
            raise errors.recipient_busy(drop["name"])
        edit = Edit(
            values={
                f"recipients.{place}.state": state,
                f"recipients.{place}.awaits": [],
                f"recipients.{place}.merged_into": self.keep,
                f"recipients.{kept}.documents": _together(keep, drop),
            }
        )
        text = f"受送达人“{drop['name']}”与“{keep['name']}”为同一当事人，合并：{self.reason}"
        told = {"recipients": {self.drop: "withdraw"}}
        edit.steps.append(
            step("recipient.merged", text, actor=self.actor, now=self.now, recipient_id=self.keep, change=told)
        )
        store.finish(task, {self.drop: state}, edit, self.now)
        return edit

    def beside(self, task: dict[str, Any], session: ClientSession) -> None:
        keep, drop = (task["recipients"][store.place_of(task, one)] for one in (self.keep, self.drop))
        of_drop = {"court": self.court, "task_id": self.task_id, "recipient_id": self.drop}
        moved = {"recipient_id": self.keep, "moved_from": self.drop}
        # Where it was tried stays known when the recipient's own address is another one now.
        at_its_own = {**of_drop, "contact_point_id": None}
        store.attempts().update_many(
            at_its_own, {"$set": {"contact_point_id": drop["contact_point_id"]}}, session=session
        )
        store.attempts().update_many(of_drop, {"$set": moved, "$inc": {"version": 1}}, session=session)
        have = set(store.effects().distinct("document", {**of_drop, "recipient_id": self.keep}, session=session))
        for row in store.effects().find(of_drop, {"document": 1}, session=session):
            values: dict[str, Any] = {"moved_from": self.drop, "updated_at": self.now}
            if row["document"] in have:
                values["live"] = False
            else:
                values |= {"recipient_id": self.keep, "recipient_name": keep["name"], "party_id": keep["party_id"]}
            store.effects().update_one({"_id": row["_id"]}, {"$set": values, "$inc": {"version": 1}}, session=session)


def _together(keep: Raw, drop: Raw) -> list[str]:
    """Documents meant for either; empty for all."""
    first, second = list(keep.get("documents") or ()), list(drop.get("documents") or ())
    return list(dict.fromkeys([*first, *second])) if first and second else []


def split(*, court: str, asked: Split, actor: Actor, now: datetime) -> str:
    """Takes a merge back, or makes a second recipient of the task; answers the recipient's id.

    Raises `recipient.not_found`, `recipient.not_merged` (withdrawn, but by no merge), `recipient.split_invalid`,
    `task.double_service`, `task.same_party_twice`, `state.refused`, `attempt.reason_required`, `law.unknown_word`.
    """
    _told(asked.reason)
    task = judging.task_of(court, asked.task_id)
    held = task["recipients"][store.place_of(task, asked.recipient_id)]
    if held.get("merged_into"):
        return _unmerge(court, asked, str(held["merged_into"]), actor, now)
    if held["state"] == "withdrawn":
        raise errors.not_merged()
    return _second(court, task, held, asked, actor, now)


def _unmerge(court: str, asked: Split, into: str, actor: Actor, now: datetime) -> str:
    back = asked.recipient_id

    def change(task: dict[str, Any]) -> Edit:
        place, kept = store.place_of(task, back), store.place_of(task, into)
        held, keep = task["recipients"][place], task["recipients"][kept]
        if not held.get("merged_into"):
            raise errors.not_merged()
        if keep.get("lock"):
            raise errors.recipient_busy(keep["name"])
        edit = Edit(
            values={f"recipients.{place}.state": machines.next_state(machines.RECIPIENT, held["state"], "restore")},
            gone=[f"recipients.{place}.merged_into"],
        )
        text = f"撤销合并，恢复受送达人“{held['name']}”：{asked.reason}"
        told = {"recipients": {back: "restore"}}
        edit.steps.append(step("recipient.split", text, actor=actor, now=now, recipient_id=back, change=told))
        store.finish(task, {back: "pending"}, edit, now)
        return edit

    def beside(task: dict[str, Any], session: ClientSession) -> None:
        held = task["recipients"][store.place_of(task, back)]
        moved = {"court": court, "task_id": asked.task_id, "moved_from": back}
        update = {"$set": {"recipient_id": back}, "$unset": {"moved_from": ""}, "$inc": {"version": 1}}
        store.attempts().update_many(moved, update, session=session)
        values = {
            "recipient_id": back,
            "recipient_name": held["name"],
            "party_id": held["party_id"],
            "live": False,
            "updated_at": now,
        }
        update = {"$set": values, "$unset": {"moved_from": ""}, "$inc": {"version": 1}}
        store.effects().update_many(moved, update, session=session)
        if task["state"] != "pending_review":
            _claim(court, {**task, "recipients": _restored(task, back)}, session, now)

    task = store.rewrite(court=court, task_id=asked.task_id, now=now, change=change, beside=beside)
    if task["state"] in ("in_progress", "completed"):
        for one in (into, back):
            _judge(court, asked.task_id, one, actor, now)
    return back


def _restored(task: Raw, back: str) -> list[Raw]:
    return [{**one, "state": "pending"} if one["id"] == back else one for one in task["recipients"]]


def _claim(court: str, task: Raw, session: ClientSession, now: datetime) -> None:
    for refusal in claims.claim(court, [task], session=session, now=now).values():
        raise refusal


def _second(court: str, task: Raw, held: Raw, asked: Split, actor: Actor, now: datetime) -> str:
    if not (asked.name and asked.address):
        raise errors.split_needs()
    _check_open(task)
    try:
        terms.known(asked.address_basis, terms.BASES, what="地址依据")
    except LawRefused as refused:
        raise errors.law_refused(refused) from refused
    party_id = _party(court, task["case_id"], asked, now)
    fresh = _recipient(court, held, party_id, asked, actor, now)

    def change(task: dict[str, Any]) -> Edit:
        _check_open(task)
        text = f"由“{held['name']}”拆分出受送达人“{asked.name}”：{asked.reason}"
        line = step(
            "recipient.split", text, actor=actor, now=now, recipient_id=fresh["id"], change={"added": [fresh["id"]]}
        )
        return Edit(added={"recipients": [fresh]}, steps=[line])

    def beside(task: dict[str, Any], session: ClientSession) -> None:
        if task["state"] == "in_progress":
            _claim(court, {**task, "recipients": [*task["recipients"], fresh]}, session, now)

    store.rewrite(court=court, task_id=asked.task_id, now=now, change=change, beside=beside)
    return str(fresh["id"])


def _party(court: str, case_id: str, asked: Split, now: datetime) -> str:
    """The party of this case by that name, made when there is none (as an import would)."""
    identity = crypto.vault().index(f"name:{asked.kind}:{asked.name}", court=court)
    where = {"court": court, "case_id": case_id, "identity": identity}
    values = {
        "_id": new_id(),
        "name": asked.name,
        "kind": asked.kind,
        "created_at": now,
        "updated_at": now,
        **({"standing": asked.standing} if asked.standing else {}),
    }
    Party._get_collection().update_one(where, {"$setOnInsert": values}, upsert=True)
    return str(Party._get_collection().find_one(where, {"_id": 1})["_id"])


def _recipient(court: str, held: Raw, party_id: str, asked: Split, actor: Actor, now: datetime) -> dict[str, Any]:
    sealed = sealed_address(asked.address, court=court, subject=party_id)
    where = {"court": court, "party_id": party_id, "text.index": address_index(asked.address, court=court)}
    point = {
        "_id": new_id(),
        "text": sealed,
        "basis": asked.address_basis,
        "source": f"board:{actor.id}",
        "created_at": now,
        "updated_at": now,
    }
    found = ContactPoint._get_collection().find_one(where, {"_id": 1})
    if found is None:
        try:
            ContactPoint._get_collection().insert_one({"court": court, "party_id": party_id, **point})
        except DuplicateKeyError:
            found = ContactPoint._get_collection().find_one(where, {"_id": 1})
    standing = asked.standing or held.get("standing")
    return {
        "id": new_id(),
        "party_id": party_id,
        "contact_point_id": found["_id"] if found else point["_id"],
        "name": asked.name,
        "kind": asked.kind,
        **({"standing": standing} if standing else {}),
        "address": sealed,
        "address_basis": asked.address_basis,
        "state": machines.RECIPIENT.start,
        "documents": list(asked.documents),
        "situation": {},
        "awaits": [],
    }
