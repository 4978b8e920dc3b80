"""The day roster, visits (a door to go to) with who has them and how far they are, day plans, and batches of moves.

A visit is ordered here and carried out in `field`; it is one document so that "is it still yours" and "what happened"
are decided in the same atomic update.
"""

from __future__ import annotations

from mongoengine import (
    DateTimeField,
    DictField,
    Document,
    EmbeddedDocument,
    EmbeddedDocumentField,
    EmbeddedDocumentListField,
    FloatField,
    IntField,
    ListField,
    StringField,
)

from server.core.crypto.places import SealedText
from server.core.fields import DatumPoint, Sealed
from server.core.ids import new_id
from server.service.models import DocumentCopies

VISIT_STATES = ("open", "assigned", "accepted", "departed", "arrived", "ended", "withdrawn")
PLAN_STATES = ("queued", "running", "stopping", "done", "failed", "published", "superseded", "rejected")
REVIEW_STATES = ("none", "pending", "accepted", "sent_back")


class RosterEntry(EmbeddedDocument):
    """One process server's working day. Seconds are counted from midnight, Asia/Shanghai."""

    server_id = StringField(required=True)  # Person id
    staff_no = StringField(required=True)
    name = StringField(required=True)
    start = EmbeddedDocumentField(DatumPoint, required=True)
    shift_start_s = IntField(required=True)
    shift_end_s = IntField(required=True)
    break_start_s = IntField()
    break_end_s = IntField()
    second_break_start_s = IntField()
    second_break_end_s = IntField()
    mode = StringField(required=True, choices=("car", "ebike", "bike", "transit", "walk"))
    max_stops = IntField(required=True)
    skills = ListField(StringField())
    areas = ListField(StringField())  # words of addresses this server knows the way around; empty: all
    max_km = FloatField()  # the day's way, the way back included
    status = StringField(required=True, default="on_duty", choices=("on_duty", "off"))


