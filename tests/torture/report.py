"""What a run found, in figures that can be added up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256

KEPT_VIOLATIONS = 50


@dataclass(slots=True)
class Spell:
    """How often, and for how many ms, a sure label stood over a book that was not the exchange's."""

    times: list[int] = field(default_factory=list)

    def row(self) -> str:
        ordered = sorted(self.times)
        last = len(ordered) - 1
        p50, p99, most = ordered[last // 2], ordered[last * 99 // 100], ordered[last]
        return f"{len(ordered):7}  {p50:7}  {p99:7}  {most:7}"


@dataclass(slots=True)
class Report:
    simulated_ms: int = 0
    rounds: int = 0
    frames: int = 0
    octets: int = 0
    compared: int = 0
    """Books under a sure label that were compared with the exchange's."""
    links: int = 0
    switches: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    granted: dict[tuple[str, str, str], Spell] = field(default_factory=dict)
    """By who was looking, cause and how it ended: within the windows that the faults list grants."""
    wrong: int = 0
    """Books under a sure label for longer than granted."""
    longest_lag: int = 0
    """ms that a sure book was behind because messages were on their way."""
    proofs: int = 0
    proofs_late: int = 0
    misses: int = 0
    most_tasks: int = 0
    labelled: Counter[str] = field(default_factory=Counter)
    """ms of all boards under each label."""
    doubts: Counter[str] = field(default_factory=Counter)
    needless: Counter[str] = field(default_factory=Counter)
    """Doubts about a book that was the exchange's own."""
    violations: list[str] = field(default_factory=list)
    violated: int = 0
    digest: str = ""

    def violate(self, text: str) -> None:
        self.violated += 1
        if len(self.violations) < KEPT_VIOLATIONS:
            self.violations.append(text)

    def spell(self, key: tuple[str, str, str], ms: int) -> None:
        self.granted.setdefault(key, Spell()).times.append(ms)

    def add(self, other: Report) -> None:
        for name in (
            *("simulated_ms", "rounds", "frames", "octets", "compared", "links", "switches", "wrong"),
            *("proofs", "proofs_late", "misses", "violated"),
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("longest_lag", "most_tasks"):
            setattr(self, name, max(getattr(self, name), getattr(other, name)))
        for name in ("faults", "labelled", "doubts", "needless"):
            getattr(self, name).update(getattr(other, name))
        for key, spell in other.granted.items():
            self.granted.setdefault(key, Spell()).times.extend(spell.times)
        self.violations = (self.violations + other.violations)[:KEPT_VIOLATIONS]
        self.digest = sha256(f"{self.digest}{other.digest}".encode()).hexdigest()

    def lines(self) -> list[str]:
        hours = self.simulated_ms / 3_600_000
        checks = self.proofs + self.misses
        share = f"{self.proofs / checks:.2%} of {checks}" if checks else "none"
        return [
            f"simulated hours        {hours:.2f} in {self.rounds} rounds",
            f"frames                 {self.frames} ({self.octets / 2**20:.1f} MiB) over {self.links} connections",
            f"faults                 {sum(self.faults.values())}",
            *(f"  {kind:<20} {count}" for kind, count in sorted(self.faults.items())),
            f"books compared         {self.compared} under a sure label",
            f"wrongly sure           {self.wrong} beyond the granted windows",
            f"longest lag            {self.longest_lag} ms with messages on their way",
            f"proven at once         {share}, {self.proofs_late} proven late",
            f"most tasks             {self.most_tasks}",
            "",
            f"wrongly sure within the granted windows, ms{'':34}count      p50      p99      max",
            *(f"  {' · '.join(key):<68}{spell.row()}" for key, spell in sorted(self.granted.items())),
            "",
            "time under each label",
            *(
                f"  {label:<20} {ms / max(1, sum(self.labelled.values())):.2%}"
                for label, ms in self.labelled.most_common()
            ),
            "",
            "doubts",
            *(f"  {count:7} {self.needless[why]:7} needless  {why}" for why, count in self.doubts.most_common()),
            "",
            f"violations             {self.violated}",
            *(f"  {text}" for text in self.violations),
            f"digest                 {self.digest}",
        ]
