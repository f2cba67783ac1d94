"""Batches: samples by number, read from shards into arrays of fixed shapes.

What a sample lacks is zeros with `valid` false; a sample whose shard is gone or damaged is absent in every stream, has
weight 0, and is counted by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from xperience.episode import Presence
from xperience.episode.cameras import VIEWS
from xperience.episode.layout import NOMINAL_FPS
from xperience.errors import CorruptError, FormatError, MissingError, UsageError
from xperience.prepare.batch import Batch, Cameras, StreamBatch, TextBatch
from xperience.prepare.piece import Piece
from xperience.prepare.shards.reader import Prepared
from xperience.prepare.streams import STREAMS, Stream
from xperience.pretrain.sampling import BatchRecipe, Mix, Sampler
from xperience.pretrain.texts import BEFORE, NEXT_FRAMES, Said, said

REMEMBERED = 4096
"""Recordings whose calibration stays at hand: 2 kB each."""

PROBED = 16
"""Recordings looked at for the size of a view's pictures."""


@dataclass(frozen=True)
class Layout:
    """Slots of one stream in a batch.

    Attributes:
        window, future: how many of each; future 0 where the stream is not read behind the window.
        every: frames from one slot to the next. shape: of a sample.
    """

    stream: Stream
    window: int
    future: int
    every: int
    shape: tuple[int, ...]

    @property
    def step_s(self) -> float:
        return self.every / self.stream.rate_hz


