"""Actions have no label."""

from __future__ import annotations

from typing import Any

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request
from xperience.simulate.faults.stamps import actions, change_caption


def apply(editor: Editor, request: Request) -> None:
    def clear(caption: dict[str, Any]) -> None:
        labels = actions(caption)
        for k in request.rng.permutation(len(labels))[: round(len(labels) * request.magnitude)]:
            labels[k]["label"] = ""

    change_caption(editor, clear)


FAULT = Fault(
    name="caption_empty",
    what="Actions have no label.",
    modalities=("caption",),
    magnitude=Magnitude("share of actions", 1e-6, 0.5, 1.0),
    apply=apply,
)
