"""Does the model notice when motion and pictures are out of step? Their likeness when one side is shifted in time."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from xperience.benchmark.samples import NotMeasurable
from xperience.benchmark.tasks.misalignment_detection import MOVING, SENSED
from xperience.episode.layout import NOMINAL_FPS
from xperience.evaluation.gathered import directions, gathered, view_of
from xperience.evaluation.resample import paired, session_interval, span_text
from xperience.evaluation.sections import Bench

TITLE = "Sensitivity to time shifts"
FARTHEST = 8
"""Windows; also how far the synchronisation task shifts."""

SHIFTS = np.arange(-FARTHEST, FARTHEST + 1)


def measure(bench: Bench) -> dict[str, Any]:
    """Mean cosine by shift with intervals, and how often the unshifted window is the most similar of all."""
    if "alignment" not in bench.viewer.restored.learner.objectives:
        raise NotMeasurable("the model was trained without a contrastive space")
    side = gathered(bench, "test", (MOVING, SENSED))
    parts, sessions = [], []
    for k, recording in enumerate(side.recordings):
        motion = view_of(bench, recording, MOVING).sides["motion"]
        found, windows = shifted(motion, view_of(bench, recording, SENSED).sides["sight"])
        parts.append(found)
        sessions.append(side.sessions[side.episode == k][windows])
    cosine, session = np.concatenate(parts), np.concatenate(sessions)
    if not len(cosine):
        raise NotMeasurable(f"no test recording of more than {2 * FARTHEST} windows")
    steps = [np.diff(r.windows.start_frame)[0] for r in side.recordings if len(r.windows) > 2 * FARTHEST]
    seconds = SHIFTS * float(steps[0]) / NOMINAL_FPS
    first = np.abs(seconds[FARTHEST + 1])
    spans = [session_interval(column, session, bench.seed) for column in cosine.T]
    best = most_similar(cosine)
    scores = {
        "in step": (best[:, FARTHEST], 1 / len(SHIFTS)),
        f"at most {first:g} s out of step": (best[:, FARTHEST - 1 : FARTHEST + 2].sum(1), 3 / len(SHIFTS)),
    }
    rows = [
        [name, round(float(hit.mean()), 4), span_text(session_interval(hit, session, bench.seed)), round(random, 4)]
        for name, (hit, random) in scores.items()
    ]
    far = cosine[:, [0, -1]].mean(1)
    return {
        "text": (
            "Cosine of what motion and what pictures and sound say, block by block, when the latter are taken from up to "
            f"{seconds[-1]:g} s earlier or later in the same recording, and how often the window that is in step is the "
            f"most similar of all {len(SHIFTS)}. {len(cosine)} test windows; intervals: 95 %, drawing {side.units}."
        ),
        "table": {"columns": ["most similar shift", "share of windows", "95 %", "chance"], "rows": rows},
        "scores": {
            name: {"value": float(hit.mean()), "interval": session_interval(hit, session, bench.seed), "chance": random}
            for name, (hit, random) in scores.items()
        },
        "contrast": asdict(paired(cosine[:, FARTHEST], far, session, bench.seed)),
        "curve_s": seconds.tolist(),
        "curves": {
            "mean": cosine.mean(0).tolist(),
            "low": [span[0] if span else None for span in spans],
            "high": [span[1] if span else None for span in spans],
        },
        "windows": len(cosine),
        "units": side.units,
    }


def shifted(motion: np.ndarray, sight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean cosine [n, 17] of embeddings [W, T, A] at every shift of the second, and which windows [n] have them all."""
    a, b = directions(motion), directions(sight)
    windows = np.arange(FARTHEST, len(a) - FARTHEST)
    found = np.stack([(a[windows] * b[windows + k]).sum(1) for k in SHIFTS], 1) / motion.shape[1]
    return found, windows


def most_similar(cosine: np.ndarray) -> np.ndarray:
    """[n, 17] one at the most similar shift; equal ones share it."""
    top = cosine == cosine.max(1, keepdims=True)
    found: np.ndarray = top / top.sum(1, keepdims=True)
    return found
