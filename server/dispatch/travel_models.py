"""Travel factors a court has learnt, one set per night kept as history, and rides asked of road engines."""

from __future__ import annotations

from mongoengine import DateTimeField, DictField, Document, IntField, ListField, StringField


class TravelFactorSet(Document):
    """What the tracked rides of a court's last weeks taught, as `routing.travel_learning` keeps it.

    Shard key (court, _id). One per court and day of learning; never changed afterwards. The newest is planned with.
    """

    meta = {"collection": "travel_factors", "indexes": [("court", "-learnt_on")], "auto_create_index": False}
    id = StringField(primary_key=True)  # court + " " + ISO date
    court = StringField(required=True)
    learnt_on = StringField(required=True)  # ISO date
    since = StringField(required=True)  # ISO date of the oldest rides
    rides = IntField(required=True)
    factors = DictField(required=True)
    made_at = DateTimeField(required=True)


class RoadRow(Document):
    """Rides from one place by one engine, profile and hour: packed blocks of targets, seconds and metres.

    Names nobody: places are cells of a metre. Not sharded (TTL).
    """

    meta = {
        "collection": "road_rows",
        "indexes": [{"fields": ["expires_at"], "expireAfterSeconds": 0}],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True)  # engine profile hour cell
    blocks = ListField(DictField())  # {t: int64[], s: int32[], m: int32[]} as little-endian bytes, oldest first
    expires_at = DateTimeField(required=True)
