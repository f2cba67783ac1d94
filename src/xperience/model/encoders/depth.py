"""Depth and its confidence: patches of nearness with what is valid, and rays; the map about the wearer as one token.

A depth of 0 was not measured; a confidence of 0 was, and says that the depth is worth nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from xperience.model.config import ModelConfig
from xperience.model.encoders import Encoder as Base
from xperience.model.encoders import Features, perceptron
from xperience.model.encoders.rays import NUMBERS, patch_rays
from xperience.model.encoders.span import Span
from xperience.model.tokens import MAP, Tokens

CELL = 8
"""Pixels a side that a token stands for, after images are brought to its grid."""

NEAR_M = 0.3
"""Nearness is 1 / (depth + this): a hand's breadth more matters at arm's length, not across the room."""

CONTRAST = 2.0
REACH_M = 5.0


class Encoder(Base):
    def __init__(self, config: ModelConfig, streams: tuple[str, ...]) -> None:
        super().__init__()
        self.config, self.streams = config, streams
        self.grid = {s: config.depth_grid if s == "depth" else config.confidence_grid for s in streams}
        self.channels = {s: config.per_block(s) * CELL * CELL for s in streams}
        self.enter = nn.ModuleDict({s: perceptron(2 * self.channels[s], config.width) for s in streams})
        self.cell = nn.ParameterDict({s: nn.Parameter(torch.empty(g**2, config.width)) for s, g in self.grid.items()})
        self.look = nn.Linear(NUMBERS, config.width)
        self.points = nn.Sequential(nn.Linear(4, 64), nn.GELU(), nn.Linear(64, config.width))

    def reset_parameters(self) -> None:
        for place in self.cell.values():
            nn.init.normal_(place, std=0.02)
        nn.init.normal_(self.look.weight, std=0.02)
        nn.init.zeros_(self.look.bias)

    def features(self, span: Span, stream: str) -> Features:
        """Nearness, or confidence, of the pixels of each patch."""
        one = span.slots(stream)
        images, valid = (x.unflatten(1, (span.blocks, -1)) for x in (one.values, one.valid))
        images = images.float()
        B, T, E = images.shape[:3]
        there = valid[..., None, None].expand_as(images)
        if stream == "depth":  # 0 is how a depth says that there is none; a confidence of 0 is a number like others
            there = there & (images > 0)
        told = 1 / (images.clamp(min=0) + NEAR_M) - 1 if stream == "depth" else images / 255 * 2 - 1
        grid = self.grid[stream]
        both = torch.stack([torch.where(there, told, torch.zeros_like(told)), there.to(told.dtype)], 3)
        small = F.adaptive_avg_pool2d(both.flatten(0, 3)[:, None], grid * CELL)
        small = small.view(B, T, E, 2, grid, CELL, grid, CELL).permute(0, 1, 4, 6, 2, 5, 7, 3)
        small = small.reshape(B, T * grid**2, self.channels[stream], 2)
        seen = small[..., 1] > 0
        values = small[..., 0] / small[..., 1].clamp(min=1e-3) * seen
        time = one.times.unflatten(1, (T, -1)).mean(2).repeat_interleave(grid**2, 1)
        return Features(values * CONTRAST, seen, seen.any(2), time, np.repeat(np.arange(T), grid**2))

    def forward(self, span: Span, streams: Sequence[str]) -> list[Tokens]:
        found = []
        for stream in streams:
            told = self.features(span, stream)
            x = self.enter[stream](torch.cat([told.values, told.valid.to(told.values.dtype)], -1))
            rays, _ = patch_rays(span.batch, ("stereo_left",), self.grid[stream])
            rays = rays[:, 0] if self.config.rays else torch.zeros_like(rays[:, 0])
            place = (self.look(rays) + self.cell[stream])[:, None].expand(-1, span.blocks, -1, -1).flatten(1, 2)
            known = told.known & span.shown(stream)[:, None]
            found.append(Tokens(x, place, told.time, known, told.block, {stream: slice(0, x.shape[1])}))
        if "depth" in streams and "pose" in span.streams:
            found.append(self._map(span))
        return found

    def _map(self, span: Span) -> Tokens:
        """A token a block: the map's points from where the wearer stands and looks, through a small network and its maximum
        (after PointNet, Qi et al. 2017). Depth and pose must both be looked at, since this tells of both."""
        cameras, pose = span.batch.cameras, span.slots("pose")
        values, valid = (x.unflatten(1, (span.blocks, -1))[:, :, 0] for x in (pose.values, pose.valid))
        apart = (cameras.points[:, None].double() - values[:, :, None, :, 3].double()).float()
        apart = apart @ span.heading.transpose(-1, -2) / REACH_M
        far = apart.norm(dim=-1, keepdim=True)
        features = self.points(torch.cat([apart / far.clamp(min=1.0), far.clamp(max=4.0)], -1))
        there = cameras.points_valid[:, None, :, None]
        features = torch.where(there, features, torch.full_like(features, -1e4 if features.shape[2] else 0.0))
        known = valid & cameras.points_valid.any(1, keepdim=True)
        known &= (span.shown("depth") & span.shown("pose"))[:, None]
        if features.shape[2]:
            x = torch.where(
                known[..., None], features.amax(2), torch.zeros((), dtype=features.dtype, device=known.device)
            )
        else:  # no points in the batch
            x = features.sum(2)
        place = torch.zeros(1, span.blocks, x.shape[-1], device=x.device)
        return Tokens(x, place, span.start, known, np.arange(span.blocks), {MAP: slice(0, span.blocks)})
