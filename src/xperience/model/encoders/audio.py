"""Sound: log-mel energies of chunks of 20 ms, or the wave itself where an encoder of others reads it.

A chunk belongs to the block in which it begins.
"""

from __future__ import annotations

import math
from contextlib import nullcontext

import torch

from xperience.model.config import ModelConfig
from xperience.model.encoders import Features
from xperience.model.encoders.gridded import Gridded
from xperience.model.encoders.span import Span
from xperience.prepare.streams import AUDIO_CHUNK, AUDIO_RATE

MELS = 40
QUIET = 1e-6
"""Power added before the logarithm: noise of a 16-bit recording."""


class Encoder(Gridded):
    def __init__(self, config: ModelConfig, streams: tuple[str, ...]) -> None:
        super().__init__(config, streams[0], config.audio_tokens, AUDIO_CHUNK / AUDIO_RATE, MELS)
        self.wave = "audio" in config.external
        if self.wave:
            from xperience.model.external.audio import Waves

            self.enter = Waves(config, config.external["audio"], config.audio_tokens)

    def told(self, values: torch.Tensor) -> torch.Tensor:
        return log_mel(values)

    def entered(self, span: Span, told: Features) -> torch.Tensor:
        if not self.wave:
            return super().entered(span, told)
        (stream,) = self.streams
        chunks = span.slots(stream).values.float()
        waves, count = span.gridded(stream, chunks, self.step_s, self.slots * self.tokens)
        found: torch.Tensor = self.enter(waves, count > 0)
        return found


def log_mel(chunks: torch.Tensor) -> torch.Tensor:
    """[B, N, MELS] about one in size, of 16-bit chunks [B, N, 320]: Hann window, power, mel bands, logarithm.

    The transform is a product with sines and cosines: no faster way is needed for 320 samples, and all devices have it.
    """
    wave = chunks.float() / 32768
    with nullcontext() if wave.is_meta else torch.autocast(wave.device.type, enabled=False):
        spectrum = wave @ _waves(wave.device)
        power = spectrum.square().unflatten(-1, (2, -1)).sum(-2)
        return (torch.log(power @ _bands(wave.device) + QUIET) + 6) / 4


def _waves(device: torch.device) -> torch.Tensor:
    """[320, 2 * 161] cosines, then sines, under a Hann window."""
    n = torch.arange(AUDIO_CHUNK, device=device, dtype=torch.float32)[:, None]
    k = torch.arange(AUDIO_CHUNK // 2 + 1, device=device, dtype=torch.float32)
    phase = 2 * math.pi / AUDIO_CHUNK * ((n * k) % AUDIO_CHUNK)
    window = 0.5 - 0.5 * torch.cos(2 * math.pi / AUDIO_CHUNK * n)
    return torch.cat([phase.cos(), phase.sin()], 1) * window


def _bands(device: torch.device) -> torch.Tensor:
    """[161, MELS] triangular bands from 0 to the Nyquist frequency, evenly on the mel scale 2595 log10(1 + f / 700)."""
    top = 2595 * math.log10(1 + AUDIO_RATE / 2 / 700)
    edges = 700 * (10 ** (torch.linspace(0, top, MELS + 2, device=device) / 2595) - 1)
    frequency = torch.linspace(0, AUDIO_RATE / 2, AUDIO_CHUNK // 2 + 1, device=device)[:, None]
    rising = (frequency - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequency) / (edges[2:] - edges[1:-1])
    return torch.minimum(rising, falling).clamp(min=0)
