"""The benchmark's tasks on a model: its own heads and probes of its frozen tokens, beside linear and MLP heads.

For each task the way that does best on the validation recordings stands for the model; the test recordings are looked
at once, afterwards. Against each trivial baseline and each head stands a paired interval over test sessions; what they
say together is decided in `xperience.scoring.words`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, cast

import numpy as np

from xperience.benchmark.heads import Head, Predictor
from xperience.benchmark.heads.linear import LinearHead
from xperience.benchmark.paired import STATISTICS, difference, load_statistics
from xperience.benchmark.protocol import Split
from xperience.benchmark.run import run_task
from xperience.benchmark.samples import Pool
from xperience.benchmark.summary import SplitInfo, Summary, TaskResult
from xperience.benchmark.task import Task
from xperience.benchmark.tasks import choose
from xperience.errors import UsageError
from xperience.evaluation.attentive import AttentiveHead
from xperience.evaluation.embedded import EmbeddedRecording
from xperience.evaluation.evidence import evidence_of
from xperience.evaluation.own import OwnHead
from xperience.pretrain.step import Texts
from xperience.progress import track
from xperience.scoring import words

WAYS = ("own", "linear probe", "attentive probe")
SATURATED = 0.98
"""A head that scores this much leaves no room above it."""


@dataclass
class Row:
    """One task. Scores are None where a way cannot be measured.

    Attributes:
        val, test: by way, of the model. chosen: way with the best score on the validation recordings.
        heads: name of a head ("linear", "mlp") to its test score. against: the same to a `Difference` as a dict.
        baselines: trivial ones by name. differences: 95 % interval of the model's score less that of a baseline, by
            its name. saturated: heads above `SATURATED`.
        windows, recordings, sessions: of the test. source: where the test recordings come from.
    """

    id: str
    name: str
    metric: str
    unit: str
    higher_is_better: bool
    extension: bool
    variant_of: str
    val: dict[str, float | None] = field(default_factory=dict)
    test: dict[str, float | None] = field(default_factory=dict)
    interval: tuple[float, float] | None = None
    chosen: str = ""
    heads: dict[str, float | None] = field(default_factory=dict)
    against: dict[str, dict[str, Any]] = field(default_factory=dict)
    baselines: dict[str, float] = field(default_factory=dict)
    differences: dict[str, tuple[float, float]] = field(default_factory=dict)
    saturated: list[str] = field(default_factory=list)
    reason: str = ""
    windows: int = 0
    recordings: int = 0
    sessions: int = 0
    source: str = ""

    @property
    def score(self) -> float | None:
        return self.test.get(self.chosen)

    def to_json(self) -> dict[str, Any]:
        """With the word that the score has earned."""
        value = asdict(self) | {"score": self.score}
        earned = words.claim(evidence_of(value))
        return value | {"word": earned.word, "scope": earned.scope, "word_note": earned.note}


class Once:
    """A head that is fitted once and then answers about any pool."""

    def __init__(self, head: Head) -> None:
        self.head, self.name, self.text = head, head.name, head.text
        self._kept: dict[str, Predictor] = {}

    def config(self) -> dict[str, Any]:
        return self.head.config()

    def classes(self, train: Pool, y: np.ndarray, val: Pool, y_val: np.ndarray, count: int) -> Predictor:
        return self._once("classes", train, y, val, y_val, count)

    def sets(self, train: Pool, y: np.ndarray, val: Pool, y_val: np.ndarray) -> Predictor:
        return self._once("sets", train, y, val, y_val)

    def vectors(self, train: Pool, y: np.ndarray, val: Pool, y_val: np.ndarray) -> Predictor:
        return self._once("vectors", train, y, val, y_val)

    def _once(self, kind: str, *given: Any) -> Predictor:
        if kind not in self._kept:
            self._kept[kind] = getattr(self.head, kind)(*given)
        return self._kept[kind]


class OnceMatcher(Once):
    """The same for a head with a space of its own."""

    def match(self, test: Pool) -> tuple[np.ndarray, np.ndarray]:
        return cast(OwnHead, self.head).match(test)


def measure(
    recordings: Sequence[EmbeddedRecording],
    sides: Mapping[str, Sequence[str]],
    texts: Texts,
    out: Path,
    *,
    tasks: Sequence[str] | None = None,
    seed: int = 0,
    show: bool = True,
) -> list[Row]:
    """Every task by every way, on the validation and on the test recordings; runs stand below `out`."""
    first = next(iter(recordings[0].views.values()))
    tokens, width = first.tokens.shape[1:]
    val, test = (_split(sides, side) for side in ("val", "test"))
    rows = []
    asked = [
        (task, way, head) for task in choose(tasks) for way, head in _ways(task, texts, seed, tokens, width).items()
    ]
    for task, ways in groupby(track(asked, "tasks of the model, each in three ways", show=show), lambda one: one[0]):
        row = Row(task.id, task.name, task.metric, task.unit, task.higher_is_better, task.extension, task.variant_of)
        results = {}
        for _, way, head in ways:
            folder = out / way.replace(" ", "_")
            result = run_task(task, head, recordings, test, folder / "test", seed)
            row.test[way] = result.score
            row.val[way] = _validated(task, head, recordings, sides, val, folder, seed)
            row.windows = max(row.windows, result.num_test_windows)
            row.recordings = max(row.recordings, result.num_test_episodes)
            row.sessions, row.source = max(row.sessions, result.num_test_sessions), row.source or result.source
            row.baselines |= {b.name: b.score for b in result.baselines}
            results[way] = result
            if result.score is None:
                row.reason = row.reason or result.reason
        row.chosen = _best(row)
        if row.chosen:
            row.reason = ""
            interval = results[row.chosen].interval
            row.interval = (interval.low, interval.high) if interval else None
            row.differences = {b.name: b.difference for b in results[row.chosen].baselines if b.difference}
        rows.append(row)
    return rows


def _ways(task: Task, texts: Texts, seed: int, tokens: int, width: int) -> dict[str, Head]:
    own = OwnHead(task, texts)
    return {
        "own": cast(Head, OnceMatcher(own) if task.kind == "retrieval" else Once(own)),
        "linear probe": cast(Head, Once(LinearHead())),
        "attentive probe": cast(Head, Once(cast(Head, AttentiveHead(seed, tokens, width)))),
    }


def _validated(
    task: Task,
    head: Head,
    recordings: Sequence[EmbeddedRecording],
    sides: Mapping[str, Sequence[str]],
    split: Split,
    folder: Path,
    seed: int,
) -> float | None:
    if not sides.get("val"):
        return None
    return run_task(task, head, recordings, split, folder / "val", seed).score


def _split(sides: Mapping[str, Sequence[str]], tested: str) -> Split:
    train, val = sorted(sides["train"]), sorted(sides.get("val", ()))
    text = f"trained on {len(train)} episodes, {tested}"
    return Split(SplitInfo("given", text, train, val, sorted(sides.get(tested, ())), 0), inside=False)


def _best(row: Row) -> str:
    """The way to stand for the model: by the validation recordings, else the first that can be measured."""
    there = [way for way in WAYS if row.test.get(way) is not None]
    known = [way for way in there if row.val.get(way) is not None]
    if not known:
        return there[0] if there else ""
    pick = max if row.higher_is_better else min
    return pick(known, key=lambda way: cast(float, row.val[way]))


def compare(rows: Sequence[Row], heads: Mapping[str, tuple[Summary, Path]], out: Path, seed: int = 0) -> None:
    """Puts heads beside the model, in place.

    Args:
        heads: name to the summary of its run and the folder of that run.
    """
    for row in rows:
        for name, (summary, folder) in heads.items():
            result: TaskResult | None = summary.tasks.get(row.id)
            score = result.score if result is not None else None
            row.heads[name] = score
            if score is None or result is None:
                continue
            row.baselines |= {b.name: b.score for b in result.baselines}
            if row.higher_is_better and score > SATURATED:
                row.saturated.append(name)
            if not row.chosen:
                continue
            mine = out / row.chosen.replace(" ", "_") / "test" / row.id
            if not (mine / STATISTICS).is_file() or not (folder / row.id / STATISTICS).is_file():
                continue
            try:
                apart = difference(load_statistics(mine), load_statistics(folder / row.id), seed=seed)
            except UsageError as error:
                row.against[name] = {"reason": str(error)}
                continue
            row.against[name] = asdict(apart)
