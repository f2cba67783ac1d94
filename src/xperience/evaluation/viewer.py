"""From prepared recordings to views: windows through the frozen model, each set of inputs in a pass of its own.

What a model's heads say is computed from the same pass, so that it knows no more than the inputs held.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch

from xperience import threads
from xperience.evaluation.embedded import View
from xperience.evaluation.inputs import Inputs
from xperience.model.heading import heading
from xperience.model.model import Encoded, State
from xperience.prepare.batch import Batch
from xperience.prepare.shards.reader import Prepared
from xperience.prepare.streams import STREAMS
from xperience.pretrain.batches import Batches
from xperience.pretrain.learner import on_device
from xperience.pretrain.objectives.losses import pooled
from xperience.pretrain.run import Restored
from xperience.pretrain.sampling import BatchRecipe, Mix
from xperience.pretrain.step import captions

AT_ONCE = 32
"""Windows in one pass."""

FORECAST_FRAMES = 20
"""Frames that are forecast: a second."""


class Viewer:
    """A frozen model and the data that it looks at.

    Args:
        restored: the run. prepared: by the recipe that it was trained on. precision: "bf16" as it was trained, or
            "float32".
    """

    def __init__(self, restored: Restored, prepared: Prepared, precision: str = "") -> None:
        self.restored, self.prepared = restored, prepared
        self.model, config = restored.model, restored.config
        self.device = next(self.model.parameters()).device
        self.precision = precision or config.run.precision
        streams = tuple(self.model.streams)
        recipe = BatchRecipe(
            frames=config.data.frames, future=0, streams=streams, future_streams=(), every=dict(config.data.every),
            points=config.data.points, size=_pictures(restored),
        )  # fmt: skip
        side = prepared.sides[0]
        self.batches = Batches([prepared], [Mix(side=side, frames=config.data.frames, future=0)], recipe)
        self.place = {name: k for k, name in enumerate(prepared.ids)}

    def windows(self, episode: str, stride: int = 5) -> np.ndarray:
        """First frames of all windows of a recording."""
        frames = int(self.prepared.frames[self.place[episode]])
        return np.arange(0, frames - self.restored.config.data.frames + 1, min(stride, max(frames, 1)))

    def batch(self, episode: str, starts: np.ndarray) -> Batch:
        """The windows as tensors."""
        n = len(starts)
        number = np.full(n, self.place[episode], np.int64)
        zeros = np.zeros(n, np.int64)
        found = self.batches.at(zeros, number, np.asarray(starts, np.int64), zeros, np.zeros(n, np.uint64))
        return on_device(found, self.device)

    def cast(self) -> Any:
        if self.precision == "bf16":
            return torch.autocast(self.device.type, torch.bfloat16)
        return nullcontext()

    def encode(self, batch: Batch) -> Encoded:
        with torch.inference_mode(), self.cast():
            return self.model.encode(batch)

    def state(self, batch: Batch, inputs: Inputs, encoded: Encoded | None = None) -> State:
        """What the model makes of a batch through some inputs."""
        with torch.inference_mode(), self.cast():
            told = None
            if inputs.language:
                told = (captions(batch.text), torch.as_tensor(batch.text.known, device=self.device))
            encoded = encoded or self.model.encode(batch)
            return self.model.fuse(encoded, inputs.streams, language=told)

    def views(
        self, episode: str, inputs: Sequence[Inputs], starts: np.ndarray, content: Inputs | None = None
    ) -> dict[Inputs, View]:
        """Views of a recording's windows. content: whose view keeps what entered the trunk."""
        parts = list(self.some_views(episode, inputs, starts, content))
        return {one: _joined([part[one] for part in parts]) for one in inputs}

    def some_views(
        self, episode: str, inputs: Sequence[Inputs], starts: np.ndarray, content: Inputs | None = None
    ) -> Iterator[dict[Inputs, View]]:
        """The same, `AT_ONCE` windows at a time."""
        for batch in self.parts(episode, starts):
            encoded = self.encode(batch)
            part = {}
            for one in inputs:
                state = self.state(batch, one, encoded)
                part[one] = View(
                    half(tokens_of(state, self.model.streams)),
                    {name: half(value) for name, value in self.sides(state).items()},
                    {name: value.float().cpu().numpy() for name, value in self.answers(state, batch, one).items()},
                    half(content_of(encoded)) if one == content else None,
                )
            yield part

    def parts(self, episode: str, starts: np.ndarray) -> Iterator[Batch]:
        for low in range(0, len(starts), AT_ONCE):
            threads.adapt()
            yield self.batch(episode, starts[low : low + AT_ONCE])

    def sides(self, state: State) -> dict[str, torch.Tensor]:
        """[B, T, A] in the contrastive space."""
        if "alignment" not in self.restored.learner.objectives:
            return {}
        alignment = cast(Any, self.restored.learner.objectives["alignment"])
        with torch.inference_mode(), self.cast():
            return {side: alignment.embed(side, state.readout) for side in ("motion", "sight")}

    def answers(self, state: State, batch: Batch, inputs: Inputs) -> dict[str, torch.Tensor]:
        """What the model's own heads say.

        action, subtask, next_action: [B, C] logits over the training labels; told_action and so on: the same from the
        caption's words, where the inputs have it. transition: [B] logit. objects: [B, C]
        logits. joints: [B, 21] largest logit of contact in the window. hands: [B, F, 126] metres, displacement in
        the left stereo camera. ego: [B, F, 12] changes in the world: headset 3, axes 6, pelvis 3. window, words:
        [B, E] of window and caption. Motion is forecast only from motion that the inputs hold.
        """
        heads = cast(Mapping[str, Any], self.restored.learner.objectives)
        out: dict[str, torch.Tensor] = {}
        with torch.inference_mode(), self.cast():
            feature, words = pooled(state), self.model.text.embed(captions(batch.text))
            if "action" in heads:
                for kind in ("action", "subtask", "next_action"):
                    bank = self.bank("subtask" if kind == "subtask" else "action")
                    out[kind] = heads["action"].score(kind, feature, bank)
                    if inputs.language:
                        out[f"told_{kind}"] = heads["action"].told(kind, words, bank)
                out["transition"] = heads["action"].transition(feature)[:, 0]
            if "contact" in heads:
                out["objects"] = heads["contact"].score("objects", feature, self.bank("object"))
                out["joints"] = heads["contact"].touching(state.readout).amax(1)
            if "alignment" in heads:
                out["window"] = heads["alignment"].window(feature)
                out["words"] = heads["alignment"].words(words)
            times = torch.arange(1, FORECAST_FRAMES + 1, device=self.device)[None] / batch.rate_hz
            times = times.expand(len(feature), -1)
            if "hand_motion" in heads and {"hand_left", "hand_right"} <= set(inputs.streams):
                out["hands"] = heads["hand_motion"].predict(feature, batch, times).flatten(2)
            if "ego_motion" in heads and {"pose", "body"} <= set(inputs.streams):
                ego = heads["ego_motion"].predict(feature, batch, times).unflatten(-1, (4, 3))
                pose = batch.streams["pose"]
                R = heading(pose.values[:, : batch.frames], pose.valid[:, : batch.frames])
                out["ego"] = torch.einsum("bji,bfkj->bfki", R.float(), ego.float()).flatten(2)
        return out

    def bank(self, kind: str) -> torch.Tensor:
        """[C, E] embedded training labels."""
        if not hasattr(self, "_banks"):
            self._banks: dict[str, torch.Tensor] = {}
        if kind not in self._banks:
            self._banks[kind] = self.model.text.embed(list(self.restored.texts.labels[kind]))
        return self._banks[kind]


