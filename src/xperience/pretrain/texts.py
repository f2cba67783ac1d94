"""What is said in a window: the label rules of the benchmark on the runs that segments carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xperience.prepare.windows import majority

NEXT_FRAMES = 20
"""Frames from the window's end to the one whose action comes next."""

NEAR_FRAMES = 10
"""A change of action this near to the centre makes a transition."""

BEFORE = NEAR_FRAMES + 2
"""Frames before a window that its labels can depend on."""

Metas = Sequence[tuple[dict[str, Any], int, int]]
"""As `Prepared.metas` gives them."""


@dataclass(frozen=True)
class Said:
    """Language of one sample; the fields of `batch.TextBatch`."""

    action: str = ""
    subtask: str = ""
    next_action: str = ""
    main_task: str = ""
    objects: tuple[str, ...] = ()
    future_objects: tuple[str, ...] = ()
    interaction: str = ""
    transition: bool = False
    action_span: tuple[int, int] | None = None
    known: bool = False


def per_frame(metas: Metas, name: str, none: Any) -> list[Any]:
    """Values of a field on each of the frames, `none` where there is none."""
    out: list[Any] = []
    for meta, low, high in metas:
        values = [none] * (high - low)
        for first, last, value in (meta["text"] or {}).get(name, ()):
            begin, end = max(first, low) - low, min(last, high) - low
            if begin < end:
                values[begin:end] = [value] * (end - begin)
        out += values
    return out


def said(metas: Metas, before: int, frames: int) -> Said:
    """Language of a window that begins `before` frames into the metas' frames; what follows it is its future."""
    if not any(meta["text"] for meta, _, _ in metas):
        return Said()
    action = per_frame(metas, "action", "")
    window = slice(before, before + frames)
    objects = per_frame(metas, "objects", ())
    inside = _names(objects[window])
    interaction = per_frame(metas, "interaction", "")
    center = before + (frames - 1) // 2
    ahead = before + frames - 1 + NEXT_FRAMES
    changes = [k for k in range(1, len(action)) if action[k] != action[k - 1] and action[k] and action[k - 1]]
    low, high = center, center
    while low > 0 and action[low - 1] == action[center]:
        low -= 1
    while high + 1 < len(action) and action[high + 1] == action[center]:
        high += 1
    return Said(
        action=majority(action[window])[0],
        subtask=majority(per_frame(metas, "subtask", "")[window])[0],
        next_action=action[ahead] if ahead < len(action) else "",
        main_task=next((meta["text"]["main_task"] for meta, _, _ in metas if meta["text"]), ""),
        objects=inside,
        future_objects=tuple(name for name in _names(objects[before + frames :]) if name not in inside),
        interaction=interaction[center] or next((text for text in interaction[window] if text), ""),
        transition=any(abs(k - center) <= NEAR_FRAMES for k in changes),
        action_span=(low - before, high + 1 - before) if action[center] else None,
        known=True,
    )


def _names(frames: Sequence[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in frames for name in names))
