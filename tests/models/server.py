"""A loopback HTTP server that misbehaves on demand."""

from __future__ import annotations

import hashlib
import re
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from mbembed.models import downloading, published
from tests.models.checkpoints import small_encoder, write_checkpoint, write_species

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest


@dataclass
class Behaviour:
    """What the server does; tests change it while it runs."""

    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    #: Send that many bytes of the body per answer, then close the connection.
    cut_after: int | None = None
    #: Send that many bytes, then nothing more, without closing.
    stall_after: int | None = None
    status: int = 200
    #: Address of a folder to which every request is redirected.
    redirect_to: str = ""
    #: Content-Range that does not fit the request.
    wrong_range: bool = False
    extra: bytes = b""
    requests: list[tuple[str, str]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)


class _Handler(BaseHTTPRequestHandler):
    behaviour: Behaviour

    def do_GET(self) -> None:
        behaviour = self.behaviour
        asked = self.headers.get("Range", "")
        behaviour.requests.append((self.path, asked))
        name = self.path.rpartition("/")[2]
        if behaviour.redirect_to:
            self.send_response(302)
            self.send_header("Location", f"{behaviour.redirect_to}/{name}")
            self.end_headers()
            return
        if behaviour.status != 200 or name not in behaviour.files:
            self.send_error(behaviour.status if behaviour.status != 200 else 404)
            return
        body = behaviour.files[name] + behaviour.extra
        total, start = len(body), 0
        if asked and behaviour.ranges:
            start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])  # type: ignore[index]
            if start >= total:
                self.send_error(416)
                return
        self.send_response(206 if asked and behaviour.ranges else 200)
        if asked and behaviour.ranges:
            self.send_header("Content-Range", f"bytes {start + behaviour.wrong_range}-{total - 1}/{total}")
        self.send_header("Content-Length", str(total - start))
        self.end_headers()
        body = body[start:]
        limit = behaviour.cut_after if behaviour.cut_after is not None else behaviour.stall_after
        self.wfile.write(body[:limit])
        self.wfile.flush()
        if behaviour.stall_after is not None and behaviour.stall_after < len(body):
            behaviour.released.wait(10)
        if limit is not None and limit < len(body):
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serve(behaviour: Behaviour) -> Iterator[str]:
    """Run the server; yields its address."""
    handler = type("Handler", (_Handler,), {"behaviour": behaviour})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/model"
    finally:
        behaviour.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def publish_tiny(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Behaviour:
    """Make a small model, enter it among the published ones as ``tiny``, and return a server with its files."""
    checkpoint = write_checkpoint(folder / "tiny.pkl", small_encoder(n_in=40, n_out=300))
    species = write_species(folder / "tiny.csv", 40)
    record = replace(
        published.PUBLISHED["mae30"], checkpoint=published_file(checkpoint), species=published_file(species)
    )
    monkeypatch.setitem(published.PUBLISHED, "tiny", record)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(downloading, "CHUNK_BYTES", 1024)
    return Behaviour({path.name: path.read_bytes() for path in (checkpoint, species)})


def published_file(path: Path) -> published.PublishedFile:
    content = path.read_bytes()
    return published.PublishedFile(
        f"https://127.0.0.1:1/{path.name}", hashlib.sha256(content).hexdigest(), len(content)
    )
