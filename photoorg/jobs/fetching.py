"""Fetching a large file: resumable, checked, and whole or not there at all.

Nothing calls this unless a person asked for the file. Proxies are those of the environment or the
system, as urllib finds them.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import re
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from photoorg.core.errors import EnvironmentProblem, ModelFileProblem
from photoorg.core.progress import CancelToken

CHUNK = 1 << 20
SPARE = 200_000_000
"""Bytes that a download leaves free on the disk."""

_TIMEOUT_SECONDS = 30.0
_PART = ".part"
_TAG = ".part-tag"

_NETWORK = (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException)

OnBytes = Callable[[int, int], None]
"""Hears of the bytes that are there and of all of them (0 where that is not known)."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a server said of a file.

    Attributes:
        begin: first byte that it sends.
        total: bytes of the whole file; 0 where it does not say.
        tag: names this very version of it.
        sha256: of the file, where the server names it, or "".
    """

    begin: int
    total: int
    tag: str
    sha256: str


def fetch(
    url: str,
    target: Path,
    *,
    token: CancelToken,
    on_bytes: OnBytes,
    sha256: str = "",
    spare: int = SPARE,
) -> None:
    """Fetch a file, or the rest of it where an earlier try was broken off.

    Args:
        url: https, or http on this machine.
        target: where it goes; its folder is made. Until it is whole it has another name.
        token: to stop; what came stays for the next try.
        on_bytes: told after each megabyte.
        sha256: what it must be, hex; "" takes what the server names, if it names one.
        spare: bytes to leave free on the disk.

    Raises:
        Cancelled: through the token.
        EnvironmentProblem: no internet, no such file, no room, or the folder cannot be written.
        ModelFileProblem: it came damaged; what came is deleted.
    """
    _check_scheme(url)
    part = target.with_name(target.name + _PART)
    tag = target.with_name(target.name + _TAG)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _open(url, part, tag) as (response, answer):
            _check_room(target.parent, answer.total - answer.begin + spare, target.name)
            tag.write_text(answer.tag)
            _copy(response, part, answer, token, on_bytes)
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink(missing_ok=True)
        raise _refused(url, error) from error
    except _NETWORK as error:
        raise _unreachable(url, error) from error
    except OSError as error:
        raise _unwritable(target, error) from error
    if answer.total and part.stat().st_size != answer.total:
        raise _unreachable(url, ConnectionError("the connection ended early"))
    _verify(part, tag, sha256 or answer.sha256, target.name)
    part.replace(target)
    tag.unlink(missing_ok=True)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Remembers what the hub says of a file as it sends one on to where the file lies."""

    def __init__(self) -> None:
        self.linked = ""

    def redirect_request(self, *args: Any, **named: Any) -> urllib.request.Request | None:
        """Follow, as urllib does, to a place that is safe."""
        follow = super().redirect_request(*args, **named)
        if follow is not None:
            _check_scheme(follow.full_url)
        self.linked = args[4].get("X-Linked-Etag", "") or self.linked
        return follow


@contextmanager
def _open(url: str, part: Path, tag: Path) -> Iterator[tuple[Any, _Answer]]:
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked
        url, headers={"User-Agent": "photoorg", "Accept-Encoding": "identity"}
    )
    known = tag.read_text() if tag.exists() else ""
    have = part.stat().st_size if part.exists() else 0
    if have and known:
        request.add_header("Range", f"bytes={have}-")
        # Of a file that changed meanwhile the server sends all of it.
        request.add_header("If-Range", known)
    redirects = _Redirects()
    opener = urllib.request.build_opener(redirects)
    with opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
        yield response, _read_answer(response, redirects.linked)


def _read_answer(response: Any, linked: str) -> _Answer:
    headers = response.headers
    length = int(headers.get("Content-Length") or 0)
    begin, total = 0, length
    if response.status == http.client.PARTIAL_CONTENT:
        place = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", headers.get("Content-Range", ""))
        begin = int(place[1]) if place else 0
        total = begin + length
    named = linked or headers.get("X-Linked-Etag", "")
    digest = named.strip('"')
    if not re.fullmatch("[0-9a-f]{64}", digest):
        digest = ""
    etag = headers.get("ETag", "")
    return _Answer(begin, total, "" if etag.startswith("W/") else etag, digest)


def _copy(
    response: Any, part: Path, answer: _Answer, token: CancelToken, on_bytes: OnBytes
) -> None:
    done = answer.begin
    with part.open("r+b" if done else "wb") as file:
        file.truncate(done)
        file.seek(done)
        on_bytes(done, answer.total)
        while chunk := response.read(CHUNK):
            token.check()
            file.write(chunk)
            done += len(chunk)
            on_bytes(done, answer.total)
        file.flush()
        os.fsync(file.fileno())


def _verify(part: Path, tag: Path, expected: str, name: str) -> None:
    if not expected:
        return
    with part.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        part.unlink()
        tag.unlink(missing_ok=True)
        raise ModelFileProblem(
            f"{name} came damaged, or is not the file that was meant.", "Fetch it once more."
        )


def _check_scheme(url: str) -> None:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == "127.0.0.1"):
        return
    raise EnvironmentProblem(f"{url} is not a safe address.", "Only https is fetched from.")


def _check_room(folder: Path, needed: int, name: str) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise EnvironmentProblem(
            f"There is no room for {name}: it takes {needed // 1_000_000:,} MB with some to spare,"
            f" and {free // 1_000_000:,} MB are free.",
            "Make room on the disk; what was fetched is kept.",
        )


def _refused(url: str, error: urllib.error.HTTPError) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"{_host(url)} does not give the file (answer {error.code}).", "Try again later."
    )


def _unreachable(url: str, error: Exception) -> EnvironmentProblem:
    reason = getattr(error, "reason", error)
    return EnvironmentProblem(
        f"{_host(url)} cannot be reached ({reason}).",
        "Connect to the internet and try again; what was fetched is kept.",
    )


def _unwritable(target: Path, error: OSError) -> EnvironmentProblem:
    remedy = "Mend the permissions of the folder."
    if error.errno == errno.ENOSPC:
        remedy = "Make room on the disk; what was fetched is kept."
    return EnvironmentProblem(f"{target} cannot be written ({error.strerror}).", remedy)


def _host(url: str) -> str:
    return urllib.parse.urlsplit(url).hostname or url
