"""The embedded provider: PAdES B-LTA (ETSI EN 319 142-1) with pyHanko, keys given by the caller.

The seal certifies the paper and allows no change (DocMDP 1, ISO 32000-2 §12.8.2.2). Certificates and the revocation
list that were true at the time lie in the file (DSS), a document time-stamp closes it: the seal can be checked when its
certificate has long expired.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import crl as asn1_crl
from asn1crypto import keys as asn1_keys
from asn1crypto import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter, VisibleSigSettings
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_signer import DSSContentSettings, PdfSigningSession, SigDSSPlacementPreference
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from server.papers.seal import mark, places
from server.papers.seal.errors import already_sealed, not_a_pdf, not_possible
from server.papers.seal.keys import Credential
from server.papers.seal.provider import Place, SealedPdf
from server.papers.seal.stamper import LocalTimeStamper

# It warns that nothing is fetched while sealing: that is meant.
logging.getLogger("pyhanko.sign.signers.pdf_signer").setLevel(logging.ERROR)

LEVEL = "PAdES B-LTA"
FIELD = "SongdaSeal"


@dataclass(frozen=True, slots=True)
class SealKeys:
    """What one court seals with. `roots` (DER) are trusted too: those of an outside time-stamp authority."""

    root: bytes
    seal: Credential
    time_stamper: Credential
    revocation_list: bytes
    roots: tuple[bytes, ...] = ()


class EmbeddedSeal:
    """`keys_of(court, court_name, at)` gives the keys; `outside` replaces the local time-stamp authority."""

    def __init__(
        self, keys_of: Callable[[str, str, datetime], SealKeys], *, outside: Callable[[], TimeStamper] | None = None
    ) -> None:
        self._keys_of = keys_of
        self._outside = outside

    def seal(
        self, pdf: bytes, *, court: str, court_name: str, reason: str, at: datetime, place: Place | None = None
    ) -> SealedPdf:
        """See `provider.SealProvider`."""
        page, box = places.box_of(pdf, place)
        keys = self._keys_of(court, court_name, at)
        stamper = self._outside() if self._outside else LocalTimeStamper(keys.time_stamper, at=at)
        try:
            writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
            if writer.prev.embedded_signatures:
                raise already_sealed()
            out = _signer(keys, stamper, court_name, reason, at, page, box).sign_pdf(writer)
        except (SigningError, OSError) as error:
            raise not_possible() from error
        except (PdfError, ValueError) as error:
            raise not_a_pdf() from error
        sealed = out.getvalue()
        return SealedPdf(sealed, hashlib.sha256(sealed).hexdigest(), keys.seal.serial, LEVEL)


class _Signer(PdfSigner):
    """pyHanko takes the clock of the machine; ours is given."""

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sealed_at = at

    def init_signing_session(self, pdf_out: Any, existing_fields_only: bool = False) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self._sealed_at
        return session


def _signer(
    keys: SealKeys,
    stamper: TimeStamper,
    court_name: str,
    reason: str,
    at: datetime,
    page: int,
    box: tuple[int, int, int, int],
) -> PdfSigner:
    root = x509.Certificate.load(keys.root)
    context = ValidationContext(
        trust_roots=[root, *(x509.Certificate.load(one) for one in keys.roots)],
        crls=[asn1_crl.CertificateList.load(keys.revocation_list)],
        # An authority outside publishes its own revocation list; we do not fetch while sealing.
        revocation_mode="soft-fail" if keys.roots else "hard-fail",
        allow_fetching=False,
        moment=at,
    )
    store = SimpleCertificateStore()
    store.register(root)
    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        name=court_name,
        reason=reason,
        location=court_name,
        md_algorithm="sha256",
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        subfilter=SigSeedSubFilter.PADES,
        embed_validation_info=True,
        use_pades_lta=True,
        validation_context=context,
        dss_settings=DSSContentSettings(include_vri=False, placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE),
    )
    return _Signer(
        metadata,
        signer=SimpleSigner(
            signing_cert=x509.Certificate.load(keys.seal.certificate),
            signing_key=asn1_keys.PrivateKeyInfo.load(keys.seal.key),
            cert_registry=store,
            embed_roots=False,
        ),
        timestamper=stamper,
        stamp_style=StaticStampStyle(background=mark.content(court_name), border_width=0, background_opacity=1.0),
        new_field_spec=SigFieldSpec(
            FIELD,
            on_page=page,
            box=box,
            visible_sig_settings=VisibleSigSettings(print_signature=True),
            readable_field_name=f"{court_name}电子印章",
        ),
        at=at,
    )
