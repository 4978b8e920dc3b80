"""T15: what a server captures without a network waits on the phone and is linked when it is sent, hours later."""

from __future__ import annotations

from datetime import datetime, timedelta

from server.accounts.models import Person
from server.field.models import EvidenceItem
from tests.api.conftest import Phone
from tests.factories import media
from tests.factories import visits as make


def test_t15_evidence_captured_offline_is_linked_later_to_each_case_it_belongs_to(
    wc001: Phone, people: dict[str, Person]
) -> None:
    """One photo of one door, for two cases of the same recipient: held once per visit, with the time it was taken."""
    doors = [make.visit(server=people["wc001"]), make.visit(server=people["wc001"])]
    photo, captured = media.small_photo(31), make.now_text(hours=20)
    for door in doors:
        sent = make.form(photo, captured_at=captured)
        first = wc001.post(f"/api/phone/visits/{door.id}/evidence", data=sent)
        assert first.status_code == 201, first.get_data(as_text=True)
        again = wc001.post(f"/api/phone/visits/{door.id}/evidence", data=make.form(photo, **sent))
        assert again.json["evidence_id"] == first.json["evidence_id"]
    items = list(EvidenceItem.objects.order_by("visit_id"))
    assert {one.task_id for one in items} == {one.task_id for one in doors}
    assert len({one.task_id for one in items}) == len(items) == 2
    for one in items:
        assert one.captured_at == datetime.fromisoformat(captured)
        assert one.received_at - one.captured_at > timedelta(hours=19)
