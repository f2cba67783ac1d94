"""Actions are timed by names that match no frame."""

from __future__ import annotations

from typing import Any

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request
from xperience.simulate.faults.stamps import change_caption, some_actions


def apply(editor: Editor, request: Request) -> None:
    def rename(caption: dict[str, Any]) -> None:
        for action in some_actions(caption, request.magnitude, request.rng):
            action["start_frame"] = action["end_frame"] = f"frame_{request.rng.integers(10**6, 10**7)}"

    change_caption(editor, rename)


FAULT = Fault(
    name="caption_unknown_times",
    what="Actions are timed by names that match no frame.",
    modalities=("caption",),
    magnitude=Magnitude("share of actions", 1e-6, 0.5, 1.0),
    apply=apply,
)
