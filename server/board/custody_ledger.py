"""The sync ledger of a day: who has sent how many of how many, and what is still missing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask.views import MethodView

from server.board.blueprint import make_blueprint, ready
from server.board.schemas.custody import BoardCustodyLedgerSchema
from server.core.permissions import current, needs
from server.custody.services import ledger
from server.dispatch.services.daysheet import parse_day

blueprint = make_blueprint("custody_ledger", "Evidence on its way: the sync ledger of a day")


@blueprint.route("/days/<string:date>/ledger")
class DayLedger(MethodView):
    @blueprint.response(200, BoardCustodyLedgerSchema)
    @needs("dispatch.view")
    def get(self, date: str) -> Any:
        """n of m per server, and each item that is missing (since when), refused (why) or was taken back (why)."""
        found = ledger.of_day(court=current().court, day=parse_day(date).isoformat())
        return ready(
            {
                "date": found.day,
                "counts": found.counts.document(),
                "servers": [asdict(one) | {"counts": one.counts.document()} for one in found.servers],
                "cut": found.cut,
            }
        )
