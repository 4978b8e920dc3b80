"""A court's own seal service: what comes back is checked, and nothing is sealed twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.core.clock import utc_now
from server.core.errors import DomainError
from server.gateways import seal as gateway
from server.gateways.seal import RemoteSeal
from server.papers.seal.check import State, Trust, verify
from tests.emulators.seal import SealService
from tests.unit.papers import seals

KEY = "k" * 40


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[SealService]:
    monkeypatch.setattr(gateway, "PAUSE_S", 0.01)
    with SealService(KEY, now=utc_now()) as running:
        yield running


def ask(service: SealService, key: str = KEY):
    remote = RemoteSeal(service.url, key, timeout=(2, 5))
    return remote.seal(
        seals.proof_pdf(), court=seals.COURT, court_name=seals.NAME, reason="送达回证", at=utc_now(), place=None
    )


def test_the_service_seals_and_its_seal_is_trusted_under_its_own_root_only(service: SealService):
    sealed = ask(service)
    assert sealed.pdf.startswith(seals.proof_pdf())
    now = utc_now()
    assert verify(sealed.pdf, trust=Trust([service.root]), now=now).state is State.VALID
    assert verify(sealed.pdf, trust=seals.sealing().trust, now=now).state is State.UNTRUSTED


@pytest.mark.parametrize("faults", [["away"], ["drop"], ["away", "drop"]])
def test_a_service_that_was_away_is_asked_again_under_the_same_key(service: SealService, faults: list[str]):
    service.faults.extend(faults)
    ask(service)
    ask(service)
    assert len(set(service.asked)) == len(service.sealed) == 1


def test_a_service_that_stays_away_is_named(service: SealService):
    service.faults.extend(["away"] * gateway.TRIES)
    with pytest.raises(DomainError) as refused:
        ask(service)
    assert refused.value.code == "seal.remote_unavailable"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("refuse", "seal.remote_refused"),
        ("forged", "seal.remote_wrong_answer"),
        ("other", "seal.remote_wrong_answer"),
        ("digest", "seal.remote_wrong_answer"),
        ("garbage", "seal.remote_wrong_answer"),
    ],
)
def test_an_answer_that_is_not_a_seal_on_this_paper_is_refused(service: SealService, fault: str, code: str):
    service.faults.append(fault)
    with pytest.raises(DomainError) as refused:
        ask(service)
    assert refused.value.code == code
    assert len(service.asked) == 1


def test_a_wrong_key_gets_no_seal(service: SealService):
    with pytest.raises(DomainError) as refused:
        ask(service, key="x" * 40)
    assert refused.value.code == "seal.remote_wrong_answer"
    assert service.sealed == {}
