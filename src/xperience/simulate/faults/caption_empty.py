"""Actions have no label."""

from __future__ import annotations

from typing import Any

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request
from xperience.simulate.faults.stamps import change_caption, some_actions


def apply(editor: Editor, request: Request) -> None:
    def clear(caption: dict[str, Any]) -> None:
        for action in some_actions(caption, request.magnitude, request.rng):
            action["label"] = ""

    change_caption(editor, clear)


FAULT = Fault(
    name="caption_empty",
    what="Actions have no label.",
    modalities=("caption",),
    magnitude=Magnitude("share of actions", 1e-6, 0.5, 1.0),
    apply=apply,
)
