"""The temporal fusion transformer: pre-norm, SwiGLU, rotary positions in seconds, causal over blocks of time.

Letters: B batch, N tokens, D width, H heads, G key heads, C channels a head.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from xperience.model.config import ModelConfig

SHORTEST_S, LONGEST_S = 0.1, 240.0
"""Periods of the rotary positions; RoPE (Su et al. 2021) with seconds instead of an index."""

NEVER = -1e9


def rotate(x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
    """Turns pairs of channels of x [B, H, N, C] by angles in proportion to time [B, N]."""
    half = x.shape[-1] // 2
    periods = torch.logspace(math.log10(SHORTEST_S), math.log10(LONGEST_S), half, device=x.device)
    angle = (time.float()[:, None, :, None] * (2 * math.pi / periods)).to(torch.float32)
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


@dataclass
class Cache:
    """Keys and values of the past, by layer, with when and where they were.

    Attributes:
        keys, values: one [B, G, N, C] a layer. block: [N] absolute. known: [B, N] bool. readout: [N] bool.
    """

    keys: list[torch.Tensor]
    values: list[torch.Tensor]
    block: torch.Tensor
    known: torch.Tensor
    readout: torch.Tensor


class Attention(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.heads, self.groups = config.heads, config.kv_heads
        self.channels = config.width // config.heads
        self.query = nn.Linear(config.width, config.width, bias=False)
        self.memory = nn.Linear(config.width, 2 * self.groups * self.channels, bias=False)
        self.out = nn.Linear(config.width, config.width, bias=False)

    def forward(
        self, x: torch.Tensor, time: torch.Tensor, bias: torch.Tensor, past: tuple[torch.Tensor, torch.Tensor] | None
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        B, N, D = x.shape
        q = rotate(self.query(x).view(B, N, self.heads, -1).transpose(1, 2), time)
        k, v = self.memory(x).view(B, N, 2, self.groups, -1).permute(2, 0, 3, 1, 4)
        k = rotate(k, time)
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        kept = (k, v)
        if self.groups != self.heads:
            k, v = (t.repeat_interleave(self.heads // self.groups, 1) for t in kept)
        if x.device.type == "cpu":  # the fused kernels' way back is ten times slower there with a mask
            weight = ((q * self.channels**-0.5) @ k.transpose(-1, -2) + bias).softmax(-1)
            mixed = weight.to(v.dtype) @ v
        else:
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        return self.out(mixed.transpose(1, 2).reshape(B, N, D)), kept


class Layer(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        hidden = -(-config.width * 8 // 3 // 8) * 8
        self.norm, self.attention = nn.RMSNorm(config.width), Attention(config)
        self.norm2, self.up = nn.RMSNorm(config.width), nn.Linear(config.width, 2 * hidden, bias=False)
        self.down = nn.Linear(hidden, config.width, bias=False)

    def forward(
        self,
        x: torch.Tensor,
        time: torch.Tensor,
        bias: torch.Tensor,
        past: tuple[torch.Tensor, torch.Tensor] | None = None,
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        mixed, kept = self.attention(self.norm(x), time, bias, past)
        x = x + mixed
        gate, value = self.up(self.norm2(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * value), kept


class Trunk(nn.Module):
    """Layers over tokens, with a norm at the end."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.reach = max(1, round(config.context_s / config.block_s))
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = nn.RMSNorm(config.width)

    def forward(
        self,
        x: torch.Tensor,
        time: torch.Tensor,
        block: torch.Tensor,
        known: torch.Tensor,
        readout: torch.Tensor,
        cache: Cache | None = None,
    ) -> tuple[torch.Tensor, Cache]:
        """x [B, N, D] at times [B, N] of blocks [N] (absolute), known [B, N], readout [N].

        A token sees the known tokens of its block and of the `reach` - 1 blocks before; readouts see readouts too,
        other tokens do not, so that nothing depends on how many readouts there are.
        """
        all_block, all_known, all_readout = block, known, readout
        if cache is not None:
            all_block = torch.cat([cache.block, block])
            all_known = torch.cat([cache.known, known], 1)
            all_readout = torch.cat([cache.readout, readout])
        behind = block[:, None] - all_block[None]
        seen = (behind >= 0) & (behind < self.reach) & (readout[:, None] | ~all_readout[None])
        own = torch.zeros_like(seen)
        n = len(block)
        own[:, len(all_block) - n :] = torch.eye(n, dtype=torch.bool, device=x.device)
        allowed = (seen[None] & all_known[:, None]) | own[None]
        bias = torch.zeros(allowed.shape, device=x.device).masked_fill_(~allowed, NEVER)[:, None]
        keys, values = [], []
        for number, layer in enumerate(self.layers):
            past = None if cache is None else (cache.keys[number], cache.values[number])
            x, (k, v) = layer(x, time, bias, past)
            keys.append(k)
            values.append(v)
        recent = all_block > block.max() - self.reach
        kept = Cache(
            [k[:, :, recent] for k in keys], [v[:, :, recent] for v in values],
            all_block[recent], all_known[:, recent], all_readout[recent],
        )  # fmt: skip
        return self.norm(x), kept
