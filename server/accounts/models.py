"""Courts as a tree, their divisions, people with roles and groups, sessions, and what signing in needs."""

from __future__ import annotations

from mongoengine import (
    BooleanField,
    DateTimeField,
    DictField,
    Document,
    EmbeddedDocument,
    EmbeddedDocumentField,
    EmbeddedDocumentListField,
    IntField,
    ListField,
    StringField,
)

from server.core.fields import Sealed
from server.core.ids import new_id

SCOPES = ("own", "division", "court", "below")


class Court(Document):
    """A court in the tree; its id is its code (法院代字, `京0102`). Collection of some 3,500: not sharded.

    `path` holds every court above it, highest first, so that a subtree is one indexed query.
    """

    meta = {"collection": "courts", "indexes": ["parent", "path"], "auto_create_index": False}
    id = StringField(primary_key=True)
    name = StringField(required=True)
    level = IntField(required=True)  # 1 supreme, 2 high, 3 intermediate, 4 basic
    parent = StringField()
    path = ListField(StringField(), default=list)
    version = IntField(required=True, default=1)
    rights_version = IntField(default=0)  # counted up by every change of rights here: two at once never miss each other


class Division(Document):
    """庭室 of a court: 立案庭, 民事审判第一庭, 送达中心. Shard key (court, _id); some ten per court."""

    meta = {
        "collection": "divisions",
        "indexes": [{"fields": ["court", "name"], "unique": True}],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    name = StringField(required=True)
    active = BooleanField(default=True)
    version = IntField(required=True, default=1)


class Grant(EmbeddedDocument):
    """A role somebody holds. Without a scope the role's own holds; after `until_on` (ISO date, inclusive) nothing."""

    role = StringField(required=True)
    scope = StringField(choices=SCOPES)
    until_on = StringField()


class Secondment(EmbeddedDocument):
    """借调: work in another court or division for a time, with grants that reach from there only."""

    id = StringField(required=True, default=new_id)
    court = StringField(required=True)
    division = StringField()
    grants = EmbeddedDocumentListField(Grant)
    from_on = StringField(required=True)
    until_on = StringField(required=True)


class Agreement(EmbeddedDocument):
    """保密协议: the dates it was signed on and holds until (ISO dates)."""

    signed_on = StringField(required=True)
    until_on = StringField()
    recorded_by = StringField(required=True)
    recorded_at = DateTimeField(required=True)


class Employment(EmbeddedDocument):
    """A time of work that is over: the first and the last day (ISO dates)."""

    joined_on = StringField()
    left_on = StringField(required=True)
    reason = StringField()


class OneTimePassword(EmbeddedDocument):
    """RFC 6238 second factor. `last_step` is the newest time step used, so that a code works once."""

    secret = EmbeddedDocumentField(Sealed, required=True)
    confirmed_at = DateTimeField()
    last_step = IntField(default=0)
    recovery = ListField(StringField())  # SHA-256 of unused recovery codes


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
            {
                "fields": ["external.provider", "external.subject"],
                "unique": True,
                "partialFilterExpression": {"external.subject": {"$type": "string"}},
            },
            ("court", "grants.role"),
            ("court", "name"),
            ("court", "division"),
            ("groups",),
            {"fields": ["secondments.court"], "sparse": True},
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    division = StringField()
    username = StringField(required=True)
    name = StringField(required=True)
    staff_no = StringField(required=True)
    grants = EmbeddedDocumentListField(Grant)
    groups = ListField(StringField(), default=list)
    secondments = EmbeddedDocumentListField(Secondment)
    agreement = EmbeddedDocumentField(Agreement)
    joined_on = StringField()
    left_on = StringField()
    leave_reason = StringField()
    earlier = EmbeddedDocumentListField(Employment)  # of somebody who left and came back

    password_hash = StringField()
    password_changed_at = DateTimeField()
    must_change_password = BooleanField(default=False)
    old_password_hashes = ListField(StringField(), default=list)
    totp = EmbeddedDocumentField(OneTimePassword)
    external = DictField()  # {provider, subject} of OIDC or LDAP
    openid = StringField()
    device = StringField()

    active = BooleanField(default=True)
    version = IntField(required=True, default=1)
    created_at = DateTimeField(required=True)
    updated_at = DateTimeField()

    @property
    def roles(self) -> list[str]:
        """Codes of the roles held directly, in the order they were given."""
        return list(dict.fromkeys(grant.role for grant in self.grants))


def holding(*roles: str) -> list[Grant]:
    """Grants of these roles at their own scope."""
    return [Grant(role=role) for role in roles]


class Group(Document):
    """People who are given roles together. Shard key (court, _id); a few per court."""

    meta = {
        "collection": "groups",
        "indexes": [{"fields": ["court", "name"], "unique": True}, "grants.role"],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    name = StringField(required=True)
    grants = EmbeddedDocumentListField(Grant)
    version = IntField(required=True, default=1)
    updated_at = DateTimeField(required=True)


class Role(Document):
    """A role a court made for itself: a named set of permissions. The seeded ones live in `roles.py`.

    `grants` are permission codes its holders may hand out without using them. Shard key (court, _id).
    """

    meta = {
        "collection": "roles",
        "indexes": [{"fields": ["court", "name"], "unique": True}],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    name = StringField(required=True)
    permissions = ListField(StringField(), default=list)
    grants = ListField(StringField(), default=list)
    scope = StringField(required=True, default="court", choices=SCOPES)
    privileged = BooleanField(default=False)  # holders sign in with a second factor
    version = IntField(required=True, default=1)
    updated_at = DateTimeField(required=True)


class Session(Document):
    """A token of a signed-in browser or phone. The id is its SHA-256, so the database cannot be used to sign in.

    `stage` is `full` once signing in is finished. A token that was rotated stays as a mark (`rotated_at`) beside its
    successor (`previous` there), all with the same `public_id`: the one before is good for a short while, and using it
    later ends the session, for then two hold it (RFC 9700 §4.14.2). An ended one stays, too, so that whoever comes
    back with it is told.
    """

    meta = {
        "collection": "sessions",
        "indexes": [
            ("person_id", "-created_at"),
            "public_id",
            # One successor per token: two rotations at once cannot both win.
            {"fields": ["previous"], "unique": True, "partialFilterExpression": {"previous": {"$type": "string"}}},
            {"fields": ["expires_at"], "expireAfterSeconds": 0},
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True)
    person_id = StringField(required=True)
    court = StringField(required=True)
    kind = StringField(required=True, choices=("web", "phone"))
    stage = StringField(required=True, default="full", choices=("full", "second_factor", "enrol", "password"))
    how = StringField(default="password")  # password, oidc, ldap, wechat
    device = StringField()
    agent = StringField()
    remote = StringField()
    public_id = StringField(required=True, default=new_id)  # what lists show: not the secret's hash
    previous = StringField()
    rotated_at = DateTimeField()
    created_at = DateTimeField(required=True)
    last_seen_at = DateTimeField()
    idle_until = DateTimeField()
    expires_at = DateTimeField(required=True)
    second = BooleanField(default=False)  # two factors were given
    wrong_codes = IntField(default=0)  # second-factor codes that did not fit
    ended_at = DateTimeField()
    end_reason = StringField()  # signed_out, ended, lost, reused, wrong_codes, replaced


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


class ScanChallenge(Document):
    """A second factor waiting for the person's own phone to confirm it. Expires by itself."""

    meta = {
        "collection": "scan_challenges",
        "indexes": [("session_id", "-expires_at"), {"fields": ["expires_at"], "expireAfterSeconds": 0}],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True)  # SHA-256 of the code shown as QR
    session_id = StringField(required=True)
    person_id = StringField(required=True)
    confirmed_at = DateTimeField()
    used_at = DateTimeField()
    expires_at = DateTimeField(required=True)


class SignInFailure(Document):
    """One wrong password or code; too many slow that name at that place down. Expires by itself.

    `username` is what was tried: a name, `code:<person>` or `bind:<openid>`. `remote` is an address, or `device:<id>`
    of a browser that has signed in under the name before.
    """

    meta = {
        "collection": "sign_in_failures",
        "indexes": [("username", "at"), ("remote", "at"), {"fields": ["at"], "expireAfterSeconds": 3600}],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    username = StringField(required=True)
    remote = StringField()
    at = DateTimeField(required=True)
