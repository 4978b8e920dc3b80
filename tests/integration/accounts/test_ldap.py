"""Passwords that a directory keeps: a real slapd, over verified TLS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.accounts import services as accounts
from server.accounts.models import Court, Person, SignInFailure, holding
from server.core import crypto
from server.core.clock import utc_now
from server.core.crypto.records import MemoryKeys
from server.core.errors import DomainError
from server.gateways.ldap import LdapDirectory
from tests.integration.accounts import directory as emulated
from tools.stack.ports import free_port

pytestmark = pytest.mark.skipif(
    not emulated.SLAPD.exists(), reason="slapd is not installed here: `make test` installs it where apt may"
)
GOOD = emulated.PEOPLE["manager"]


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[emulated.Slapd]:
    running = emulated.start(tmp_path_factory.mktemp("ldap") / "slapd")
    yield running
    running.stop()


@pytest.fixture
def directory(slapd: emulated.Slapd) -> LdapDirectory:
    return LdapDirectory(slapd.settings())


def test_a_right_password_gives_the_entry(directory: LdapDirectory) -> None:
    found = directory.check("manager", GOOD)
    assert found is not None
    assert (found.username, found.staff_no) == ("manager", "MANAGER")
    assert len(found.subject) == 36  # entryUUID


def test_starttls_does_as_well(slapd: emulated.Slapd) -> None:
    assert LdapDirectory(slapd.settings(url=slapd.plain_url)).check("manager", GOOD)


@pytest.mark.parametrize("password", ["wrong", GOOD + " ", GOOD.upper(), "\0", GOOD + "\0", "*"])
def test_a_wrong_password_gives_nothing(directory: LdapDirectory, password: str) -> None:
    assert directory.check("manager", password) is None


def test_an_empty_password_is_refused_though_the_server_would_welcome_it_as_nobody(
    slapd: emulated.Slapd, directory: LdapDirectory
) -> None:
    assert directory.check("manager", "") is None


@pytest.mark.parametrize(
    "name",
    [
        "*",
        "*)(uid=*",
        "manager)(objectClass=*",
        "manager*",
        "(uid=manager)",
        "man\\61ger",
        "\0",
        "manager\0",
        "",
        "uid=manager",
        "|(uid=*)",
    ],
)
def test_a_name_is_a_name_and_never_a_filter(directory: LdapDirectory, name: str) -> None:
    assert directory.check(name, GOOD) is None


def test_two_entries_of_one_name_are_nobody(directory: LdapDirectory) -> None:
    assert directory.check("twin", emulated.PEOPLE["twin"]) is None


def test_a_directory_whose_certificate_nobody_vouches_for_is_not_asked(slapd: emulated.Slapd, tmp_path: Path) -> None:
    for url in (slapd.url, slapd.plain_url):
        with pytest.raises(DomainError) as refused:
            LdapDirectory(slapd.settings(url=url, ca_file="")).check("manager", GOOD)
        assert (refused.value.code, refused.value.status) == ("ldap.unavailable", 503)


def test_a_directory_under_another_name_is_not_asked(slapd: emulated.Slapd) -> None:
    with pytest.raises(DomainError, match=r"ldap\.unavailable"):
        LdapDirectory(slapd.settings(url=slapd.url.replace("127.0.0.1", "localhost"))).check("manager", GOOD)


def test_a_directory_that_is_away_is_said_to_be_away(slapd: emulated.Slapd) -> None:
    gone = LdapDirectory(slapd.settings(url=f"ldaps://127.0.0.1:{free_port()}"))
    with pytest.raises(DomainError, match=r"ldap\.unavailable"):
        gone.check("manager", GOOD)


def test_a_wrong_service_account_is_an_operators_matter_and_nobody_gets_in(slapd: emulated.Slapd) -> None:
    with pytest.raises(DomainError, match=r"ldap\.unavailable"):
        LdapDirectory(slapd.settings(bind_password="nope")).check("manager", GOOD)


# Signing in with it


@pytest.fixture
def person(database: object, monkeypatch: pytest.MonkeyPatch) -> Person:
    monkeypatch.setattr(crypto._Holder, "vault", crypto.Vault.from_master(bytes(range(32)), MemoryKeys()))
    Court(id="京0102", name="北京市西城区人民法院", level=4).save(force_insert=True)
    made: Person = Person(
        court="京0102",
        username="manager",
        name="张三",
        staff_no="MANAGER",
        grants=holding("manager"),
        external={"provider": "ldap"},
        password_hash=accounts.hash_password("an old local password"),
        created_at=utc_now(),
    ).save(force_insert=True)
    return made


def sign_in(directory: LdapDirectory | None, password: str, username: str = "manager") -> str:
    try:
        signed_in = accounts.sign_in_web(
            username=username, password=password, remote="192.0.2.1", now=utc_now(), directory=directory
        )
    except DomainError as error:
        return error.code
    return signed_in.next


def test_somebody_the_directory_keeps_signs_in_with_its_password(directory: LdapDirectory, person: Person) -> None:
    assert sign_in(directory, GOOD) == "done"
    linked = Person.objects(id=person.id).get()
    assert linked.external["subject"]
    assert linked.roles == ["manager"]
    assert sign_in(directory, GOOD) == "done"
    assert SignInFailure.objects.count() == 0


def test_their_local_password_is_worth_nothing(directory: LdapDirectory, person: Person) -> None:
    assert sign_in(directory, "an old local password") == "auth.wrong_password"
    assert sign_in(None, "an old local password") == "auth.wrong_password"
    assert sign_in(directory, "") == "auth.wrong_password"


def test_a_name_given_to_somebody_else_in_the_directory_opens_nothing(directory: LdapDirectory, person: Person) -> None:
    Person.objects(id=person.id).update(set__external={"provider": "ldap", "subject": "of whoever had it before"})
    assert sign_in(directory, GOOD) == "auth.wrong_password"


def test_the_directory_creates_nobody(directory: LdapDirectory, person: Person) -> None:
    assert sign_in(directory, emulated.PEOPLE["judge"], "judge") == "auth.wrong_password"
    assert Person.objects.count() == 1


def test_who_has_left_is_refused_though_the_directory_still_knows_them(
    directory: LdapDirectory, person: Person
) -> None:
    Person.objects(id=person.id).update(set__active=False)
    assert sign_in(directory, GOOD) == "auth.wrong_password"


def test_a_directory_that_is_away_locks_nobody_elses_password(slapd: emulated.Slapd, person: Person) -> None:
    gone = LdapDirectory(slapd.settings(url=f"ldaps://127.0.0.1:{free_port()}"))
    assert sign_in(gone, GOOD) == "ldap.unavailable"
    Person.objects(id=person.id).update(set__external={})
    assert sign_in(gone, "an old local password") == "done"
