"""The gate: all checks and offsets of one recording, its verdict, and what later steps may use of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xperience.episode import MODALITIES, Episode, Presence
from xperience.episode.cameras import VIEWS
from xperience.errors import XperienceError
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding, Offset, Verdict, verdict
from xperience.quality.registry import all_checks

HALF_WORTH_S = 0.05
"""Worst offset at which the sync score is one half: one frame at 20 fps."""


@dataclass(frozen=True)
class Quality:
    """What the gate says of one recording.

    Attributes:
        episode: id. path: its folder.
        presence: state of each modality.
        duration_s: by the frame clock; 0 where it cannot be read.
        findings, sync: see `quality.finding`.
    """

    episode: str
    path: str
    presence: dict[str, bool]
    duration_s: float
    findings: list[Finding] = field(default_factory=list)
    sync: list[Offset] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        return verdict(self.findings)

    @property
    def sync_score(self) -> float | None:
        """1 / (1 + (worst / HALF_WORTH_S)^2) over the measured offsets; None where none could be measured."""
        measured = [abs(o.offset_s) for o in self.sync if o.offset_s is not None]
        return 1 / (1 + (max(measured) / HALF_WORTH_S) ** 2) if measured else None

    def valid_ranges(self) -> dict[str, list[tuple[float, float]]]:
        """Seconds of each present modality that no finding speaks against; "clock" and "files" findings bar all."""
        ranges = {}
        for name, there in self.presence.items():
            barred = [(f.start_s, f.end_s) for f in self.findings if f.modality in (name, "clock", "files")]
            ranges[name] = subtract((0.0, self.duration_s), barred) if there else []
        return ranges

    def to_json(self) -> dict[str, Any]:
        return {
            "episode": self.episode,
            "path": self.path,
            "verdict": self.verdict,
            "duration_s": self.duration_s,
            "sync_score": self.sync_score,
            "findings": [finding.to_json() for finding in self.findings],
            "sync": [offset.to_json() for offset in self.sync],
            "presence": self.presence,
            "valid_ranges": self.valid_ranges(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Quality:
        return cls(
            data["episode"],
            data["path"],
            data["presence"],
            data["duration_s"],
            [Finding(**finding) for finding in data["findings"]],
            [Offset(**offset) for offset in data["sync"]],
        )


def subtract(whole: tuple[float, float], barred: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """What is left of an interval without the barred ones."""
    left, at = [], whole[0]
    for start, end in sorted(barred):
        if start > at:
            left.append((at, min(start, whole[1])))
        at = max(at, end)
    if at < whole[1]:
        left.append((at, whole[1]))
    return [(start, end) for start, end in left if end > start]


def examine(path: Path, *, cache: Path | None = None, progress: Callable[[str, float], None] | None = None) -> Quality:
    """Runs every check and every offset on one recording. What is wrong with it is a finding, never an exception."""
    from xperience.quality.sync import measure_all

    folder = path if path.is_dir() else path.parent
    name = f"{folder.resolve().parent.name}__{folder.resolve().name}"
    try:
        with Episode.open(path) as episode:
            duration = episode.clock.duration_s
            presence = {name: state is Presence.PRESENT for name, state in episode.presence.items()}
            evidence = Evidence(episode, cache=cache, progress=progress)
            evidence.sync = measure_all(evidence)
            findings = []
            for check in all_checks():
                try:
                    findings += check.run(evidence)
                except XperienceError as error:  # a stream that cannot be read says so itself
                    modality = check.reads[0]
                    findings.append(Finding(check.name, modality, 0.0, duration, None, None, str(error), "fail"))
            return Quality(name, str(folder), presence, duration, findings, evidence.sync)
    except XperienceError as error:
        presence = dict.fromkeys(MODALITIES, False) | {v: (folder / f"{v}.mp4").is_file() for v in VIEWS}
        finding = Finding("files", "files", 0.0, 0.0, None, None, " ".join(str(error).split()), "fail")
        return Quality(name, str(folder), presence, 0.0, [finding])


def load(file: Path) -> Quality:
    """A qa.json as written by `xperience check`."""
    return Quality.from_json(json.loads(file.read_text(encoding="utf-8")))
