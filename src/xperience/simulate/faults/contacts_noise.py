"""Contacts flicker."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    def flip(contacts: np.ndarray) -> np.ndarray:
        contacts = contacts.astype(np.float32)
        return np.where(request.rng.random(contacts.shape) < request.magnitude, 1 - contacts, contacts)

    editor.change("full_body_mocap/contacts", flip)


FAULT = Fault(
    name="contacts_noise",
    what="Contacts flicker.",
    modalities=("contacts",),
    magnitude=Magnitude("share of frames", 0.001, 0.45, 0.5),
    apply=apply,
)
