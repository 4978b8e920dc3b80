"""Keys in MongoDB: made once whoever asks first, never made again over lost ones, useless under another master key."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from server.cases.models import Party
from server.core.clock import utc_now
from server.core.crypto import KeysLost, SubjectDestroyed, Vault, VaultError, WrongMasterKey
from server.core.crypto.ciphers import SM4
from server.core.crypto.mongo_keys import MongoKeys
from server.core.crypto.providers import FileProvider
from server.core.crypto.records import SubjectKey
from server.core.fields import Sealed

COURT = "京0102"
MASTER = b"m" * 32


OLD_SEALED = "1.b75f1af2.GnQYof7j7lq/xsUYyk6M4jDOyFK80QBRFsS1898laeeFV17zRQgT"
OLD_INDEX = "49c2423c2b54a42d6bc8b4fce2c8b8d3"


def a_vault(master: bytes = MASTER, **options: Any) -> Vault:
    return Vault.from_master(master, MongoKeys(), **options)


def keep(sealed: str) -> None:
    """Stores a sealed value where the product would."""
    now = utc_now()
    phone = Sealed(text=sealed, mask="199****3984", index="0" * 32)
    Party(court=COURT, case_id="c", identity=sealed[:40], name="甲", kind="自然人", phone=phone,
          created_at=now, updated_at=now).save()  # fmt: skip


@pytest.mark.usefixtures("database")
def test_what_one_process_seals_another_opens() -> None:
    sealed = a_vault().seal("19907613984", court=COURT, subject="p1")
    other = a_vault()
    assert other.open(sealed, court=COURT, subject="p1") == "19907613984"
    assert other.index("x", court=COURT) == a_vault().index("x", court=COURT)
    assert other.secret("audit", court=COURT) == a_vault().secret("audit", court=COURT)
    assert other.secret("audit", court=COURT) != other.secret("audit", court="京0105")
    assert other.secret("audit", court=COURT) != other.secret("checkpoint", court=COURT)


def test_many_at_once_make_one_key_and_one_salt(database: Any) -> None:
    def seal(number: int) -> str:
        return a_vault().seal(str(number), court=COURT, subject="p1")

    with ThreadPoolExecutor(8) as pool:
        sealed = list(pool.map(seal, range(24)))
    assert database.data_keys.count_documents({"court": COURT, "purpose": "seal"}) == 1
    assert database.subject_keys.count_documents({"court": COURT, "subject": "p1"}) == 1
    assert a_vault().open_many(sealed, court=COURT) == [str(number) for number in range(24)]


def test_two_processes_racing_for_a_courts_first_key_use_the_same(database: Any, mongo_uri: str) -> None:
    program = (
        "import sys; from server.core import database; from server.core.crypto import Vault;"
        "from server.core.crypto.mongo_keys import MongoKeys; import server.cases.models;"
        f"database.connect(sys.argv[1]); v = Vault.from_master({MASTER!r}, MongoKeys());"
        "sys.stdin.readline(); print(v.seal('x', court='京0102'), v.index('x', court='京0102'))"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, mongo_uri], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for one in running:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    answers = [one.communicate(timeout=60)[0].split() for one in running]
    assert len({index for _, index in answers}) == 1
    assert len({sealed.split(".")[2] for sealed, _ in answers}) == 1
    assert database.data_keys.count_documents({"court": COURT}) == 2


@pytest.mark.usefixtures("database")
def test_another_master_key_refuses_before_anything_is_sealed_or_made() -> None:
    a_vault().seal("x", court=COURT)
    wrong = a_vault(b"w" * 32)
    for attempt in (wrong.check, lambda: wrong.seal("x", court=COURT), lambda: wrong.secret("audit", court="京0105")):
        with pytest.raises(WrongMasterKey, match="主密钥不对"):
            attempt()
    assert {key.court for key in MongoKeys().every_key()} == {"", COURT}


def test_lost_data_keys_are_never_silently_replaced(database: Any) -> None:
    keep(a_vault().seal("19907613984", court=COURT))
    database.data_keys.delete_many({"court": COURT})
    with pytest.raises(KeysLost, match="备份"):
        a_vault().seal("x", court=COURT)
    database.data_keys.delete_many({})
    with pytest.raises(KeysLost):
        a_vault().check()
    assert database.data_keys.count_documents({}) == 0


def test_values_of_the_first_form_stay_readable_and_searchable(database: Any) -> None:
    # Sealed and indexed by the program as it was before courts had keys of their own (commit f4dcb5a), master b"m"*32.
    keep(OLD_SEALED)
    vault = a_vault()
    assert vault.open(OLD_SEALED, court=COURT) == "19907613984"
    assert vault.index("19907613984", court=COURT) == OLD_INDEX
    assert vault.index("x", court="京0105") != vault.index("x", court=COURT)
    with pytest.raises(WrongMasterKey):
        a_vault(b"w" * 32).check()
    assert database.data_keys.count_documents({"purpose": "index", "court": COURT}) == 1


@pytest.mark.usefixtures("database")
def test_the_master_key_itself_can_be_changed() -> None:
    store = MongoKeys()
    sealed = a_vault().seal("19907613984", court=COURT, subject="p1")
    both = Vault(FileProvider([b"n" * 32, MASTER]), store)
    assert len(both.ring.rewrap_all()) == 2
    assert both.ring.rewrap_all() == []
    assert a_vault(b"n" * 32).open(sealed, court=COURT) == "19907613984"
    with pytest.raises(WrongMasterKey):
        a_vault().open(sealed, court=COURT)


@pytest.mark.usefixtures("database")
def test_both_ciphers_live_side_by_side() -> None:
    first = a_vault().seal("19907613984", court=COURT)
    vault = a_vault(cipher=SM4)
    newer = vault.seal("19907613984", court="京0105")
    vault.ring.next_generation(COURT, utc_now())
    newest = vault.seal("19907613984", court=COURT)
    assert [sealed.split(".")[1] for sealed in (first, newer, newest)] == ["a", "s", "s"]
    assert a_vault().open_many([first, newest], court=COURT) == ["19907613984"] * 2
    assert a_vault().open(newer, court="京0105") == "19907613984"


@pytest.mark.usefixtures("database")
def test_a_destroyed_person_is_gone_for_every_process_and_every_copy() -> None:
    vault, other = a_vault(), a_vault(ttl_s=0)
    sealed, kept = vault.seal("19907613984", court=COURT, subject="p1"), vault.seal("1", court=COURT, subject="p2")
    vault.destroy_subject("p1", court=COURT, reason="当事人申请", by="p-1", now=utc_now())
    for one in (vault, other, a_vault()):
        with pytest.raises(SubjectDestroyed):
            one.open(sealed, court=COURT)
        assert one.open_many([sealed, kept], court=COURT) == [None, "1"]
        with pytest.raises(SubjectDestroyed):
            one.seal("again", court=COURT, subject="p1")
    vault.destroy_subject("p3", court=COURT, reason="当事人申请", by="p-1", now=utc_now())
    with pytest.raises(SubjectDestroyed):
        vault.seal("never had a value", court=COURT, subject="p3")


@pytest.mark.usefixtures("database")
def test_a_value_moved_to_another_person_or_court_does_not_open() -> None:
    vault = a_vault()
    mine, theirs = (vault.seal("19907613984", court=COURT, subject=one) for one in ("p1", "p2"))
    with pytest.raises(VaultError, match="另一当事人"):
        vault.open(mine, court=COURT, subject="p2")
    grafted = ".".join([*mine.split(".")[:3], theirs.split(".")[3], mine.split(".")[4]])
    with pytest.raises(VaultError):
        vault.open(grafted, court=COURT)
    for sealed in (mine, vault.seal("x", court=COURT)):
        vault.seal("x", court="京0105")
        with pytest.raises(VaultError):
            vault.open(sealed, court="京0105")


@pytest.mark.usefixtures("database")
def test_many_values_cost_one_query_for_their_salts(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = [a_vault().seal(str(n), court=COURT, subject=f"p{n}") for n in range(20)]
    vault, asked = a_vault(), []
    real = MongoKeys.salts

    def counted(store: MongoKeys, ids: Iterable[str]) -> list[SubjectKey]:
        asked.append(list(ids))
        return real(store, asked[-1])

    monkeypatch.setattr(MongoKeys, "salts", counted)
    assert vault.open_many(sealed, court=COURT) == [str(n) for n in range(20)]
    assert [len(ids) for ids in asked] == [20]
