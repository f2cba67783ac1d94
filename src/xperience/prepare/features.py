"""The feature table of a recording: every window's vector of 8,546 numbers, with what is present in it.

Made by `extraction.extract`, kept in a folder. Nothing here knows what is in a block: see `blocks/`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from xperience import __version__, storage
from xperience.episode import Episode
from xperience.episode.presence import Problem
from xperience.errors import FormatError, MissingError
from xperience.prepare import contract
from xperience.prepare.blocks.base import BlockValues
from xperience.prepare.windows import WindowTable, read_windows, starts, windows

RECIPE = 1
"""Raised whenever the same input would give other numbers, so that old outputs are made anew."""

ARRAY, PRESENCE, MANIFEST, WINDOWS, RUN = (
    "features.npy", "presence.npy", "feature_manifest.json", "windows.csv", "extraction.json",
)  # fmt: skip
INPUTS = (".hdf5", ".mp4", ".json")


@dataclass(frozen=True)
class FeatureTable:
    """Features of one recording.

    Attributes:
        x: [W, 8546] float32; zeros where a block has no data.
        presence: [W, 18] float32, share of the window's samples of each block that are there and valid.
        blocks: place of each block in x, by name.
        present: whether the recording has any valid data for a block.
        reasons: why a block is absent or what is wrong with it, where there is something to say.
        windows: the windows and their labels.
        info: episode, recipe, identity, frame rate and library versions.
        problems: what was found wrong with the recording.
    """

    x: np.ndarray
    presence: np.ndarray
    blocks: dict[str, slice]
    present: dict[str, bool]
    reasons: dict[str, str]
    windows: WindowTable
    info: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def __len__(self) -> int:
        return len(self.x)

    def block(self, name: str) -> np.ndarray:
        """[W, size] numbers of one block."""
        return self.x[:, self.blocks[name]]

    def share(self, name: str) -> np.ndarray:
        """[W] share of each window's samples that one block has."""
        return self.presence[:, list(self.blocks).index(name)]

    def manifest(self) -> list[dict[str, Any]]:
        """One entry a block: name, start, end, dim, present, valid_share (mean over windows), reason."""
        rows = []
        for k, (name, place) in enumerate(self.blocks.items()):
            share = float(self.presence[:, k].mean()) if len(self) else 0.0
            row = {"name": name, "start": place.start, "end": place.stop, "dim": place.stop - place.start}
            row |= {"present": self.present[name], "valid_share": round(share, 6)}
            rows.append(row | ({"reason": self.reasons[name]} if self.reasons.get(name) else {}))
        return rows

    def save(self, folder: Path | str) -> None:
        """Writes the files of `load_features`; the one that says the work is done comes last."""
        folder = Path(folder)
        (folder / RUN).unlink(missing_ok=True)
        storage.write_npy(folder / ARRAY, self.x)
        storage.write_npy(folder / PRESENCE, self.presence)
        storage.write_json(folder / MANIFEST, self.manifest())
        self.windows.write(folder / WINDOWS)
        storage.write_json(folder / RUN, self.info | {"problems": [asdict(p) for p in self.problems]})


def assemble(episode: Episode, frames: int, stride: int, values: dict[str, BlockValues]) -> FeatureTable:
    """The table of a recording from its blocks."""
    table = windows(episode.labels, frames, stride)
    problems = {problem: None for block in values.values() for problem in block.problems}
    problems |= dict.fromkeys(episode.problems)
    return FeatureTable(
        np.concatenate([values[name].values for name in contract.SLICES], axis=1),
        np.stack([values[name].share for name in contract.SLICES], axis=1),
        dict(contract.SLICES),
        {name: values[name].present for name in contract.SLICES},
        {name: values[name].reason for name in contract.SLICES},
        table,
        describe(episode, frames, stride),
        tuple(problems),
    )


def describe(episode: Episode, frames: int, stride: int) -> dict[str, Any]:
    """What a table was made from and how; `identity` changes whenever the numbers could."""
    import av
    import h5py

    recipe = {"contract": contract.VERSION, "recipe": RECIPE, "frames": frames, "stride": stride}
    files = [
        {"name": path.name, "bytes": path.stat().st_size, "modified_ns": path.stat().st_mtime_ns}
        for path in sorted(episode.folder.iterdir())
        if path.suffix in INPUTS and path.is_file()
    ]
    versions = {"xperience": __version__, "numpy": np.__version__, "h5py": h5py.__version__, "av": av.__version__}
    return {
        "episode": episode.id,
        "identity": storage.digest(storage.to_json(recipe), storage.to_json(files)),
        **recipe,
        "num_frames": episode.num_frames,
        "num_windows": len(starts(episode.num_frames, frames, stride)),
        "fps": round(episode.clock.fps, 6),
        "dim": contract.SIZE,
        "inputs": files,
        "versions": versions,
    }


def is_done(folder: Path | str, identity: str) -> bool:
    """Whether the folder holds a whole table with this identity."""
    folder = Path(folder)
    if not all((folder / name).is_file() for name in (ARRAY, PRESENCE, MANIFEST, WINDOWS, RUN)):
        return False
    try:
        return bool(json.loads((folder / RUN).read_text(encoding="utf-8"))["identity"] == identity)
    except (ValueError, KeyError, TypeError, OSError):
        return False


def load_features(folder: Path | str) -> FeatureTable:
    """A table as `FeatureTable.save` wrote it.

    Raises:
        MissingError: a file of it is missing, perhaps because the extraction was stopped.
        FormatError: the files do not belong together or are not what they should be.
    """
    folder = Path(folder)
    for name in (ARRAY, PRESENCE, MANIFEST, WINDOWS, RUN):
        if not (folder / name).is_file():
            raise MissingError(
                "no finished feature table", file=folder / name, hint="make it with `xperience features`"
            )
    try:
        x = np.load(folder / ARRAY, allow_pickle=False)
        presence = np.load(folder / PRESENCE, allow_pickle=False)
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        info = json.loads((folder / RUN).read_text(encoding="utf-8"))
        blocks = {row["name"]: slice(row["start"], row["end"]) for row in manifest}
        present = {row["name"]: bool(row["present"]) for row in manifest}
        reasons = {row["name"]: row.get("reason", "") for row in manifest}
        problems = tuple(Problem(**row) for row in info.pop("problems", []))
    except (ValueError, KeyError, TypeError, EOFError, OSError) as error:
        raise FormatError("feature table cannot be read", file=folder, found=str(error)[:200]) from error
    table = read_windows(folder / WINDOWS)
    expected = (len(table), max((place.stop for place in blocks.values()), default=0))
    if x.shape != expected or presence.shape != (len(table), len(blocks)):
        raise FormatError("feature table's files do not belong together", file=folder, found=x.shape, expected=expected)
    return FeatureTable(x, presence, blocks, present, reasons, table, info, problems)
