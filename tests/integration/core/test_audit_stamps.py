"""Time-stamps on checkpoints: asked over a socket, checked before they are kept, and wanted again when they failed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from evidence.errors import EvidenceError
from evidence.log.timestamps import TimeStampAuthority
from server.core import crypto
from server.core.audit import checkpoints
from server.core.audit.chain import append
from server.core.audit.verify import Against, verify
from server.core.clock import utc_now
from server.core.errors import DomainError
from tests.emulators.tsa import OTHER_POLICY, POLICY, Authority, Tsa
from tests.integration.core.audit_chain import COURT, row

DATA = b"songda/court\n31\nroot\n"


@pytest.fixture(scope="module")
def service() -> Iterator[Tsa]:
    with Tsa() as running:
        yield running


@pytest.fixture
def tsa(service: Tsa) -> Iterator[Tsa]:
    kept = service.authority
    yield service
    service.authority = kept
    service.faults.clear()
    service.asked.clear()


def client(tsa: Tsa, policy: str = POLICY) -> TimeStampAuthority:
    return TimeStampAuthority(tsa.url, [tsa.root], policy=policy, timeout=(2.0, 2.0))


def test_a_stamp_is_of_these_bytes_at_this_time_and_can_be_checked_again(tsa: Tsa) -> None:
    found = client(tsa).stamp(DATA, now=utc_now())
    assert abs((found.at - utc_now()).total_seconds()) < 10
    assert client(tsa).check(found.der, DATA) == found
    with pytest.raises(EvidenceError, match=r"tsa\.wrong_answer"):
        client(tsa).check(found.der, DATA + b" ")


def test_the_authority_learns_the_hash_only(tsa: Tsa) -> None:
    client(tsa).stamp(DATA, now=utc_now())
    asked = tsa.asked[0]
    assert DATA not in asked.dump()
    assert asked["nonce"].native is not None
    assert asked["cert_req"].native is True


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("imprint", "tsa.wrong_answer"),
        ("nonce", "tsa.wrong_answer"),
        ("policy", "tsa.wrong_answer"),
        ("clock", "tsa.wrong_answer"),
        ("garbage", "tsa.wrong_answer"),
        ("empty", "tsa.wrong_answer"),
        ("huge", "tsa.wrong_answer"),
        ("refused", "tsa.refused"),
        ("stranger", "tsa.untrusted"),
        ("forged", "tsa.untrusted"),
        ("status", "tsa.unavailable"),
        ("drop", "tsa.unavailable"),
    ],
)
def test_a_wrong_answer_is_refused_with_its_code(tsa: Tsa, fault: str, code: str) -> None:
    asking = client(tsa)
    tsa.faults.append(fault)
    with pytest.raises(EvidenceError) as refusal:
        asking.stamp(DATA, now=utc_now())
    assert refusal.value.code == code
    assert asking.stamp(DATA, now=utc_now()).der


def test_a_certificate_for_something_else_is_refused(tsa: Tsa) -> None:
    tsa.authority = Authority.new("Drill TSA", purpose=ExtendedKeyUsageOID.CODE_SIGNING)
    with pytest.raises(EvidenceError, match=r"tsa\.untrusted") as refusal:
        client(tsa).stamp(DATA, now=utc_now())
    assert "purpose" in refusal.value.extra["reason"]


def test_nothing_is_trusted_without_roots(tsa: Tsa) -> None:
    with pytest.raises(EvidenceError, match=r"tsa\.untrusted"):
        TimeStampAuthority(tsa.url, []).stamp(DATA, now=utc_now())


def test_an_authority_that_is_away_is_unavailable() -> None:
    with pytest.raises(EvidenceError, match=r"tsa\.unavailable"):
        TimeStampAuthority("http://127.0.0.1:9/", []).stamp(DATA, now=utc_now())


@pytest.fixture
def chain(database: Any) -> Any:
    crypto.use(crypto.Vault.from_master(bytes(range(32))))
    append([row(n) for n in range(7)])
    return database.audit_checkpoints


def test_checkpoints_are_signed_at_once_and_stamped_when_the_authority_is_back(chain: Any, tsa: Tsa) -> None:
    tsa.faults.extend(["drop", "refused"])
    assert checkpoints.make(now=utc_now(), tsa=client(tsa)) == checkpoints.Made(1, 0, 1)
    append([row(8)])
    assert checkpoints.make(now=utc_now(), tsa=client(tsa)) == checkpoints.Made(1, 1, 1)
    assert checkpoints.make(now=utc_now(), tsa=client(tsa)) == checkpoints.Made(0, 1, 0)
    report = verify(COURT, Against(roots=[tsa.root], policy=POLICY))
    assert (report.ok, report.checkpoints, report.stamped, report.stamps_checked) == (True, 2, 2, 2)


def test_without_an_authority_checkpoints_are_signed_only(chain: Any) -> None:
    assert checkpoints.make(now=utc_now(), tsa=None) == checkpoints.Made(1, 0, 0)
    report = verify(COURT)
    assert (report.ok, report.checkpoints, report.stamped) == (True, 1, 0)


@pytest.mark.parametrize("name", ["stamp", "stamped_at", "stamp_mac"])
@pytest.mark.parametrize("gone", [True, False])
@pytest.mark.parametrize("with_roots", [True, False])
def test_an_altered_stamp_is_found(chain: Any, tsa: Tsa, name: str, gone: bool, with_roots: bool) -> None:
    checkpoints.make(now=utc_now(), tsa=client(tsa))
    found = chain.find_one({})
    other = {"stamp": found["stamp"][:-1] + b"\0", "stamped_at": utc_now().replace(year=2027), "stamp_mac": bytes(32)}
    chain.update_one({}, {"$set": {name: None if gone else other[name]}})
    report = verify(COURT, Against(roots=[tsa.root] if with_roots else ()))
    assert report.first_bad is not None
    assert report.first_bad.where == "checkpoint"


def test_a_stamp_of_another_policy_or_another_authority_does_not_verify(chain: Any, tsa: Tsa) -> None:
    checkpoints.make(now=utc_now(), tsa=client(tsa))
    assert not verify(COURT, Against(roots=[tsa.root], policy=OTHER_POLICY)).ok
    assert verify(COURT, Against(roots=[tsa.root])).ok
    with Tsa() as other:
        assert not verify(COURT, Against(roots=[other.root])).ok


def test_two_rounds_at_once_make_one_checkpoint(chain: Any) -> None:
    assert checkpoints.checkpoint(COURT, now=utc_now())
    assert not checkpoints.checkpoint(COURT, now=utc_now())
    assert chain.count_documents({}) == 1


def test_no_checkpoint_is_signed_over_an_altered_head(chain: Any, database: Any) -> None:
    database.audit_heads.update_one({}, {"$set": {"size": 6}})
    assert checkpoints.make(now=utc_now(), tsa=None).checkpoints == 0


def test_a_checkpoint_kept_elsewhere_betrays_a_log_that_was_put_back(chain: Any, database: Any) -> None:
    kept = {name: list(database[name].find()) for name in ("audit_entries", "audit_heads", "audit_checkpoints")}
    append([row(n) for n in range(7, 12)])
    checkpoints.make(now=utc_now(), tsa=None)
    known = checkpoints.verifier(COURT).open(chain.find_one({})["note"])
    for name, documents in kept.items():
        database[name].delete_many({})
        if documents:
            database[name].insert_many(documents)
    assert verify(COURT).ok  # from inside nothing is amiss
    report = verify(COURT, Against(known=known))
    assert report.first_bad is not None
    assert (report.first_bad.what, report.first_bad.seq) == ("cut", 7)
    append([row(n) for n in range(20, 25)])
    report = verify(COURT, Against(known=known))
    assert report.first_bad is not None
    assert report.first_bad.what == "forged"


def test_roots_come_from_a_file_and_a_bad_one_is_refused(tsa: Tsa, tmp_path: Path) -> None:
    file = tmp_path / "roots.pem"
    file.write_bytes(tsa.root.public_bytes(Encoding.PEM))
    asking = checkpoints.authority(tsa.url, file, policy=POLICY)
    assert asking is not None
    assert asking.stamp(DATA, now=utc_now()).der
    assert checkpoints.authority("", file) is None
    file.write_text("no certificate")
    for path in (file, tmp_path / "none.pem"):
        with pytest.raises(DomainError, match=r"audit\.bad_tsa_certificates"):
            checkpoints.authority(tsa.url, path)
