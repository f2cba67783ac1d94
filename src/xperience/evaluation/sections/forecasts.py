"""Where will hands and headset be? The model's own forecasts beside staying put and going on at the same speed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from xperience.benchmark.samples import NotMeasurable
from xperience.benchmark.task import ALL
from xperience.evaluation.embedded import EmbeddedRecording
from xperience.evaluation.gathered import Gathered, gathered, view_of
from xperience.evaluation.resample import paired, session_interval, span_text
from xperience.evaluation.sections import Bench
from xperience.prepare.piece import Piece
from xperience.scoring.words import Evidence, Rival, claim

TITLE = "Forecasts of hands and headset"
FRAMES, RATE_HZ = 20, 20
HORIZONS = (5, 10, 15, 20)
"""Frames behind the window's last one."""

WAYS = ("model", "constant position", "constant velocity")
SUBJECTS = {"hands": "hands, mean of 21 joints", "headset": "headset position"}

SUBJECT_OF = {"hand_left": "hands", "hand_right": "hands", "pose": "headset"}

Errors = dict[str, np.ndarray]
"""By way, [n, FRAMES] metres, NaN where the truth is not known."""


def measure(bench: Bench) -> dict[str, Any]:
    """Errors by horizon with intervals over test sessions, and curves over all frames of a second."""
    if not {"hand_motion", "ego_motion"} & set(bench.viewer.restored.learner.objectives):
        raise NotMeasurable("the model was not trained to forecast hands or headset")
    side = gathered(bench, "test")
    rows, scores, curves = [], [], {}
    for subject, (errors, sessions) in errors_of(bench, side).items():
        curves[subject] = {way: _means(error) for way, error in errors.items()}
        for frames in HORIZONS:
            at = {way: error[:, frames - 1] for way, error in errors.items()}
            if not np.isfinite(at["model"]).any():
                continue
            score = _score(at, sessions, bench.seed, len(side.recordings))
            scores.append({"subject": subject, "horizon_s": frames / RATE_HZ} | score)
            rows.append([SUBJECTS[subject], frames / RATE_HZ, *_cells(score)])
    if not rows:
        raise NotMeasurable("no test window whose forecast can be compared with what came")
    return {
        "text": (
            "Mean distance in metres between where the hands (left stereo camera) and the headset (world) were and where "
            "the model's heads said they would be, against staying put and going on at the last frame's velocity, on the "
            "same test windows. Each tracked hand is compared by itself. Intervals: 95 %, drawing "
            f"{side.units}; a negative difference means a smaller error of the model."
        ),
        "table": {"columns": ["what", "horizon (s)", *COLUMNS], "rows": rows},
        "scores": scores,
        "curves": curves,
        "curve_s": [k / RATE_HZ for k in range(1, FRAMES + 1)],
        "units": side.units,
    }


COLUMNS = [
    "model (m), 95 %", "constant position (m)", "model minus it, 95 %", "constant velocity (m)", "model minus it, 95 %",
    "compared", "in words",
]  # fmt: skip


def _score(at: Errors, sessions: np.ndarray, seed: int, recordings: int) -> dict[str, Any]:
    found: dict[str, Any] = {way: float(np.nanmean(error)) for way, error in at.items()}
    found["interval"] = session_interval(at["model"], sessions, seed)
    apart = {way: paired(at["model"], at[way], sessions, seed) for way in WAYS[1:]}
    compared = int(np.isfinite(at["model"]).sum())
    earned = claim(
        Evidence(
            score=found["model"], interval=found["interval"], higher_is_better=False,
            trivial=[Rival(way, found[way], one.span) for way, one in apart.items()],
            windows=compared, recordings=recordings, sessions=len(set(sessions.tolist())),
        )
    )  # fmt: skip
    found["against"] = {way: asdict(one) for way, one in apart.items()}
    return found | {"compared": compared, "word": earned.word}


def _cells(score: dict[str, Any]) -> list[Any]:
    cells: list[Any] = [f"{score['model']:.4f} ({span_text(score['interval'])})"]
    for way, apart in score["against"].items():
        span = None if apart["low"] is None else (apart["low"], apart["high"])
        cells += [round(score[way], 4), f"{apart['diff']:+.4f} ({span_text(span, 4)})"]
    return [*cells, score["compared"], score["word"]]


def _means(error: np.ndarray) -> list[float | None]:
    """By frame; None where no window knows."""
    return [float(np.nanmean(column)) if np.isfinite(column).any() else None for column in error.T]


def errors_of(bench: Bench, side: Gathered) -> dict[str, tuple[Errors, np.ndarray]]:
    """By subject: errors, and the unit that each row is drawn with. A tracked hand is a row."""
    parts: dict[str, list[tuple[Errors, np.ndarray]]] = {subject: [] for subject in SUBJECTS}
    for k, recording in enumerate(side.recordings):
        sessions = side.sessions[side.episode == k]
        for stream, piece, guess in told(bench, recording):
            parts[SUBJECT_OF[stream]].append((_compared(piece, recording.windows.end_frame, guess), sessions))
    return {
        subject: (
            {way: np.concatenate([errors[way] for errors, _ in found]) for way in WAYS},
            np.concatenate([sessions for _, sessions in found]),
        )
        for subject, found in parts.items()
        if found
    }


def told(bench: Bench, recording: EmbeddedRecording) -> list[tuple[str, Piece, np.ndarray]]:
    """(stream, what came, forecast displacements [W, FRAMES, J, 3]) of each hand and of the headset."""
    place, own = bench.viewer.place[recording.id], view_of(bench, recording, ALL).own
    frames = int(bench.viewer.prepared.frames[place])
    pieces = bench.viewer.prepared.read(place, 0, frames, ["hand_left", "hand_right", "pose"])
    found = []
    if "hands" in own:
        hands = own["hands"].reshape(-1, FRAMES, 2, 21, 3)
        found += [(name, pieces[name], hands[:, :, k]) for k, name in enumerate(("hand_left", "hand_right"))]
    if "ego" in own:
        pose = pieces["pose"]
        headset = Piece(pose.values[:, None, :, 3], pose.times_s, pose.valid)
        found.append(("pose", headset, own["ego"][:, :, None, :3]))
    return [one for one in found if len(one[1].values) == frames]


def ahead(piece: Piece, last: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What came behind frames last [W], as displacements since them, and what constant velocity says.

    Returns:
        Two arrays [W, FRAMES, J, 3], and [W, FRAMES] whether the truth is known. Unknown velocity is zero.
    """
    values, count = piece.values.astype(np.float64), len(piece.values)
    target = last[:, None] + np.arange(1, FRAMES + 1)
    known = (target < count) & piece.valid[last][:, None] & piece.valid[np.minimum(target, count - 1)]
    target = np.minimum(target, count - 1)
    came = values[target] - values[last][:, None]
    step_s = np.maximum(piece.times_s[last] - piece.times_s[last - 1], 1e-3)
    moved = (values[last] - values[last - 1]) * (piece.valid[last] & piece.valid[last - 1])[:, None, None]
    seconds = piece.times_s[target] - piece.times_s[last][:, None]
    return came, (moved / step_s[:, None, None])[:, None] * seconds[:, :, None, None], known


def _compared(piece: Piece, last: np.ndarray, guess: np.ndarray) -> Errors:
    came, velocity, known = ahead(piece, last)
    guesses = (guess, np.zeros_like(came), velocity)
    return {
        way: np.where(known, np.linalg.norm(one - came, axis=-1).mean(-1), np.nan)
        for way, one in zip(WAYS, guesses, strict=True)
    }
