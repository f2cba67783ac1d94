"""Held out: sessions, activities, objects or places that training never saw, beside the test recordings."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch

from xperience.benchmark.samples import NotMeasurable
from xperience.evaluation.inputs import Inputs
from xperience.evaluation.sampled import batches, spread
from xperience.evaluation.sections import Bench
from xperience.evaluation.viewer import Viewer
from xperience.prepare.piece import Piece
from xperience.pretrain.objectives.hand_motion import SIDES
from xperience.pretrain.objectives.losses import pooled

TITLE = "Held out"
WINDOWS = 240
AT = 9
COLUMNS = [
    "data", "recordings", "windows", "action among training labels", "action among its own labels", "chance of that",
    "label never trained", "hands at 0.5 s (m)", "constant position (m)", "headset at 0.5 s (m)", "constant position (m)",
]  # fmt: skip


def measure(bench: Bench) -> dict[str, Any]:
    """A row for the test side, and one for each further prepared folder."""
    if not {"action", "hand_motion", "ego_motion"} & set(bench.viewer.restored.learner.objectives):
        raise NotMeasurable("the model has no head for actions, hands or headset")
    rows = [row("test", bench.viewer, bench.sides["test"])]
    rows += [row(name, viewer, list(viewer.prepared.ids)) for name, viewer in bench.heldout.items()]
    text = (
        "The model's own heads, without a further fit, shown everything, the caption's objects and interaction too. Its own labels: every action that these recordings name, given as texts, "
        "most of them never trained. Hands and headset: mean distance half a second ahead, on windows where both ends "
        "are tracked."
    )
    if not bench.heldout:
        text += " No further data was given (--heldout)."
    return {"text": text, "table": {"columns": COLUMNS, "rows": rows}}


def row(name: str, viewer: Viewer, ids: list[str]) -> list[Any]:
    labels = viewer.restored.texts.labels["action"]
    inputs = Inputs(tuple(viewer.model.streams), True)
    each = max(1, WINDOWS // max(len(ids), 1))
    features, said, true = [], [], []
    hands: list[tuple[float, float]] = []
    head: list[tuple[float, float]] = []
    for id in ids:
        for batch in batches(viewer, id, spread(viewer.windows(id), each)):
            state = viewer.state(batch, inputs)
            found = viewer.answers(state, batch, inputs)
            features.append(pooled(state))
            if "action" in found:
                said.append(found["action"].float().cpu().numpy())
            true += batch.text.action
            for k, start in enumerate(batch.start_frame):
                end = int(start) + batch.frames - 1
                hands += _hands(viewer, id, end, found["hands"][k].float().cpu().numpy()) if "hands" in found else []
                head += _headset(viewer, id, end, found["ego"][k].float().cpu().numpy()) if "ego" in found else []
    known = np.array([bool(label) for label in true])
    own = sorted({label for label in true if label})
    closed = [labels[k] for k in np.concatenate(said).argmax(1)] if said else []
    with torch.inference_mode(), viewer.cast():
        action = cast(Any, viewer.restored.learner.objectives["action"]) if said else None
        bank = viewer.model.text.embed(own) if own and said else None
        opened = [] if bank is None or action is None else [
            own[int(k)] for k in action.score("action", torch.cat(features), bank).argmax(1)
        ]  # fmt: skip
    right = [a == b for a, b in zip(closed, true, strict=True)] if closed else []
    right_open = [a == b for a, b in zip(opened, true, strict=True)] if opened else []
    return [
        name, len(ids), len(true), _share(right, known), _share(right_open, known),
        round(1 / len(own), 3) if own else None, _share([label not in labels for label in true], known),
        *_means(hands), *_means(head),
    ]  # fmt: skip


def _hands(viewer: Viewer, id: str, end: int, said: np.ndarray) -> list[tuple[float, float]]:
    """(error of the model, of staying put) of each hand that is tracked at both ends."""
    moved = said.reshape(-1, 2, 21, 3)[AT]
    found = []
    for side, guess in zip(SIDES, moved, strict=True):
        piece = _span(viewer, id, end, side)
        if piece is not None:
            away = piece.values[-1].astype(float) - piece.values[0]
            found.append(tuple(float(np.linalg.norm(one, axis=-1).mean()) for one in (away - guess, away)))
    return cast(list[tuple[float, float]], found)


def _headset(viewer: Viewer, id: str, end: int, said: np.ndarray) -> list[tuple[float, float]]:
    piece = _span(viewer, id, end, "pose")
    if piece is None:
        return []
    away = piece.values[-1][:, 3].astype(float) - piece.values[0][:, 3]
    return [(float(np.linalg.norm(away - said[AT, :3])), float(np.linalg.norm(away)))]


def _span(viewer: Viewer, id: str, end: int, stream: str) -> Piece | None:
    """A stream from the window's last frame to the one that is forecast, where both ends are known."""
    place = viewer.place[id]
    if end + AT + 2 > int(viewer.prepared.frames[place]):
        return None
    piece = viewer.prepared.read(place, end, AT + 2, [stream]).get(stream)
    return piece if piece is not None and len(piece.valid) == AT + 2 and piece.valid[[0, -1]].all() else None


def _share(right: list[bool], known: np.ndarray) -> float | None:
    return round(float(np.array(right)[known].mean()), 3) if len(right) and known.any() else None


def _means(pairs: list[tuple[float, float]]) -> tuple[float | None, float | None]:
    if not pairs:
        return None, None
    mine, still = np.mean(pairs, axis=0)
    return round(float(mine), 4), round(float(still), 4)
