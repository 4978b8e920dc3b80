"""The Transit secrets engine of HashiCorp Vault over HTTP: encrypt, decrypt, read and rotate one key, with versions.

For tests. The product does not know it: it is given an address. As the real one it never gives a key away, wants its
token in X-Vault-Token, binds `associated_data`, and answers {"errors": [...]} with 400 for what it cannot open.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Transit(ThreadingHTTPServer):
    """One mount `transit` with one key `songda`; `down` makes it answer 503 as a sealed Vault does."""

    daemon_threads = True

    def __init__(self, token: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.token = token
        self.keys = [os.urandom(32)]
        self.down = False
        self.calls: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/transit/songda"

    def answer(self, method: str, path: str, token: str, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.calls.append(f"{method} {path}")
        if self.down:
            return 503, {"errors": ["Vault is sealed"]}
        if token != self.token:
            return 403, {"errors": ["permission denied"]}
        if (method, path) == ("POST", "/v1/transit/keys/songda/rotate"):
            self.keys.append(os.urandom(32))
        if path.startswith("/v1/transit/keys/songda"):
            return 200, {"data": {"latest_version": len(self.keys), "type": "aes256-gcm96"}}
        associated = base64.b64decode(body.get("associated_data", ""))
        if (method, path) == ("POST", "/v1/transit/encrypt/songda"):
            nonce = os.urandom(12)
            sealed = AESGCM(self.keys[-1]).encrypt(nonce, base64.b64decode(body["plaintext"]), associated)
            text = base64.b64encode(nonce + sealed).decode()
            return 200, {"data": {"ciphertext": f"vault:v{len(self.keys)}:{text}", "key_version": len(self.keys)}}
        if (method, path) == ("POST", "/v1/transit/decrypt/songda"):
            return self._decrypt(body["ciphertext"], associated)
        return 404, {"errors": []}

    def _decrypt(self, ciphertext: str, associated: bytes) -> tuple[int, dict[str, Any]]:
        _, version, text = ciphertext.split(":", 2)
        raw = base64.b64decode(text)
        try:
            plain = AESGCM(self.keys[int(version[1:]) - 1]).decrypt(raw[:12], raw[12:], associated)
        except (InvalidTag, IndexError):
            return 400, {"errors": ["cipher: message authentication failed"]}
        return 200, {"data": {"plaintext": base64.b64encode(plain).decode()}}


class _Handler(BaseHTTPRequestHandler):
    server: Transit
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class named it
        """Silent: bodies hold keys."""

    def _serve(self, method: str) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = self.headers.get("X-Vault-Token", "")
        status, document = self.server.answer(method, self.path, token, json.loads(raw or b"{}"))
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def running(token: str) -> Iterator[Transit]:
    """A Transit engine for as long as the block lasts."""
    server = Transit(token)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
