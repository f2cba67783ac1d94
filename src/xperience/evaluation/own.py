"""The answers of the model's own heads, as a head of the benchmark: nothing is fitted but a threshold or two.

Which setting (how strongly rare labels are favoured, from which score on an object is named) is chosen on the validation
recordings; the model never sees a test label, and chooses among the labels of its training.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from xperience.benchmark.heads import Fitted, Predictor
from xperience.benchmark.metrics.classification import label_list
from xperience.benchmark.samples import NotMeasurable, Pool
from xperience.benchmark.task import VISION, Task
from xperience.benchmark.tasks.hand_trajectory_forecast import FORECAST_FRAMES
from xperience.evaluation.embedded import EmbeddedRecording
from xperience.pretrain.step import Texts

LABELS = {"timeline_action": "action", "timeline_subtask": "subtask", "next_action": "next_action"}
WRISTS = (19, 20)
"""Columns of the contact stream that stand for the hands."""

FAVOURS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of a label's log frequency that are taken off its score (Menon et al. 2021): macro F1 counts labels alike."""

LISTENS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Weight of what the caption's words alone choose, against what the whole window does."""

QUANTILES = np.linspace(0.02, 0.98, 49)
NEVER = -1e9
NO_HEAD = "the model has no head for this task"


class OwnHead:
    """See the module.

    Args:
        task: that is asked. texts: labels of the training split, as the model's heads count them.
    """

    name = "own"
    text = "the pretrained model's own heads"

    def __init__(self, task: Task, texts: Texts) -> None:
        self.task, self.texts = task, texts

    def config(self) -> dict[str, Any]:
        return {"favours": list(FAVOURS), "listens": list(LISTENS)}

    def classes(self, train: Pool, y: np.ndarray, val: Pool, y_val: np.ndarray, count: int) -> Predictor:
        if self.task.id in LABELS:
            return self._labels(train, y, val, y_val, count)
        names = label_list(list(train.target)) if self.task.kind == "labels" else []
        if self.task.id == "transition_detection":
            return self._two_way(self._said("transition"), val, y_val, names.index("transition"))
        if self.task.id == "hand_contact":
            joints = self._said("joints")
            return self._two_way(lambda pool: joints(pool)[:, WRISTS].max(1), val, y_val, names.index("contact"))
        raise NotMeasurable(NO_HEAD)

    def sets(self, train: Pool, y: np.ndarray, val: Pool, y_val: np.ndarray) -> Predictor:
        learnt = list(dict.fromkeys(name for names in train.target for name in names))
        columns = self._columns("object", learnt)
        said = self._said("objects")

        def score(pool: Pool) -> np.ndarray:
            found = said(pool)
            return np.where(columns >= 0, found[:, np.maximum(columns, 0)], NEVER)

        level = 0.0
        if len(val):
            scores = score(val)
            levels = np.quantile(scores[scores > NEVER], 1 - np.geomspace(1e-3, 0.5, 60))
            level = float(max(levels, key=lambda one: _micro_f1(scores >= one, y_val > 0)))
        return Fitted(lambda pool: _logistic(score(pool) - level), {"level": level})

    def vectors(self, train: Pool, y: np.ndarray, val: Pool, y_val: np.ndarray) -> Predictor:
        if self.task.id == "hand_trajectory_forecast":
            return Fitted(lambda pool: _hands(pool, self.task.blocks))
        if self.task.id == "ego_motion":
            said = self._said("ego")
            return Fitted(lambda pool: said(pool).reshape(len(pool), -1, 12)[:, -1, :3].astype(np.float32))
        raise NotMeasurable(NO_HEAD)

    def match(self, test: Pool) -> tuple[np.ndarray, np.ndarray]:
        """Queries and candidates [n, E] of a retrieval in the contrastive space.

        Raises:
            NotMeasurable: the model has no space for these two sides.
        """
        if self.task.id == "caption_grounding":
            return self._said("words")(test), self._said("window")(test)
        if self.task.id == "cross_modal_retrieval":
            motion = _gather(test, lambda r: r.view(self.task.blocks).side("motion"))
            sight = _gather(test, lambda r: r.view(VISION).side("sight"))
            return _flat(motion), _flat(sight)
        raise NotMeasurable("the model has no common space for these two sides")

    def _labels(self, train: Pool, y: np.ndarray, val: Pool, y_val: np.ndarray, count: int) -> Predictor:
        kind = LABELS[self.task.id]
        columns = self._columns("subtask" if kind == "subtask" else "action", label_list(list(train.target)))
        frequency = np.log(np.bincount(y, minlength=count) / len(y))

        def score(pool: Pool, listens: float, favour: float) -> np.ndarray:
            seen = _gather(pool, lambda r: _told(r, self.task.blocks, kind))
            told = _gather(pool, lambda r: _told(r, self.task.blocks, f"told_{kind}"))
            both = (1 - listens) * seen + listens * told
            found = np.where(columns >= 0, both[:, np.maximum(columns, 0)], NEVER)
            return cast(np.ndarray, found - favour * frequency)

        choice = (0.5, 0.0)
        if len(val):
            choices = [(listens, favour) for listens in LISTENS for favour in FAVOURS]
            choice = max(choices, key=lambda one: _macro_f1(score(val, *one).argmax(1), y_val))
        return Fitted(lambda pool: _softmax(score(pool, *choice)), {"listens": choice[0], "favour": choice[1]})

    def _two_way(self, said: Callable[[Pool], np.ndarray], val: Pool, y_val: np.ndarray, positive: int) -> Predictor:
        level = 0.0
        if len(val):
            scores = said(val)
            level = float(
                max(np.quantile(scores, QUANTILES), key=lambda one: _macro_f1((scores >= one), y_val == positive))
            )

        def answer(pool: Pool) -> np.ndarray:
            p = _logistic(said(pool) - level)
            return np.stack([1 - p, p] if positive == 1 else [p, 1 - p], 1)

        return Fitted(answer, {"level": level})

    def _said(self, name: str) -> Callable[[Pool], np.ndarray]:
        blocks = self.task.blocks

        def of(pool: Pool) -> np.ndarray:
            return _gather(pool, lambda r: _told(r, blocks, name))

        return of

    def _columns(self, kind: str, names: list[str]) -> np.ndarray:
        """Where the model's bank has each name, -1 where it does not."""
        place = {name: k for k, name in enumerate(self.texts.labels[kind])}
        return np.array([place.get(name.strip(), -1) for name in names])


