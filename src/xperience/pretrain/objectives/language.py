"""Language grounding and captioning: write the window's structured JSON, token by token.

The text is the canonical JSON of the window (action, subtask, objects, contact, transition, next_action,
evidence_window); the decoder reads the trunk's tokens. At inference its grammar is enforced, so that validity is 1.0 and
only the content is measured.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from xperience.model.config import ModelConfig
from xperience.prepare.batch import Batch
from xperience.pretrain.step import Step, Term

WRISTS = (19, 20)
"""Columns of the contact stream (body joints 1..21) that stand for the hands."""


class Language(nn.Module):
    """See the module. It has no head of its own: the decoder is the model's."""

    name = "language"
    needs = ("contacts",)

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()

    def forward(self, step: Step) -> dict[str, Term]:
        state = step.masked
        total, count = step.model.writer.loss(state.x, state.seen, documents(step.batch))
        return {"json": Term(total, count)}


def documents(batch: Batch) -> list[dict[str, Any]]:
    """The structured description of each sample; empty where the recording has no language."""
    contacts = batch.streams["contacts"]
    values = np.asarray(torch.as_tensor(contacts.values).float().cpu())[:, : batch.frames, WRISTS]
    valid: np.ndarray = torch.as_tensor(contacts.valid).cpu().numpy()[:, : batch.frames]
    tracked = [bool(row.any()) for row in valid]
    touching = [bool(row.any()) for row in (values > 0.5).any(2) & valid]
    out: list[dict[str, Any]] = []
    for k in range(batch.size):
        text = batch.text
        if not text.known[k]:
            out.append({})
            continue
        span = text.action_span[k]
        low, high = (0.0, batch.seconds) if span is None else (max(span[0], 0.0), min(span[1], batch.seconds))
        out.append(
            {
                "action": text.action[k],
                "subtask": text.subtask[k],
                "objects": sorted(text.objects[k]),
                "contact": touching[k] if tracked[k] else None,
                "transition": bool(text.transition[k]),
                "next_action": text.next_action[k],
                "evidence_window": [round(low, 2), round(high, 2)],
            }
        )
    return out
