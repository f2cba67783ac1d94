"""The Xperience Embodied Foundation Model.

Letters: B batch, T blocks of time, R readouts of a block, N tokens, D width, S streams.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import nn

from xperience.errors import CorruptError
from xperience.model import encoders
from xperience.model.config import ModelConfig
from xperience.model.encoders.span import Span
from xperience.model.language import TextEncoder, Tokenizer, Writer
from xperience.model.tokens import MAP, Tokens, joined
from xperience.model.trunk import Cache, Trunk
from xperience.prepare.batch import Batch
from xperience.prepare.streams import STREAMS

LANGUAGE = "language"
"""Name of the tokens of language that is given as input: objects and interaction, never labels."""

PRESENCES = 3
"""What a readout is told of each stream in its block: there, not in the data, taken away by us."""


@dataclass
class State:
    """What the model makes of a window.

    Attributes:
        tokens: by stream, as they went in. x: [B, N, D] what became of them. readout: [B, T, R, D].
        time: [B, T] seconds of the readouts: the end of their block.
        cache: what the next window needs, where it was asked for.
    """

    tokens: Tokens
    x: torch.Tensor
    readout: torch.Tensor
    time: torch.Tensor
    cache: Cache | None = None

    @property
    def seen(self) -> torch.Tensor:
        """[B, N] bool: tokens that were known."""
        return self.tokens.known

    @property
    def window(self) -> torch.Tensor:
        """[B, D]: the mean of the last block's readouts, which have seen everything."""
        return self.readout[:, -1].mean(1)


@dataclass
class Encoded:
    """Tokens before the trunk, and the stretch that they are of."""

    span: Span
    tokens: Tokens


@dataclass
class Past:
    """Where a window goes on from.

    Attributes:
        start: [B] float64 seconds from the first window's first frame to this one's. blocks: before this window.
        batch, ago: the window before and how many seconds [B] it began before this one. cache: of the trunk.
    """

    start: torch.Tensor
    blocks: int = 0
    batch: Batch | None = None
    ago: torch.Tensor | None = None
    cache: Cache | None = None


