"""Questions about a state: what is at this time? Cross-attention from (time, kind) to all that was seen."""

from __future__ import annotations

import math

import torch
from torch import nn

from xperience.model.attention import Gated, Look, masked
from xperience.model.config import ModelConfig

KINDS = ("latent", "hands", "ego", "body", "contact", "objects")
PERIODS_S = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


class Moments(nn.Module):
    """Times [..., N] in seconds to [..., N, D]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.out = nn.Linear(2 * len(PERIODS_S) + 1, width)

    def forward(self, time: torch.Tensor) -> torch.Tensor:
        periods = torch.tensor(PERIODS_S, device=time.device)
        phase = time.float()[..., None] * (2 * math.pi / periods)
        found: torch.Tensor = self.out(torch.cat([phase.sin(), phase.cos(), time.float()[..., None].clamp(-8, 8)], -1))
        return found


class Query(nn.Module):
    """The decoder. Times count from the end of what was seen, so that forecasts do not depend on when."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.attention = "plain" if config.attention == "flex" else config.attention
        self.kinds = nn.Embedding(len(KINDS), config.width)
        self.when, self.past = Moments(config.width), Moments(config.width)
        self.memory_norm, self.norm = nn.RMSNorm(config.width), nn.RMSNorm(config.width)
        self.layers = nn.ModuleList(Reader(config.width, config.heads) for _ in range(config.query_layers))

    def forward(
        self, memory: torch.Tensor, past: torch.Tensor, known: torch.Tensor, times: torch.Tensor, kind: str
    ) -> torch.Tensor:
        """[B, Q, D] of memory [B, M, D] at times past [B, M] with known [B, M]; times [B, Q], all from the end."""
        assert kind in KINDS, kind
        memory = self.memory_norm(memory) + self.past(past)
        # the whole table is used, so that each kind has a gradient whichever is asked
        chosen = torch.zeros(len(KINDS), device=memory.device)
        chosen[KINDS.index(kind)] = 1
        x = self.when(times) + chosen @ self.kinds.weight
        mask = masked(known[:, None].expand(-1, times.shape[1], -1), self.attention)
        for layer in self.layers:
            x = layer(x, memory, mask)
        found: torch.Tensor = self.norm(x)
        return found


class Reader(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm, self.look = nn.RMSNorm(width), Look(width, width, heads)
        self.norm2, self.gated = nn.RMSNorm(width), Gated(width)

    def forward(self, x: torch.Tensor, memory: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        x = x + self.look(self.norm(x), self.look.remembered(memory), mask)
        x = x + self.gated(self.norm2(x))
        return x
