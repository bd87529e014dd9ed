"""A picture of the screen, saved where the user looks for pictures."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from textual.app import App

_FOLDERS = ("Pictures", "Documents")


def folder() -> Path:
    """Where the user keeps pictures, if that is told; else the first of the usual folders, or the current one."""
    if (told := os.environ.get("XDG_PICTURES_DIR")) and Path(told).is_dir():
        return Path(told)
    try:
        home = Path.home()
    except RuntimeError:  # nobody knows where that is
        return Path.cwd()
    return next((found for name in _FOLDERS if (found := home / name).is_dir()), Path.cwd())


def save(app: App[Any]) -> None:
    """Save the screen as it is, and say where or why not."""
    try:
        path = folder() / f"pmtui_{datetime.now().astimezone():%Y-%m-%dT%H_%M_%S_%f}.svg"
        _write(path, app.export_screenshot())
    except OSError as error:
        why = ": ".join(filter(None, ((error.strerror or str(error)).lower(), error.filename)))
        app.notify(f"no picture was saved: {why}", severity="error", timeout=8, markup=False)
    else:
        app.notify(f"saved as {path}", timeout=8, markup=False)


def _write(path: Path, picture: str) -> None:
    """All of it, in a file that was not there, or no file at all."""
    file = path.open("x", encoding="utf-8")
    try:
        with file:
            file.write(picture)
    except OSError as error:
        path.unlink(missing_ok=True)
        error.filename = str(path.parent)  # the system names none when it is the disk that is full
        raise
