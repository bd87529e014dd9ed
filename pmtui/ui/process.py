"""How much memory the program takes, as far as the system tells."""

from __future__ import annotations

import os
import resource
import sys


def resident() -> int:
    """Bytes in memory now; where the system does not say, the most there ever were."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    except (OSError, ValueError, IndexError):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