def _told(recording: EmbeddedRecording, blocks: tuple[str, ...], name: str) -> np.ndarray:
    own = recording.view(blocks).own
    if name not in own:
        raise NotMeasurable(NO_HEAD)
    return own[name]


def _gather(pool: Pool, of: Callable[[EmbeddedRecording], np.ndarray]) -> np.ndarray:
    return pool.gather(lambda part: of(cast(EmbeddedRecording, part.recording))[part.samples.window[part.rows]])


def _hands(pool: Pool, blocks: tuple[str, ...]) -> np.ndarray:
    """Both hands of ten frames, minus the body's root where there is one: where they are, plus what is forecast."""
    parts = []
    for part in pool.parts:
        recording = cast(EmbeddedRecording, part.recording)
        window = part.samples.window[part.rows]
        own = recording.view(blocks).own
        if "hands" not in own or "ego" not in own:
            raise NotMeasurable(NO_HEAD)
        assert recording.hands is not None
        last = recording.hands[recording.windows.end_frame[window]]
        ahead = own["hands"][window].reshape(len(window), -1, 2, 21, 3)[:, :FORECAST_FRAMES]
        if recording.present["body_joints"]:
            ahead = ahead - own["ego"][window].reshape(len(window), -1, 12)[:, :FORECAST_FRAMES, None, None, 9:12]
        parts.append((last[:, None] + ahead).reshape(len(window), -1).astype(np.float32))
    return np.concatenate(parts)


def _micro_f1(called: np.ndarray, true: np.ndarray) -> float:
    both = (called & true).sum()
    return float(2 * both / max(called.sum() + true.sum(), 1))


def _macro_f1(predicted: np.ndarray, true: np.ndarray) -> float:
    """Over the labels that occur in the truth."""
    scores = []
    for label in np.unique(true):
        called, is_it = predicted == label, true == label
        scores.append(2 * (called & is_it).sum() / max(called.sum() + is_it.sum(), 1))
    return float(np.mean(scores))


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(1, keepdims=True))
    return cast(np.ndarray, e / e.sum(1, keepdims=True))


def _logistic(x: np.ndarray) -> np.ndarray:
    return cast(np.ndarray, 1 / (1 + np.exp(-np.clip(x, -60, 60))))


def _flat(x: np.ndarray) -> np.ndarray:
    """[n, T A] of embeddings [n, T, A], each of length one."""
    x = x.astype(np.float32)
    return cast(np.ndarray, (x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-6)).reshape(len(x), -1))
