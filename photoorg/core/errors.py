"""Every error that photoorg raises on purpose.

Two families matter to a person: an `EnvironmentProblem` (disk full, drive gone, catalog locked) is
named in words together with what to do, and a `UsageProblem` (a wrong argument) says what was
expected. Anything else that surfaces is a bug and is reported as one.
"""

from __future__ import annotations


class PhotoorgError(Exception):
    """Base of all errors raised on purpose.

    Attributes:
        message: one sentence for a person, without a trailing remedy.
        remedy: what the person can do about it, or an empty string.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".rstrip()

    def __reduce__(self) -> tuple[type[PhotoorgError], tuple[str, str]]:
        """Cross a process boundary whole (the default would drop the remedy)."""
        return (type(self), (self.message, self.remedy))


class EnvironmentProblem(PhotoorgError):
    """The machine, not the program, is in the way; the command line exits with 1."""


class CatalogLocked(EnvironmentProblem):
    """Another program holds the catalog's write lock for too long."""


class CatalogTooNew(EnvironmentProblem):
    """The catalog was written by a newer photoorg."""


class CatalogDamaged(EnvironmentProblem):
    """SQLite finds the catalog's file malformed."""


class WorkerUnavailable(EnvironmentProblem):
    """A worker process could not be started, or died more often than is bearable."""


class UsageProblem(PhotoorgError):
    """A request that cannot be met as it was put; the command line exits with 2."""


class QuerySyntaxError(UsageProblem):
    """A search text that cannot be read."""


class MediaProblem(PhotoorgError):
    """One file cannot be used; `message` is the reason that the person sees."""


class UnsupportedMedia(MediaProblem):
    """The file is not a photo in a format that photoorg reads."""


class DamagedMedia(MediaProblem):
    """The file claims to be a photo but cannot be decoded."""


class MediaTooLarge(MediaProblem):
    """The file, or what it would unpack to, is over the limits."""


class ModelFileProblem(PhotoorgError):
    """A model file is missing, damaged, forged or made for other features."""


class Cancelled(PhotoorgError):
    """The person asked for the work to stop."""

    def __init__(self, message: str = "Cancelled.", remedy: str = "") -> None:
        super().__init__(message, remedy)
