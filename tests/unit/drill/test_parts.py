"""The drill's own parts: its patience, its script, its receiver and its pictures."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from evidence.geo import GeoPoint, distance_m
from evidence.media import inspect
from evidence.signature import check_signature
from server.drill.cli import is_loopback
from server.drill.doors import Script, sha256_of
from server.drill.ledger import Ledger
from server.drill.line import Line, Refused, Unreachable
from server.drill.pictures import Pictures
from server.drill.walk import Place, Receiver
from server.field.rules import RawFix, TrackPoint, clean, tracked_m, wgs84_of
from server.law.outcomes import OUTCOMES
from server.law.required_evidence import Circumstances, Entered, bar, missing

AT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


class Shaky(BaseHTTPRequestHandler):
    """Answers by the script: a status, or None to drop the connection after reading the request."""

    script: ClassVar[list[int | None]] = []
    seen: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.seen.append(self.rfile.read(int(self.headers["Content-Length"])))
        status = self.script.pop(0)
        if status is None:
            self.close_connection = True
            return
        body = json.dumps({"code": f"test.{status}", "title": "测试"}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def shaky() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shaky)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Shaky.seen.clear()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_does_not_answer_is_sent_again_the_same(shaky: str) -> None:
    Shaky.script[:] = [503, None, 502, 201]
    ledger = Ledger()
    line = Line(shaky, ledger)
    assert line.post("/", {"client_id": "one"})["code"] == "test.201"
    assert len(Shaky.seen) == 4
    assert len(set(Shaky.seen)) == 1
    assert ledger.counts["retries"] == 3
    line.http.close()


def test_a_refusal_is_an_answer_and_is_not_repeated(shaky: str) -> None:
    Shaky.script[:] = [409]
    line = Line(shaky, Ledger())
    with pytest.raises(Refused) as refused:
        line.post("/", {})
    assert (refused.value.status, refused.value.code, len(Shaky.seen)) == (409, "test.409", 1)
    line.http.close()


def test_patience_ends(shaky: str) -> None:
    Shaky.script[:] = [503] * 50
    line = Line(shaky, Ledger(), patience_s=0.5)
    with pytest.raises(Unreachable, match="503"):
        line.post("/", {})
    line.http.close()


def stop(number: int, kind: str, document: str) -> dict[str, Any]:
    case = Circumstances((document,), kind, "民事")
    return {
        "case_number": f"（2026）京0102民初{number}号",
        "address": f"某路{number}号",
        "documents": [{"name": document, "copies": 1}],
        "recipient": {"name": "赵某", "kind": kind},
        "closed_outcomes": [code for code in OUTCOMES if bar(code, case)],
    }


def test_every_outcome_happens_and_brings_what_the_law_wants() -> None:
    script = Script(1, [{"code": code} for code in OUTCOMES])
    seen = set()
    for number in range(120):
        kind = "法人" if number % 3 == 0 else "自然人"
        document = "民事调解书" if number % 5 == 0 else "传票"
        scene = script.scene(stop(number, kind, document))
        seen.add(scene.code)
        case = Circumstances((document,), kind, "民事")
        fields = {
            **{key: value for key, value in scene.fields.items() if isinstance(value, str)},
            **{f"signer.{key}": value for key, value in scene.fields.get("signer", {}).items()},
            **{f"witness.{key}": value for key, value in scene.fields.get("witness", {}).items()},
        }
        entered = Entered(Counter(shot.kind for shot in scene.shots), fields)
        assert bar(scene.code, case) is None
        assert missing(scene.code, circumstances=case, entered=entered) == []
    assert seen == set(OUTCOMES)


def test_the_receiver_walks_the_grid_and_the_server_sees_through_its_errors() -> None:
    receiver = Receiver(random.Random(4))
    start, end = GeoPoint(39.92, 116.36), GeoPoint(39.94, 116.39)
    fixes = [
        RawFix(
            **one["point"],
            accuracy_m=one["accuracy_m"],
            provider=one["provider"],
            at=datetime.fromisoformat(one["at"]),
        )
        for one in receiver.along(start, end, AT, AT + timedelta(minutes=40))
    ]
    kept, _ = clean(fixes, now=AT + timedelta(days=1))
    track = [TrackPoint(wgs84_of(fixes[n]), fixes[n].accuracy_m, fixes[n].at) for n in kept]
    corner = GeoPoint(start.lat, end.lng)
    walked = distance_m(start, corner) + distance_m(corner, end)
    assert tracked_m(track) == pytest.approx(walked, rel=0.1)


def test_a_place_is_read_in_its_own_datum() -> None:
    assert Place.of(None).point is None
    gcj = Place.of({"lng": 116.3743, "lat": 39.9297, "datum": "GCJ-02"}).point
    wgs = Place.of({"lng": 116.3743, "lat": 39.9297, "datum": "WGS-84"}).point
    assert gcj is not None
    assert wgs is not None
    assert 400 < distance_m(gcj, wgs) < 700


def test_pictures_are_real_and_no_two_are_the_same() -> None:
    pictures = Pictures(2)
    photos = [
        pictures.photo(words="WC001 door", taken_at=AT, place=GeoPoint(39.9, 116.4), with_exif=n % 2 == 0)
        for n in range(20)
    ]
    signatures = [pictures.signature() for _ in range(60)]
    assert len({sha256_of(one) for one in [*photos, *signatures]}) == 80
    facts = inspect(photos[0], kind="photo")
    assert (facts.media_type, facts.exif_taken_at) == ("image/jpeg", AT)
    assert inspect(photos[1], kind="photo").exif_taken_at is None
    assert 40_000 < len(photos[0]) < 140_000
    for one in signatures[::10]:
        check_signature(one)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:9001", True),
        ("http://localhost:9001", True),
        ("http://[::1]:9001", True),
        ("https://api.weixin.qq.com", False),
        ("http://127.0.0.1.example.com", False),
        ("not a url", False),
    ],
)
def test_only_an_emulator_on_this_machine_is_played_against(url: str, here: bool) -> None:
    assert is_loopback(url) is here
