"""Key providers: who holds the master key. Data keys are stored only wrapped by one of these.

`file:///run/secrets/master.key`          a file: first line the current master key, older ones below it
`transit+https://kms.court:8200/transit/songda`   HashiCorp Vault's Transit engine, which never gives its key away

A provider can be asked to wrap anew: that is how a master key is rotated.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlsplit

import requests
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.core.crypto import ciphers
from server.core.crypto.errors import ProviderAway, VaultError, WrongMasterKey

MASTER_BYTES = 32
_TIMEOUT_S = (3.0, 5.0)


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key at rest: the text to store and the id of the provider's key that wrapped it."""

    text: str
    provider_key: str


@dataclass(frozen=True, slots=True)
class LegacyKeys:
    """The two keys of form 1, derived from one master key before courts had keys of their own."""

    key_id: str
    seal_key: bytes
    index_key: bytes


class KeyProvider(Protocol):
    """`context` is bound to what is wrapped: unwrapping with another one fails."""

    def wrap(self, secret: bytes, *, context: str) -> Wrapped:
        """Wraps with the provider's current key. Raises VaultError."""
        ...

    def unwrap(self, wrapped: Wrapped, *, context: str) -> bytes:
        """Raises WrongMasterKey, ProviderAway."""
        ...

    def is_current(self, provider_key: str) -> bool:
        """Whether this is the key that `wrap` would use now."""
        ...

    def legacy(self, key_id: str) -> LegacyKeys | None:
        """What opens a value of form 1 that names this key; None when the provider does not hold it."""
        ...


class FileProvider:
    """Master keys in a file, one base64 line of 32 random bytes each; the first wraps, all unwrap."""

    def __init__(self, masters: list[bytes], *, cipher: str = ciphers.AES) -> None:
        if not masters or any(len(master) != MASTER_BYTES for master in masters):
            raise VaultError("every master key must be 32 bytes: 主密钥必须是32字节")
        self._masters = {master_id(master): master for master in masters}
        self._current = master_id(masters[0])
        self._cipher = cipher

    @classmethod
    def from_path(cls, path: Path, *, cipher: str = ciphers.AES) -> FileProvider:
        """Raises VaultError when the file or a line of it cannot be read."""
        try:
            lines = [line.strip() for line in path.read_text(encoding="ascii").splitlines()]
            masters = [base64.b64decode(line, validate=True) for line in lines if line and not line.startswith("#")]
        except (OSError, ValueError) as error:
            raise VaultError(f"the master key file {path} cannot be read: 主密钥文件无法读取 ({error})") from error
        return cls(masters, cipher=cipher)

    def wrap(self, secret: bytes, *, context: str) -> Wrapped:
        key = _wrapping_key(self._masters[self._current], self._cipher)
        sealed = ciphers.encrypt(self._cipher, key, secret, context.encode())
        return Wrapped(f"{self._cipher}.{ciphers.body_of(sealed)}", self._current)

    def unwrap(self, wrapped: Wrapped, *, context: str) -> bytes:
        master = self._masters.get(wrapped.provider_key)
        if master is None:
            held = "、".join(self._masters)
            raise WrongMasterKey(
                f"主密钥不对：数据由主密钥 {wrapped.provider_key} 保护，密钥文件中只有 {held}；请恢复原主密钥后再启动 "
                f"(data keys are wrapped by master key {wrapped.provider_key}, the file holds {held})"
            )
        cipher, _, body = wrapped.text.partition(".")
        try:
            return ciphers.decrypt(cipher, _wrapping_key(master, cipher), ciphers.raw_of(body), context.encode())
        except VaultError as error:
            raise WrongMasterKey("数据密钥被改动，无法解开 (a wrapped data key was altered)") from error

    def is_current(self, provider_key: str) -> bool:
        return provider_key == self._current

    def legacy(self, key_id: str) -> LegacyKeys | None:
        master = self._masters.get(key_id)
        return LegacyKeys(key_id, _hkdf(master, b"seal"), _hkdf(master, b"index")) if master else None


def master_id(master: bytes) -> str:
    """8 hex characters that name a master key and tell nothing else of it."""
    return hashlib.sha256(b"songda key id" + master).hexdigest()[:8]


