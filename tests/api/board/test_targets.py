"""GET /api/board/targets: what leaders and administrators read of the contracts' targets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from server.core.clock import court_day, utc_now
from tests.api.conftest import OTHER_COURT, Browser
from tests.factories.service import task as make_task


def test_targets_are_measured_for_the_own_court_with_definition_readings_volumes_and_prices(
    app: Flask, sign_in: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "target_readings", {"remote_success": "everybody"})
    make_task(created_at=utc_now() - timedelta(days=3))
    make_task(court=OTHER_COURT)
    make_task(created_at=utc_now() - timedelta(days=60))
    admin = sign_in("admin")
    found = admin.get("/api/board/targets")
    assert found.status_code == 200, found.json
    assert found.json["tasks"] == 1
    assert {one["check"] for one in found.json["measures"]} == {"T06", "T07", "T09", "T10", "T11"}
    first = found.json["measures"][0]
    assert (first["code"], first["threshold"], first["sense"], first["met"]) == (
        "remote_success",
        0.6,
        "at_least",
        False,
    )
    assert first["chosen"] == "everybody"
    assert [one["code"] for one in first["readings"]] == ["recipient", "task", "everybody"]
    assert first["readings"][2]["value"] == 0
    unknown = next(one for one in found.json["measures"] if one["code"] == "satisfaction")
    assert (unknown["met"], unknown["readings"], unknown["lacking"]) == (None, [], "尚未登记满意度评价")
    volumes = {one["code"]: (one["foreseen"], one["done"]) for one in found.json["volumes"]}
    assert volumes["cases_70000"] == (70_000, 2)
    assert {one["fen"] for one in found.json["prices"]} == {16_000, 2_000, 3_000, 4_000, 800}

    today = court_day(utc_now())
    days = {"from": (today - timedelta(days=90)).isoformat(), "to": today.isoformat()}
    assert admin.get("/api/board/targets", query_string=days).json["tasks"] == 2
    turned = {"from": days["to"], "to": days["from"]}
    assert admin.get("/api/board/targets", query_string=turned).json["code"] == "period.invalid"
    assert sign_in("specialist").get("/api/board/targets").status_code == 403
