"""The phone's own signing key."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from miniprogram_api.blueprint import blueprint
from miniprogram_api.custody_schemas import DeviceAnswer, PhoneDeviceSchema
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.custody import errors
from server.custody.services import devices


@blueprint.route("/devices")
class Devices(MethodView):
    @blueprint.arguments(PhoneDeviceSchema)
    @blueprint.response(201, DeviceAnswer)
    @needs("phone.work", least="own", does="device.register")
    def post(self, data: dict[str, Any]) -> Any:
        """Register this phone's Ed25519 public key after signing in; the newest one gets the tickets."""
        me, now = current(), utc_now()
        if me.kind != "phone":
            raise errors.device_phone_only()
        done = devices.register(
            court=me.court,
            person_id=me.person_id,
            session_id=me.session_id,
            public_key=data["public_key"],
            name=data["name"],
            now=now,
        )
        audit.note(device_id=done.device_id, key_id=done.key_id, repeated=done.repeated)
        return {
            "device_id": done.device_id,
            "key_id": done.key_id,
            "registered_at": done.registered_at,
            "repeated": done.repeated,
            "server_time": now,
        }
