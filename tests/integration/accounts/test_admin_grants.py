"""Graded administration, separated duties, the last administrator: what giving and taking roles must never do."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from server.accounts.models import Group, Person
from server.accounts.services import groups as group_services
from server.accounts.services import people_changes, people_grants
from server.accounts.services import roles as role_services
from server.core.errors import DomainError
from tests.integration.accounts import world
from tests.integration.accounts.world import ELSEWHERE, HERE, MIDDLE, NEXT, NOW, held, person, raw


@pytest.fixture(autouse=True)
def _courts(database: Any) -> None:
    world.courts()


def give(by: str, to: str, *grants: str | dict[str, Any], groups: tuple[str, ...] = ()) -> dict[str, Any]:
    listed = [{"role": one} if isinstance(one, str) else one for one in grants]
    version = raw(to).get("version", 1)
    return people_grants.put_grants(person_id=to, version=version, grants=listed, groups=groups, by=by, now=NOW)


def refused(code: str, call: Any, /, *args: Any, **kwargs: Any) -> DomainError:
    with pytest.raises(DomainError) as caught:
        call(*args, **kwargs)
    assert caught.value.code == code, caught.value
    return caught.value


def test_a_court_administrator_gives_the_roles_of_the_courts_work() -> None:
    admin, new = person("admin", "court_admin"), person("new")
    after = give(admin, new, "specialist", {"role": "process_server", "until_on": "2026-12-31"})
    assert after["grants"] == [{"role": "specialist"}, {"role": "process_server", "until_on": "2026-12-31"}]
    assert after["version"] == 2
    assert "tasks.review" in held(new).permissions


def test_nobody_gives_what_they_lack() -> None:
    admin, new = person("admin", "court_admin"), person("new")
    for role in ("supervisor", "security_auditor", "system_admin"):
        assert refused("grants.beyond_authority", give, admin, new, role).extra["missing"]
    assert raw(new)["grants"] == []


def test_nobody_gives_a_wider_reach_than_their_own() -> None:
    admin, new = person("admin", "court_admin"), person("new")
    refused("grants.beyond_authority", give, admin, new, "leader")  # reaches below the court
    refused("grants.beyond_authority", give, admin, new, {"role": "specialist", "scope": "below"})
    assert give(admin, new, {"role": "leader", "scope": "court"})["grants"] == [{"role": "leader", "scope": "court"}]


def test_nobody_reaches_outside_their_subtree() -> None:
    above = person("above", ("court_admin", "below"), court=MIDDLE)
    beside = person("beside", "court_admin", court=NEXT)
    inside, outside = person("inside"), person("outside", court=ELSEWHERE)
    assert give(above, inside, "specialist")["grants"]
    refused("grants.beyond_authority", give, above, outside, "specialist")
    refused("grants.beyond_authority", give, beside, inside, "manager")


def test_what_one_could_not_give_one_cannot_take_but_may_leave_in_place() -> None:
    admin, auditor = person("admin", "court_admin"), person("auditor", "security_auditor")
    refused("grants.beyond_authority", give, admin, auditor)
    refused("grants.beyond_authority", give, admin, auditor, {"role": "security_auditor", "until_on": "2026-11-25"})
    supervisor = person("supervisor", "supervisor")
    assert give(supervisor, auditor)["grants"] == []
    kept = give(admin, person("leader", "leader"), {"role": "leader", "scope": "below"}, "specialist")
    assert kept["grants"] == [{"role": "leader"}, {"role": "specialist"}]


def test_nobody_changes_their_own() -> None:
    admin, other = person("admin", "court_admin"), person("other", "court_admin")
    refused("grants.own", give, admin, admin, "court_admin", "specialist")
    dates = {"from_on": "2026-12-01", "until_on": "2026-12-31"}
    second = people_grants.second
    refused("grants.own", second, person_id=admin, version=1, court=HERE, division=None, grants=[], by=admin, now=NOW,
            **dates)  # fmt: skip
    sign = people_changes.record_agreement
    refused("grants.own", sign, person_id=admin, version=1, signed_on="2026-01-01", until_on=None, by=admin, now=NOW)
    assert give(other, admin, "court_admin", "specialist")["version"] == 2


def test_somebody_made_inactive_gives_nothing_any_more() -> None:
    admin, new = person("admin", "court_admin", active=False), person("new")
    refused("grants.beyond_authority", give, admin, new, "specialist")


@pytest.mark.parametrize("pair", [("supervisor", "security_auditor"), ("system_admin", "supervisor"),
                                  ("security_auditor", "specialist"), ("system_admin", "process_server")])  # fmt: skip
def test_separated_duties_are_never_joined(pair: tuple[str, str]) -> None:
    supervisor, new = person("boss", "supervisor"), person("new", pair[0])
    error = refused("roles.separated_duties", give, supervisor, new, *pair)
    assert len(error.extra["duties"]) == 2
    assert all(duty in error.title for duty in error.extra["duties"])
    assert [one["role"] for one in raw(new)["grants"]] == [pair[0]]


def test_separated_duties_count_groups_and_secondments_to_come() -> None:
    supervisor = person("boss", "supervisor", court=MIDDLE)
    auditor = person("auditor", "security_auditor", court=HERE)
    group = Group(court=HERE, name="送达组", grants=[{"role": "specialist"}], updated_at=NOW).save()
    refused("roles.separated_duties", give, supervisor, auditor, "security_auditor", groups=(group.id,))
    dates = {"from_on": "2027-01-01", "until_on": "2027-06-30"}
    refused("roles.separated_duties", people_grants.second, person_id=auditor, version=1, court=NEXT, division=None,
            grants=[{"role": "manager"}], by=supervisor, now=NOW, **dates)  # fmt: skip


def test_a_group_cannot_join_separated_duties_for_a_member() -> None:
    supervisor = person("boss", "supervisor")
    group = Group(court=HERE, name="组", grants=[], updated_at=NOW).save()
    person("auditor", "security_auditor", groups=[group.id])
    error = refused("roles.separated_duties", group_services.change_group, group_id=group.id, version=1, name=None,
                    grants=[{"role": "specialist"}], by=supervisor, now=NOW)  # fmt: skip
    assert error.title.startswith("auditor")
    assert Group.objects.get(id=group.id).grants == []


def test_what_a_group_gives_is_judged_when_joining_leaving_and_editing_it() -> None:
    admin, new = person("admin", "court_admin"), person("new")
    high = Group(court=HERE, name="领导组", grants=[{"role": "leader"}], updated_at=NOW).save()
    low = Group(court=HERE, name="专员组", grants=[{"role": "specialist"}], updated_at=NOW).save()
    refused("grants.beyond_authority", give, admin, new, groups=(high.id,))
    chief = person("chief", groups=[high.id])
    refused("grants.beyond_authority", give, admin, chief)
    assert give(admin, chief, groups=(high.id, low.id))["groups"] == [high.id, low.id]
    edit = group_services.change_group
    for group, grants in ((high, []), (low, [{"role": "specialist"}, {"role": "leader"}])):
        refused(
            "grants.beyond_authority", edit, group_id=group.id, version=1, name=None, grants=grants, by=admin, now=NOW
        )
    assert (
        edit(group_id=high.id, version=1, name="院领导组", grants=[{"role": "leader"}], by=admin, now=NOW)["version"]
        == 2
    )


def test_the_last_administrator_stays() -> None:
    supervisor, admin = person("boss", "supervisor", court=MIDDLE), person("admin", "court_admin")
    refused("roles.last_administrator", give, supervisor, admin, "specialist")
    refused("roles.last_administrator", give, supervisor, admin, {"role": "court_admin", "until_on": "2026-11-23"})
    refused("roles.last_administrator", give, supervisor, admin, {"role": "court_admin", "scope": "division"})
    person("second", "court_admin")
    assert give(supervisor, admin, "specialist")["grants"] == [{"role": "specialist"}]


def test_an_administrator_of_a_group_counts_and_cannot_be_lost_with_it() -> None:
    supervisor = person("boss", "supervisor", court=MIDDLE)
    group = Group(court=HERE, name="管理组", grants=[{"role": "court_admin"}], updated_at=NOW).save()
    admin = person("admin", groups=[group.id])
    refused("roles.last_administrator", group_services.change_group, group_id=group.id, version=1, name=None, grants=[],
            by=supervisor, now=NOW)  # fmt: skip
    refused("roles.last_administrator", give, supervisor, admin)
    refused("roles.last_administrator", people_changes.leave, person_id=admin, version=1, left_on="2026-11-24",
            reason="调动", by=supervisor, now=NOW)  # fmt: skip


def test_of_two_administrators_who_remove_each_other_at_once_one_stays() -> None:
    """Each sees the other while judging; only the courts' counter makes one of them judge again."""
    for _ in range(5):
        Person.drop_collection()
        Person.ensure_indexes()
        first, second = person("first", "court_admin"), person("second", "court_admin")
        start, codes = threading.Barrier(2), []

        def remove(by: str, other: str, start: Any = start, codes: list[str] = codes) -> None:
            start.wait()
            try:
                give(by, other)
                codes.append("done")
            except DomainError as error:
                codes.append(error.code)

        threads = [threading.Thread(target=remove, args=pair) for pair in ((first, second), (second, first))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert codes.count("done") == 1, codes
        left = [one for one in (first, second) if "people.grant" in held(one).permissions]
        assert len(left) == 1


def test_a_change_seen_by_an_old_version_is_refused() -> None:
    admin, new = person("admin", "court_admin"), person("new")
    give(admin, new, "specialist")
    refused("person.stale", people_grants.put_grants, person_id=new, version=1, grants=[], groups=[], by=admin, now=NOW)
    assert raw(new)["grants"] == [{"role": "specialist"}]


def test_a_role_that_is_unknown_or_of_another_court_is_refused() -> None:
    admin, new = person("admin", "court_admin"), person("new")
    other = person("other", "court_admin", court=NEXT)
    theirs = role_services.create_role(court=NEXT, name="看板", permissions=["tasks.view"], grants=None, scope="court",
                                       privileged=False, copy_of=None, by=other, now=NOW)  # fmt: skip
    refused("roles.unknown", give, admin, new, "emperor")
    refused("roles.unknown", give, admin, new, theirs["_id"])
    refused("groups.unknown", give, admin, new, groups=("nothing",))


def test_a_secondment_reaches_only_where_and_when_it_says() -> None:
    above = person("above", ("court_admin", "below"), court=MIDDLE)
    admin, lent = person("admin", "court_admin"), person("lent", "specialist")
    asked = {"person_id": lent, "court": NEXT, "division": None, "grants": [{"role": "manager"}], "now": NOW,
             "from_on": "2026-11-20", "until_on": "2026-11-30"}  # fmt: skip
    refused("grants.beyond_authority", people_grants.second, **asked, version=1, by=admin)
    after = people_grants.second(**asked, version=1, by=above)
    seats = {seat.court: seat.scopes for seat in held(lent).seats}
    assert "dispatch.publish" in seats[NEXT]
    assert "dispatch.publish" not in seats[HERE]
    refused("grants.beyond_authority", people_grants.end_secondment, person_id=lent, version=2, by=admin, now=NOW,
            secondment_id=after["secondments"][0]["id"])  # fmt: skip
    people_grants.end_secondment(
        person_id=lent, version=2, by=above, now=NOW, secondment_id=after["secondments"][0]["id"]
    )
    assert [seat.court for seat in held(lent).seats] == [HERE]


def test_a_secondment_needs_dates_that_make_sense_and_a_division_of_that_court() -> None:
    above, lent = person("above", ("court_admin", "below"), court=MIDDLE), person("lent")
    mine = world.division("立案庭", HERE)
    asked = {"person_id": lent, "version": 1, "court": NEXT, "grants": [], "by": above, "now": NOW}
    second = people_grants.second
    refused("secondment.bad_dates", second, **asked, division=None, from_on="2026-12-02", until_on="2026-12-01")
    refused("secondment.bad_dates", second, **asked, division=None, from_on="2026-11-01", until_on="2026-11-23")
    refused("division.wrong_court", second, **asked, division=mine, from_on="2026-12-01", until_on="2026-12-01")


def test_moving_to_another_division_is_giving_the_rights_of_division_scope_anew() -> None:
    one, two = world.division("一庭"), world.division("二庭")
    chief = person("chief", ("court_admin", "division"), division=one)
    staff = person("staff", "onsite", division=one)
    move = people_changes.change_person
    refused("grants.beyond_authority", move, person_id=staff, version=1, changes={"division": two}, by=chief, now=NOW)
    admin = person("admin", "court_admin")
    assert move(person_id=staff, version=1, changes={"division": two}, by=admin, now=NOW)["division"] == two