class Batches:
    """Makes batches of some prepared folders.

    Args:
        data: opened folders. mixes: what is drawn from them. recipe: what a batch holds. seed: of the order.

    Raises:
        UsageError: a stream that was not prepared, or a mixture without windows.
    """

    def __init__(self, data: list[Prepared], mixes: list[Mix], recipe: BatchRecipe, seed: int = 0) -> None:
        self.data, self.recipe = data, recipe
        self.sampler = Sampler(seed, mixes, data, recipe)
        self._cameras = lru_cache(REMEMBERED)(self._calibration)
        self.layouts = {name: self._layout(name) for name in STREAMS if name in recipe.streams}

    def batch(self, k: np.ndarray) -> Batch:
        """Samples number k [B]."""
        source, episode, start, mask_seed = self.sampler.places(np.asarray(k, np.int64))
        return self.at(source, episode, start, np.asarray(k, np.int64), mask_seed)

    def at(
        self, source: np.ndarray, episode: np.ndarray, start: np.ndarray, k: np.ndarray, mask_seed: np.ndarray
    ) -> Batch:
        """The windows that begin at frames `start` of recordings `episode`, under the windows' sizes of their sources."""
        count = len(k)
        streams = {name: _empty(layout, count) for name, layout in self.layouts.items()}
        weight = np.ones(count, np.float32)
        cameras = _no_cameras(count, self.recipe.points)
        texts: list[Said] = []
        ids: list[str] = []
        problems: dict[str, int] = {}
        for row in range(count):
            data, mix = self.data[self.sampler.mixes[source[row]].data], self.sampler.mixes[source[row]]
            ids.append(data.ids[episode[row]])
            try:
                texts.append(self._fill(row, data, int(episode[row]), int(start[row]), mix, streams, cameras))
            except (CorruptError, MissingError, FormatError) as error:
                _clear(row, streams, cameras)
                texts.append(Said())
                weight[row] = 0
                name = f"{error.file}: {error.field}: {error.what}" if error.field else f"{error.file}: {error.what}"
                problems[name] = problems.get(name, 0) + 1
        return Batch(
            k=k, mask_seed=mask_seed, weight=weight, source=source, episode=episode, start_frame=start, episode_id=ids,
            frames=self.recipe.frames, future=self.recipe.future, rate_hz=NOMINAL_FPS, streams=streams,
            text=_text(texts), cameras=cameras, problems=problems,
        )  # fmt: skip

    def _fill(
        self,
        row: int,
        data: Prepared,
        episode: int,
        start: int,
        mix: Mix,
        out: dict[str, StreamBatch],
        cameras: Cameras,
    ) -> Said:
        """One sample into row `row`; its language."""
        ahead = [name for name, layout in self.layouts.items() if layout.future and mix.future]
        whole = data.read(episode, start, mix.frames + mix.future, ahead) if ahead else {}
        alone = [name for name in self.layouts if name not in whole]
        window = data.read(episode, start, mix.frames, alone) if alone else {}
        zero = float(data.clock(episode, start, 1)[0])
        end = float(data.clock(episode, start + mix.frames, 1)[0]) if ahead else np.inf
        for name, layout in self.layouts.items():
            one, piece = out[name], whole.get(name) or window[name]
            one.presence[row] = piece.presence
            cut = int(np.searchsorted(piece.times_s, end))
            _put(one, row, 0, layout.window, piece, slice(0, cut), layout, zero)
            _put(one, row, layout.window, layout.future, piece, slice(cut, None), layout, zero)
        if self.recipe.calibration:
            _put_cameras(row, cameras, self._cameras(mix.data, episode))
        if not self.recipe.language:
            return Said()
        before = min(BEFORE, start)
        last = min(start + mix.frames + max(mix.future, NEXT_FRAMES), int(data.frames[episode]))
        return said(data.metas(episode, start - before, last - start + before), before, mix.frames)

    def _calibration(self, data: int, episode: int) -> Cameras:
        """Cameras and map points of a recording, one row."""
        one = _no_cameras(1, self.recipe.points)
        prepared = self.data[data]
        _calibrate(0, one, prepared.metas(episode, 0, 1)[0][0]["cameras"], prepared.points(episode))
        return one

    def _layout(self, name: str) -> Layout:
        recipe, stream = self.recipe, STREAMS[name]
        prepared = [data for data in self.data if name in data.recipe["streams"]]
        if not prepared:
            raise UsageError(
                "the stream was not prepared",
                field="streams",
                found=name,
                hint="prepare the data with it, or leave it away",
            )
        kind = {"video": "video", "depth": "depth"}.get(stream.modality)
        stored = max((data.recipe[kind]["every"] for data in prepared), default=1) if kind else 1
        every = recipe.every.get(name, stored)
        if every % stored:
            raise UsageError(f"only every {stored}th frame was prepared", field="every", found=every)
        future = recipe.future if name in recipe.future_streams else 0
        if stream.per_frame:
            slots = [-(-recipe.frames // every), -(-future // every)]
        else:
            slots = [stream.capacity(n / NOMINAL_FPS) if n else 0 for n in (recipe.frames, future)]
        return Layout(stream, slots[0], slots[1], every, self._shape(name))

    def _shape(self, name: str) -> tuple[int, ...]:
        shape = STREAMS[name].shape
        if shape[:1] != (None,):
            return tuple(size for size in shape if size is not None)
        rest = tuple(size for size in shape if size is not None)
        if name in self.recipe.size:
            return (*self.recipe.size[name], *rest)
        for data in self.data:
            for episode in range(min(PROBED, len(data.ids))):
                try:
                    found = data.read(episode, 0, min(int(data.frames[episode]), 20), (name,))[name]
                except (CorruptError, MissingError, FormatError):
                    continue
                if len(found.values):
                    return tuple(int(size) for size in found.values.shape[1:])
        return (16, 16, *rest)  # nobody has it: any size will do


def _empty(layout: Layout, count: int) -> StreamBatch:
    slots = layout.window + layout.future
    window = np.arange(layout.window) * layout.step_s
    behind = window[-1] + layout.step_s + np.arange(layout.future) * layout.step_s
    times = np.tile(np.concatenate([window, behind]).astype(np.float32), (count, 1))
    values = np.zeros((count, slots, *layout.shape), layout.stream.dtype)
    presence = np.full(count, Presence.ABSENT, np.int8)
    return StreamBatch(values, times, np.zeros((count, slots), bool), presence, layout.window)


def _put(
    out: StreamBatch, row: int, first: int, slots: int, piece: Piece, part: slice, layout: Layout, zero: float
) -> None:
    values, times, valid = piece.values[part], piece.times_s[part], piece.valid[part]
    if layout.every > 1 and layout.stream.per_frame and len(times) > slots > 0:
        step = -(-len(times) // slots)
        values, times, valid = values[::step], times[::step], valid[::step]
    count = min(len(times), slots)
    if not count:
        return
    if values.shape[1:] != out.values.shape[2:]:
        values = _resized(values[:count], out.values.shape[2:])
    place = slice(first, first + count)
    out.values[row, place] = values[:count]
    if out.values.dtype.kind == "f":
        np.nan_to_num(out.values[row, place], copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    out.times[row, place] = times[:count] - zero
    out.valid[row, place] = valid[:count]


def _resized(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Pictures [n, h, w, ...] at another size, by nearest pixel: recordings of one corpus hardly differ."""
    rows = (np.arange(shape[0]) + 0.5) * values.shape[1] / shape[0]
    columns = (np.arange(shape[1]) + 0.5) * values.shape[2] / shape[1]
    return values[:, rows.astype(int)][:, :, columns.astype(int)]


def _clear(row: int, streams: dict[str, StreamBatch], cameras: Cameras) -> None:
    for one in streams.values():
        one.values[row], one.valid[row], one.presence[row] = 0, False, Presence.ABSENT
    cameras.valid[row] = cameras.points_valid[row] = False
    cameras.points[row] = cameras.K[row] = cameras.D[row] = cameras.T_camera_body[row] = 0


def _no_cameras(count: int, points: int) -> Cameras:
    views = len(VIEWS)
    return Cameras(
        K=np.zeros((count, views, 4), np.float32), D=np.zeros((count, views, 4), np.float32),
        T_camera_body=np.zeros((count, views, 3, 4), np.float32), fisheye=np.zeros((count, views), bool),
        valid=np.zeros((count, views), bool), points=np.zeros((count, points, 3), np.float32),
        points_valid=np.zeros((count, points), bool),
    )  # fmt: skip


def _calibrate(row: int, out: Cameras, cameras: dict[str, Any], points: np.ndarray) -> None:
    for place, view in enumerate(VIEWS):
        camera = cameras.get(view)
        if camera is None or not camera["size"][0] or not camera["size"][1]:
            continue
        width, height = camera["size"]
        out.K[row, place] = np.array(camera["K"]) / (width, height, width, height)
        out.D[row, place, : len(camera["D"])] = camera["D"][:4]
        out.T_camera_body[row, place] = np.array(camera["T_camera_body"])[:3]
        out.fisheye[row, place], out.valid[row, place] = camera["fisheye"], True
    room = out.points.shape[1]
    if len(points) and room:
        chosen = points[np.linspace(0, len(points) - 1, min(room, len(points))).round().astype(int)]
        out.points[row, : len(chosen)] = chosen
        out.points_valid[row, : len(chosen)] = True


def _put_cameras(row: int, out: Cameras, one: Cameras) -> None:
    for name in ("K", "D", "T_camera_body", "fisheye", "valid", "points", "points_valid"):
        getattr(out, name)[row] = getattr(one, name)[0]


def _text(texts: list[Said]) -> TextBatch:
    def column(name: str) -> list[Any]:
        return [getattr(text, name) for text in texts]

    spans = [None if s is None else (s[0] / NOMINAL_FPS, s[1] / NOMINAL_FPS) for s in column("action_span")]
    return TextBatch(
        action=column("action"), subtask=column("subtask"), next_action=column("next_action"),
        main_task=column("main_task"), objects=column("objects"), future_objects=column("future_objects"),
        interaction=column("interaction"), transition=np.array(column("transition"), bool), action_span=spans,
        known=np.array(column("known"), bool),
    )  # fmt: skip
