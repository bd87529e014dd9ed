"""One figure: a ratio or a plain number, what it should be, and whether it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: float
    goal: float
    note: str = ""
    unit: str = "×"
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def line(self) -> str:
        sign = "≥" if self.at_least else "≤"
        word = "met   " if self.met else "MISSED"
        return f"{word}  {self.value:9.3f}{self.unit:<4} {sign} {self.goal:<8g} {self.name}" + (
            f"   ({self.note})" if self.note else ""
        )
