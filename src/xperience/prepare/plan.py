"""Which recordings stand in which shard: decided from sizes alone, before anything is read.

A shard holds whole recordings of one side of the split, in order of their ids. The plan does not depend on which of
them turn out bad, so every shard can be made, killed and made again on its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from xperience.episode.layout import NOMINAL_FPS
from xperience.errors import UsageError
from xperience.prepare.recipe import Recipe
from xperience.prepare.segment import Provenance
from xperience.storage import digest, to_json

SIDES = ("train", "val", "test")

RAW_FRAME = 331_788
"""Bytes of annotation a frame, the median of the hosted recordings; tells a recording's length from its size."""


@dataclass(frozen=True)
class Item:
    """One recording to prepare.

    Attributes:
        id: "<session>__ep<k>". location: its folder. bytes: of its files but visualization.rrd, 0 where unknown.
        frames: None where unknown. origin: travels with its segments.
        state: tells apart states of its files, where nothing in `origin` does. reason: why it is set aside already.
    """

    id: str
    location: str
    bytes: int
    frames: int | None
    origin: Provenance
    state: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Job:
    """One shard: its name, side of the split and recordings."""

    name: str
    side: str
    items: tuple[Item, ...]

    @property
    def identity(self) -> str:
        """Of what is in the shard, wherever the recordings lie."""
        return digest(self.name, self.side, *(to_json(asdict(item) | {"location": ""}) for item in self.items))


def plan(items: Sequence[Item], sides: Mapping[str, Sequence[str]], recipe: Recipe) -> list[Job]:
    """All shards, in order.

    Raises:
        UsageError: an id twice, on two sides, one that is not among the recordings or not on this machine.
    """
    by_id: dict[str, Item] = {}
    for item in items:
        if item.id in by_id:
            raise UsageError(
                "two recordings have one id", field="episode_id", found=f"{by_id[item.id].location} and {item.location}"
            )
        by_id[item.id] = item
    where: dict[str, str] = {}
    for side in SIDES:
        for id in sides.get(side, ()):
            if id in where:
                raise UsageError("an episode is on two sides of the split", field=id, found=f"{where[id]} and {side}")
            if id not in by_id:
                raise UsageError("the split names an episode that is not in the catalogue", field=side, found=id)
            if "://" in by_id[id].location:
                raise UsageError(
                    "a recording that is not on this machine", field=id, found=by_id[id].location,
                    hint="stage it with `xperience fetch`, make a catalogue of that folder, and give this command that",
                )  # fmt: skip
            where[id] = side
    if not where:
        raise UsageError("the split is empty", field="split")
    jobs: list[Job] = []
    for side in SIDES:
        group: list[Item] = []
        size, number = 0.0, 0
        for id in sorted(sides.get(side, ())):
            item = by_id[id]
            expected = estimate(item, recipe)
            if group and size + expected > recipe.shard_mb * 1e6:
                jobs.append(Job(f"{side}-{number:06d}", side, tuple(group)))
                group, size, number = [], 0.0, number + 1
            group.append(item)
            size += expected
        if group:
            jobs.append(Job(f"{side}-{number:06d}", side, tuple(group)))
    return jobs


def estimate(item: Item, recipe: Recipe) -> float:
    """Bytes of a recording's segments, roughly: from its frames, or from its size where those are unknown."""
    frames = item.frames if item.frames is not None else max(20.0, item.bytes / RAW_FRAME / 1.25)
    return frames * bytes_a_frame(recipe)


def bytes_a_frame(recipe: Recipe) -> float:
    """Sum over the streams, for a 6-view recording of the real proportions."""
    pixels = recipe.video.width**2 * 1.1
    bits = {"raw": 24.0, "h264": 1.2}[recipe.video.codec]  # a frame of H.264 at CRF 20 takes about 1.2 bits a pixel
    depth = (recipe.depth.width or 256) ** 2
    each: dict[str, float] = {
        "audio": 2 * 16_000 / NOMINAL_FPS, "depth": depth * (4 if recipe.depth.width else 2.2) / recipe.depth.every,
        "depth_confidence": depth * (1 if recipe.depth.width else 0.6) / recipe.depth.every,
        "pose": 97, "hand_left": 253, "hand_right": 253, "body": 625, "contacts": 85, "imu": 330,
    }  # fmt: skip
    total = sum(each.get(stream, pixels * bits / 8 / recipe.video.every) for stream in recipe.streams)
    return total + 100  # names, padding and text


def summary(jobs: Sequence[Job], recipe: Recipe) -> dict[str, Any]:
    """What a plan amounts to."""
    items = [item for job in jobs for item in job.items]
    return {
        "episodes": len(items), "shards": len(jobs), "input_bytes": sum(item.bytes for item in items),
        "output_bytes": int(sum(estimate(item, recipe) for item in items)),
        "by_side": {side: sum(len(job.items) for job in jobs if job.side == side) for side in SIDES},
    }  # fmt: skip
