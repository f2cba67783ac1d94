"""The gate: all checks and offsets of one recording, its verdict, and what later steps may use of it."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from xperience.episode import MODALITIES, Presence
from xperience.episode.cameras import VIEWS
from xperience.episode.folders import episode_id
from xperience.episode.usable import usable_seconds
from xperience.errors import XperienceError, let_through
from xperience.quality import sync
from xperience.quality.content import contents
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding, Offset, Verdict, verdict
from xperience.quality.recording import Recording
from xperience.quality.registry import all_checks

T = TypeVar("T")

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
        content: hash of what a stream holds, by modality, to find copies among recordings.
        usable_s: seconds by stream, and for the common set; see `episode.usable`.
    """

    episode: str
    path: str
    presence: dict[str, bool]
    duration_s: float
    findings: list[Finding] = field(default_factory=list)
    sync: list[Offset] = field(default_factory=list)
    content: dict[str, str] = field(default_factory=dict)
    usable_s: dict[str, float] = field(default_factory=dict)

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
            "content": self.content,
            "usable_s": self.usable_s,
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
            data["content"],
            data.get("usable_s", {}),
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


def examine(
    path: Path,
    *,
    cache: Path | None = None,
    progress: Callable[[str, float], None] | None = None,
    strict: bool = False,
) -> Quality:
    """Runs every check and every offset on one recording. What is wrong with it is a finding, never an exception.

    A check that stumbles over the data fails the recording in its own name, and the others run all the same.

    Raises:
        MachineError: this machine lacks something; it says nothing about the recording.

    Args:
        cache, progress: see `Evidence`.
        strict: let what only a bug of ours can cause through, for tests.
    """
    folder = path if path.is_dir() else path.parent
    try:
        with Recording.open(path) as episode:
            return _judge(folder, Evidence(episode, cache=cache, progress=progress), strict)
    except XperienceError as error:
        let_through(error)
        return unreadable(folder, _in_one_line(error))
    except Exception as error:
        let_through(error)
        if strict:
            raise
        return unreadable(folder, _bug(error))


def unreadable(folder: Path, reason: str) -> Quality:
    """What is said of a recording that cannot be looked into."""
    presence = dict.fromkeys(MODALITIES, False) | {v: (folder / f"{v}.mp4").is_file() for v in VIEWS}
    finding = Finding("files", "files", 0.0, 0.0, None, None, reason, "fail")
    return Quality(episode_id(folder), str(folder), presence, 0.0, [finding])


def _judge(folder: Path, evidence: Evidence, strict: bool) -> Quality:
    episode = evidence.episode
    duration = episode.clock.duration_s
    presence = {name: state is Presence.PRESENT for name, state in episode.presence.items()}
    findings: list[Finding] = []

    def contained(check: str, modality: str, work: Callable[[], list[T]]) -> list[T]:
        try:
            return work()
        except XperienceError as error:  # a stream that cannot be read says so itself
            let_through(error)
            findings.append(Finding(check, modality, 0.0, duration, None, None, _in_one_line(error), "fail"))
        except Exception as error:
            let_through(error)
            if strict:
                raise
            findings.append(Finding(check, modality, 0.0, duration, None, None, _bug(error), "fail"))
        return []

    for pair in sync.pairs():
        evidence.sync += contained("sync", pair.STREAM, partial(pair.measure, evidence))
    for check in all_checks():
        findings += contained(check.name, check.reads[0], partial(check.run, evidence))
    content = contained("files", "files", lambda: list(contents(evidence).items()))
    return Quality(
        episode_id(folder),
        str(folder),
        presence,
        duration,
        findings,
        evidence.sync,
        dict(content),
        usable_seconds(evidence.episode),
    )


def _in_one_line(error: XperienceError) -> str:
    return " ".join(str(error).split())


def _bug(error: Exception) -> str:
    """What went wrong and where, short enough for a table; the data did it, but a check should have seen it coming."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "xperience" in Path(frame.filename).parts] or frames
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
    return f"stopped by {type(error).__name__} at {place}: {_cut(str(error))}. Please report this"


def _cut(text: str) -> str:
    return " ".join(text.split())[:200]


def load(file: Path) -> Quality:
    """A qa.json as written by `xperience check`."""
    return Quality.from_json(json.loads(file.read_text(encoding="utf-8")))
