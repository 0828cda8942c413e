"""Download one file of known size and SHA-256: over HTTP, resumable, never half under its final name."""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mbembed.errors import DownloadError, OutputError, UsageError
from mbembed.models.folder import HASH_SHOWN, sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["download"]

#: How long to wait for a connection, and for the next bytes of an answer (seconds).
TIMEOUT_S = 30.0
#: How often a connection is made for one file, as long as each brings new bytes.
ATTEMPTS = 5
#: Most redirects that are followed (Python's own limit is 10; GitHub needs none, mirrors one or two).
MAX_REDIRECTS = 5
#: Bytes per read: small enough for a smooth progress bar, large enough for speed.
CHUNK_BYTES = 64 * 1024
#: HTTP status codes (RFC 9110) that are told apart.
PARTIAL_CONTENT, RANGE_NOT_SATISFIABLE = 206, 416


class _InterruptedError(Exception):
    """The connection ended early; what came so far is kept."""


class _RangeRefusedError(Exception):
    """The server's file does not go on where ours ends."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows few redirects, and none from https to anything else."""

    max_redirections = MAX_REDIRECTS

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        """Refuse a redirect that leaves HTTP or its encryption."""
        allowed = {"https"} if urlsplit(req.full_url).scheme == "https" else {"http", "https"}
        if urlsplit(newurl).scheme not in allowed:
            raise urllib.error.HTTPError(newurl, code, f"redirect to {newurl}, which is not https", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(url: str, target: Path, *, sha256: str, n_bytes: int, progress: Callable[[int], None]) -> None:
    """Download a file, going on where an earlier attempt stopped.

    Parameters
    ----------
    url : str
        ``https``, or ``http`` for a mirror (the content is checked in any case).
    target : Path
        Where to put it; ``target`` with ``.part`` added holds it until it is complete.
    sha256 : str
        What it must hash to.
    n_bytes : int
        Its size. No more than that is ever read.
    progress : callable
        Called with the number of bytes that are there.

    Raises
    ------
    DownloadError
        If the server cannot be reached, does not have the file, stalls, breaks off, or sends
        something else.
    OutputError
        If the file cannot be written.
    UsageError
        If the address is none of HTTP.
    """
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).netloc:
        raise UsageError(
            f"{url!r} is not a web address",
            expected="https://…",
            hint="unset MBEMBED_MIRROR, or set it to an https address",
        )
    if target.is_file() and sha256_of(target) == sha256:
        progress(n_bytes)
        return
    part = target.with_name(target.name + ".part")
    resumed = _size(part) > 0
    _complete(url, part, n_bytes, progress)
    if sha256_of(part) != sha256 and resumed:  # the part was of another file: once more, from the start
        part.unlink()
        _complete(url, part, n_bytes, progress)
    found = sha256_of(part)
    if found != sha256:
        part.unlink()
        raise DownloadError(
            f"{url} is not the published file: its SHA-256 is {found[:HASH_SHOWN]}…, the published one is {sha256[:HASH_SHOWN]}…",
            expected="the file as it was published; it was deleted again",
            hint="try another network or unset MBEMBED_MIRROR; a proxy may have replaced the file",
            url=url,
        )
    part.replace(target)


def _complete(url: str, part: Path, n_bytes: int, progress: Callable[[int], None]) -> None:
    """Fetch until all bytes are there."""
    for _ in range(ATTEMPTS):
        before = _size(part)
        if before > n_bytes:
            part.unlink()
            before = 0
        if before == n_bytes:
            return
        try:
            _fetch(url, part, before, n_bytes, progress)
        except _RangeRefusedError:
            part.unlink()
        except _InterruptedError as error:
            if _size(part) <= before:
                raise _failed(url, str(error)) from error
    if _size(part) != n_bytes:
        raise _failed(url, f"the connection broke off {ATTEMPTS} times, {_size(part)} of {n_bytes} bytes came")


def _fetch(url: str, part: Path, start: int, n_bytes: int, progress: Callable[[int], None]) -> None:
    """Ask for the bytes from ``start`` on and add them to the part."""
    headers = {"User-Agent": "mbembed", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - download() checks the scheme
    opener = urllib.request.build_opener(_Redirects)
    try:
        answer = opener.open(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == RANGE_NOT_SATISFIABLE and start:
            raise _RangeRefusedError from error
        raise _failed(url, f"the server answered {error.code} {error.reason}", status=error.code) from error
    except urllib.error.URLError as error:
        raise _failed(url, f"the server cannot be reached ({error.reason})") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _failed(url, f"the server cannot be reached ({error or type(error).__name__})") from error
    with answer:
        if answer.status == PARTIAL_CONTENT:
            given = re.match(r"bytes (\d+)-\d+/(\d+|\*)$", answer.headers.get("Content-Range", ""))
            if not given or int(given[1]) != start or given[2] not in {str(n_bytes), "*"}:
                raise _RangeRefusedError
        else:
            start = 0  # the server does not know ranges: from the beginning
        _store(_chunks(answer, url, n_bytes - start), part, start, progress)


def _chunks(answer: Any, url: str, limit: int) -> Iterator[bytes]:
    """Read an answer in pieces, no more than ``limit`` bytes of it."""
    while True:
        try:
            chunk = answer.read(CHUNK_BYTES)
        except TimeoutError as error:
            raise _InterruptedError(f"no bytes came for {TIMEOUT_S:g} seconds") from error
        except (OSError, http.client.HTTPException) as error:
            raise _InterruptedError(f"the connection broke off ({error})") from error
        if not chunk:
            if limit:
                raise _InterruptedError(f"the connection ended {limit} bytes early")
            return
        if len(chunk) > limit:
            raise _failed(url, "the server sends more than the published file")
        limit -= len(chunk)
        yield chunk


def _store(chunks: Iterator[bytes], part: Path, start: int, progress: Callable[[int], None]) -> None:
    """Write what comes. An error of the disk may show on closing too; one of the network is not an ``OSError`` here."""
    done = start
    try:
        with part.open("ab" if start else "wb") as handle:
            for chunk in chunks:
                handle.write(chunk)
                handle.flush()
                done += len(chunk)
                progress(done)
    except OSError as error:
        raise _unwritable(part, error) from error


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _failed(url: str, reason: str, **fields: object) -> DownloadError:
    return DownloadError(
        f"{url} could not be downloaded: {reason}",
        expected="a connection to the server; nothing was installed",
        hint="the same command again (it goes on where it stopped), or download the files elsewhere and use "
        "mbembed models import FILE --species CSV --name NAME",
        url=url,
        **fields,
    )


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path} cannot be written ({error.strerror})",
        expected="a folder that you may write to, with enough space",
        hint="set MBEMBED_MODELS to another folder",
        path=str(path),
    )
