"""The Xperience Embodied Foundation Model: any streams in, one representation over time out.

Letters: B batch, N tokens, T blocks, R readouts a block, D width, S streams.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from xperience.episode import Presence
from xperience.model import encoders
from xperience.model.config import ModelConfig
from xperience.model.encoders import Encoder
from xperience.model.encoders.video import Stem
from xperience.model.language import TextEncoder, Tokenizer, Writer
from xperience.model.tokens import Tokens, joined
from xperience.model.trunk import Cache, Trunk
from xperience.prepare.streams import STREAMS
from xperience.pretrain.batch import Batch

LANGUAGE = "language"
"""Place of the language token among the tokens; no stream of a recording."""


@dataclass
class State:
    """What the model makes of a window.

    Attributes:
        tokens: as they went in. x: [B, N, D] as they came out. readout: [B, T, R, D]. seen: [B, N] bool, known tokens.
        cache: for going on with the next window.
    """

    tokens: Tokens
    x: torch.Tensor
    readout: torch.Tensor
    cache: Cache

    @property
    def seen(self) -> torch.Tensor:
        return self.tokens.known


class XperienceModel(nn.Module):
    """Encoders, trunk, language encoder and decoder.

    Every encoder always runs; what a recording lacks is a mask, so that all ranks run the same code whatever they hold.

    Args:
        config: see there. tokenizer: learnt from the training texts.
    """

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer) -> None:
        super().__init__()
        assert len(tokenizer) <= config.vocabulary, "the tokenizer has more tokens than the model"
        self.config = config
        views = [name for name in config.streams if STREAMS[name].modality == "video"]
        self.stems = nn.ModuleDict()
        self.encoders = encoders.build(_without(config, views))
        for name in views:
            pictures = max(1, config.streams[name].slots // config.blocks)
            stem = self.stems[str(pictures)] if str(pictures) in self.stems else Stem(config, pictures)
            self.stems[str(pictures)] = stem
            assert isinstance(stem, Stem)
            self.encoders[name] = encoders.video.Video(config, name, stem)
        self.streams = tuple(name for name in STREAMS if name in config.streams)
        self.text = TextEncoder(config, tokenizer)
        self.writer = Writer(config, tokenizer)
        self.read = nn.Linear(config.text_width, config.width)
        self.kind = nn.Parameter(torch.randn(len(STREAMS) + 1, config.width) * 0.02)
        self.gap = nn.Parameter(torch.randn(len(STREAMS), config.width) * 0.02)
        self.absent = nn.Parameter(torch.zeros(3, len(STREAMS), config.width))
        self.readout = nn.Parameter(torch.randn(config.readouts, config.width) * 0.02)
        self.points = nn.Linear(6, config.width)
        self.trunk = Trunk(config)

    def reset_parameters(self) -> None:
        for parameter in (self.kind, self.gap, self.readout):
            nn.init.normal_(parameter, std=0.02)
        nn.init.zeros_(self.absent)

    @property
    def channels(self) -> dict[str, int]:
        """Stream to the numbers that one of its tokens stands for; 0 where these are pictures."""
        return {name: int(self._encoder(name).channels) for name in self.streams}

    def _encoder(self, stream: str) -> Encoder:
        found = self.encoders[stream]
        assert isinstance(found, Encoder)
        return found

    def targets(self, batch: Batch, stream: str, part: str = "window") -> tuple[torch.Tensor, torch.Tensor]:
        """The numbers behind a stream's tokens [B, N, C], and which are valid."""
        features, there, _, _ = self._encoder(stream).features(batch, part)
        return features, there

    def encode(
        self,
        batch: Batch,
        streams: Sequence[str],
        hidden: Mapping[str, torch.Tensor] | None = None,
        dropped: torch.Tensor | None = None,
        language: tuple[Sequence[str], torch.Tensor] | None = None,
        part: str = "window",
    ) -> Tokens:
        """Tokens of the streams, and of language where it is given."""
        order = {name: k for k, name in enumerate(STREAMS)}
        parts = []
        for name in streams:
            encoder = self._encoder(name)
            features, there, time, block = encoder.features(batch, part)
            x = encoder(features, there, batch)
            known = there.any(-1)
            if hidden is not None and name in hidden:
                gone = (hidden[name] & known)[..., None]
                x = torch.where(gone, self.gap[order[name]].to(x.dtype), x)
            if dropped is not None:
                known = known & ~dropped[:, order[name], None]
            x = x + self.kind[order[name]]
            parts.append(Tokens(x, time, known, block, {name: slice(0, x.shape[1])}))
        if language is not None:
            parts.append(self._language(batch, *language))
        return joined(parts)

    def _language(self, batch: Batch, texts: Sequence[str], given: torch.Tensor) -> Tokens:
        blocks, device = self.config.blocks, given.device
        x = (self.read(self.text.embed(list(texts))) + self.kind[-1])[:, None].expand(-1, blocks, -1)
        spoken = torch.tensor([bool(text) for text in texts], device=device)
        known = (given & spoken)[:, None].expand(-1, blocks)
        time = (torch.arange(blocks, device=device) * self.config.block_s).expand(len(texts), -1)
        return Tokens(x, time, known, torch.arange(blocks, device=device), {LANGUAGE: slice(0, blocks)})

    def forward(
        self,
        batch: Batch,
        hidden: Mapping[str, torch.Tensor] | None = None,
        dropped: torch.Tensor | None = None,
        streams: Sequence[str] | None = None,
        part: str = "window",
        language: tuple[Sequence[str], torch.Tensor] | None = None,
        cache: Cache | None = None,
    ) -> State:
        """A window (or the span behind it) seen through some streams.

        Args:
            hidden: stream to [B, N of it] bool, tokens replaced by a gap. dropped: [B, S] bool, whole streams taken away.
            streams: encode only these; all where None. part: "window" or "future".
            language: texts and [B] whether each is given. cache: of the window before; blocks and times go on there.
        """
        names = tuple(name for name in self.streams if streams is None or name in streams)
        tokens = self.encode(batch, names, hidden, dropped, language, part)
        config = self.config
        B, device = tokens.x.shape[0], tokens.x.device
        T, R = config.blocks, config.readouts
        first = 0 if cache is None else int(cache.block.max()) + 1
        shift = first * config.block_s
        read = (self.readout + self._presence(batch, names, dropped, tokens)[:, None, None]).expand(B, T, R, -1)
        at = torch.arange(T, device=device)
        read_time = ((at + 1) * config.block_s).repeat_interleave(R).expand(B, -1)
        x = torch.cat([tokens.x, read.flatten(1, 2).to(tokens.x.dtype)], 1)
        time = torch.cat([tokens.time, read_time], 1) + shift
        block = torch.cat([tokens.block, at.repeat_interleave(R)]) + first
        known = torch.cat([tokens.known, torch.ones(B, T * R, dtype=torch.bool, device=device)], 1)
        is_readout = torch.cat([torch.zeros(len(tokens.block), dtype=torch.bool, device=device),
                                torch.ones(T * R, dtype=torch.bool, device=device)])  # fmt: skip
        out, kept = self.trunk(x, time, block, known, is_readout, cache)
        n = tokens.x.shape[1]
        return State(tokens, out[:, :n], out[:, n:].unflatten(1, (T, R)), kept)

    def _presence(
        self, batch: Batch, names: Sequence[str], dropped: torch.Tensor | None, tokens: Tokens
    ) -> torch.Tensor:
        """[B, D] what the readouts are told about missing streams, and the map's points."""
        order = {name: k for k, name in enumerate(STREAMS)}
        total = self.points(self._map(batch))
        for name in names:
            state = batch.streams[name].presence.long()
            if dropped is not None:
                away = torch.full_like(state, int(Presence.DROPPED))
                state = torch.where(dropped[:, order[name]], away, state)
            total = total + self.absent[state, order[name]]
        return total

    def _map(self, batch: Batch) -> torch.Tensor:
        """[B, 6] mean and spread of the map points, metres; zeros where there is no map."""
        points, valid = batch.cameras.points.float(), batch.cameras.points_valid[..., None]
        count = valid.sum(1).clamp(min=1)
        mean = (points * valid).sum(1) / count
        spread = (((points - mean[:, None]) ** 2 * valid).sum(1) / count).sqrt()
        return torch.cat([mean.clamp(-10, 10) / 5, spread.clamp(max=10) / 5], -1)


def _without(config: ModelConfig, names: Sequence[str]) -> ModelConfig:
    from dataclasses import replace

    return replace(config, streams={n: s for n, s in config.streams.items() if n not in names})
