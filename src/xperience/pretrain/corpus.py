"""Prepared folders as a run sees them: opened and looked over before anything is trained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from xperience.errors import FormatError, MissingError, UsageError
from xperience.prepare.batch import Batch
from xperience.prepare.shards.reader import Prepared
from xperience.prepare.streams import STREAMS
from xperience.pretrain.batches import Batches
from xperience.pretrain.config import Data
from xperience.pretrain.loader import load
from xperience.pretrain.sampling import BatchRecipe, Mix
from xperience.pretrain.step import Texts
from xperience.storage import digest

LABELS = 4096
"""Most labels of a kind: the commonest stay."""


class Corpus:
    """What a run trains on.

    Args:
        folders: of `xperience prepare`. options: of the windows. seed: of the order.

    Attributes:
        recipe: of the batches. mixes: the mixture. identity: of data, windows and order.

    Raises:
        MissingError: a folder that is not there or not finished, or a shard that is gone.
        CorruptError, FormatError: a folder whose tables are damaged, or do not fit together.
        UsageError: folders prepared by different recipes, no recordings on that side of the split, weights that do not
            fit the folders.
    """

    def __init__(self, folders: list[Path], options: Data, seed: int) -> None:
        self.folders, self.options, self.seed = folders, options, seed
        self.opened = [Prepared.open(folder) for folder in folders]
        if options.weights and len(options.weights) != len(folders):
            raise UsageError(
                "one weight for each prepared folder",
                field="data.weights",
                found=len(options.weights),
                expected=len(folders),
            )
        for prepared in self.opened:
            _whole(prepared)
            _alike(self.opened[0], prepared)
            if not len(prepared.side(options.side)):
                raise UsageError(
                    "no recordings on that side of the split",
                    file=prepared.folder,
                    field="data.side",
                    found=options.side,
                    expected=f"one of {', '.join(sorted(set(prepared.sides)))}",
                )
        there = {name for prepared in self.opened for name in prepared.recipe["streams"]}
        wanted = options.streams or tuple(name for name in STREAMS if name in there)
        self._statistics = self.opened[0].statistics
        self.mixes = [
            Mix(
                name=f"{place}-{prepared.identity[:16]}",
                data=place,
                side=options.side,
                frames=options.frames,
                stride=options.stride,
                future=options.future,
                weight=options.weights[place] if options.weights else None,
                recordings=options.recordings or None,
            )
            for place, prepared in enumerate(self.opened)
        ]
        self.recipe = BatchRecipe(
            frames=options.frames,
            future=options.future,
            streams=wanted,
            future_streams=wanted,
            every=dict(options.every),
            points=options.points,
            group=options.group,
        )
        self.batches = Batches(self.opened, self.mixes, self.recipe, seed)
        names = repr([(mix.frames, mix.stride, mix.future, mix.side, mix.weight, mix.recordings) for mix in self.mixes])
        self.identity = digest(*(p.identity for p in self.opened), names, repr(sorted(wanted)), str(options.group))

    def chosen(self, prepared: Prepared) -> np.ndarray:
        """Places of a folder's recordings that are trained on."""
        return prepared.side(self.options.side)[: self.options.recordings or None]

    @property
    def windows(self) -> int:
        return len(self.batches.sampler)

    def stream(self, start: int, size: int, rank: int, world: int, workers: int) -> Iterator[tuple[int, Batch]]:
        """See `trainer.Data`."""
        return load(
            self.folders,
            self.mixes,
            self.recipe,
            seed=self.seed,
            size=size,
            start=start,
            rank=rank,
            world=world,
            workers=workers,
        )

    def statistics(self) -> dict[str, Any]:
        """Of the training split, by stream: those of the first folder, on which all recipes agree."""
        return self._statistics

    def texts(self) -> Texts:
        """Labels of the recordings that are trained on, by kind, in alphabetical order."""
        counts: dict[str, Counter[str]] = {"action": Counter(), "subtask": Counter(), "object": Counter()}
        for prepared in self.opened:
            for episode in self.chosen(prepared):
                for meta, _, _ in prepared.metas(int(episode), 0, int(prepared.frames[episode])):
                    text = meta["text"] or {}
                    for kind in ("action", "subtask"):
                        counts[kind].update(value for _, _, value in text.get(kind, ()) if value)
                    counts["object"].update(name for _, _, names in text.get("objects", ()) for name in names)
        return Texts({kind: tuple(sorted(n for n, _ in found.most_common(LABELS))) for kind, found in counts.items()})

    def sentences(self) -> list[str]:
        """Everything that is said in the recordings that are trained on, each text once, in alphabetical order."""
        found: set[str] = set()
        for prepared in self.opened:
            for episode in self.chosen(prepared):
                for meta, _, _ in prepared.metas(int(episode), 0, int(prepared.frames[episode])):
                    for value in (meta["text"] or {}).values():
                        found.update(_leaves(value))
        return sorted(found)

    def manifest(self) -> dict[str, Any]:
        """What the weights see, by recording: dataset_manifest.json."""
        folders = []
        for prepared in self.opened:
            chosen = self.chosen(prepared)
            sources: Counter[tuple[str, str, str]] = Counter()
            for episode in chosen:
                meta = prepared.metas(int(episode), 0, 1)[0][0]["provenance"]
                sources[(str(meta.get("source")), str(meta.get("revision")), str(meta.get("licence")))] += 1
            folders.append(
                {
                    "name": prepared.folder.name,
                    "identity": prepared.identity,
                    "recipe": prepared.recipe,
                    "side": self.options.side,
                    "episodes": [prepared.ids[k] for k in chosen],
                    "sessions": sorted({prepared.sessions[k] for k in chosen}),
                    "hours": float(prepared.frames[chosen].sum() / 20.0 / 3600),
                    "sources": [
                        {"source": s, "revision": r, "licence": licence, "episodes": n}
                        for (s, r, licence), n in sorted(sources.items())
                    ],
                }
            )
        return {"identity": self.identity, "windows": self.windows, "folders": folders}


def _leaves(value: Any) -> Iterator[str]:
    """Texts inside lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)


def _whole(prepared: Prepared) -> None:
    """That every shard which the folder lists is there, and that recordings have the segments of the recipe."""
    listed = prepared.shards
    gone = [name for name in listed if not (prepared.folder / "shards" / name).is_file()]
    if gone:
        raise MissingError(
            "shards are missing",
            file=prepared.folder / "shards",
            found=f"{len(gone)} of {len(listed)} gone, first {gone[0]}",
            hint="run the same `xperience prepare` again: it makes only what is not there",
        )
    expected = -(-prepared.frames // prepared.segment_frames)
    for row in np.flatnonzero(prepared.segments != expected)[:1]:
        raise FormatError(
            "recipe and recordings do not fit together",
            file=prepared.folder / "recipe.json",
            field="seconds",
            found=f"{prepared.recipe['seconds']}: {expected[row]} segments of {prepared.ids[row]}",
            expected=f"{prepared.segments[row]}, as in episodes.parquet",
            hint="run the same `xperience prepare` again",
        )


def _alike(first: Prepared, other: Prepared) -> None:
    """That folders of one run were prepared by one recipe."""
    for key in ("seconds", "video", "depth"):
        if first.recipe[key] != other.recipe[key]:
            raise UsageError(
                "the data was prepared by another recipe",
                file=other.folder,
                field=key,
                found=other.recipe[key],
                expected=f"{first.recipe[key]}, as in {first.folder}",
                hint="prepare both with one recipe",
            )
