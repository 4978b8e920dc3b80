"""OpenID Connect: the authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636, RFC 9700).

The provider's addresses come from its discovery document; the ID token is verified against its JWKS here, whatever the
transport. Nothing an answer of the provider says is shown to people or logged.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from server.config import OidcSettings, Settings
from server.core.errors import DomainError

log = logging.getLogger(__name__)

# Signatures of public keys only: an HMAC made with a public key's bytes, or `none`, is no signature here.
ALGORITHMS = ("RS256", "PS256", "ES256", "RS384", "PS384", "ES384", "RS512", "PS512", "ES512")
TIMEOUT_S = 5.0
LEEWAY_S = 30
TOKEN_AGE_S = 600
METADATA_LIFE_S = 3600.0
KEYS_AGAIN_S = 10.0  # a token signed with a key unknown here makes us look again, at most this often
MAX_ANSWER_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified ID token says."""

    subject: str
    name: str  # the claim the settings name


def unavailable() -> DomainError:
    return DomainError(code="oidc.unavailable", status=503, title="统一身份认证暂不可用，请稍后重试或使用密码登录")


def refused() -> DomainError:
    return DomainError(code="oidc.refused", status=401, title="统一身份认证未通过，请重新登录")


class OidcProvider:
    """One provider. Thread-safe; discovery and keys are kept for an hour."""

    def __init__(self, settings: OidcSettings, *, redirect_uri: str) -> None:
        self.settings = settings
        self._redirect_uri = redirect_uri
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._metadata_at = self._keys_at = float("-inf")

    def authorization_url(self, *, state: str, nonce: str, verifier: str) -> str:
        """Where the browser is sent. `verifier` is 43 to 128 unreserved characters."""
        with self._session() as session:
            url, _ = session.create_authorization_url(
                self._address("authorization_endpoint"), state=state, nonce=nonce, code_verifier=verifier
            )
        return str(url)

    def exchange(self, *, code: str, nonce: str, verifier: str) -> Claims:
        """Turns the code of the callback into verified claims. Raises `oidc.refused` or `oidc.unavailable`."""
        try:
            with self._session() as session:
                token = session.fetch_token(
                    self._address("token_endpoint"),
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    allow_redirects=False,
                )
        except (requests.RequestException, ValueError) as error:
            log.warning("the OIDC provider did not answer: %s", type(error).__name__)
            raise unavailable() from None
        except AuthlibBaseError as error:
            log.warning("the OIDC provider refused a code: %s", error.error)
            raise refused() from None
        return self._claims(str(token.get("id_token") or ""), nonce)

    def _claims(self, id_token: str, nonce: str) -> Claims:
        try:
            found = jwt.decode(id_token, self._key_set(), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            found = self._decode_with_fresh_keys(id_token)
        claims = found.claims
        registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._metadata["issuer"]},
            aud={"essential": True, "value": self.settings.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            registry.validate(claims)
        except (JoseError, TypeError, ValueError) as error:
            log.warning("an ID token was refused: %s", type(error).__name__)
            raise refused() from None
        audience, presenter = claims["aud"], claims.get("azp")
        several = isinstance(audience, list) and len(audience) > 1
        if (several or presenter is not None) and presenter != self.settings.client_id:
            raise refused()  # OpenID Connect Core §3.1.3.7, 4 and 5
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= 255 or claims["iat"] < time.time() - TOKEN_AGE_S:
            raise refused()
        return Claims(subject, str(claims.get(self.settings.claim) or ""))

    def _decode_with_fresh_keys(self, id_token: str) -> jwt.Token:
        """The provider may have changed its keys since they were read."""
        try:
            return jwt.decode(id_token, self._key_set(older_than_s=KEYS_AGAIN_S), algorithms=ALGORITHMS)
        except (JoseError, ValueError) as error:
            log.warning("an ID token was refused: %s", type(error).__name__)
            raise refused() from None

    def _session(self) -> OAuth2Session:
        session = OAuth2Session(
            self.settings.client_id,
            self.settings.client_secret or None,
            scope=self.settings.scope,
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self.settings.client_secret else "none",
            default_timeout=TIMEOUT_S,
        )
        session.trust_env = False  # proxies and .netrc of the machine are no business of a call with a secret
        return session

    def _address(self, name: str) -> str:
        address = self._discovered().get(name)
        if not isinstance(address, str):
            raise unavailable()
        return address

    def _discovered(self) -> dict[str, Any]:
        with self._lock:
            if time.monotonic() - self._metadata_at > METADATA_LIFE_S:
                issuer = self.settings.issuer
                found = _fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != issuer:
                    log.warning("the OIDC provider calls itself something else than the settings do")
                    raise unavailable()
                self._metadata, self._metadata_at = found, time.monotonic()
            return self._metadata

    def _key_set(self, older_than_s: float = METADATA_LIFE_S) -> KeySet:
        address = self._address("jwks_uri")
        with self._lock:
            if self._keys is None or time.monotonic() - self._keys_at > older_than_s:
                try:
                    self._keys = KeySet.import_key_set(_fetch(address))  # type: ignore[arg-type]  # what it must be is checked inside
                except (JoseError, ValueError, KeyError, TypeError):
                    raise unavailable() from None
                self._keys_at = time.monotonic()
            return self._keys


def _fetch(url: str) -> dict[str, Any]:
    try:
        with requests.Session() as session:
            session.trust_env = False
            with session.get(url, timeout=TIMEOUT_S, allow_redirects=False, stream=True) as answer:
                answer.raise_for_status()
                text = answer.raw.read(MAX_ANSWER_BYTES, decode_content=True)
        found = json.loads(text)
    except (requests.RequestException, ValueError) as error:
        log.warning("the OIDC provider did not answer: %s", type(error).__name__)
        raise unavailable() from None
    if not isinstance(found, dict):
        raise unavailable()
    return found


def from_settings(settings: Settings) -> dict[str, OidcProvider]:
    """Provider name → provider; empty when none is set."""
    if not settings.oidc.issuer:
        return {}
    name = settings.oidc.provider
    redirect = f"{settings.public_url.rstrip('/')}/api/session/oidc/{name}/callback"
    return {name: OidcProvider(settings.oidc, redirect_uri=redirect)}
