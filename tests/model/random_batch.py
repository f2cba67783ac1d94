"""Batches of random numbers with every pattern of presence, for tests of models, objectives and trainers."""

from __future__ import annotations

from math import ceil

import numpy as np
import torch

from xperience.episode.cameras import VIEWS
from xperience.model.config import ModelConfig, StreamShape
from xperience.model.sizes import size
from xperience.prepare.batch import Batch, Cameras, StreamBatch, TextBatch
from xperience.prepare.streams import STREAMS
from xperience.pretrain.learner import on_device

FRAMES, FUTURE, PIXELS, DEPTH, EVERY = 20, 20, 48, 16, 5

WORDS = ("pour", "water", "mug", "put", "lid", "on", "pan", "take", "knife", "cut", "bread")


def shapes(frames: int = FRAMES) -> dict[str, StreamShape]:
    """As the nano recipe prepares them."""
    found = {}
    for name, stream in STREAMS.items():
        every = EVERY if stream.modality in ("video", "depth") else 1
        pixels = {"video": (PIXELS, PIXELS, 3), "depth": (DEPTH, DEPTH)}.get(stream.modality)
        slots = ceil(frames / every) if stream.per_frame else stream.capacity(frames / 20)
        found[name] = StreamShape(slots, pixels or tuple(n for n in stream.shape if n), every / stream.rate_hz)
    return found


def config(**changes: object) -> ModelConfig:
    """A nano model for such batches; smaller still unless told otherwise."""
    return size("nano", shapes(), **{"width": 64, "layers": 2, "heads": 2, "kv_heads": 2, "text_width": 64} | changes)


def batch(size: int = 4, frames: int = FRAMES, future: int = FUTURE, presence: str = "mixed", seed: int = 0) -> Batch:
    """A batch of numpy arrays. presence: "all", "none", or "mixed" (each stream of each sample by a coin, and holes)."""
    draw = np.random.default_rng(seed)
    there = {"all": np.ones, "none": np.zeros}.get(presence)
    streams = {}
    for name, shape in shapes(frames).items():
        stream = STREAMS[name]
        ahead = ceil(future * shape.slots / frames)
        n = shape.slots + ahead
        has = there(size, bool) if there else draw.random(size) < 0.6
        valid = np.repeat(has[:, None], n, 1)
        if presence == "mixed":
            valid &= draw.random((size, n)) < 0.9
        times = np.arange(n) * shape.step_s
        if not stream.per_frame:  # slots beyond the nominal rate are padding
            real = [round(s / 20 / shape.step_s) for s in (frames, future)]
            valid[:, real[0] : shape.slots] = valid[:, shape.slots + real[1] :] = False
            times[shape.slots :] = frames / 20 + np.arange(ahead) * shape.step_s
        values = _values(name, (size, n, *shape.shape), draw)
        values[~valid] = 0
        streams[name] = StreamBatch(
            values.astype(stream.dtype), np.tile(times.astype(np.float32), (size, 1)), valid, (~has).astype(np.int8),
            shape.slots,
        )  # fmt: skip
    known = there(size, bool) if there else draw.random(size) < 0.6
    cameras = _cameras(size, draw, known)
    return Batch(
        k=np.arange(size), mask_seed=draw.integers(0, 2**63, size).astype(np.uint64), weight=np.ones(size, np.float32),
        source=np.zeros(size, np.int64), episode=np.arange(size) // 2, start_frame=np.arange(size) * 5,
        episode_id=[f"s__ep{k}" for k in range(size)], frames=frames, future=future, rate_hz=20.0, streams=streams,
        text=_text(size, draw, known), cameras=cameras,
    )  # fmt: skip


def tensors(**options: object) -> Batch:
    """The same as torch tensors."""
    return on_device(batch(**options), torch.device("cpu"))  # type: ignore[arg-type]


def _values(name: str, shape: tuple[int, ...], draw: np.random.Generator) -> np.ndarray:
    if STREAMS[name].dtype == "uint8":
        return draw.integers(0, 256, shape)
    if name == "audio":
        return draw.integers(-3000, 3000, shape)
    if name == "pose":
        turn, _ = np.linalg.qr(draw.normal(size=(*shape[:2], 3, 3)))
        return np.concatenate([turn, np.cumsum(draw.normal(size=(*shape[:2], 3, 1)) * 0.02, 1)], 3)
    if name == "depth":
        return draw.uniform(0.3, 4.0, shape)
    if name in ("body", "hand_left", "hand_right"):
        return draw.normal(size=(shape[0], 1, *shape[2:])) * 0.3 + np.cumsum(draw.normal(size=shape) * 0.01, 1)
    return draw.random(shape) if name == "contacts" else draw.normal(size=shape)


def _cameras(size: int, draw: np.random.Generator, known: np.ndarray) -> Cameras:
    views = len(VIEWS)
    fisheye = np.tile(np.arange(views) < 4, (size, 1))
    K = np.where(fisheye[..., None], [0.29, 0.25, 0.5, 0.5], [0.39, 0.39, 0.5, 0.5]).astype(np.float32)
    T = np.tile(np.concatenate([np.eye(3), np.zeros((3, 1))], 1).astype(np.float32), (size, views, 1, 1))
    D = np.where(fisheye[..., None], 0.01, 0.0).astype(np.float32).repeat(4, 2)
    valid = np.tile(known[:, None], (1, views))
    points = draw.normal(size=(size, 8, 3)).astype(np.float32) * 2
    return Cameras(K, D, T, fisheye, valid, points, np.tile(known[:, None], (1, 8)))


def _text(size: int, draw: np.random.Generator, known: np.ndarray) -> TextBatch:
    def said(n: int) -> list[str]:
        return [" ".join(draw.choice(WORDS, n)) if there else "" for there in known]

    objects = [tuple(sorted(set(draw.choice(WORDS, 2)))) if there else () for there in known]
    return TextBatch(
        action=said(2), subtask=said(2), next_action=said(2), main_task=said(1), objects=objects, future_objects=objects,
        interaction=said(4), transition=draw.random(size) < 0.3,
        action_span=[(0.1, 0.8) if there else None for there in known], known=known,
    )  # fmt: skip
