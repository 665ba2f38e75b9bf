"""How much memory this process takes, for the benchmarks."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def resident_mb() -> float:
    """Return what is in memory now; where the system does not tell, the most that ever was."""
    return _megabytes("VmRSS")


def peak_mb() -> float:
    """Return the most that ever was in memory."""
    return _megabytes("VmHWM")


def _megabytes(field: str) -> float:
    if _STATUS.exists():
        lines = iter(_STATUS.read_text(encoding="ascii").splitlines())
        return next(int(line.split()[1]) for line in lines if line.startswith(field)) * 1024 / 1e6
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
