"""Action and procedure prediction, open vocabulary: the window chooses among texts, not among numbers.

Labels are embedded by the language encoder and scored by cosine, so that "Pour water into mug" shares its words with
"Pour milk into bowl" and a label never seen in training can be chosen from a list that holds it. Action and sub-task
are of the window, the next action of the frame a second after its end; the transition is a two-way decision. What is said
about a window chooses too, by its words alone: names of things carry over to people and places never seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from xperience.model.config import ModelConfig
from xperience.pretrain.objectives.losses import head, matched, pooled, pooled_width, term, touch
from xperience.pretrain.step import Step, Term

KINDS = ("action", "subtask", "next_action")
START = 2.7
SMOOTHING = 0.05


class Action(nn.Module):
    """See the module."""

    name = "action"

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        wide = pooled_width(config.width, config.readouts)
        self.heads = nn.ModuleDict({kind: head(wide, config.text_width) for kind in KINDS})
        self.listen = nn.ModuleDict({kind: nn.Linear(config.text_width, config.text_width) for kind in KINDS})
        self.transition = head(wide, 1)
        self.scales = nn.Parameter(torch.full((len(KINDS),), START))

    def reset_parameters(self) -> None:
        nn.init.constant_(self.scales, START)

    def score(self, kind: str, feature: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Logits [B, C] of a pooled feature [B, W] against embedded labels [C, E]."""
        scale = self.scales[KINDS.index(kind)].exp().clamp(max=100)
        window = F.normalize(self.heads[kind](feature).float(), dim=-1)
        return window @ F.normalize(labels.float(), dim=-1).T * scale

    def told(self, kind: str, words: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Logits [B, C] of embedded captions [B, E] against embedded labels [C, E]."""
        scale = self.scales[KINDS.index(kind)].exp().clamp(max=100)
        said = F.normalize(self.listen[kind](words).float(), dim=-1)
        return said @ F.normalize(labels.float(), dim=-1).T * scale

    def forward(self, step: Step) -> dict[str, Term]:
        feature, text = pooled(step.masked), step.batch.text
        zero = touch([self]) + 0 * self.scales.sum()
        terms = {}
        words = step.model.text.embed(step.captions)
        spoken = torch.tensor([bool(caption) for caption in step.captions], device=feature.device)
        for kind in KINDS:
            bank = step.texts.labels["subtask" if kind == "subtask" else "action"]
            logits = self.score(kind, feature, step.embedded("subtask" if kind == "subtask" else "action"))
            place, known = places(getattr(text, kind), bank, feature.device)
            found = matched(logits, place, known, SMOOTHING)
            terms[kind] = Term(found.total + zero, found.count)
            logits = self.told(kind, words, step.embedded("subtask" if kind == "subtask" else "action"))
            terms[f"told_{kind}"] = matched(logits, place, known & spoken, SMOOTHING)
        change = torch.as_tensor(text.transition, device=feature.device).float()
        loss = F.binary_cross_entropy_with_logits(self.transition(feature)[:, 0].float(), change, reduction="none")
        known = torch.as_tensor(text.known, device=feature.device)
        found = term(loss, known)
        terms["transition"] = Term(found.total + zero, found.count)
        return terms


def places(labels: Sequence[str], bank: Sequence[str], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Place of each label in the bank [B], and [B] whether it is there."""
    index = {label: k for k, label in enumerate(bank)}
    found = torch.tensor([index.get(label, -1) for label in labels], device=device)
    return found.clamp(min=0), found >= 0
