"""What only a model can be asked, one file a question, each with `TITLE` and `measure(bench)`.

A section returns plain values for evaluation.json and its page: numbers, texts, lists, dicts; "text" says in a sentence or
two what was measured. It may write pictures into `bench.out / "pictures"` and name them, relative to `bench.out`.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from xperience.errors import UsageError

if TYPE_CHECKING:
    from xperience.evaluation.embedded import EmbeddedRecording
    from xperience.evaluation.viewer import Viewer

ORDER = (
    "forecasts",
    "retrieval",
    "reconstruction",
    "future",
    "missing",
    "shifts",
    "documents",
    "heldout",
    "neighbours",
)
"""Order on the page."""


@dataclass(frozen=True)
class Bench:
    """What a section may look at.

    Attributes:
        viewer: the frozen model and the data. recordings: of the split, with their views. sides: "train", "val", "test"
            to ids. heldout: further data by name, each with its own viewer. out: folder of the evaluation. seed: of
            draws and intervals. show: progress bars.
    """

    viewer: Viewer
    recordings: list[EmbeddedRecording]
    sides: dict[str, list[str]]
    out: Path
    heldout: dict[str, Viewer] = field(default_factory=dict)
    seed: int = 0
    show: bool = False

    def of(self, side: str) -> list[EmbeddedRecording]:
        """Recordings of one side, in order of their ids."""
        ids = set(self.sides.get(side, ()))
        return [recording for recording in self.recordings if recording.id in ids]


class Section(Protocol):
    TITLE: str

    def measure(self, bench: Bench) -> dict[str, Any]: ...


def section(name: str) -> Section:
    return cast(Section, importlib.import_module(f"{__name__}.{name}"))


def choose(names: list[str] | None) -> list[str]:
    """The named sections, or all.

    Raises:
        UsageError: no section of that name.
    """
    unknown = [name for name in names or () if name not in ORDER]
    if unknown:
        raise UsageError("no such section", field="--sections", found=", ".join(unknown), expected=", ".join(ORDER))
    return [name for name in ORDER if not names or name in names]
