"""The decoder's side of the work: bytes in; hashes, facts, thumbnail and network input out."""

from __future__ import annotations

from pathlib import Path

import cv2

from photoorg.jobs.messages import DecoderConfig, FileReply, PrepareFile, PrepareInput
from photoorg.media.files import read_file
from photoorg.media.limits import DEFAULT_LIMITS
from photoorg.media.prepare import Prepared, Recognised, prepare_bytes, prepare_file
from photoorg.media.thumbnails import ThumbnailStore


class Decoder:
    """Reads photos; the only kind of process that opens hostile files on its own initiative."""

    description = "decoder"

    def __init__(self, config: DecoderConfig) -> None:
        cv2.setNumThreads(1)  # there is one decoder a core already
        self._store = ThumbnailStore(config.thumbnails)
        self._slots = config.slots.open()
        self._side = config.slots.side

    def __call__(self, request: PrepareFile | PrepareInput) -> FileReply:
        """Meet a request.

        Raises:
            MediaProblem: the file cannot be used.
            EnvironmentProblem: the thumbnail cannot be written.
        """
        if isinstance(request, PrepareFile):
            return self._prepare(request)
        source = request.source
        data = source if isinstance(source, bytes) else read_file(Path(source), DEFAULT_LIMITS)
        prepared = prepare_bytes(data, input_size=self._side)
        return self._hand_over(prepared, request.slot)

    def _prepare(self, request: PrepareFile) -> FileReply:
        prepared = prepare_file(
            Path(request.path),
            input_size=self._side,
            store=self._store,
            known_hashes=request.known_hashes,
        )
        if isinstance(prepared, Recognised):
            return FileReply(prepared.content_hash, None)
        return self._hand_over(prepared, request.slot)

    def _hand_over(self, prepared: Prepared, slot: int) -> FileReply:
        if prepared.network_input is not None:
            self._slots[slot] = prepared.network_input
        return FileReply(prepared.photo.content_hash, prepared.photo)
