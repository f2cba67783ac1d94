"""The caption of a simulated recording: the official JSON, with the quirks of the real files.

Real files mix times as numbers and as text, end with the name of a frame that lies past the end, let actions run past
their segment, and list objects only at some of the sampled frames. All times lie on frames of the recording.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from xperience.simulate.script import ActionSpan, Scenario

SEGMENT_S = 20.0
SHORT_SEGMENT_S = 10.0
SAMPLE_S = 2.0
"""Objects and interactions are told for one frame every two seconds."""

PATTERNS = ((SEGMENT_S,), (SEGMENT_S, SEGMENT_S, SHORT_SEGMENT_S), (SHORT_SEGMENT_S,))
PATTERN_SHARES = (0.6, 0.3, 0.1)
"""Lengths of successive segments, repeated, and how often each sequence occurs."""


@dataclass(frozen=True)
class _Span:
    """An action by the frames it covers, first and last included."""

    action: ActionSpan
    first: int
    last: int


def caption_json(scenario: Scenario, frame_times_ns: np.ndarray, rng: np.random.Generator, quirks: bool = True) -> str:
    """The caption of a scenario as the official JSON.

    Args:
        frame_times_ns: [N] int64 device clock of the frames; the first is the scenario's time 0.
        rng: chance behind the quirks and the wording.
        quirks: whether to write times, ends and omissions as irregularly as real files do.
    """
    times = np.asarray(frame_times_ns, np.int64)
    seconds = (times - times[:1]) / 1e9
    spans = action_spans(scenario, seconds)
    start = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=float(rng.uniform(0, 2e6)))
    segments: list[dict[str, Any]] = []
    total = 0
    for first, last in segment_frames(seconds, rng, quirks):
        inside = [span for span in spans if first <= span.first <= last]
        segment = _segment(len(segments), first, last, inside, spans, times, seconds, rng, quirks)
        took = float(rng.uniform(1.2, 4.0))
        tokens = int(190 * len(segment["sampled_frames"]) + 1650 + rng.integers(0, 60)), int(120 + rng.integers(0, 400))
        segment["api_call_start"] = start.replace(tzinfo=None).isoformat()
        segment["api_call_end"] = (start + timedelta(seconds=took)).replace(tzinfo=None).isoformat()
        segment["tokens_in"], segment["tokens_out"] = tokens
        start += timedelta(seconds=took + 0.4)
        total += sum(tokens)
        segments.append(segment)
    if quirks and segments and rng.random() < 0.5:
        segments[-1]["end_frame"] = f"frame_{len(times) + 1:07d}"
    task = scenario.main_task
    if quirks and rng.random() < 0.3:
        task = f"{task}. {scenario.summary.split('. ')[-1].rstrip('.')}."
    config = {"segment_sec": 20, "sample_fps": 0.5, "total_tokens": total, "Main Task": task}
    return json.dumps({"config": config, "segments": segments, "global_summary": scenario.summary})


def action_spans(scenario: Scenario, seconds: np.ndarray) -> list[_Span]:
    """The actions with the frames they cover; those that cover none are left out."""
    spans = []
    for action in scenario.actions:
        first = int(np.searchsorted(seconds, action.start_s - 1e-9))
        last = int(np.searchsorted(seconds, action.end_s - 1e-9)) - 1
        if first <= last:
            spans.append(_Span(action, first, last))
    return spans


def segment_frames(seconds: np.ndarray, rng: np.random.Generator, quirks: bool) -> list[tuple[int, int]]:
    """First and last frame of each segment."""
    pattern = PATTERNS[int(rng.choice(len(PATTERNS), p=PATTERN_SHARES))] if quirks else PATTERNS[0]
    frames: list[tuple[int, int]] = []
    edge, first = 0.0, 0
    while first < len(seconds):
        edge += pattern[len(frames) % len(pattern)]
        after = max(int(np.searchsorted(seconds, edge - 1e-6)), first + 1)
        frames.append((first, after - 1))
        first = after
    return frames


def _segment(
    number: int, first: int, last: int, inside: list[_Span], spans: list[_Span], times: np.ndarray, seconds: np.ndarray,
    rng: np.random.Generator, quirks: bool,
) -> dict[str, Any]:  # fmt: skip
    """One segment, without the record of who wrote it.

    Args:
        inside: the actions that start in it. spans: all actions.
    """

    def time(frame: int, text: bool) -> str | int:
        """As text or as a number, now and then the other way."""
        if quirks and rng.random() < 0.1:
            text = not text
        return str(times[frame]) if text else int(times[frame])

    step = round(SAMPLE_S / max(float(np.median(np.diff(seconds))) if len(seconds) > 1 else 0.05, 1e-3))
    sampled = list(range(first, last + 1, max(step, 1)))
    objects: dict[str, list[str]] = {}
    interaction: dict[str, str] = {}
    told: list[str] | None = None
    for frame in sampled:
        span = _at(spans, frame)
        if span is None:
            continue
        names = sorted(span.action.objects)
        if not (quirks and names == told and rng.random() < 0.6):
            objects[str(times[frame])] = names
            told = names
        sentence = "" if quirks and rng.random() < 0.01 else span.action.interaction
        if not (quirks and rng.random() < 0.1):
            interaction[str(times[frame])] = sentence
    return {
        "segment_id": number,
        "start_frame": time(first, True),
        "end_frame": time(last, True),
        "Sub Task": _subtask(inside, spans, first, last),
        "Current Action": [
            {
                "label": span.action.label,
                "description": span.action.description,
                "start_frame": time(span.first, False),
                "end_frame": time(span.last, False),
            }
            for span in inside
        ],
        "sampled_frames": {f"Image {k + 1}": int(times[frame]) for k, frame in enumerate(sampled)},
        "objects": objects,
        "interaction": interaction,
    }


def _at(spans: list[_Span], frame: int) -> _Span | None:
    """The latest action that has started by a frame."""
    started = [span for span in spans if span.first <= frame]
    return started[-1] if started else (spans[0] if spans else None)


def _subtask(inside: list[_Span], spans: list[_Span], first: int, last: int) -> str:
    """The sub-task that takes most of the segment."""
    share: dict[str, int] = {}
    for span in inside or [span for span in spans if span.first <= last and span.last >= first]:
        covered = min(span.last, last) - max(span.first, first) + 1
        share[span.action.subtask] = share.get(span.action.subtask, 0) + covered
    return max(share, key=lambda text: share[text]) if share else ""
