"""Which migrations this database has seen."""

from __future__ import annotations

from mongoengine import DateTimeField, Document, FloatField, StringField


class AppliedMigration(Document):
    """One migration that ran to its end; `reason` is why there is one, `result` what it did."""

    meta = {"collection": "migrations", "auto_create_index": False}
    id = StringField(primary_key=True)  # the module's name, which begins with its date
    reason = StringField(required=True)
    result = StringField(required=True)
    applied_at = DateTimeField(required=True)
    seconds = FloatField(required=True)
