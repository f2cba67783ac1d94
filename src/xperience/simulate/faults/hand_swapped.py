"""Left and right hand are exchanged for a while."""

from __future__ import annotations

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request
from xperience.simulate.faults.stamps import joints_of


def apply(editor: Editor, request: Request) -> None:
    with editor.annotation() as file:
        left, right = (file[joints_of(side)] for side in ("hand_left", "hand_right"))
        part = slice(request.start, request.stop)
        left[part], right[part] = right[part], left[part]


FAULT = Fault(
    name="hand_swapped",
    what="Left and right hand are exchanged for a while.",
    modalities=("hand_left", "hand_right"),
    magnitude=Magnitude("s", 0.05, 1.5, 8.0),
    apply=apply,
    local=True,
    lasting=True,
)
