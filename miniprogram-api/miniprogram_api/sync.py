"""What the server holds, item by item."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from miniprogram_api.answers import SyncAnswer
from miniprogram_api.blueprint import blueprint
from miniprogram_api.schemas import PhoneSyncSchema
from server.core.permissions import current, needs
from server.field import services
from server.field.services.sync import Asked


@blueprint.route("/sync")
class Sync(MethodView):
    @blueprint.arguments(PhoneSyncSchema)
    @blueprint.response(200, SyncAnswer)
    @needs("phone.work", least="own", does="phone.sync")
    def post(self, data: dict[str, Any]) -> Any:
        """Which of these items are held, with which hash, and where these visits stand now."""
        me = current()
        return services.sync_state(
            court=me.court,
            person_id=me.person_id,
            visit_ids=data["visits"],
            asked=[Asked(**one) for one in data["items"]],
        )
