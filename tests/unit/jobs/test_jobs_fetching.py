"""Fetching, from a server in this process that breaks off, lies and forgets."""

from __future__ import annotations

import errno
import hashlib
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from photoorg.core.errors import Cancelled, EnvironmentProblem, ModelFileProblem
from photoorg.core.progress import CancelToken
from photoorg.jobs import fetching
from photoorg.jobs.fetching import fetch

CONTENT = bytes(range(256)) * 20_000  # 5 MB
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    content = CONTENT
    etag = '"one"'
    linked = ""
    break_at = 0
    ranges: list[str | None]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        if self.path == "/missing":
            self.send_error(404)
            return
        if self.path == "/hub":
            self.send_response(302)
            self.send_header("Location", "/file")
            self.send_header("X-Linked-Etag", server.linked)
            self.end_headers()
            return
        if self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "http://example.invalid/file")
            self.end_headers()
            return
        asked = self.headers.get("Range")
        server.ranges.append(asked)
        begin = 0
        if asked and self.headers.get("If-Range") == server.etag:
            begin = int(asked.removeprefix("bytes=").rstrip("-"))
        rest = server.content[begin:]
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.send_header("ETag", server.etag)
        if begin:
            last, total = len(server.content) - 1, len(server.content)
            self.send_header("Content-Range", f"bytes {begin}-{last}/{total}")
        self.end_headers()
        self.wfile.write(rest[: server.break_at - begin] if server.break_at else rest)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        running.ranges = []
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def get(server: Server, target: Path, path: str = "/file", **named: Any) -> list[tuple[int, int]]:
    heard: list[tuple[int, int]] = []
    named.setdefault("token", CancelToken())
    named.setdefault("on_bytes", lambda done, total: heard.append((done, total)))
    fetch(f"http://127.0.0.1:{server.server_port}{path}", target, spare=0, **named)
    return heard


def test_a_file_comes_whole_and_tells_how_far_it_is(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "new" / "weights"
    heard = get(server, target, sha256=DIGEST)
    assert target.read_bytes() == CONTENT
    assert heard[0] == (0, len(CONTENT))
    assert heard[-1] == (len(CONTENT), len(CONTENT))
    assert [path.name for path in target.parent.iterdir()] == ["weights"]


def test_what_was_broken_off_goes_on(server: Server, tmp_path: Path) -> None:
    server.break_at = 3_000_000
    with pytest.raises(EnvironmentProblem, match="cannot be reached"):
        get(server, tmp_path / "weights")
    assert not (tmp_path / "weights").exists()
    server.break_at = 0
    heard = get(server, tmp_path / "weights", sha256=DIGEST)
    assert (tmp_path / "weights").read_bytes() == CONTENT
    assert heard[0] == (3_000_000, len(CONTENT))
    assert server.ranges == [None, "bytes=3000000-"]


def test_a_file_that_changed_meanwhile_begins_anew(server: Server, tmp_path: Path) -> None:
    server.break_at = 3_000_000
    with pytest.raises(EnvironmentProblem):
        get(server, tmp_path / "weights")
    server.break_at, server.etag, server.content = 0, '"two"', CONTENT[::-1]
    get(server, tmp_path / "weights")
    assert (tmp_path / "weights").read_bytes() == CONTENT[::-1]


def test_cancelling_keeps_what_came(server: Server, tmp_path: Path) -> None:
    token = CancelToken()

    def stop(done: int, _total: int) -> None:
        if done:
            token.cancel()

    with pytest.raises(Cancelled):
        get(server, tmp_path / "weights", token=token, on_bytes=stop)
    assert 0 < (tmp_path / "weights.part").stat().st_size < len(CONTENT)
    get(server, tmp_path / "weights", sha256=DIGEST)
    assert server.ranges[1] is not None


def test_a_wrong_file_is_thrown_away(server: Server, tmp_path: Path) -> None:
    with pytest.raises(ModelFileProblem, match="came damaged"):
        get(server, tmp_path / "weights", sha256="0" * 64)
    assert not list(tmp_path.iterdir())


def test_the_hubs_own_checksum_is_held_to(server: Server, tmp_path: Path) -> None:
    server.linked = f'"{DIGEST}"'
    get(server, tmp_path / "good", "/hub")
    assert (tmp_path / "good").read_bytes() == CONTENT
    server.linked = '"' + "0" * 64 + '"'
    with pytest.raises(ModelFileProblem):
        get(server, tmp_path / "bad", "/hub")


def test_no_room_is_said_before_anything_comes(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        fetching.shutil, "disk_usage", lambda _folder: shutil._ntuple_diskusage(1, 1, 4_000_000)
    )
    with pytest.raises(EnvironmentProblem, match="no room for weights: it takes 5 MB"):
        get(server, tmp_path / "weights")
    assert not list(tmp_path.iterdir())


def test_a_disk_that_fills_up_is_named(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fetching.os, "fsync", full)
    with pytest.raises(EnvironmentProblem, match="No space left") as caught:
        get(server, tmp_path / "weights")
    assert "Make room" in caught.value.remedy
    assert (tmp_path / "weights.part").exists()


@pytest.mark.parametrize(
    ("path", "words"), [("/missing", "answer 404"), ("/elsewhere", "not a safe address")]
)
def test_what_cannot_be_had_is_said(server: Server, tmp_path: Path, path: str, words: str) -> None:
    with pytest.raises(EnvironmentProblem, match=words):
        get(server, tmp_path / "weights", path)


def test_no_internet_is_said(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match="cannot be reached") as caught:
        fetch(
            "http://127.0.0.1:9/file",
            tmp_path / "weights",
            token=CancelToken(),
            on_bytes=lambda _done, _total: None,
        )
    assert "Connect to the internet" in caught.value.remedy
