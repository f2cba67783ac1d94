"""Attention with rotary positions in seconds, and the transformer layer that trunk, language and decoders share.

Letters: B batch, N queries, M keys, D width, H heads, G key heads, C channels a head.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

SHORTEST_S, LONGEST_S = 0.1, 240.0
"""Periods of the rotary positions; RoPE (Su et al. 2021) with seconds instead of an index."""

NEVER = -1e9
NORMALISED = 512
"""From this width on queries and keys are normalised, since their products grow with training at size."""

Turn = tuple[torch.Tensor, torch.Tensor]
Kept = tuple[torch.Tensor, torch.Tensor]


def turns(time: torch.Tensor, channels: int) -> Turn:
    """Cosines and sines [B, 1, N, C / 2] float32 of the angles of times [B, N] in seconds.

    Angles are formed in float64: an hour is 36,000 shortest periods.
    """
    periods = torch.logspace(
        math.log10(SHORTEST_S), math.log10(LONGEST_S), channels // 2, device=time.device, dtype=torch.float64
    )
    angle = time.double()[:, None, :, None] * (2 * math.pi / periods)
    return angle.cos().float(), angle.sin().float()


def rotate(x: torch.Tensor, turn: Turn) -> torch.Tensor:
    """Pairs of channels of x [B, H, N, C], turned."""
    cos, sin = turn
    a, b = x.float().chunk(2, -1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1).to(x.dtype)


def kind_of(attention: str, device: torch.device) -> str:
    """Which way of computing suits: the fused kernels' way back with a mask is ten times slower on a CPU."""
    if attention != "auto":
        return attention
    return "plain" if device.type == "cpu" else "fused"


def masked(allowed: torch.Tensor, attention: str) -> torch.Tensor:
    """What `attend` wants for allowed [B or 1, N, M] bool."""
    if kind_of(attention, allowed.device) == "plain":
        return torch.zeros(allowed.shape, device=allowed.device).masked_fill(~allowed, NEVER)[:, None]
    return allowed[:, None]


def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: Any) -> torch.Tensor:
    """[B, H, N, C] of queries [B, H, N, C], keys and values [B, G, M, C]; mask as `masked` gives it, or a block mask."""
    if not isinstance(mask, torch.Tensor):
        found: torch.Tensor = _flex()(q, k, v, block_mask=mask, enable_gqa=k.shape[1] != q.shape[1])
        return found
    if k.shape[1] != q.shape[1]:
        k, v = (x.repeat_interleave(q.shape[1] // k.shape[1], 1) for x in (k, v))
    if mask.dtype is torch.bool:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    weight = ((q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2) + mask).softmax(-1)
    return weight.to(v.dtype) @ v


_COMPILED: list[Any] = []


def _flex() -> Any:
    from torch.nn.attention.flex_attention import flex_attention

    if not _COMPILED:
        _COMPILED.append(torch.compile(flex_attention, dynamic=False))
    return _COMPILED[0]


class Attention(nn.Module):
    """Of tokens among themselves."""

    def __init__(self, width: int, heads: int, groups: int) -> None:
        super().__init__()
        self.heads, self.groups, self.channels = heads, groups, width // heads
        self.enter = nn.Linear(width, (heads + 2 * groups) * self.channels, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        norm = width >= NORMALISED
        self.query_norm = nn.RMSNorm(self.channels) if norm else nn.Identity()
        self.key_norm = nn.RMSNorm(self.channels) if norm else nn.Identity()

    def forward(self, x: torch.Tensor, turn: Turn, mask: Any, past: Kept | None) -> tuple[torch.Tensor, Kept]:
        """[B, N, D], and keys and values [B, G, M, C] of the past and these tokens."""
        B, N, D = x.shape
        q, k, v = self.enter(x).view(B, N, -1, self.channels).transpose(1, 2).split(
            [self.heads, self.groups, self.groups], 1
        )  # fmt: skip
        q, k = rotate(self.query_norm(q), turn), rotate(self.key_norm(k), turn)
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        mixed = attend(q.to(v.dtype), k.to(v.dtype), v, mask)
        return self.out(mixed.transpose(1, 2).reshape(B, N, D)), (k, v)


class Gated(nn.Module):
    """SwiGLU (Shazeer 2020) of 8/3 width: 8 width^2 parameters."""

    def __init__(self, width: int) -> None:
        super().__init__()
        hidden = -(-width * 8 // 3 // 64) * 64
        self.up = nn.Linear(width, 2 * hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gate, value = self.up(x).chunk(2, -1)
        found: torch.Tensor = self.down(F.silu(gate) * value)
        return found


class Layer(nn.Module):
    """Pre-norm: attention, then a gated perceptron.

    Args:
        depth: of the stack that it stands in; what it adds begins smaller in deep ones.
    """

    def __init__(self, width: int, heads: int, groups: int, depth: int) -> None:
        super().__init__()
        self.depth = depth
        self.norm, self.attention = nn.RMSNorm(width), Attention(width, heads, groups)
        self.norm2, self.gated = nn.RMSNorm(width), Gated(width)

    def reset_parameters(self) -> None:
        with torch.no_grad():
            for last in (self.attention.out, self.gated.down):
                last.weight.mul_((2 * self.depth) ** -0.5)

    def forward(
        self, x: torch.Tensor, turn: Turn, mask: Any, past: Kept | None = None, keep: bool = False
    ) -> tuple[torch.Tensor, Kept | None]:
        mixed, kept = self.attention(self.norm(x), turn, mask, past)
        x = x + mixed
        return x + self.gated(self.norm2(x)), kept if keep else None
