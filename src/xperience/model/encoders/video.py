"""One view: pictures of a block become a small grid of tokens that know which camera they are and where they look."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from xperience.episode.cameras import VIEWS
from xperience.model.config import ModelConfig
from xperience.model.encoders import Encoder, blocked, part_of
from xperience.model.encoders.rays import patch_rays
from xperience.pretrain.batch import Batch

MEAN, SPREAD = 0.45, 0.25


class Video(Encoder):
    """The weights of all views are shared, but for an embedding of the view.

    The pictures of a block stand as channels (a tubelet). The stem is a few convolutions for small models, else one
    patch a token.
    """

    def __init__(self, config: ModelConfig, stream: str, shared: Stem) -> None:
        super().__init__()
        self.stream, self.view = stream, stream.removeprefix("video_")
        self.blocks, self.grid = config.blocks, config.grid
        self.each = max(1, config.streams[stream].slots // config.blocks)
        object.__setattr__(self, "shared", shared)  # owned by the model, not by six encoders
        self.who = nn.Parameter(torch.randn(config.width) * 0.02)

    def reset_parameters(self) -> None:
        nn.init.normal_(self.who, std=0.02)

    def features(self, batch: Batch, part: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        one = part_of(batch, self.stream, part)
        pictures = blocked(one.values, self.blocks)[:, :, : self.each]
        valid = blocked(one.valid, self.blocks)[:, :, : self.each]
        time = blocked(one.times, self.blocks)[:, :, : self.each].mean(2)
        cells = self.grid**2
        there = valid.any(2).repeat_interleave(cells, 1)[..., None]
        block = torch.arange(self.blocks, device=time.device).repeat_interleave(cells)
        return pictures, there, time.repeat_interleave(cells, 1), block

    def forward(self, features: torch.Tensor, there: torch.Tensor, batch: Batch) -> torch.Tensor:
        B, T, E, H, W, _ = features.shape
        flat = features.permute(0, 1, 2, 5, 3, 4).reshape(B * T, E * 3, H, W)
        flat = (flat.float() / 255 - MEAN) / SPREAD
        tokens = self.shared(flat).view(B, T, self.grid**2, -1)
        rays = self.shared.look(patch_rays(batch, self.view, self.grid).to(tokens.dtype))
        return (tokens + rays[:, None] + self.who).flatten(1, 2)


class Stem(nn.Module):
    """Pictures [n, channels, H, W] to tokens [n, grid grid, D], and rays to what is added to them."""

    def __init__(self, config: ModelConfig, pictures: int) -> None:
        super().__init__()
        self.grid, self.kind = config.grid, config.stem
        self.look = nn.Linear(4, config.width)
        self.place = nn.Parameter(torch.randn(config.grid**2, config.width) * 0.02)
        if config.stem == "conv":
            self.body: nn.Module = nn.Sequential(
                nn.Conv2d(3 * pictures, 32, 6, 4, 1), nn.GELU(), nn.Conv2d(32, 64, 3, 2, 1), nn.GroupNorm(8, 64),
                nn.GELU(), nn.Conv2d(64, config.width, 3, 2, 1), nn.GroupNorm(8, config.width), nn.GELU(),
            )  # fmt: skip
            self.out = nn.Linear(config.width, config.width)
        else:
            self.body = nn.Identity()
            self.out = nn.Linear(3 * pictures * PATCH * PATCH, config.width)

    def reset_parameters(self) -> None:
        nn.init.normal_(self.place, std=0.02)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        if self.kind == "conv":
            found = F.adaptive_avg_pool2d(self.body(pictures), self.grid).flatten(2).transpose(1, 2)
        else:
            side = self.grid * PATCH
            sized = F.interpolate(pictures, size=(side, side), mode="bilinear", antialias=True)
            found = F.unfold(sized, PATCH, stride=PATCH).transpose(1, 2)
        tokens: torch.Tensor = self.out(found) + self.place
        return tokens


PATCH = 16
"""Pixels a side of a patch, after the picture is brought to `grid` patches a side."""


def build(config: ModelConfig, stream: str) -> nn.Module:
    assert stream.removeprefix("video_") in VIEWS
    raise AssertionError("views share a stem: the model builds them")
