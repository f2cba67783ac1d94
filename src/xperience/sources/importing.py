"""Runs a source over a folder: whole episodes or none, run again without harm, bad recordings set aside by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from xperience import storage
from xperience.errors import CorruptError, FormatError, LimitError, UsageError
from xperience.progress import track
from xperience.sources import provenance
from xperience.sources.source import Recording, SetAside, Source


@dataclass
class Imported:
    """Outcome of one import.

    Attributes:
        made: ids of the episodes written now.
        kept: ids of the episodes that were already there, made by the same recipe from the same bytes.
        set_aside: what was not converted, and why.
    """

    made: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)

    @property
    def episodes(self) -> list[str]:
        return sorted(self.made + self.kept)


def import_recordings(source: Source, src: Path, out: Path, *, show: bool = True) -> Imported:
    """Converts every recording that `source` finds in `src` into `out/<session>/<episode>`.

    Each episode is written under a temporary name and renamed when whole, so an interrupted import is continued by
    running it again. A list of everything made, kept and set aside goes to `out/import_<source>.json`.

    Args:
        show: progress bar on standard error.

    Raises:
        MissingError: nothing to convert in `src`.
        UsageError: a folder of `out` that an episode would take was not made by an import.
        SpaceError: `out` cannot be written.
    """
    found = source.find(src)
    outcome = Imported(set_aside=list(found.set_aside))
    alone = len(found.recordings) == 1  # then the recording's own bar says more
    for recording in track(found.recordings, f"import {source.name}", show=show and not alone):
        try:
            made = _one(source, recording, out, show=show and alone)
        except (FormatError, CorruptError, LimitError) as error:
            outcome.set_aside.append(SetAside.because(recording.id, error))
            continue
        (outcome.made if made else outcome.kept).append(recording.id)
    storage.write_json(
        out / f"import_{source.name}.json",
        {
            "source": source.name,
            "version": source.version,
            "episodes": outcome.episodes,
            "set_aside": [{"name": item.name, "reason": item.reason} for item in outcome.set_aside],
        },
    )
    return outcome


def _one(source: Source, recording: Recording, out: Path, *, show: bool) -> bool:
    """Makes one episode; False where it is already there."""
    target = out / recording.session / recording.episode
    facts = provenance.file_facts(recording)
    if provenance.stored_identity(target) == provenance.identity(source, recording, facts):
        return False
    if target.exists() and not (target / provenance.PROVENANCE).is_file():
        raise UsageError(
            "something else stands where an episode would go",
            file=target,
            hint="choose another output folder, or remove that one yourself",
        )
    with storage.replacing(target) as folder:
        folder.mkdir()
        conversion = source.convert(recording, folder, show=show)
        provenance.write(folder, source, recording, facts, conversion)
    return True
