"""What is to be prepared: the recordings of a catalogue, or of a folder."""

from __future__ import annotations

from pathlib import Path

from xperience.errors import MissingError, UsageError, XperienceError
from xperience.prepare.plan import Item
from xperience.prepare.segment import Provenance


def items_of(place: Path) -> list[Item]:
    """Recordings of a catalogue folder, or those below a folder of episodes.

    Raises:
        MissingError: neither is there. UsageError: a recording that is not on this machine.
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
        if row.reason is not None:
            continue
        origin = Provenance(
            row.source or "", row.revision or "", row.licence or "", row.hash or "", row.verdict or "", row.sync_score
        )
        location = row.location or ""
        if "://" in location and not location.startswith("file://"):
            raise UsageError(
                "a recording that is not on this machine", field=row.episode_id, found=location,
                hint="stage it with `xperience fetch` and make a catalogue of the folder",
            )  # fmt: skip
        items.append(
            Item(row.episode_id, location.removeprefix("file://"), row.training_bytes or 0, row.frames, origin)
        )
    return items


def _of_folder(place: Path) -> list[Item]:
    from xperience.quality.campaign import find_episodes
    from xperience.quality.gate import episode_id
    from xperience.storage import digest

    items = []
    for folder in find_episodes(place):
        files = sorted(file for file in folder.iterdir() if file.is_file() and file.suffix != ".rrd")
        stats = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
        origin = Provenance(source="folder", hash=digest(*(f"{name}:{size}:{time}" for name, size, time in stats)))
        size = sum(size for _, size, _ in stats)
        items.append(Item(episode_id(folder), str(folder), size, _frames(folder), origin))
    return items


def _frames(folder: Path) -> int | None:
    """Frames of a recording; None where it cannot be opened, which preparing will say with the reason."""
    from xperience.episode import Episode

    try:
        with Episode.open(folder) as episode:
            return episode.num_frames
    except XperienceError:
        return None
