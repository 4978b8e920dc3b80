"""What a view costs at least: the same queries as the phone API, by Flask and pymongo alone. For bench_phone only.

No sessions, no permissions, no schemas, no roster: nothing but the visits of one person as JSON, and one step pushed.
"""

from __future__ import annotations

import json
import os
from typing import Any

from flask import Flask, Response, request
from pymongo import MongoClient, ReturnDocument

from server.core.clock import utc_now
from server.field.services.route import STOP_FIELDS

COURT = "京0102"

app = Flask("bare")
client: MongoClient[dict[str, Any]] = MongoClient(os.environ["MONGODB_URI"], tz_aware=True, w="majority", journal=True)
visits = client.get_default_database()["visits"]


@app.get("/route")
def route() -> Response:
    me, day = request.args["person"], request.args["date"]
    mine = [
        {"date": day, "server_id": me},
        {"date": day, "second_server_id": me},
        {"review.state": "sent_back", "server_id": me},
    ]
    found = list(visits.find({"court": COURT, "$or": mine, "state": {"$ne": "withdrawn"}}, STOP_FIELDS))
    return Response(json.dumps(found, default=str, ensure_ascii=False), mimetype="application/json")


@app.post("/visits/<visit_id>/events")
def event(visit_id: str) -> Response:
    step = request.get_json() | {"received_at": utc_now()}
    done = visits.find_one_and_update(
        {"_id": visit_id, "court": COURT, "progress.client_id": {"$ne": step["client_id"]}},
        {"$push": {"progress": step}, "$inc": {"version": 1}},
        projection={"state": 1, "version": 1},
        return_document=ReturnDocument.AFTER,
    )
    return Response(json.dumps(done, default=str), 201 if done else 404, mimetype="application/json")
