"""A picture of the screen, saved where the user looks for pictures."""

from __future__ import annotations

import os
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
        place = folder()
        app.notify(f"saved as {app.save_screenshot(path=str(place))}", timeout=8, markup=False)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        app.notify(f"no picture was saved: {why}: {error.filename or '.'}", severity="error", timeout=8, markup=False)
