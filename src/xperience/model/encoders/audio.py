"""Sound: log-mel energies of 20 ms chunks, in patches of a tenth of a second that never look ahead."""

from __future__ import annotations

import math

import torch
from torch import nn

from xperience.model.config import ModelConfig
from xperience.model.encoders import Encoder, mlp, part_of
from xperience.model.encoders.gridded import grid, patches
from xperience.prepare.streams import AUDIO_CHUNK, AUDIO_RATE
from xperience.pretrain.batch import Batch

CHUNK_S = AUDIO_CHUNK / AUDIO_RATE
MELS, PATCH = 40, 5


class Audio(Encoder):
    def __init__(self, config: ModelConfig, stream: str) -> None:
        super().__init__()
        self.stream, self.config = stream, config
        self.count = round(config.window_s / CHUNK_S)
        self.channels = PATCH * MELS
        self.enter = mlp(PATCH * (MELS + 1), config.width)

    def features(self, batch: Batch, part: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        one = part_of(batch, self.stream, part)
        laid, filled = grid(log_mel(one.values), one.times, one.valid, CHUNK_S, self.count)
        time, block = patches(self.count, PATCH, CHUNK_S, self.config, laid.device)
        there = filled[..., None].expand_as(laid)
        return (
            laid.unflatten(1, (-1, PATCH)).flatten(2),
            there.unflatten(1, (-1, PATCH)).flatten(2),
            time.expand(len(laid), -1),
            block,
        )

    def forward(self, features: torch.Tensor, there: torch.Tensor, batch: Batch) -> torch.Tensor:
        shown = there.unflatten(2, (PATCH, MELS)).any(-1).to(features.dtype)
        found: torch.Tensor = self.enter(torch.cat([features, shown], -1))
        return found


def log_mel(chunks: torch.Tensor) -> torch.Tensor:
    """[B, N, MELS] of 16-bit chunks [B, N, 320]: Hann window, power, mel bands (O'Shaughnessy 1987), log, about one in size."""
    wave = chunks.float() / 32768
    window = torch.hann_window(AUDIO_CHUNK, device=wave.device)
    power = torch.fft.rfft(wave * window).abs().square()
    return (torch.log(power @ _bands(wave.device) + 1e-6) + 6) / 4


def _bands(device: torch.device) -> torch.Tensor:
    """[161, MELS] triangular bands from 0 to the Nyquist frequency."""
    top = 2595 * math.log10(1 + AUDIO_RATE / 2 / 700)
    edges = 700 * (10 ** (torch.linspace(0, top, MELS + 2, device=device) / 2595) - 1)
    frequency = torch.linspace(0, AUDIO_RATE / 2, AUDIO_CHUNK // 2 + 1, device=device)[:, None]
    rising = (frequency - edges[:-2]) / (edges[1:-1] - edges[:-2]).clamp(min=1e-3)
    falling = (edges[2:] - frequency) / (edges[2:] - edges[1:-1]).clamp(min=1e-3)
    return torch.minimum(rising, falling).clamp(min=0)


def build(config: ModelConfig, stream: str) -> nn.Module:
    return Audio(config, stream)