class XperienceModel(nn.Module):
    """Encoders, trunk, language and decoders.

    Args:
        config: see there. tokenizer: learnt from the training texts.
    """

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer) -> None:
        super().__init__()
        if len(tokenizer) > config.vocabulary:
            raise CorruptError(
                "the tokenizer has more tokens than the model", field="tokenizer.json", found=len(tokenizer),
                expected=f"at most {config.vocabulary}",
            )  # fmt: skip
        self.config = config
        D = config.width
        self.streams = tuple(stream for stream in STREAMS if stream in config.streams)
        self.encoders = encoders.build(config)
        self.trunk = Trunk(config)
        self.text = TextEncoder(config, tokenizer)
        self.writer = Writer(config, tokenizer)
        self.read = nn.Linear(config.text_width, D)
        self.kind = nn.Parameter(torch.empty(len(STREAMS) + 1, D))
        self.gap = nn.Parameter(torch.empty(len(STREAMS) + 1, D))
        self.readout = nn.Parameter(torch.empty(config.readouts, D))
        self.presence = nn.Parameter(torch.empty(len(STREAMS) + 1, PRESENCES, D))
        initialise(self)

    def reset_parameters(self) -> None:
        for table in (self.kind, self.gap, self.presence):
            nn.init.normal_(table, std=0.02)
        nn.init.normal_(self.readout, std=0.05)  # what they read must outweigh what they are

    @property
    def channels(self) -> dict[str, int]:
        """Stream to the numbers that one of its tokens stands for."""
        every = {
            s: n for encoder in self.encoders.values() for s, n in cast(encoders.Encoder, encoder).channels.items()
        }
        return {stream: every[stream] for stream in self.streams}

    def targets(self, batch: Batch, stream: str, part: str = "window") -> tuple[torch.Tensor, torch.Tensor]:
        """What the tokens of a stream stand for [B, N, C], about one in size, and [B, N, C] which of it is valid."""
        encoder = cast(encoders.Encoder, self.encoders[STREAMS[stream].modality])
        with torch.no_grad():
            found = encoder.features(Span(self.config, batch, part, self.streams), stream)
        return found.values, found.valid

    def calibrate(self, batches: Sequence[Batch]) -> None:
        """Measures the size of what the encoders tell on some batches of tensors; before training, once."""
        spans = [Span(self.config, batch, "window", self.streams) for batch in batches]
        for encoder in self.encoders.values():
            encoders.calibrate(cast(encoders.Encoder, encoder), spans)

    def forward(
        self,
        batch: Batch,
        hidden: Mapping[str, torch.Tensor] | None = None,
        dropped: torch.Tensor | None = None,
        streams: Sequence[str] | None = None,
        part: str = "window",
        language: tuple[Sequence[str], torch.Tensor] | None = None,
        past: Past | None = None,
        keep: bool = False,
    ) -> State:
        """What the model makes of the window of a batch of tensors, or of the span behind it.

        Args:
            hidden: stream to [B, n] bool, tokens whose content is not shown. dropped: [B, S] bool, registry order.
            streams: those that are looked at, others are not even encoded. part: "window" or "future".
            language: a text for each sample and [B] bool where it may be read. past: to go on from. keep: make a cache.
        """
        encoded = self.encode(batch, streams, part, dropped, past)
        return self.fuse(encoded, hidden=hidden, language=language, past=past, keep=keep)

    def encode(
        self,
        batch: Batch,
        streams: Sequence[str] | None = None,
        part: str = "window",
        dropped: torch.Tensor | None = None,
        past: Past | None = None,
    ) -> Encoded:
        """Tokens before the trunk; see `forward`. Several passes through the trunk may share them."""
        chosen = self.streams if streams is None else tuple(s for s in self.streams if s in streams)
        before = None if past is None or past.batch is None or past.ago is None else (past.batch, past.ago)
        span = Span(self.config, batch, part, chosen, dropped, before)
        parts = []
        for encoder in self.encoders.values():
            mine = [s for s in cast(encoders.Encoder, encoder).streams if s in chosen]
            if mine:
                parts += encoder(span, mine)
        assert parts, "nothing to look at"
        return Encoded(span, joined(parts))

    def fuse(
        self,
        encoded: Encoded,
        streams: Sequence[str] | None = None,
        hidden: Mapping[str, torch.Tensor] | None = None,
        language: tuple[Sequence[str], torch.Tensor] | None = None,
        past: Past | None = None,
        keep: bool = False,
    ) -> State:
        """What the trunk makes of tokens; see `forward`. Only those of some `streams` may be looked at."""
        span, tokens = encoded.span, encoded.tokens
        if streams is not None:
            whole = "depth" in streams and "pose" in streams
            tokens = tokens.only({*streams, MAP} if whole else set(streams))
        if language is not None:
            tokens = joined([tokens, self._said(span, *language)])
        shown = tokens.known
        for stream, mask in (hidden or {}).items():
            if stream in tokens.places:
                shown = _without(shown, tokens.of(stream), mask)
        x = self._entered(tokens, shown)
        readout, time = self._readouts(span, tokens)
        B, T, R = readout.shape[:3]
        both = torch.cat([x, readout.flatten(1, 2).to(x.dtype)], 1)
        times = torch.cat([tokens.time, time.repeat_interleave(R, 1)], 1)
        block = np.concatenate([tokens.block, np.repeat(np.arange(T), R)])
        is_readout = np.arange(len(block)) >= len(tokens.block)
        known = torch.cat([shown, shown.new_ones(B, T * R)], 1)
        if past is not None:
            times, block, time = times + past.start[:, None], block + past.blocks, time + past.start[:, None]
        out, cache = self.trunk(both, times, block, known, is_readout, None if past is None else past.cache, keep)
        n = len(tokens.block)
        return State(tokens, out[:, :n], out[:, n:].unflatten(1, (T, R)), time, cache)

    def _said(self, span: Span, texts: Sequence[str], given: torch.Tensor) -> Tokens:
        """A token a block of what is said about the window."""
        spoken = torch.tensor([bool(text) for text in texts], device=span.device)
        x = self.read(self.text.embed(list(texts)))[:, None].expand(-1, span.blocks, -1)
        place = torch.zeros(1, span.blocks, x.shape[-1], device=x.device)
        known = (given & spoken)[:, None].expand(-1, span.blocks)
        time = span.start + self.config.block_s / 2
        return Tokens(x, place, time, known, np.arange(span.blocks), {LANGUAGE: slice(0, span.blocks)})

    def _entered(self, tokens: Tokens, shown: torch.Tensor) -> torch.Tensor:
        """[B, N, D] as the trunk gets them: a gap stands where nothing is known or shown."""
        names = [*STREAMS, LANGUAGE]
        index = np.zeros(len(tokens.block), np.int64)
        for stream, place in tokens.places.items():
            index[place] = names.index("depth" if stream == MAP else stream)
        rows = torch.from_numpy(index).to(shown.device)
        x = torch.where(shown[..., None], tokens.x, self.gap[rows].to(tokens.x.dtype))
        return x + tokens.place + self.kind[rows]

    def _readouts(self, span: Span, tokens: Tokens) -> tuple[torch.Tensor, torch.Tensor]:
        """Readouts [B, T, R, D] as they enter, told what is present; and their times [B, T]."""
        states = []
        none = torch.zeros(span.size, span.blocks, dtype=torch.bool, device=span.device)
        for stream in (*STREAMS, LANGUAGE):
            if stream not in tokens.places:
                there, ours = none, ~none if stream in self.streams else none
            else:
                there = tokens.known[:, tokens.of(stream)].unflatten(1, (span.blocks, -1)).any(2)
                ours = ~span.shown(stream)[:, None].expand_as(there) if stream in STREAMS else none
            states.append(torch.stack([there, ~there & ~ours, ~there & ours], -1))
        share = torch.stack(states, 2).to(self.presence.dtype)  # [B, T, S + 1, 3]
        told = share.flatten(2) @ self.presence.flatten(0, 1)
        time = span.start + self.config.block_s
        return told[:, :, None] + self.readout, time


def _without(known: torch.Tensor, place: slice, mask: torch.Tensor) -> torch.Tensor:
    """[B, N]: known, but for masked [B, n] tokens of one place."""
    return torch.cat([known[:, : place.start], known[:, place] & ~mask, known[:, place.stop :]], 1)


def initialise(module: nn.Module) -> None:
    """Draws all weights, children first, so that a module may correct what its children drew."""
    for child in module.children():
        initialise(child)
    reset = getattr(module, "reset_parameters", None)
    if reset is not None:
        reset()
