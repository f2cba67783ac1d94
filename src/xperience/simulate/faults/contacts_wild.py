"""Contacts are not probabilities."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    def scale(contacts: np.ndarray) -> np.ndarray:
        contacts = contacts.astype(np.float32)
        part = contacts[request.start : request.stop]
        part[...] = np.where(part > 0.5, request.magnitude, part)
        return contacts

    editor.change("full_body_mocap/contacts", scale)


FAULT = Fault(
    name="contacts_wild",
    what="Contacts are not probabilities.",
    modalities=("contacts",),
    magnitude=Magnitude("largest value", 1.0000001, 3.0, 255),
    apply=apply,
    local=True,
)
