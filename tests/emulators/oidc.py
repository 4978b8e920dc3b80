"""An OpenID Connect provider over HTTP, as a process of its own.

    python -m tests.emulators.oidc --port 9002 --client-id songda --client-secret s3cret

prints one line `READY http://127.0.0.1:9002` (its issuer) and serves until stopped. Discovery, JWKS, /authorize and
/token are what OpenID Connect Core 1.0 and RFC 7636 ask; who signs in at it, and what goes wrong, is said here:

    POST /emulator/user    {"sub", "preferred_username", ...}   who is signed in at the provider: claims of the ID token
    POST /emulator/twist   {"claims": {...}, "header": {...}, "sign"}   of the next token; sign is rs256, none, hs256,
                           stranger (a key of somebody else's) or old (the key before the present one)
    POST /emulator/rotate  {}                                    a new signing key; the old one is no longer published
    POST /emulator/fault   {"path": "/token", "status": 500}     the next call of a path fails
    POST /emulator/reset   {}                                    nothing twisted, planned or recorded
    GET  /emulator/calls                                         {"calls": [{"path", "form", "authorization"}]}
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

Answer = dict[str, Any]
TOKEN_LIFE_S = 300


class Refused(Exception):
    """An OAuth error code (RFC 6749 §5.2)."""


class Provider:
    """One provider with one client."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        self.issuer = ""
        self.client_id, self.client_secret = client_id, client_secret
        self.user: Answer = {"sub": "sub-1"}
        self.twist: Answer = {}
        self.faults: dict[str, int] = {}
        self.calls: list[Answer] = []
        self._codes: dict[str, Answer] = {}
        self._lock = Lock()
        self.key = self.old_key = self._new_key()
        self.stranger = self._new_key()  # here and not per token: some take a second to find

    @staticmethod
    def _new_key() -> RSAKey:
        return RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"}, private=True)

    def rotate(self) -> Answer:
        self.old_key, self.key = self.key, self._new_key()
        return {"kid": self.key.kid}

    def discovery(self) -> Answer:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def jwks(self) -> Answer:
        return {"keys": [self.key.as_dict(private=False)]}

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to: its user signs in without being asked."""
        if query.get("client_id") != self.client_id or query.get("response_type") != "code":
            raise Refused("unauthorized_client")
        if query.get("code_challenge_method") != "S256" or "openid" not in query.get("scope", ""):
            raise Refused("invalid_request")
        code = secrets.token_urlsafe(24)
        with self._lock:
            self._codes[code] = {
                "challenge": query["code_challenge"],
                "nonce": query.get("nonce"),
                "redirect_uri": query["redirect_uri"],
                "user": dict(self.user),
            }
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query.get('state', '')})}"

    def token(self, form: dict[str, str], authorization: str) -> Answer:
        """Redeems a code once (RFC 6749 §4.1.3, RFC 7636 §4.6)."""
        expected = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if authorization != f"Basic {expected}":
            raise Refused("invalid_client")
        with self._lock:
            held = self._codes.pop(form.get("code", ""), None)
        if held is None or form.get("redirect_uri") != held["redirect_uri"]:
            raise Refused("invalid_grant")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if _b64(digest) != held["challenge"]:
            raise Refused("invalid_grant")
        return {
            "access_token": secrets.token_urlsafe(24),
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFE_S,
            "id_token": self._id_token(held),
        }

    def _id_token(self, held: Answer) -> str:
        now = int(time.time())
        twist, self.twist = self.twist, {}
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "iat": now,
            "exp": now + TOKEN_LIFE_S,
            "nonce": held["nonce"],
            **held["user"],
            **twist.get("claims", {}),
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return _signed(twist.get("sign", "rs256"), claims, twist.get("header", {}), self)


def _signed(how: str, claims: Answer, header: Answer, provider: Provider) -> str:
    if how == "none":
        return _plain({"alg": "none", **header}, claims) + "."
    if how == "hs256":  # signed with what everybody can read: the public key
        text = _plain({"alg": "HS256", "kid": provider.key.kid, **header}, claims)
        return f"{text}.{_b64(hmac.digest(provider.key.as_pem(private=False), text.encode(), 'sha256'))}"
    key = {"rs256": provider.key, "old": provider.old_key, "stranger": provider.stranger}[how]
    kid = provider.key.kid if how == "stranger" else key.kid
    return str(jwt.encode({"alg": "RS256", "kid": kid, **header}, claims, key))


def _plain(header: Answer, claims: Answer) -> str:
    return ".".join(_b64(json.dumps(one).encode()) for one in (header, claims))


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Server(ThreadingHTTPServer):
    """The HTTP server with the provider it serves."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], provider: Provider) -> None:
        super().__init__(address, Handler)
        self.provider = provider
        provider.issuer = f"http://{address[0]}:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        """Discovery, keys, the sign-in page, what was called."""
        provider, parts = self.server.provider, urlsplit(self.path)
        if self._planned(parts.path):
            return
        if parts.path == "/authorize":
            self._redirect(dict(parse_qsl(parts.query)))
            return
        answers = {
            "/.well-known/openid-configuration": provider.discovery,
            "/jwks": provider.jwks,
            "/emulator/calls": lambda: {"calls": provider.calls},
        }
        answer = answers.get(parts.path)
        self._send(200 if answer else 404, answer() if answer else {"error": "no such path"})

    def do_POST(self) -> None:
        """The token endpoint, and what a test says."""
        provider = self.server.provider
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if self._planned(self.path):
            return
        if self.path == "/token":
            form, authorization = dict(parse_qsl(body)), self.headers.get("Authorization", "")
            provider.calls.append({"path": "/token", "form": form, "authorization": authorization})
            try:
                self._send(200, provider.token(form, authorization))
            except Refused as error:
                self._send(400, {"error": str(error)})
            return
        self._control(json.loads(body or "{}"))

    def _control(self, said: Answer) -> None:
        provider = self.server.provider
        if self.path == "/emulator/user":
            provider.user = said
        elif self.path == "/emulator/twist":
            provider.twist = said
        elif self.path == "/emulator/fault":
            provider.faults[said["path"]] = int(said["status"])
        elif self.path == "/emulator/rotate":
            provider.rotate()
        elif self.path == "/emulator/reset":
            provider.twist, provider.faults, provider.calls = {}, {}, []
        else:
            self._send(404, {"error": "no such path"})
            return
        self._send(200, {})

    def _planned(self, path: str) -> bool:
        status = self.server.provider.faults.pop(path, None)
        if status:
            self._send(status, {"error": "planned"})
        return bool(status)

    def _redirect(self, query: dict[str, str]) -> None:
        try:
            target = self.server.provider.authorize(query)
        except (Refused, KeyError) as error:
            self._send(400, {"error": str(error)})
            return
        self.send_response(302)
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, status: int, answer: Answer) -> None:
        payload = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class named it
        """Silent: query strings hold codes."""


def main() -> None:
    """Serves until stopped."""
    parser = argparse.ArgumentParser(description="OpenID Connect provider on loopback")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--client-secret", required=True)
    options = parser.parse_args()
    server = Server((options.host, options.port), Provider(options.client_id, options.client_secret))
    sys.stdout.write(f"READY {server.provider.issuer}\n")
    sys.stdout.flush()
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
