"""The caption belongs to another stretch of time."""

from __future__ import annotations

from typing import Any

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request
from xperience.simulate.faults.stamps import actions, change_caption


def apply(editor: Editor, request: Request) -> None:
    def shift(caption: dict[str, Any]) -> None:
        by = round(request.magnitude * 1e9)
        for action in actions(caption):
            for key in ("start_frame", "end_frame"):
                if str(action[key]).isdigit():
                    action[key] = int(action[key]) + by

    change_caption(editor, shift)


FAULT = Fault(
    name="caption_shifted",
    what="The caption belongs to another stretch of time.",
    modalities=("caption",),
    magnitude=Magnitude("s", 0.05, 60, 100000),
    apply=apply,
)