def _hkdf(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"songda " + purpose).derive(master)


def _wrapping_key(master: bytes, cipher: str) -> bytes:
    return _hkdf(master, b"wrap " + cipher.encode())[: 16 if cipher == ciphers.SM4 else 32]


class TransitProvider:
    """HashiCorp Vault's Transit secrets engine (API v1: encrypt, decrypt, keys), or what speaks its protocol.

    The key must be of an AEAD type (aes256-gcm96 or one of the plug-ins that take `associated_data`).
    """

    def __init__(self, url: str, token: str) -> None:
        """`url` is https://host:port/<mount>/<key name>."""
        parts = urlsplit(url)
        mount, _, name = unquote(parts.path).strip("/").rpartition("/")
        if not (parts.scheme in ("http", "https") and parts.netloc and mount and name and token):
            raise VaultError("the key provider needs https://host/mount/key and a token: 密钥服务地址或令牌不完整")
        self._base = f"{parts.scheme}://{parts.netloc}/v1/{quote(mount)}"
        self._name = quote(name, safe="")
        self._http = requests.Session()
        # Proxies and .netrc of the machine are no business of a call that carries a token.
        self._http.trust_env = False
        self._http.headers["X-Vault-Token"] = token

    def wrap(self, secret: bytes, *, context: str) -> Wrapped:
        answer = self._call("POST", f"encrypt/{self._name}", plaintext=_b64(secret), associated_data=_b64(context))
        text = answer.get("ciphertext")
        if not isinstance(text, str):
            raise ProviderAway("the key provider gave no ciphertext: 密钥服务应答异常")
        return Wrapped(text, self._id(_version(text)))

    def unwrap(self, wrapped: Wrapped, *, context: str) -> bytes:
        answer = self._call("POST", f"decrypt/{self._name}", ciphertext=wrapped.text, associated_data=_b64(context))
        try:
            return base64.b64decode(answer["plaintext"], validate=True)
        except (KeyError, TypeError, ValueError) as error:
            raise ProviderAway("the key provider gave no plaintext: 密钥服务应答异常") from error

    def is_current(self, provider_key: str) -> bool:
        latest = self._call("GET", f"keys/{self._name}").get("latest_version")
        return provider_key == self._id(str(latest))

    def legacy(self, key_id: str) -> LegacyKeys | None:  # noqa: ARG002  # form 1 had master key files only
        return None

    def _id(self, version: str) -> str:
        return f"transit:{self._name}:{version}"

    def _call(self, method: str, path: str, **body: str) -> dict[str, Any]:
        try:
            answer = self._http.request(
                method, f"{self._base}/{path}", json=body or None, timeout=_TIMEOUT_S, allow_redirects=False
            )
            document = answer.json()
        except (requests.RequestException, ValueError) as error:
            # The request holds a key and a token: only the kind of failure may be told.
            raise ProviderAway(f"密钥服务无法连接 (key provider away: {type(error).__name__})") from None
        if answer.status_code == 400:
            raise WrongMasterKey("密钥服务拒绝解开数据密钥 (the key provider refuses: another key, or altered)")
        if answer.status_code != 200 or not isinstance(document.get("data"), dict):
            raise ProviderAway(f"密钥服务拒绝 (key provider answered HTTP {answer.status_code})")
        found: dict[str, Any] = document["data"]
        return found


def _version(ciphertext: str) -> str:
    """The key version in `vault:v3:…`."""
    return ciphertext.split(":")[1].removeprefix("v") if ciphertext.count(":") >= 2 else "0"


def _b64(value: bytes | str) -> str:
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode("ascii")


def from_url(url: str, *, cipher: str, token: str = "") -> KeyProvider:
    """The provider a setting describes. Raises VaultError."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FileProvider.from_path(Path(unquote(parts.path)), cipher=cipher)
    if parts.scheme in ("transit+https", "transit+http"):
        return TransitProvider(url.removeprefix("transit+"), token)
    raise VaultError("SONGDA_KEY_PROVIDER must be file:// or transit+https://: 不认识的密钥服务")
