"""Missing modalities: what can still be answered, when an input is not there, or is all there is?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import torch

from xperience.benchmark.samples import NotMeasurable
from xperience.evaluation.inputs import Inputs
from xperience.evaluation.own import WRISTS
from xperience.evaluation.sampled import sampled
from xperience.evaluation.sections import Bench
from xperience.evaluation.viewer import lacking
from xperience.prepare.streams import STREAMS
from xperience.pretrain.objectives.contact import members
from xperience.pretrain.objectives.hand_motion import SIDES
from xperience.pretrain.objectives.losses import pooled

TITLE = "Missing modalities"
WINDOWS = 192
LANGUAGE = "language"
COLUMNS = ("action", "sub-task", "transition AUC", "hand contact AUC", "objects AP", "hands at 0.5 s (m)")
AT = 9
"""Place of the forecast frame half a second ahead."""


def measure(bench: Bench) -> dict[str, Any]:
    """A row an input set, a column a question; None where it cannot be asked."""
    if not {"action", "contact", "hand_motion"} & set(bench.viewer.restored.learner.objectives):
        raise NotMeasurable("the model has no head for any of these questions")
    kinds = [*dict.fromkeys(STREAMS[name].modality for name in bench.viewer.model.streams), LANGUAGE]
    sets = {"everything": kinds}
    sets |= {f"without {kind}": [one for one in kinds if one != kind] for kind in kinds}
    sets |= {f"{kind} alone": [kind] for kind in kinds}
    batches = list(sampled(bench, WINDOWS))
    rows = [[name, *answers(bench, batches, chosen)] for name, chosen in sets.items()]
    return {
        "text": (
            f"The model's own heads on {sum(len(starts) for _, starts, _ in batches)} test windows, encoded anew for each set "
            "of inputs. Action and sub-task: share of windows whose first answer is right, among the labels of the "
            "training. Objects are scored by name, those that training never named among them. Contacts are never shown; "
            "language is never shown where objects are asked for. A cell is empty where the question needs the input "
            "that is missing."
        ),
        "table": {"columns": ["inputs", *COLUMNS], "rows": rows},
    }


def answers(bench: Bench, batches: list[Any], kinds: list[str]) -> list[float | None]:
    """A row of the matrix: one number a column."""
    viewer, labels = bench.viewer, bench.viewer.restored.texts.labels
    named = list(
        dict.fromkeys([*labels["object"], *(n for _, _, b in batches for names in b.text.objects for n in names)])
    )
    bank = viewer.model.text.embed(named)
    streams = tuple(n for n in viewer.model.streams if STREAMS[n].modality in kinds and n != "contacts")
    told, blind = Inputs(streams, LANGUAGE in kinds), Inputs(streams, False)
    heads = cast(Mapping[str, Any], viewer.restored.learner.objectives)
    said: dict[str, list[np.ndarray]] = {}
    true: dict[str, list[Any]] = {}
    for _, _, batch in batches:
        poor = lacking(batch, streams)
        found = viewer.answers(viewer.state(poor, told), poor, told)
        if "contact" in heads:
            with torch.inference_mode(), viewer.cast():
                found["objects"] = heads["contact"].score("objects", pooled(viewer.state(poor, blind)), bank)
        for name, value in found.items():
            said.setdefault(name, []).append(value.float().cpu().numpy())
        text, contacts = batch.text, batch.streams.get("contacts")
        true.setdefault("action", []).extend(text.action)
        true.setdefault("subtask", []).extend(text.subtask)
        true.setdefault("transition", []).append(np.asarray(text.transition))
        true.setdefault("objects", []).append(members(text.objects, named, torch.device("cpu")).numpy())
        if contacts is not None:
            touching = (contacts.values[:, :, WRISTS] > 0.5).any(2) & contacts.valid
            true.setdefault("joints", []).append(touching.any(1).cpu().numpy())
    joined = {name: np.concatenate(parts) for name, parts in said.items()}
    wanted = {name: np.concatenate(true[name]) for name in ("transition", "objects", "joints") if name in true}
    return [
        _first(joined.get("action"), labels["action"], true["action"]),
        _first(joined.get("subtask"), labels["subtask"], true["subtask"]),
        _area(joined.get("transition"), wanted["transition"]),
        _area(joined["joints"][:, WRISTS].max(1), wanted["joints"]) if {"joints"} <= joined.keys() & wanted.keys() else None,
        _precision(joined.get("objects"), wanted["objects"]) if blind.streams else None,
        _hands(bench, batches, joined.get("hands")),
    ]  # fmt: skip


def _first(said: np.ndarray | None, names: tuple[str, ...], true: list[str]) -> float | None:
    if said is None or not any(true):
        return None
    return round(float(np.mean([names[k] == t for k, t in zip(said.argmax(1), true, strict=True) if t])), 3)


def _area(said: np.ndarray | None, true: np.ndarray) -> float | None:
    from sklearn.metrics import roc_auc_score

    if said is None or true.all() or not true.any():
        return None
    return round(float(roc_auc_score(true, said)), 3)


def _precision(said: np.ndarray | None, true: np.ndarray) -> float | None:
    from sklearn.metrics import average_precision_score

    if said is None or not true.any():
        return None
    return round(float(average_precision_score(true.ravel(), said.ravel())), 3)


def _hands(bench: Bench, batches: list[Any], said: np.ndarray | None) -> float | None:
    """Mean joint error of hands that are tracked in the last frame and half a second on."""
    if said is None:
        return None
    viewer, errors, at = bench.viewer, [], 0
    frames = viewer.restored.config.data.frames
    for recording, starts, _ in batches:
        place = viewer.place[recording.id]
        for start in starts:
            guess, end = said[at].reshape(-1, 2, 21, 3)[AT], int(start) + frames - 1
            at += 1
            if end + AT + 2 > recording.num_frames:
                continue
            for side, moved in zip(SIDES, guess, strict=True):
                piece = viewer.prepared.read(place, end, AT + 2, [side]).get(side)
                if piece is not None and len(piece.valid) == AT + 2 and piece.valid[[0, -1]].all():
                    away = piece.values[-1] - piece.values[0] - moved
                    errors.append(float(np.linalg.norm(away, axis=-1).mean()))
    return round(float(np.mean(errors)), 4) if errors else None
