"""The stretch of a batch that is encoded: its blocks of time and, for each stream, the slots that fill them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import torch

from xperience.model.config import ModelConfig
from xperience.model.heading import heading
from xperience.prepare.batch import Batch, StreamBatch
from xperience.prepare.streams import STREAMS

EDGE_S, SLOT_EDGE_S = 1e-6, 1e-4
"""Samples so little before a block's first frame, or before a slot, belong to it: times are rounded, rates drift."""


class Span:
    """The window of a batch, or as many blocks behind it.

    Args:
        part: "window" or "future". streams: that may be looked at. dropped: [B, S] bool, streams taken away, registry
            order. past: the window before, where windows are fed one after another, and [B] seconds since its start.

    Attributes:
        blocks: T. size: B.
    """

    def __init__(
        self,
        config: ModelConfig,
        batch: Batch,
        part: str,
        streams: Sequence[str],
        dropped: torch.Tensor | None = None,
        past: tuple[Batch, torch.Tensor] | None = None,
    ) -> None:
        assert part in ("window", "future")
        self.config, self.batch, self.part = config, batch, part
        self.streams, self.dropped, self.past = tuple(streams), dropped, past
        self.blocks = max(1, batch.frames // config.block_frames)
        self.size = len(batch.k)
        self.device = batch.cameras.K.device

    def shown(self, stream: str) -> torch.Tensor:
        """[B] bool: samples in which the stream was not taken away."""
        if self.dropped is None:
            return torch.ones(self.size, dtype=torch.bool, device=self.device)
        return ~self.dropped[:, list(STREAMS).index(stream)]

    def slots(self, stream: str) -> StreamBatch:
        """Slots of the part; exactly T blocks of them where the stream is per frame, padded or cut."""
        one = self.batch.streams[stream]
        if self.part == "window":
            place, zero = slice(0, one.slots), 0.0
        else:
            place, zero = slice(one.slots, None), self.batch.seconds
        found = StreamBatch(
            one.values[:, place], one.times[:, place].double() - zero, one.valid[:, place], one.presence, one.slots
        )
        if not STREAMS[stream].per_frame:
            return found
        wanted = self.config.per_block(stream) * self.blocks
        return StreamBatch(
            _fitted(found.values, wanted), self._times(stream, found.times, wanted), _fitted(found.valid, wanted),
            one.presence, wanted,
        )  # fmt: skip

    def with_lead(self, stream: str) -> StreamBatch:
        """The same with one more slot in front: the last of the window before, invalid where there is none."""
        one = self.slots(stream)
        if self.past is None:
            values, valid = torch.zeros_like(one.values[:, :1]), torch.zeros_like(one.valid[:, :1])
            times = one.times[:, :1] - self.config.streams[stream].step_s
        else:
            batch, ago = self.past
            before = batch.streams[stream]
            last = slice(before.slots - 1, before.slots)
            values, valid = before.values[:, last], before.valid[:, last]
            times = before.times[:, last].double() - ago[:, None]
        return StreamBatch(
            torch.cat([values, one.values], 1), torch.cat([times, one.times], 1), torch.cat([valid, one.valid], 1),
            one.presence, one.slots + 1,
        )  # fmt: skip

    @cached_property
    def start(self) -> torch.Tensor:
        """[B, T] float64 seconds of each block's first frame, by the recording's clock where any stream tells it."""
        nominal = torch.arange(self.blocks, device=self.device, dtype=torch.float64) * self.config.block_s
        total, weight = 1e-9 * nominal[None].expand(self.size, -1), torch.full((self.size, 1), 1e-9, device=self.device)
        total, weight = total.clone(), weight.double()
        for stream in self.config.streams:
            if STREAMS[stream].per_frame and stream in self.batch.streams:
                one = self.slots(stream)
                present = one.valid.any(1, keepdim=True).double()
                total = total + present * one.times[:, :: self.config.per_block(stream)]
                weight = weight + present
        return total / weight

    @cached_property
    def heading(self) -> torch.Tensor:
        """R_heading_world [B, T, 3, 3] of each block by the headset; the identity where no pose is known."""
        if "pose" not in self.config.streams or "pose" not in self.batch.streams:
            return torch.eye(3, device=self.device).expand(self.size, self.blocks, 3, 3)
        one = self.slots("pose")
        values = one.values.unflatten(1, (self.blocks, -1)).flatten(0, 1)
        valid = one.valid.unflatten(1, (self.blocks, -1)).flatten(0, 1)
        return heading(values, valid).view(self.size, self.blocks, 3, 3)

    def gridded(self, stream: str, values: torch.Tensor, step_s: float, each: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Samples [B, N, C] of a stream with a clock of its own, in slots of `step_s` from each block's start.

        Returns [B, T, each, C], the mean of what falls into a slot, and [B, T, each] float, how many samples do.
        """
        one = self.slots(stream)
        starts = self.start.contiguous()
        block = torch.searchsorted(starts, (one.times + EDGE_S).contiguous(), right=True) - 1
        inside = one.valid & (block >= 0)
        block = block.clamp(min=0)
        slot = torch.floor((one.times - starts.gather(1, block) + SLOT_EDGE_S) / step_s).long()
        inside &= (slot >= 0) & (slot < each)
        place = torch.where(inside, block * each + slot, torch.full_like(slot, self.blocks * each))
        shape = (self.size, self.blocks * each + 1)
        laid = torch.zeros(*shape, values.shape[2], device=values.device)
        laid = laid.scatter_add(1, place[..., None].expand_as(values), values.float())
        count = torch.zeros(shape, device=values.device).scatter_add(1, place, inside.float())
        laid, count = laid[:, :-1], count[:, :-1]
        mean = laid * (count > 0)[..., None] / count.clamp(min=1)[..., None]
        return mean.unflatten(1, (self.blocks, each)), count.unflatten(1, (self.blocks, each))

    def _times(self, stream: str, times: torch.Tensor, wanted: int) -> torch.Tensor:
        if times.shape[1] >= wanted:
            return times[:, :wanted]
        step = self.config.streams[stream].step_s
        more = torch.arange(wanted, device=times.device, dtype=times.dtype)[times.shape[1] :] * step
        return torch.cat([times, more.expand(len(times), -1)], 1)


def _fitted(values: torch.Tensor, wanted: int) -> torch.Tensor:
    """[B, wanted, ...]: cut, or followed by zeros."""
    lacking = wanted - values.shape[1]
    if lacking <= 0:
        return values[:, :wanted]
    return torch.cat([values, values.new_zeros(len(values), lacking, *values.shape[2:])], 1)
