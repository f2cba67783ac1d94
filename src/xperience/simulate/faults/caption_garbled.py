"""The caption is not JSON: its end is lost."""

from __future__ import annotations

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request
from xperience.simulate.faults.stamps import change_caption_text


def apply(editor: Editor, request: Request) -> None:
    change_caption_text(editor, lambda text: text[: len(text) - round(len(text) * request.magnitude)])


FAULT = Fault(
    name="caption_garbled",
    what="The caption is not JSON: its end is lost.",
    modalities=("caption",),
    magnitude=Magnitude("share of text", 1e-9, 0.3, 0.95),
    apply=apply,
)
