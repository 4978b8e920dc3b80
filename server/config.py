"""Settings: read once from the environment, here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

MODES = ("production", "demo", "test")
CIPHERS = ("aes", "sm4")
KEY_PROVIDERS = ("", "file", "transit+https", "transit+http")


class SettingsError(RuntimeError):
    """A setting is missing or dangerous: the program must not start."""


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """An OpenID Connect provider people may sign in with. `match` finds the person the first time."""

    issuer: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    provider: str = "sso"  # as it stands in addresses and in external.provider
    label: str = "统一身份认证"
    scope: str = "openid profile"
    claim: str = "preferred_username"  # compared with what `match` names
    match: str = "username"  # username, staff_no or none
    court: str = ""  # whose people it knows; all courts when empty


@dataclass(frozen=True, slots=True)
class LdapSettings:
    """A directory that checks the passwords of the people it keeps. `filter` has one {name}, which is escaped."""

    url: str = ""  # ldaps://host[:port], or ldap:// with STARTTLS
    bind_dn: str = ""
    bind_password: str = field(default="", repr=False)
    base: str = ""
    filter: str = "(uid={name})"
    subject: str = "entryUUID"
    staff_no: str = "employeeNumber"
    ca_file: str = ""
    plain: str = ""  # "yes" turns STARTTLS off, which production refuses


@dataclass(frozen=True, slots=True)
class RoadsSettings:
    """Who tells travel times by road. Without a provider they are estimated and nobody is asked."""

    provider: str = ""  # valhalla, osrm, amap or tencent
    url: str = ""  # where a Valhalla or OSRM listens; the vendors' own address when empty
    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)  # signs requests to AMap and Tencent; empty when the key needs none
    per_second: str = ""  # requests a second the vendor's contract allows; cautious numbers of ours when empty
    seconds: str = "20"  # how long a plan waits for roads before it estimates the rest
    keep_days: str = "30"  # how long answers are kept
    courts: str = ""  # courts it serves, separated by commas; all when empty

    @property
    def court_list(self) -> frozenset[str]:
        return frozenset(one.strip() for one in self.courts.split(",") if one.strip())

    def problems(self, *, production: bool) -> list[str]:
        """Why the program must not start with these settings."""
        found = []
        if self.provider not in ("", "valhalla", "osrm", "amap", "tencent"):
            found.append("SONGDA_ROADS_PROVIDER must be valhalla, osrm, amap or tencent")
        if self.provider in ("valhalla", "osrm") and urlsplit(self.url).scheme not in ("http", "https"):
            found.append("SONGDA_ROADS_URL must say where the road engine listens")
        if self.provider in ("amap", "tencent"):
            if not self.key:
                found.append("SONGDA_ROADS_KEY is not set")
            if production and self.url and not is_outside_https(self.url):
                found.append("SONGDA_ROADS_URL must be https and not this machine in production")
        if self.per_second and not (_is_whole(self.per_second) and 1 <= int(self.per_second) <= 1000):
            found.append("SONGDA_ROADS_PER_SECOND must lie between 1 and 1000")
        if not (_is_whole(self.seconds) and 1 <= int(self.seconds) <= 600):
            found.append("SONGDA_ROADS_SECONDS must lie between 1 and 600")
        if not (_is_whole(self.keep_days) and 1 <= int(self.keep_days) <= 365):
            found.append("SONGDA_ROADS_KEEP_DAYS must lie between 1 and 365")
        return found


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the environment may say. Modes demo and test allow emulated outside systems; production never."""

    mode: str = "production"
    mongodb_uri: str = ""
    redis_url: str = ""
    secret_key: str = field(default="", repr=False)
    master_key_file: Path = Path("master.key")
    key_provider: str = ""
    key_provider_token: str = field(default="", repr=False)
    cipher: str = "aes"
    evidence_store: str = ""
    retention: str = ""  # days per class of files, where the defaults do not fit: evidence=1825,copies=90
    upload_store: str = ""  # where uploads under way lie; empty: beside the evidence
    upload_slots: int = 12  # bodies of uploads one web process receives at once; below its threads
    tsa_url: str = ""
    tsa_certificates: Path | None = None
    tsa_policy: str = ""
    public_url: str = "http://127.0.0.1:8000"
    live_url: str = "http://127.0.0.1:8001"
    seal_url: str = ""  # the court's own seal service; empty: the embedded seal
    seal_key: str = field(default="", repr=False)
    seal_certificates: Path | None = None  # PEM roots that seals of other makers are checked against
    portal_url: str = ""  # where parties read their papers: the QR code of 送达告知书
    wechat_appid: str = ""
    wechat_secret: str = field(default="", repr=False)
    wechat_base_url: str = "https://api.weixin.qq.com"
    tianditu_key: str = field(default="", repr=False)
    amap_key: str = field(default="", repr=False)
    web_dist: Path = Path(__file__).parent / "board" / "web" / "dist"
    trusted_proxies: int = 0
    idle_minutes: int = 30
    password_days: int = 90  # 0: never has to be changed for its age
    second_factor: str = "privileged"
    oidc: OidcSettings = field(default_factory=OidcSettings)
    ldap: LdapSettings = field(default_factory=LdapSettings)
    roads: RoadsSettings = field(default_factory=RoadsSettings)
    target_readings: str = ""  # how targets of the contracts are read: within_7_days=created,mean_days=task
    routing_processes: int = 2  # processes that work on one plan; 1: in the worker itself
    review_sample_percent: int = 5  # of accepted visits, drawn every night for a second look
    max_upload_bytes: int = 32 * 1024 * 1024
    max_rescue_bytes: int = 1024 * 1024 * 1024

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def key_provider_url(self) -> str:
        """Who holds the master key: the provider set, else the master key file."""
        return self.key_provider or self.master_key_file.absolute().as_uri()

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Raises SettingsError naming every setting that is missing or refused."""
        text = {
            name: environ[key]
            for name, key in (
                ("mode", "SONGDA_MODE"),
                ("mongodb_uri", "MONGODB_URI"),
                ("redis_url", "REDIS_URL"),
                ("secret_key", "SONGDA_SECRET_KEY"),
                ("key_provider", "SONGDA_KEY_PROVIDER"),
                ("key_provider_token", "SONGDA_KEY_PROVIDER_TOKEN"),
                ("cipher", "SONGDA_CIPHER"),
                ("evidence_store", "SONGDA_EVIDENCE_STORE"),
                ("retention", "SONGDA_RETENTION"),
                ("upload_store", "SONGDA_UPLOAD_STORE"),
                ("tsa_url", "SONGDA_TSA_URL"),
                ("tsa_policy", "SONGDA_TSA_POLICY"),
                ("public_url", "SONGDA_PUBLIC_URL"),
                ("live_url", "SONGDA_LIVE_URL"),
                ("seal_url", "SONGDA_SEAL_URL"),
                ("seal_key", "SONGDA_SEAL_KEY"),
                ("portal_url", "SONGDA_PORTAL_URL"),
                ("target_readings", "SONGDA_TARGET_READINGS"),
                ("wechat_appid", "WECHAT_APPID"),
                ("wechat_secret", "WECHAT_SECRET"),
                ("wechat_base_url", "WECHAT_BASE_URL"),
                ("tianditu_key", "SONGDA_TIANDITU_KEY"),
                ("amap_key", "SONGDA_AMAP_KEY"),
            )
            if environ.get(key)
        }
        paths = {
            name: Path(environ[key])
            for name, key in (
                ("master_key_file", "SONGDA_MASTER_KEY_FILE"),
                ("web_dist", "SONGDA_WEB_DIST"),
                ("tsa_certificates", "SONGDA_TSA_CERTIFICATES"),
                ("seal_certificates", "SONGDA_SEAL_CERTIFICATES"),
            )
            if environ.get(key)
        }
        numbers = {
            "trusted_proxies": _whole_number(environ, "SONGDA_TRUSTED_PROXIES"),
            "upload_slots": _whole_number(environ, "SONGDA_UPLOAD_SLOTS", 12),
            "idle_minutes": _whole_number(environ, "SONGDA_IDLE_MINUTES", 30),
            "password_days": _whole_number(environ, "SONGDA_PASSWORD_DAYS", 90),
            "routing_processes": _whole_number(environ, "SONGDA_ROUTING_PROCESSES", 2),
            "review_sample_percent": _whole_number(environ, "SONGDA_REVIEW_SAMPLE_PERCENT", 5),
        }
        text |= {"second_factor": environ["SONGDA_SECOND_FACTOR"]} if environ.get("SONGDA_SECOND_FACTOR") else {}
        ways = {
            "oidc": OidcSettings(**_group(environ, OidcSettings)),
            "ldap": LdapSettings(**_group(environ, LdapSettings)),
            "roads": RoadsSettings(**_group(environ, RoadsSettings)),
        }
        settings = cls(**text, **paths, **numbers, **ways)  # type: ignore[arg-type]  # names are checked by the table above
        problems = settings.problems()
        if problems:
            raise SettingsError("; ".join(problems))
        return settings

    def problems(self) -> list[str]:
        """Why the program must not start with these settings; empty when it may."""
        found = [
            f"{key} is not set"
            for key, value in (
                ("MONGODB_URI", self.mongodb_uri),
                ("REDIS_URL", self.redis_url),
                ("SONGDA_SECRET_KEY", self.secret_key),
                ("SONGDA_EVIDENCE_STORE", self.evidence_store),
            )
            if not value
        ]
        if self.tsa_url and self.tsa_certificates is None:
            found.append("SONGDA_TSA_CERTIFICATES is not set: a time-stamp nobody can check is worth nothing")
        if self.seal_url and len(self.seal_key) < 32:
            found.append("SONGDA_SEAL_KEY must have at least 32 characters when SONGDA_SEAL_URL is set")
        if not 1 <= self.upload_slots <= 512:
            found.append("SONGDA_UPLOAD_SLOTS must lie between 1 and 512")
        if not 1 <= self.routing_processes <= 2:
            found.append("SONGDA_ROUTING_PROCESSES must be 1 or 2")
        if self.review_sample_percent > 100:
            found.append("SONGDA_REVIEW_SAMPLE_PERCENT must lie between 0 and 100")
        found.extend(self._sign_in_problems())
        found.extend(self.roads.problems(production=self.mode == "production"))
        if self.mode not in MODES:
            found.append(f"SONGDA_MODE must be one of {', '.join(MODES)}")
        if self.cipher not in CIPHERS:
            found.append(f"SONGDA_CIPHER must be one of {', '.join(CIPHERS)}")
        if urlsplit(self.key_provider).scheme not in KEY_PROVIDERS:
            found.append(f"SONGDA_KEY_PROVIDER must begin with {', '.join(filter(None, KEY_PROVIDERS))}")
        if self.mode == "production":
            found.extend(self._production_problems())
        return found

    def _sign_in_problems(self) -> list[str]:
        found = []
        if self.second_factor not in ("privileged", "all"):
            found.append("SONGDA_SECOND_FACTOR must be privileged or all")
        if not 1 <= self.idle_minutes <= 600:
            found.append("SONGDA_IDLE_MINUTES must lie between 1 and 600")
        if self.oidc.match not in ("username", "staff_no", "none"):
            found.append("SONGDA_OIDC_MATCH must be username, staff_no or none")
        if self.oidc.match == "staff_no" and not self.oidc.court:
            found.append("SONGDA_OIDC_COURT is not set: staff numbers are unique within a court only")
        if self.oidc.issuer and not self.oidc.client_id:
            found.append("SONGDA_OIDC_CLIENT_ID is not set")
        if self.ldap.url and not (self.ldap.base and self.ldap.filter.count("{name}") == 1):
            found.append("SONGDA_LDAP_BASE is not set, or SONGDA_LDAP_FILTER has not one {name}")
        return found

    def _production_problems(self) -> list[str]:
        found = []
        if len(self.secret_key) < 32:
            found.append("SONGDA_SECRET_KEY must have at least 32 characters in production")
        if not is_outside_https(self.wechat_base_url):
            found.append(
                "WECHAT_BASE_URL must be https and not this machine in production: emulators are for demo and test"
            )
        if self.seal_url and not is_outside_https(self.seal_url):
            found.append("SONGDA_SEAL_URL must be https and not this machine in production")
        if self.key_provider.startswith("transit+http:"):
            found.append("SONGDA_KEY_PROVIDER must be https in production: data keys travel to it")
        if not self.secure_cookies:
            found.append("SONGDA_PUBLIC_URL must be https in production")
        if self.oidc.issuer and not is_outside_https(self.oidc.issuer):
            found.append("SONGDA_OIDC_ISSUER must be https and not this machine in production")
        if self.ldap.url and self.ldap.plain:
            found.append("SONGDA_LDAP_PLAIN is refused in production: passwords would travel in clear")
        return found


def _whole_number(environ: Mapping[str, str], key: str, default: int = 0) -> int:
    given = environ.get(key) or str(default)
    if not _is_whole(given):
        raise SettingsError(f"{key} must be a whole number")
    return int(given)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _group(environ: Mapping[str, str], kind: type[OidcSettings | LdapSettings | RoadsSettings]) -> dict[str, str]:
    """The settings of one outside system: SONGDA_OIDC_CLIENT_ID is `client_id` of OidcSettings."""
    prefix = f"SONGDA_{kind.__name__.removesuffix('Settings').upper()}_"
    keys = {one.name: prefix + one.name.upper() for one in fields(kind)}
    return {name: environ[key] for name, key in keys.items() if environ.get(key)}


def is_outside_https(url: str) -> bool:
    """True for an https address that is not loopback, so not an emulator on this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or host in ("", "localhost") or host.endswith(".localhost"):
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return True
