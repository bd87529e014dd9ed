"""The front door. What a command does not need is not imported for it."""

from __future__ import annotations

import sys

from pmtui import __version__


def main() -> None:
    """Run the command that was typed, then leave at once."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        try:
            print(f"pmtui {__version__}", flush=True)  # before anything is imported: scripts ask this often
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
