"""What is to be prepared: the recordings of a catalogue, or of a folder."""

from __future__ import annotations

from pathlib import Path

from xperience.episode.folders import episode_id, find_episodes
from xperience.episode.layout import ANNOTATION, VISUALIZATION
from xperience.errors import MissingError, XperienceError, let_through
from xperience.prepare.plan import Item
from xperience.prepare.segment import Provenance
from xperience.storage import digest


def items_of(place: Path) -> list[Item]:
    """Recordings of a catalogue folder, or those below a folder of episodes.

    Raises:
        MissingError: neither is there.
    """
    if (place / "episodes.parquet").is_file():
        return _of_catalogue(place)
    if not place.is_dir():
        raise MissingError("neither a catalogue nor a folder of episodes", file=place)
    return _of_folder(place)


def _of_catalogue(place: Path) -> list[Item]:
    from xperience.corpus.catalogue import Catalogue

    items = []
    for row in Catalogue.open(place).episodes():
        origin = Provenance(
            row.source or "", row.revision or "", row.licence or "", row.hash or "", row.verdict or "", row.sync_score
        )
        location = (row.location or "").removeprefix("file://")
        items.append(
            Item(row.episode_id, location, row.training_bytes or 0, row.frames, origin, reason=row.reason or "")
        )
    return items


def _of_folder(place: Path) -> list[Item]:
    """The hash is over names and sizes of all files and samples of the annotation; a catalogue knows better."""
    from xperience.corpus.catalogue import hashing

    items = []
    for folder in find_episodes(place):
        files = sorted(file for file in folder.iterdir() if file.is_file() and file.name != VISUALIZATION)
        stats = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
        annotation = [hashing.of(file, full=False)[0] for file in files if file.name == ANNOTATION]
        hash = digest(*(f"{name}:{size}" for name, size, _ in stats), *annotation)
        size = sum(size for _, size, _ in stats)
        origin = Provenance(source="folder", hash=hash)
        state = digest(*(f"{name}:{time}" for name, _, time in stats))
        items.append(Item(episode_id(folder), str(folder), size, _frames(folder), origin, state))
    return items


def _frames(folder: Path) -> int | None:
    """Frames of a recording; None where it cannot be opened, which preparing will say with the reason."""
    from xperience.episode import Episode

    try:
        with Episode.open(folder) as episode:
            return episode.num_frames
    except XperienceError as error:
        let_through(error)
        return None
