"""Contact and affordance prediction: what is touched, what matters, what comes into play.

Contact of each body joint in each block; the objects that the window is about and those that come into play in the
second behind it, both scored against embedded names; and whether a tool is in use, by the rules of
`corpus.labels.tools` on the interaction or else on the action, where one of them says. Contact and language are asked
only of samples that were not shown them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from xperience.corpus.labels.tools import tool_use
from xperience.model.config import ModelConfig
from xperience.prepare.batch import TextBatch
from xperience.prepare.streams import STREAMS
from xperience.pretrain.objectives.losses import head, pooled, pooled_width, term, touch
from xperience.pretrain.step import Step, Term

SETS = ("objects", "future_objects")
POSITIVE = 3.0
"""Weight of a named object: a window names a few of hundreds."""

START, BIAS = 2.7, -3.0
JOINTS = 21


class Contact(nn.Module):
    """See the module."""

    name = "contact"
    needs = ("contacts",)

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        wide = pooled_width(config.width, config.readouts)
        self.joints = head(config.width * config.readouts, JOINTS)
        self.sets = nn.ModuleDict({kind: head(wide, config.text_width) for kind in SETS})
        self.tool = head(wide, 1)
        self.scale = nn.Parameter(torch.full((1,), START))
        self.bias = nn.Parameter(torch.full((1,), BIAS))

    def reset_parameters(self) -> None:
        nn.init.constant_(self.scale, START)
        nn.init.constant_(self.bias, BIAS)

    def score(self, kind: str, feature: torch.Tensor, names: torch.Tensor) -> torch.Tensor:
        """Logits [B, C] that each of the embedded names [C, E] belongs to the set."""
        window = F.normalize(self.sets[kind](feature).float(), dim=-1)
        return window @ F.normalize(names.float(), dim=-1).T * self.scale.exp().clamp(max=100) + self.bias

    def touching(self, readout: torch.Tensor) -> torch.Tensor:
        """[B, T, 21] logits of contact in each block, from readouts [B, T, R, D]."""
        found: torch.Tensor = self.joints(readout.flatten(2))
        return found

    def forward(self, step: Step) -> dict[str, Term]:
        feature, batch = pooled(step.masked), step.batch
        device = feature.device
        zero = touch([self]) + 0 * (self.scale + self.bias).sum()
        names = list(step.texts.labels["object"])
        embedded = step.embedded("object")
        blind = step.dropped_language & torch.as_tensor(batch.text.known, device=device)
        terms = {}
        for kind in SETS:
            wanted = members(getattr(batch.text, kind), names, device)
            weight = torch.where(wanted > 0, POSITIVE, 1.0)
            loss = F.binary_cross_entropy_with_logits(
                self.score(kind, feature, embedded), wanted, weight=weight, reduction="none"
            ).mean(1)
            terms[kind] = term(loss * 10, blind)
        tool, said = tools(batch.text, device)
        loss = F.binary_cross_entropy_with_logits(self.tool(feature)[:, 0].float(), tool, reduction="none")
        terms["tool_use"] = term(loss, blind & said)
        terms["joints"] = self._joints(step)
        return {name: Term(found.total + zero, found.count) for name, found in terms.items()}

    def _joints(self, step: Step) -> Term:
        """Whether each joint touches anything in each block."""
        contacts = step.batch.streams["contacts"]
        blocks = step.masked.readout.shape[1]
        frames = step.batch.frames // blocks * blocks
        values = contacts.values[:, :frames].float().unflatten(1, (blocks, -1))
        valid = contacts.valid[:, :frames].unflatten(1, (blocks, -1))
        wanted = ((values > 0.5) & valid[..., None]).any(2).float()
        logits = self.touching(step.masked.readout).float()
        loss = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none").mean(-1)
        unseen = step.dropped[:, list(STREAMS).index("contacts")]
        return term(loss, valid.any(2) & unseen[:, None])


def tools(text: TextBatch, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """[B] float, 1 where a tool is in use, and [B] whether the text says so or says not."""
    found = [tool_use(interaction, action) for interaction, action in zip(text.interaction, text.action, strict=True)]
    return (
        torch.tensor([use is True for use in found], device=device).float(),
        torch.tensor([use is not None for use in found], device=device),
    )


def members(sets: Sequence[Sequence[str]], names: Sequence[str], device: torch.device) -> torch.Tensor:
    """[B, C] float: 1 where a set holds the name."""
    index = {name: k for k, name in enumerate(names)}
    out = torch.zeros(len(sets), len(names))
    for row, chosen in enumerate(sets):
        out[row, [index[name] for name in chosen if name in index]] = 1
    return out.to(device)