class Roster(Document):
    """Who works on a day. Shard key (court, date). One per court and day."""

    meta = {
        "collection": "rosters",
        "indexes": [{"fields": ["court", "date"], "unique": True}],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    date = StringField(required=True)  # ISO date
    entries = EmbeddedDocumentListField(RosterEntry)
    version = IntField(required=True, default=1)
    updated_at = DateTimeField(required=True)


class Change(EmbeddedDocument):
    """Who had the visit and why that changed: kept for the phone that lost it and for the board."""

    at = DateTimeField(required=True)
    by = StringField(required=True)
    by_name = StringField(required=True)
    what = StringField(required=True)  # assigned, reassigned, claimed, released, published, undone, withdrawn
    from_server = StringField()
    to_server = StringField()
    reason = StringField()


class Fix(EmbeddedDocument):
    """A position as the phone gave it, never without datum, accuracy, provider and time."""

    point = EmbeddedDocumentField(DatumPoint, required=True)
    accuracy_m = FloatField(required=True)
    provider = StringField(required=True)
    at = DateTimeField(required=True)


class Progress(EmbeddedDocument):
    """A step the phone reported: accept, depart, arrive, outcome. `client_id` makes it repeatable."""

    client_id = StringField(required=True)
    digest = StringField(required=True)  # SHA-256 of the content as sent
    kind = StringField(required=True)
    happened_at = DateTimeField(required=True)
    received_at = DateTimeField(required=True)
    by = StringField(required=True)
    fix = EmbeddedDocumentField(Fix)


class Signer(EmbeddedDocument):
    """Who took the papers."""

    name = StringField(required=True)
    relation = StringField()
    id_mask = StringField()
    id_sealed = SealedText()


class Witness(EmbeddedDocument):
    """见证人 of a refusal: representative of a grass-roots organisation or of the recipient's unit (CPL art. 89)."""

    name = StringField(required=True)
    unit = StringField(required=True)
    title = StringField()
    phone_mask = StringField()
    phone_sealed = SealedText()


class Outcome(EmbeddedDocument):
    """送达结果 as entered at the door. `evidence` lists the evidence items it rests on."""

    code = StringField(required=True)
    happened_at = DateTimeField(required=True)
    received_at = DateTimeField(required=True)
    signer = EmbeddedDocumentField(Signer)
    witness = EmbeddedDocumentField(Witness)
    refusal_reason = StringField()
    left_at_place = StringField()  # where a refused document was left
    note = StringField()
    evidence = ListField(StringField())


class Review(EmbeddedDocument):
    """The reviewer's last word on an outcome; `round` counts how often it was submitted."""

    state = StringField(required=True, default="none", choices=REVIEW_STATES)
    round = IntField(required=True, default=0)
    by = StringField()
    by_name = StringField()
    at = DateTimeField()
    reason = StringField()


class Visit(Document):
    """上门: the direct attempt as a stop. Shard key (court, date). About 1.1 per direct attempt.

    `minutes` is service time at the door; windows are [start_s, end_s] of the day; `rule` says why it needs the door.
    """

    meta = {
        "collection": "visits",
        "indexes": [
            {"fields": ["court", "attempt_id"], "unique": True},
            ("court", "date", "state"),
            ("court", "date", "server_id", "position"),
            ("court", "date", "second_server_id"),
            ("court", "task_id"),
            ("court", "party_id"),
            ("court", "review.state", "date"),
            ("review.state", "papers_at"),
            {"fields": ["papers_asked.at"], "sparse": True},
            {"fields": ["outbox.at"], "sparse": True},
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    date = StringField(required=True)  # ISO date it is meant for
    task_id = StringField(required=True)
    recipient_id = StringField(required=True)
    attempt_id = StringField(required=True)
    division_id = StringField()  # of the task
    case_number = StringField(required=True)
    case_kind = StringField(required=True)
    cause = StringField()
    recipient_name = StringField(required=True)
    recipient_kind = StringField(required=True)
    standing = StringField()
    id_mask = StringField()
    phone_mask = StringField()
    party_id = StringField(required=True)
    address = EmbeddedDocumentField(Sealed, required=True)
    address_basis = StringField(required=True)
    point = EmbeddedDocumentField(DatumPoint)
    documents = EmbeddedDocumentListField(DocumentCopies)
    rule = StringField(required=True)
    windows = ListField(ListField(IntField()))
    witness_windows = ListField(ListField(IntField()))  # when the witness can be there; empty: no matter
    recused = ListField(StringField())  # server ids who must not go (回避)
    minutes = FloatField(required=True)
    crew = IntField(required=True, default=1)
    skills = ListField(StringField())
    building = StringField()  # blind index of the address up to its building: tells neighbours, not where
    priority = IntField(required=True, default=0)
    due_on = StringField(required=True)
    hearing_at = DateTimeField()
    remarks = ListField(StringField())

    state = StringField(required=True, default="open", choices=VISIT_STATES)
    server_id = StringField()
    second_server_id = StringField()
    position = IntField()  # order in the server's day, from 1
    second_position = IntField()
    planned_arrive_at = DateTimeField()
    planned_leave_at = DateTimeField()
    plan_id = StringField()
    travel_m = IntField()
    changes = EmbeddedDocumentListField(Change)

    progress = EmbeddedDocumentListField(Progress)
    outcome = EmbeddedDocumentField(Outcome)
    review = EmbeddedDocumentField(Review, default=Review)
    papers_at = DateTimeField()  # when the papers of the accepted outcome were made (or refused)
    papers_problem = DictField()  # why they could not be made, as a problem document
    papers_asked = ListField(DictField())  # {basis, at}: asked for again by hand and not made yet
    submissions = EmbeddedDocumentListField(Outcome)  # every outcome as submitted, one per round of review
    reviews = EmbeddedDocumentListField(Review)  # every decision taken, oldest first

    outbox = ListField(DictField())
    version = IntField(required=True, default=1)
    created_at = DateTimeField(required=True)
    updated_at = DateTimeField(required=True)


class DayPlan(Document):
    """One run of the planner and its answer. Never overwritten: a new run is a new number.

    Shard key (court, date). `routes`: [{server_id, stops: [{visit_id, role, arrive_s, start_s, leave_s, travel_s,
    travel_m}], breaks: [[start_s, end_s]], distance_m, back_s}]; `unplanned`: [{visit_id, reasons: [{code, params,
    text}]}]; `progress`: {elapsed_s, objective, planned, unplanned, distance_m}. Seconds of the day, metres.
    """

    meta = {
        "collection": "day_plans",
        "indexes": [
            {"fields": ["court", "date", "number"], "unique": True},
            ("state", "queued_at"),
            {"fields": ["outbox.at"], "sparse": True},
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    date = StringField(required=True)
    number = IntField(required=True)
    state = StringField(required=True, default="queued", choices=PLAN_STATES)
    seconds = FloatField(required=True)
    seed = IntField(required=True)
    progress = DictField()
    routes = ListField(DictField())
    unplanned = ListField(DictField())
    totals = DictField()
    roads = DictField()  # what fetching travel times came to (routing.roads.FetchReport); empty when nothing was asked
    failure = DictField()
    created_by = StringField(required=True)
    queued_at = DateTimeField(required=True)
    started_at = DateTimeField()
    beat_at = DateTimeField()  # last sign of life of the worker that runs it
    finished_at = DateTimeField()
    published_at = DateTimeField()
    published_by = StringField()
    rejected_by = StringField()
    run_id = StringField()  # the run that may write the answer; a run taken for dead may not
    tries = IntField(required=True, default=0)
    basis = DictField()  # visit id → [server, second] when the problem was built: tells what was moved since
    happening = DictField()
    changes = ListField(DictField())
    price = DictField()
    revision = IntField()
    roster_version = IntField()  # of the roster the answer was made for
    publication = DictField()  # {applied, unassigned, unchanged, refused: [{visit_id, code, text}]}
    outbox = ListField(DictField())


STUDY_STATES = ("queued", "running", "stopping", "done", "stopped", "failed")


class CapacityStudy(Document):
    """人力测算: staffings compared over simulated months; shapes in `dispatch.capacity`. Shard key (court, _id)."""

    meta = {
        "collection": "capacity_studies",
        "indexes": [("court", "-queued_at"), ("state", "queued_at")],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    state = StringField(required=True, default="queued", choices=STUDY_STATES)
    assumptions = DictField()
    staffings = ListField(DictField())
    target = DictField()
    seeds = ListField(IntField())
    days = IntField(required=True)
    progress = DictField()  # {done, total}: simulated days
    rows = ListField(DictField())
    chosen = IntField()  # place of the smallest staffing that meets the target
    failure = DictField()
    created_by = StringField(required=True)
    created_by_name = StringField(required=True)
    queued_at = DateTimeField(required=True)
    started_at = DateTimeField()
    beat_at = DateTimeField()
    finished_at = DateTimeField()
    run_id = StringField()
    tries = IntField(required=True, default=0)


class DaySheet(Document):
    """The routes of a day as they stand now, whoever made them. Every change of who has what goes through `version`,
    so that two changes of one day never interleave. Shard key (court, date). One per court and day.

    `routes`: server id → {distance_m, planned_m, travel_s, depart_s, back_s, breaks, stops}.
    """

    meta = {"collection": "day_sheets", "indexes": [("court", "date")], "auto_create_index": False}
    id = StringField(primary_key=True)  # court + " " + ISO date
    court = StringField(required=True)
    date = StringField(required=True)
    version = IntField(required=True, default=0)
    routes = DictField()
    updated_at = DateTimeField()


class MoveBatch(Document):
    """A batch assignment that can be undone as one. Shard key (court, date)."""

    meta = {"collection": "move_batches", "indexes": [("court", "date", "-at")], "auto_create_index": False}
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    date = StringField(required=True)
    at = DateTimeField(required=True)
    by = StringField(required=True)
    to_server = StringField()
    moves = ListField(DictField())  # {visit_id, from_server, from_second, from_state, from_position, version}
    undone_at = DateTimeField()
