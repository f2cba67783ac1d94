"""Streams on a clock of their own, laid on a regular grid by their true times, then cut into patches."""

from __future__ import annotations

import torch

from xperience.model.config import ModelConfig


def grid(
    values: torch.Tensor, times: torch.Tensor, valid: torch.Tensor, step_s: float, count: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Samples [B, N, C] at times [B, N] as [B, count, C] with [B, count] filled: each in the slot that its time is in."""
    place = torch.floor(times / step_s + 1e-4).long()
    inside = valid & (place >= 0) & (place < count)
    place = torch.where(inside, place, torch.full_like(place, count))
    laid = torch.zeros(len(values), count + 1, values.shape[2], dtype=values.dtype, device=values.device)
    laid = laid.scatter(1, place[..., None].expand_as(values), values)
    filled = torch.zeros(len(values), count + 1, dtype=torch.bool, device=values.device)
    filled = filled.scatter(1, place, inside)
    return laid[:, :count] * filled[:, :count, None], filled[:, :count]


def patches(
    count: int, each: int, step_s: float, config: ModelConfig, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Middle times [P] and blocks [P] of patches of `each` slots; a patch belongs to the block in which it ends."""
    first = torch.arange(count // each, device=device) * each
    middle = (first + each / 2) * step_s
    block = torch.floor(((first + each) * step_s - 1e-6) / config.block_s).long().clamp(max=config.blocks - 1)
    return middle, block
