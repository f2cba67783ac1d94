"""Six views: the pictures of a block become a small grid of tokens that know which camera they are and where they look.

Weights are shared by all views, but for an embedding of the view. The pictures of a block stand as channels (a
tubelet). The stem is a few convolutions for small models, else one patch a token, or an encoder of others.

A picture that is not valid never enters: the nearest valid one of its block stands in its place, and the token is told
which ones were replaced. A block without a valid picture is not known.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from xperience.model.config import ModelConfig
from xperience.model.encoders import Encoder as Base
from xperience.model.encoders import Features
from xperience.model.encoders.rays import NUMBERS, patch_rays
from xperience.model.encoders.span import Span
from xperience.model.tokens import Tokens

MEAN, SPREAD = 0.45, 0.25
COLOUR = 3


class Encoder(Base):
    def __init__(self, config: ModelConfig, streams: tuple[str, ...]) -> None:
        super().__init__()
        self.config, self.streams, self.grid = config, streams, config.view_grid
        self.each = max(config.per_block(stream) for stream in streams)
        self.channels = dict.fromkeys(streams, COLOUR)
        self.stem = self._stem(config)
        self.look = nn.Linear(NUMBERS, config.width)
        self.cell = nn.Parameter(torch.empty(self.grid**2, config.width))
        self.who = nn.ParameterDict({stream: nn.Parameter(torch.empty(config.width)) for stream in streams})
        self.replaced = nn.Parameter(torch.empty(self.each, config.width))

    def _stem(self, config: ModelConfig) -> nn.Module:
        """From pictures [n, 3 each, H, W], 0 to 255, to [n, cells, D]."""
        if "video" in config.external:
            from xperience.model.external.video import Pictures

            return Pictures(config, config.external["video"], self.each)
        return (Convolutions if config.stem == "conv" else Patches)(config, COLOUR * self.each)

    def reset_parameters(self) -> None:
        for place in (self.cell, self.replaced, *self.who.values()):
            nn.init.normal_(place, std=0.02)
        nn.init.normal_(self.look.weight, std=0.02)
        nn.init.zeros_(self.look.bias)

    def features(self, span: Span, stream: str) -> Features:
        """The mean colour of each token: what is regressed of pictures is what the teacher makes of them."""
        pictures, valid, time = self._pictures(span, stream)
        mean = F.adaptive_avg_pool2d(pictures.flatten(0, 2).float().permute(0, 3, 1, 2), self.grid)
        mean = mean.unflatten(0, pictures.shape[:3])[:, :, : valid.shape[2]]
        share = valid / valid.sum(2, keepdim=True).clamp(min=1)
        mean = (mean * share[..., None, None, None]).sum(2).flatten(3).transpose(2, 3)
        cells = self.grid**2
        known = valid.any(2).repeat_interleave(cells, 1)
        values = (mean.flatten(1, 2) / 255 - MEAN) / SPREAD * known[..., None]
        block = np.repeat(np.arange(span.blocks), cells)
        return Features(values, known[..., None].expand_as(values), known, time.repeat_interleave(cells, 1), block)

    def forward(self, span: Span, streams: Sequence[str]) -> list[Tokens]:
        B, T, cells = span.size, span.blocks, self.grid**2
        read = [self._pictures(span, stream) for stream in streams]
        rays, outside = patch_rays(span.batch, tuple(s.removeprefix("video_") for s in streams), self.grid)
        found = []
        for x, (_, valid, time), ray, out, stream in zip(
            self._stemmed([pictures for pictures, _, _ in read]), read, rays.unbind(1), outside.unbind(1), streams,
            strict=True,
        ):  # fmt: skip
            looks = self.look(ray if self.config.rays else torch.zeros_like(ray))
            x = x.view(B, T, cells, -1) + (~valid).to(x.dtype)[:, :, None] @ self.replaced[: valid.shape[2]]
            place = (looks + self.cell + self.who[stream])[:, None].expand(-1, T, -1, -1).flatten(1, 2)
            known = (valid.any(2) & span.shown(stream)[:, None])[..., None] & ~out[:, None]
            block = np.repeat(np.arange(T), cells)
            found.append(
                Tokens(
                    x.reshape(B, T * cells, -1), place, time.repeat_interleave(cells, 1), known.flatten(1), block,
                    {stream: slice(0, T * cells)},
                )
            )  # fmt: skip
        return found

    def _stemmed(self, views: list[torch.Tensor]) -> list[torch.Tensor]:
        """[B T, cells, D] of each view's pictures [B, T, E, H, W, 3]; views of one size go together."""
        flat = [v.permute(0, 1, 2, 5, 3, 4).flatten(0, 1).flatten(1, 2) for v in views]
        if len({f.shape[1:] for f in flat}) == 1:
            return list(self.stem(torch.cat(flat)).chunk(len(flat)))
        return [self.stem(f) for f in flat]

    def _pictures(self, span: Span, stream: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Pictures [B, T, each, H, W, 3], which of the view's own E are valid [B, T, E], times [B, T]."""
        one = span.slots(stream)
        values, valid, times = (x.unflatten(1, (span.blocks, -1)) for x in (one.values, one.valid, one.times))
        values = replaced(values, valid)
        if values.shape[2] < self.each:  # this view has fewer pictures than others: its last one stays
            values = torch.cat([values, values[:, :, -1:].expand(-1, -1, self.each - values.shape[2], -1, -1, -1)], 2)
        return values, valid, times.mean(2)


def replaced(pictures: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
    """Pictures [B, T, E, H, W, 3] with the nearest valid one [B, T, E] of the block in place of each that is not; of two as
    near, the earlier one."""
    E = valid.shape[2]
    if E == 1:
        return pictures
    place = torch.arange(E, device=valid.device)
    apart = (place[:, None] - place).abs() * 2 + (place > place[:, None])
    nearest = (apart + 4 * E * ~valid[:, :, None]).argmin(3)
    index = nearest[..., None, None, None].expand_as(pictures)
    return pictures.gather(2, index)


class Convolutions(nn.Module):
    """Pictures [n, channels, H, W] to [n, grid grid, D] by three convolutions; 48 pixels become 3 x 3, then the grid."""

    def __init__(self, config: ModelConfig, channels: int) -> None:
        super().__init__()
        self.grid = config.view_grid
        self.body = nn.Sequential(
            nn.Conv2d(channels, 32, 6, 4, 1), nn.GELU(), nn.Conv2d(32, 64, 3, 2, 1), nn.GroupNorm(8, 64), nn.GELU(),
            nn.Conv2d(64, config.width, 3, 2, 1), nn.GroupNorm(8, config.width), nn.GELU(),
        )  # fmt: skip
        self.out = nn.Linear(config.width, config.width)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        small = self.body(scaled(pictures).contiguous(memory_format=torch.channels_last))
        found: torch.Tensor = self.out(pooled(small, self.grid).flatten(2).transpose(1, 2))
        return found


class Patches(nn.Module):
    """Pictures to [n, grid grid, D], one patch a token, after they are brought to `grid` patches a side."""

    def __init__(self, config: ModelConfig, channels: int) -> None:
        super().__init__()
        self.grid, self.patch = config.view_grid, config.patch
        self.enter = nn.Linear(channels * config.patch**2, config.width)
        self.norm, self.out = nn.RMSNorm(config.width), nn.Linear(config.width, config.width)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        side, p, pictures = self.grid * self.patch, self.patch, scaled(pictures)
        if pictures.shape[-2:] != (side, side):
            pictures = F.interpolate(pictures, size=(side, side), mode="bilinear", antialias=True)
        n, c = pictures.shape[:2]
        cells = pictures.view(n, c, self.grid, p, self.grid, p).permute(0, 2, 4, 1, 3, 5).reshape(n, self.grid**2, -1)
        found: torch.Tensor = self.out(F.gelu(self.norm(self.enter(cells))))
        return found


def scaled(pictures: torch.Tensor) -> torch.Tensor:
    """About 0 and one in size, of colours from 0 to 255."""
    return (pictures.float() / 255 - MEAN) / SPREAD


def pooled(x: torch.Tensor, grid: int) -> torch.Tensor:
    """[n, C, grid, grid] means of overlapping cells of [n, C, h, w]; larger grids repeat what is there."""
    h, w = x.shape[-2:]
    if h == w == 3 and grid == 2:
        return F.avg_pool2d(x, 2, 1)  # the same as below, and quicker
    return F.adaptive_avg_pool2d(x, grid)
