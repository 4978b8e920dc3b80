"""Courts, people, sessions and one-time codes that bind a WeChat account to a person."""

from __future__ import annotations

from mongoengine import BooleanField, DateTimeField, Document, IntField, ListField, StringField

from server.core.ids import new_id


class Court(Document):
    """A court in the tree; its id is its code (法院代字, `京0102`). Collection of some 3,500: not sharded."""

    meta = {"collection": "courts", "indexes": ["parent"], "auto_create_index": False}
    id = StringField(primary_key=True)
    name = StringField(required=True)
    level = IntField(required=True)  # 1 supreme, 2 high, 3 intermediate, 4 basic
    parent = StringField()


class Person(Document):
    """Somebody who works for a court. Shard key (court, _id); hundreds per court."""

    meta = {
        "collection": "people",
        "indexes": [
            {"fields": ["username"], "unique": True},
            {"fields": ["court", "staff_no"], "unique": True, "sparse": True},
            {
                "fields": ["openid"],
                "unique": True,
                "partialFilterExpression": {"openid": {"$type": "string"}},
            },
            ("court", "roles"),
            ("court", "name"),
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    username = StringField(required=True)
    name = StringField(required=True)
    staff_no = StringField(required=True)
    roles = ListField(StringField(), default=list)
    password_hash = StringField()
    openid = StringField()
    device = StringField()
    active = BooleanField(default=True)
    created_at = DateTimeField(required=True)


class Session(Document):
    """A signed-in browser or phone. The id is the SHA-256 of the token, so the database cannot be used to sign in."""

    meta = {
        "collection": "sessions",
        "indexes": [("person_id", "-created_at"), {"fields": ["expires_at"], "expireAfterSeconds": 0}],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True)
    person_id = StringField(required=True)
    court = StringField(required=True)
    kind = StringField(required=True, choices=("web", "phone"))
    device = StringField()
    created_at = DateTimeField(required=True)
    expires_at = DateTimeField(required=True)


class BindCode(Document):
    """A one-time code that binds the WeChat account of whoever types it to one person. Expires by itself."""

    meta = {
        "collection": "bind_codes",
        "indexes": [{"fields": ["expires_at"], "expireAfterSeconds": 0}],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True)  # SHA-256 of court code + code
    person_id = StringField(required=True)
    court = StringField(required=True)
    expires_at = DateTimeField(required=True)
    used_at = DateTimeField()


class SignInFailure(Document):
    """One wrong password; ten in fifteen minutes for one name slow that name down. Expires by itself."""

    meta = {
        "collection": "sign_in_failures",
        "indexes": [("username", "at"), {"fields": ["at"], "expireAfterSeconds": 3600}],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    username = StringField(required=True)
    remote = StringField()
    at = DateTimeField(required=True)
