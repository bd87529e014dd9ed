"""The front door. What a command does not need is not imported for it."""

from __future__ import annotations

import os
import sys

from pmtui import __version__


def main() -> None:
    """Run the command that was typed, then leave at once."""
    if sys.argv[1:] in (["--version"], ["-V"]) and sys.stdout:
        try:
            # Before anything is imported: scripts ask this often. What a full disk refuses must wait in no buffer.
            os.write(sys.stdout.fileno(), f"pmtui {__version__}\n".encode())
        except OSError:
            pass  # the long way meets the same end, and tells of it
        else:
            return
    import gc

    # What is loaded at the start stays for good: looking through it for garbage would cost a tenth of the start.
    # The screen turns the collector on again after its first frame, the simulated exchange before it opens.
    gc.disable()
    try:
        from pmtui.cli import run

        run()
    except KeyboardInterrupt:  # before there was a command that could be left
        sys.exit(130)


if __name__ == "__main__":
    main()
