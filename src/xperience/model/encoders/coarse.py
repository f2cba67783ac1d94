"""Samples slower than the slots that they are laid into: what lies between two of them, by their true times.

Letters: S slots of a block, C channels. Only samples of a slot's own block tell of it, so that nothing looks ahead.
"""

from __future__ import annotations

import math

import torch

SLOWER = 1.1
"""Spacing of samples, in slots, from which they count as slower than these: a clock may lag by less."""

GAP = 1.5
"""Spacing, in usual spacings of the block, beyond which samples are lacking: nothing is put there."""

EDGE = 1.25
"""The same before the first and behind the last sample of a block, where the next one lies in another block."""

SLOWEST_S = 0.05
"""Longest usual spacing: 20 Hz tell of what changes within a fifth of a second, less tell of nothing that an IMU is for."""

TOGETHER = 0.5
"""Length of the mean of the samples' phases as unit vectors from which they have one in common."""

EARLY = 0.2
"""Share of a slot by which samples may come before its start and still be meant to lie there: times jitter."""


def between(
    values: torch.Tensor, time: torch.Tensor, count: torch.Tensor, step_s: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Slots with what they hold or what their neighbours say, and which of them have either.

    Where samples come slower than slots, a slot gets the polynomial through up to two samples on each side; before the first
    and behind the last sample of a block that through the nearest three. Blocks as quick as their slots stay as they are, to
    the bit.

    Args:
        values: [..., S, C] means, 0 in empty slots. time: [..., S] float64 seconds from the block's start, the mean of the
            samples in a slot. count: [..., S] of these. step_s: seconds from slot to slot.
    """
    S, filled = count.shape[-1], count > 0
    place = torch.arange(S, device=filled.device).expand(filled.shape)
    time = torch.where(filled, time, torch.zeros_like(time))

    # Filled slots up to each and beyond it, nearest first; -1 or S where there is none.
    latest = torch.where(filled, place, -1).cummax(-1).values
    soonest = torch.where(filled, place, S).flip(-1).cummin(-1).values.flip(-1)
    behind, ahead = [latest], [_at(soonest, place + 1, S)]
    for _ in range(2):
        behind.append(_at(latest, behind[-1] - 1, -1))
        ahead.append(_at(soonest, ahead[-1] + 1, S))
    at = [time.gather(-1, slot.clamp(min=0, max=S - 1)) for slot in behind + ahead]
    there = [slot >= 0 for slot in behind] + [slot < S for slot in ahead]

    spacing = _spacing(time - at[1], filled & there[1], (count + count.gather(-1, behind[1].clamp(min=0))) / 2)
    slow = (spacing > SLOWER * step_s) & (spacing <= SLOWEST_S)
    longest = torch.where(slow, GAP * spacing, torch.zeros_like(spacing))
    x = place * step_s + _phase(time, filled, step_s)

    # Which of them tell of a slot: without a gap between them, and none between them and the slot.
    near = [at[k] - at[k + 1] <= longest for k in (0, 1)] + [at[k + 1] - at[k] <= longest for k in (3, 4)]
    second_behind, second_ahead = there[1] & near[0], there[4] & near[2]
    inside = there[0] & there[3] & (at[3] - at[0] <= longest)
    edge = longest * (EDGE / GAP)
    tail = there[0] & ~there[3] & (x - at[0] <= edge) & second_behind
    head = there[3] & ~there[0] & (at[3] - x <= edge) & second_ahead
    used = [
        inside | tail, (inside | tail) & second_behind, tail & second_behind & there[2] & near[1],
        inside | head, (inside | head) & second_ahead, head & second_ahead & there[5] & near[3],
    ]  # fmt: skip

    # The polynomial through them (Lagrange).
    found = torch.zeros_like(values)
    for k, slot in enumerate(behind + ahead):
        weight = used[k].to(time.dtype)
        for j in range(len(used)):
            if j != k:
                both = used[k] & used[j]
                apart = torch.where(both, at[k] - at[j], torch.ones_like(time))
                weight = weight * torch.where(both, (x - at[j]) / apart, torch.ones_like(time))
        index = slot.clamp(min=0, max=S - 1)[..., None].expand_as(values)
        found = found + weight[..., None].to(values.dtype) * values.gather(-2, index)
    told = slow & (inside | tail | head)
    return torch.where(told[..., None], found, values), filled | told


def _at(slots: torch.Tensor, place: torch.Tensor, none: int) -> torch.Tensor:
    """What `slots` [..., S] say at places, `none` where these are outside."""
    S = slots.shape[-1]
    return torch.where((place >= 0) & (place < S), slots.gather(-1, place.clamp(min=0, max=S - 1)), none)


def _spacing(apart: torch.Tensor, both: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """[..., 1] seconds from sample to sample, the mean over what is no gap; 0 where fewer than three slots tell.

    Args:
        apart: [..., S] seconds from the slot before that holds anything. both: [..., S] bool, there is one. steps: [..., S]
            samples that lie between the two means.
    """
    each = torch.where(both, apart / steps.clamp(min=1), torch.inf)
    known = both.sum(-1, keepdim=True)
    median = each.sort(-1).values.gather(-1, ((known - 1) // 2).clamp(min=0))
    usual = both & (each <= GAP * median)
    mean = torch.where(usual, apart, torch.zeros_like(apart)).sum(-1, keepdim=True) / (steps * usual).sum(
        -1, keepdim=True
    ).clamp(min=1)
    return torch.where(known >= 2, mean, torch.zeros_like(mean))


def _phase(time: torch.Tensor, filled: torch.Tensor, step_s: float) -> torch.Tensor:
    """[..., 1] seconds from the start of a slot to where samples lie in it, so that samples stay where they are; 0 where
    they lie anywhere."""
    turn = torch.where(filled, time, torch.zeros_like(time)) * (2 * math.pi / step_s)
    count = filled.sum(-1, keepdim=True).clamp(min=1)
    east = (turn.cos() * filled).sum(-1, keepdim=True) / count
    north = (turn.sin() * filled).sum(-1, keepdim=True) / count
    phase = torch.atan2(north, east) / (2 * math.pi)
    phase = torch.where(phase < -EARLY, phase + 1, phase) * step_s
    return torch.where(torch.hypot(east, north) > TOGETHER, phase, torch.zeros_like(phase))
