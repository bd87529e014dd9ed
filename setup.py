"""What pyproject.toml cannot say; all the rest stands there."""

from __future__ import annotations

import shutil

from setuptools import setup
from setuptools.command.build_py import build_py


class Fresh(build_py):
    """Packs what is there now: an earlier build beside it would add the modules that were deleted since.

    Panels and venues are found by what lies in their folders, so a module that is left over is not only ballast.
    """

    def run(self) -> None:
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


setup(cmdclass={"build_py": Fresh})
