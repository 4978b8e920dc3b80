"""Uploads are described as OpenAPI 3 describes them, so that a client made from the document can send them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

DOCUMENT = json.loads((Path(__file__).parents[3] / "docs/openapi.json").read_text(encoding="utf-8"))


def test_no_parameter_is_of_an_older_openapi() -> None:
    operations = [
        one
        for path in DOCUMENT["paths"].values()
        for method, one in path.items()
        if method not in ("parameters", "summary")
    ]
    places = {one["in"] for operation in operations for one in operation.get("parameters", ()) if "in" in one}
    assert "query" in places
    assert places <= {"path", "query", "header", "cookie"}


@pytest.mark.parametrize(
    ("path", "beside"), [("/api/board/imports", "kind"), ("/api/phone/visits/{visit_id}/evidence", "sha256")]
)
def test_an_upload_is_one_multipart_body_of_fields_and_file(path: str, beside: str) -> None:
    (media_type, content), *more = DOCUMENT["paths"][path]["post"]["requestBody"]["content"].items()
    assert (media_type, more) == ("multipart/form-data", [])
    assert content["schema"]["properties"]["file"]["format"] == "binary"
    assert beside in content["schema"]["properties"]
    assert {"file", beside} <= set(content["schema"]["required"])
