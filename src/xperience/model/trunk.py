"""The temporal fusion transformer: rotary positions in seconds, attention causal over blocks of time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import nn

from xperience.model.attention import Kept, Layer, kind_of, masked, turns
from xperience.model.config import ModelConfig


@dataclass
class Cache:
    """What is kept of the past.

    Attributes:
        kept: keys and values [B, G, M, C], a pair a layer. block: [M] absolute. readout: [M] bool. known: [B, M] bool.
    """

    kept: list[Kept]
    block: np.ndarray
    readout: np.ndarray
    known: torch.Tensor


@lru_cache(maxsize=16)
def _pattern(
    block: bytes, blocks: bytes, readout: bytes, readouts: bytes, reach: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Two [N, M] bool: who may look at whom by block and kind, and who is who. The same few come back at every step."""
    rows, columns = np.frombuffer(block, np.int64), np.frombuffer(blocks, np.int64)
    behind = rows[:, None] - columns[None]
    asks, tells = np.frombuffer(readout, bool), np.frombuffer(readouts, bool)
    may = (behind >= 0) & (behind < reach) & (asks[:, None] | ~tells[None])
    own = np.zeros_like(may)
    own[:, len(columns) - len(rows) :] = np.eye(len(rows), dtype=bool)
    with torch.inference_mode(False):  # whoever comes first, training may follow
        return torch.from_numpy(may).to(device), torch.from_numpy(own).to(device)


class Trunk(nn.Module):
    """Layers over tokens, with a norm at the end.

    Attributes:
        reach: blocks that attention sees, its own included.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.reach = max(1, round(config.context_s / config.block_s))
        self.attention, self.channels = config.attention, config.width // config.heads
        self.layers = nn.ModuleList(
            Layer(config.width, config.heads, config.kv_heads, config.layers) for _ in range(config.layers)
        )
        self.norm = nn.RMSNorm(config.width)

    def forward(
        self,
        x: torch.Tensor,
        time: torch.Tensor,
        block: np.ndarray,
        known: torch.Tensor,
        readout: np.ndarray,
        cache: Cache | None = None,
        keep: bool = False,
    ) -> tuple[torch.Tensor, Cache | None]:
        """x [B, N, D] at times [B, N] of blocks [N] (absolute), known [B, N] bool, readout [N] bool.

        Blocks and readouts are the same for all samples and known to the host, as arrays or tensors there.

        A token sees itself and the known tokens of its block and of the `reach` - 1 blocks before; readouts see
        readouts too, other tokens do not, so that they depend on nothing but what was sensed.
        """
        block, readout = np.asarray(block), np.asarray(readout)
        blocks, readouts, there = block, readout, known
        if cache is not None:
            blocks, readouts = np.concatenate([cache.block, block]), np.concatenate([cache.readout, readout])
            there = torch.cat([cache.known, known], 1)
        mask = self._mask(block, readout, blocks, readouts, there)
        turn = turns(time, self.channels)
        kept = []
        for number, layer in enumerate(self.layers):
            x, pair = layer(x, turn, mask, None if cache is None else cache.kept[number], keep)
            if pair is not None:
                kept.append(pair)
        x = self.norm(x)
        if not keep:
            return x, None
        recent = np.flatnonzero(blocks > block.max() - self.reach + 1)
        index = torch.from_numpy(recent).to(x.device)
        pairs = [(k.index_select(2, index), v.index_select(2, index)) for k, v in kept]
        return x, Cache(pairs, blocks[recent], readouts[recent], there.index_select(1, index))

    def _mask(
        self, block: np.ndarray, readout: np.ndarray, blocks: np.ndarray, readouts: np.ndarray, known: torch.Tensor
    ) -> Any:
        first = blocks.min()  # only differences matter, so a stream asks for what it had before
        at, of = ((b - first).astype(np.int64).tobytes() for b in (block, blocks))
        kinds = (k.astype(bool).tobytes() for k in (readout, readouts))
        pattern, self_ = _pattern(at, of, *kinds, self.reach, known.device)
        if kind_of(self.attention, known.device) == "flex":
            from torch.nn.attention.flex_attention import create_block_mask

            def seen(b: Any, h: Any, q: Any, k: Any) -> Any:
                return (pattern[q, k] & known[b, k]) | self_[q, k]

            return create_block_mask(seen, len(known), None, len(block), len(blocks), device=known.device)
        return masked((pattern[None] & known[:, None]) | self_[None], self.attention)
