"""An identity provider that says what a test tells it to: discovery, keys and tokens on 127.0.0.1, in a thread."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils import timezone

CLIENT_ID, CLIENT_SECRET = "portail", "un secret de client"
KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


def public(key: rsa.RSAPrivateKey, kid: str = "clef") -> dict[str, Any]:
    return {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig", "alg": "RS256"}


@dataclass
class Liar:
    """What the provider answers. `claims` are laid over honest ones, `instead` is said at a path whatever is honest there; `asked` is
    what the portal sent for the token."""

    url: str
    claims: dict[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    key: Any = KEY
    algorithm: str = "RS256"
    kid: str = "clef"
    discovery: dict[str, Any] = field(default_factory=dict)
    instead: dict[str, Any] = field(default_factory=dict)
    token_status: int = 200
    nonce: str = ""
    challenge: str = ""
    asked: dict[str, str] = field(default_factory=dict)

    def id_token(self) -> str:
        now = timezone.now()
        honest = {
            "iss": self.url,
            "sub": "personne-1",
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + timedelta(minutes=5),
            "nonce": self.nonce,
        }
        claims = {name: value for name, value in {**honest, **self.claims}.items() if name not in self.without}
        return jwt.encode(claims, self.key, algorithm=self.algorithm, headers={"kid": self.kid})

    def answer(self, path: str, sent: dict[str, str]) -> tuple[int, Any]:
        if path in self.instead:
            return 200, self.instead[path]
        if path == "/.well-known/openid-configuration":
            addresses = {"authorization_endpoint": "/a", "token_endpoint": "/t", "jwks_uri": "/k"}
            return 200, {"issuer": self.url, **{name: self.url + at for name, at in addresses.items()}, **self.discovery}
        if path == "/k":
            return 200, {"keys": [public(KEY)]}
        self.asked = sent
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != self.challenge:
            return 400, {"error": "invalid_grant"}
        return self.token_status, {"access_token": "a", "token_type": "Bearer", "id_token": self.id_token()}


@contextmanager
def liar() -> Iterator[Liar]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
            status, said = made.answer(self.path, sent)
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 — the name that the server calls

        def log_message(self, *args: object) -> None:
            """Keep the test report readable."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Liar(url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