def _pictures(restored: Restored) -> dict[str, tuple[int, int]]:
    """Height and width of the pictures that the model reads, also where a recording has none."""
    shapes = {name: one.shape for name, one in restored.shape.streams.items() if STREAMS[name].shape[0] is None}
    return {name: (shape[0], shape[1]) for name, shape in shapes.items()}


def lacking(batch: Batch, streams: Sequence[str]) -> Batch:
    """The batch as if it had only these streams."""
    found = dict(batch.streams)
    for name, one in batch.streams.items():
        if name not in streams:
            found[name] = replace(
                one, values=torch.zeros_like(one.values), valid=torch.zeros_like(one.valid),
                presence=torch.ones_like(one.presence),
            )  # fmt: skip
    return replace(batch, streams=found)


def tokens_of(state: State, streams: Sequence[str]) -> torch.Tensor:
    """[B, T R + S, D]: readouts block by block, then the mean of each stream's known tokens."""
    means = []
    for stream in streams:
        if stream not in state.tokens.places:
            means.append(torch.zeros_like(state.readout[:, 0, 0]))
            continue
        place = state.tokens.of(stream)
        known = state.seen[:, place, None].to(state.x.dtype)
        means.append((state.x[:, place] * known).sum(1) / known.sum(1).clamp(min=1))
    return torch.cat([state.readout.flatten(1, 2), torch.stack(means, 1).to(state.readout.dtype)], 1)


def content_of(encoded: Encoded) -> torch.Tensor:
    """[B, T, S, D]: what the tokens of each stream hold in each block, the mean over them, 0 where nothing is known."""
    tokens, blocks = encoded.tokens, encoded.span.blocks
    means = []
    for place in tokens.places.values():
        x = tokens.x[:, place].unflatten(1, (blocks, -1))
        known = tokens.known[:, place].unflatten(1, (blocks, -1))[..., None].to(x.dtype)
        means.append((x * known).sum(2) / known.sum(2).clamp(min=1))
    return torch.stack([m.float() for m in means], 2)


def half(values: torch.Tensor) -> np.ndarray:
    """As float16, what is beyond its range at its end."""
    found: np.ndarray = values.float().clamp(-6e4, 6e4).cpu().numpy().astype(np.float16)
    return found


def _joined(parts: list[View]) -> View:
    def all_of(pick: Any) -> np.ndarray:
        return np.concatenate([pick(part) for part in parts])

    first = parts[0]
    return View(
        all_of(lambda p: p.tokens),
        {name: all_of(lambda p, name=name: p.sides[name]) for name in first.sides},
        {name: all_of(lambda p, name=name: p.own[name]) for name in first.own},
        all_of(lambda p: p.content) if first.content is not None else None,
    )
