"""External encoders of sound, from the wave: each block of time by itself, one frame a chunk of 20 ms.

They were trained on sound of many seconds and hear a quarter of one here: what a token holds may not depend on other
blocks. Those that take a spectrogram of fixed length (Whisper 30 s, AST 10 s) are not offered: a block would be padding.
"""

from __future__ import annotations

from math import prod

import torch
from torch import nn
from torch.nn import functional as F

from xperience.errors import FormatError, UsageError
from xperience.model.config import External, ModelConfig
from xperience.model.external import Kind
from xperience.model.external.guest import Guest, bare, config_of
from xperience.prepare.streams import AUDIO_CHUNK, AUDIO_RATE

PLAIN = {"mask_time_prob": 0.0, "mask_feature_prob": 0.0}
NO_ADAPTER = PLAIN | {"add_adapter": False}

KINDS = {
    "wav2vec2": Kind("Wav2Vec2Model", "Wav2Vec2Config", changes=NO_ADAPTER),
    "hubert": Kind("HubertModel", "HubertConfig", changes=PLAIN),
    "wavlm": Kind("WavLMModel", "WavLMConfig", changes=NO_ADAPTER),
    "data2vec-audio": Kind("Data2VecAudioModel", "Data2VecAudioConfig", changes=NO_ADAPTER),
}

SILENCE = 1e-7
"""Added to the variance of a wave (full scale 1) before it is divided by its root, as preprocessors do."""

QUIET = 1e-6
"""Power added before the logarithm: noise of a 16-bit recording."""


def settled(external: External) -> External:
    """The same, where its frames are our chunks.

    Raises:
        FormatError: it was trained at another rate, or its frames are of another length. UsageError: pixels are given.
    """
    kind = KINDS[external.type]
    config = config_of(external, kind)
    if external.pixels:
        raise UsageError("sound has no pixels", field="model.external.audio.pixels", found=external.pixels)
    rate = external.inputs.get("sampling_rate", AUDIO_RATE)
    if rate != AUDIO_RATE:
        raise FormatError("another sampling rate", file=external.place, found=rate, expected=AUDIO_RATE)
    if prod(config.conv_stride) != AUDIO_CHUNK:
        raise FormatError(
            "frames of another length", file=external.place, field="conv_stride", found=prod(config.conv_stride),
            expected=f"{AUDIO_CHUNK} samples",
        )  # fmt: skip
    with torch.device("meta"):
        bare(external, kind)
    return external


class Waves(nn.Module):
    """Chunks of sound to tokens: the mean of the frames of each, with how loud it is and how much of it is there.

    Loudness is told apart, because the wave of a block is brought to one size where the encoder's preprocessor does so.

    Args:
        tokens: of a block.
    """

    def __init__(self, config: ModelConfig, external: External, tokens: int) -> None:
        super().__init__()
        kind = KINDS[external.type]
        own = config_of(external, kind)
        self.guest, self.tokens = Guest(external, kind), tokens
        self.reach = 1  # samples that a frame is made of
        for width, step in zip(reversed(own.conv_kernel), reversed(own.conv_stride), strict=True):
            self.reach = (self.reach - 1) * step + width
        self.even = bool(external.inputs.get("do_normalize", True))
        self.numbers = int(own.hidden_size)
        self.norm = nn.LayerNorm(self.numbers)
        self.adapter = nn.Linear(self.numbers + 2, config.width)

    def forward(self, chunks: torch.Tensor, filled: torch.Tensor) -> torch.Tensor:
        """[B, T tokens, D] of chunks [B, T, slots, 320], 16 bits and 0 where not `filled` [B, T, slots]."""
        wave = chunks.float().flatten(0, 1) / 32768
        there = filled.flatten(0, 1)[..., None].float()
        if chunks.is_meta:
            frames = torch.empty(*wave.shape[:2], self.numbers, device="meta")
        else:
            frames = self.guest.over(self._told, torch.cat([wave, there], -1)).float()
        part, has = (x.unflatten(1, (self.tokens, -1)) for x in (frames, there))
        count = has.sum(2)
        mean = (part * has).sum(2) / count.clamp(min=1)
        power = wave.square().mean(-1, keepdim=True).unflatten(1, (self.tokens, -1)).sum(2) / count.clamp(min=1)
        told = [self.norm(mean), (torch.log(power + QUIET) + 6) / 4, has.mean(2)]
        found: torch.Tensor = self.adapter(torch.cat(told, -1))
        return found.unflatten(0, chunks.shape[:2]).flatten(1, 2)

    def _told(self, encoder: nn.Module, laid: torch.Tensor) -> torch.Tensor:
        """[n, slots, C] frames of waves [n, slots, 320 + 1], whose last column says what is there."""
        wave, there = laid[..., :-1], laid[..., -1:]
        if self.even:
            count = (there.sum((1, 2), keepdim=True) * AUDIO_CHUNK).clamp(min=1)
            wave = (wave - wave.sum((1, 2), keepdim=True) / count) * there
            wave = wave / (wave.square().sum((1, 2), keepdim=True) / count + SILENCE).sqrt()
        flat = F.pad(wave.flatten(1), (0, max(0, self.reach - AUDIO_CHUNK)))  # so that each chunk begins a frame
        frames: torch.Tensor = encoder(flat).last_hidden_state
        return frames[:, : laid.shape[1]]
