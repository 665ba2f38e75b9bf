"""Which processors there are, found out without importing torch (3 s) to ask it."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from typing import Literal

Accelerator = Literal["cuda", "mps"]


def find_accelerator() -> Accelerator | None:
    """Return the device worth importing torch for, or None where the CPU has to do."""
    if cuda_device_count() > 0:
        return "cuda"
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return "mps"
    return None


def cuda_device_count() -> int:
    """Return how many CUDA devices the driver lets this process see.

    Asks the driver's own library (CUDA driver API: cuInit, cuDeviceGetCount), which heeds
    CUDA_VISIBLE_DEVICES and loads in milliseconds; 0 where there is no driver.
    """
    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(name)
        count = ctypes.c_int()
        if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
            return 0
    except (OSError, AttributeError):  # no such library; or one that is no CUDA driver
        return 0
    return count.value


def available_cpus() -> int:
    """Return how many CPUs this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    else:  # noqa: RET505 (without "else" mypy calls the other platforms' line unreachable)
        return os.cpu_count() or 1
