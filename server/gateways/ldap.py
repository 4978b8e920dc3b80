"""A directory over LDAP: find the entry as a service account, then bind as that entry with the password given.

RFC 4511, RFC 4513, RFC 4515. Verified TLS (LDAPS or STARTTLS) unless a setting that production refuses turns it off.
"""

from __future__ import annotations

import logging
import ssl
import warnings
from dataclasses import dataclass

with warnings.catch_warnings():
    # ldap3 2.9.1 (the newest) still asks pyasn1 for names it has renamed.
    warnings.simplefilter("ignore", DeprecationWarning)
    from ldap3 import NONE, SIMPLE, SUBTREE, Connection, Server, Tls
    from ldap3.core.exceptions import LDAPException
    from ldap3.utils.conv import escape_filter_chars

from server.config import LdapSettings, Settings
from server.core.errors import DomainError

log = logging.getLogger(__name__)

TIMEOUT_S = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """Whose password was right. `subject` never changes, unlike names."""

    subject: str
    username: str
    staff_no: str


def unavailable() -> DomainError:
    return DomainError(code="ldap.unavailable", status=503, title="统一账号目录暂不可用，请稍后重试")


class _VerifiedTls(Tls):
    """ldap3 checks names by a function Python has dropped (3.12); here OpenSSL does, in the handshake itself."""

    def __init__(self, ca_file: str) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context = ssl.create_default_context(cafile=ca_file or None)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2

    def wrap_socket(self, connection: Connection, do_handshake: bool = False) -> None:  # noqa: ARG002  # always done
        """Raises ssl.SSLError, which ldap3 turns into its own."""
        connection.socket = self._context.wrap_socket(connection.socket, server_hostname=connection.server.host)


class LdapDirectory:
    """One directory. Thread-safe: every question has connections of its own."""

    def __init__(self, settings: LdapSettings) -> None:
        self._settings = settings
        tls = _VerifiedTls(settings.ca_file)
        self._server = Server(settings.url, get_info=NONE, tls=tls, connect_timeout=TIMEOUT_S)
        self._start_tls = not settings.url.startswith("ldaps://") and not settings.plain

    def check(self, name: str, password: str) -> Entry | None:
        """The entry when name and password belong together, else None. Raises `ldap.unavailable`.

        An empty password is refused before anything is sent: many servers answer a bind with a name and no password
        with success, for nobody (unauthenticated bind, RFC 4513 §5.1.2).
        """
        if not name or not password or "\0" in password:
            return None
        try:
            found = self._find(name)
            if found is None:
                return None
            dn, entry = found
            return entry if self._binds(dn, password) else None
        except LDAPException as error:
            log.warning("the directory did not answer: %s", type(error).__name__)
            raise unavailable() from None

    def _find(self, name: str) -> tuple[str, Entry] | None:
        wanted = self._settings.filter.replace("{name}", escape_filter_chars(name))
        connection = self._connection(self._settings.bind_dn, self._settings.bind_password)
        try:
            if not connection.bind():
                log.warning("the directory refuses the service account")
                raise unavailable()
            connection.search(
                self._settings.base,
                wanted,
                search_scope=SUBTREE,
                attributes=[self._settings.subject, self._settings.staff_no],
                size_limit=2,
                time_limit=TIMEOUT_S,
            )
            entries = [one for one in connection.response or [] if one.get("type") == "searchResEntry"]
        finally:
            connection.unbind()
        if len(entries) != 1:  # two people of one name are nobody
            return None
        raw = entries[0]["raw_attributes"]
        subject = _first(raw.get(self._settings.subject))
        if not subject:
            return None
        return str(entries[0]["dn"]), Entry(subject, name, _first(raw.get(self._settings.staff_no)))

    def _binds(self, dn: str, password: str) -> bool:
        connection = self._connection(dn, password)
        try:
            return bool(connection.bind())
        finally:
            connection.unbind()

    def _connection(self, dn: str, password: str) -> Connection:
        connection = Connection(
            self._server,
            user=dn or None,
            password=password or None,
            authentication=SIMPLE if dn else None,
            auto_referrals=False,
            read_only=True,
            receive_timeout=TIMEOUT_S,
            raise_exceptions=False,
        )
        try:
            connection.open()
            if self._start_tls and not connection.start_tls():
                raise unavailable()
        except (LDAPException, DomainError):
            if connection.socket is not None:
                connection.socket.close()  # ldap3 leaves it open when it could not be used
            raise
        return connection


def _first(values: list[bytes] | None) -> str:
    """Text as it is; bytes that are no text (an objectGUID) as hex."""
    if not values:
        return ""
    try:
        return values[0].decode()
    except UnicodeDecodeError:
        return values[0].hex()


def from_settings(settings: Settings) -> LdapDirectory | None:
    """None when no directory is set."""
    return LdapDirectory(settings.ldap) if settings.ldap.url else None
