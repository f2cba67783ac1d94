"""Builds a catalogue from sources; what has not changed since the last time is not read again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xperience.corpus.catalogue import manifests, sources
from xperience.corpus.catalogue.catalogue import EPISODES, FILES, Catalogue
from xperience.corpus.catalogue.rows import CHANGED, families, fill
from xperience.corpus.catalogue.sources import Access, Listed, Listing
from xperience.corpus.row import EpisodeRow, episode_table, file_schema
from xperience.errors import CorruptError, MissingError, UsageError
from xperience.progress import track
from xperience.storage import replacing

FileRow = dict[str, Any]


@dataclass
class Findings:
    """What a build met.

    Attributes:
        read, reused: episodes read anew, and taken from the last catalogue.
        duplicates: id, place kept, place set aside.
        listings: of the sources, in order.
    """

    read: int = 0
    reused: int = 0
    duplicates: list[dict[str, str]] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)


def build(
    specs: Sequence[str],
    out: Path | str,
    *,
    quality: Path | None = None,
    token: str | None = None,
    revision: str | None = None,
    licence: str | None = None,
    verify_hashes: bool = False,
    show: bool = True,
) -> Catalogue:
    """Lists the sources and writes the catalogue into the folder `out`.

    Args:
        specs: folders, dataset repositories, URLs, saved listings.
        quality: folder with qa.parquet, whose verdicts are taken over.
        token: for Hugging Face; never written.
        revision: branch, tag or commit of the repositories.
        licence: of the recordings, where the sources do not say.
        verify_hashes: sha256 of all local files instead of sampled hashes.

    Raises:
        MissingError, FormatError, CorruptError, SpaceError: a source or the folder; then nothing is written.
    """
    if not specs:
        raise UsageError("no source given", field="SOURCE", expected="at least one")
    out = Path(out)
    last = _Last.open(out)
    access = Access(token, revision, last.revisions)
    findings = Findings()
    rows: dict[str, EpisodeRow] = {}
    files: dict[str, list[FileRow]] = {}
    for spec in dict.fromkeys(specs):
        listing = sources.listing(spec, access)
        findings.listings.append(listing)
        if listing.unchanged:
            for row in last.of_source(listing.name):
                _keep(row, last.files[row.episode_id], rows, files, findings)
                findings.reused += 1
            continue
        total = len(listing.episodes)
        for listed in track(listing.episodes, f"Cataloguing {listing.name}", total, show=show and listing.local):
            taken = last.unchanged(listed, listing, verify_hashes)
            if taken is None:
                findings.read += 1
                row = fill(listed, listing, verify_hashes=verify_hashes, licence=licence)
                _keep(row, _file_rows(listed), rows, files, findings)
            else:
                findings.reused += 1
                taken.licence = licence or listing.licence or taken.licence
                _keep(taken, last.files[listed.id], rows, files, findings)
    if not rows:
        others = sum(listing.other_files for listing in findings.listings)
        raise MissingError(
            "no episode here", file=specs[0], found=f"{others} other files",
            expected="files such as <session>/ep1/annotation.hdf5",
        )  # fmt: skip
    ordered = [rows[id] for id in sorted(rows)]
    for row in ordered:
        families(row)  # rows of the last catalogue may be of older rules
    if quality is not None:
        _take_verdicts(ordered, quality)
    _write(out, ordered, files, findings)
    return Catalogue.open(out)


def _keep(
    row: EpisodeRow,
    files_of: list[FileRow],
    rows: dict[str, EpisodeRow],
    files: dict[str, list[FileRow]],
    findings: Findings,
) -> None:
    """The first place of an id is kept; a second one is set aside, both named."""
    first = rows.get(row.episode_id)
    if first is not None and first.location != row.location:
        places = {"episode_id": row.episode_id, "kept": str(first.location), "set_aside": str(row.location)}
        same = "the same files" if first.hash == row.hash else "other files"
        findings.duplicates.append({**places, "reason": f"this id is taken by another place, with {same}"})
        return
    rows[row.episode_id] = row
    files[row.episode_id] = files_of


def _file_rows(listed: Listed) -> list[FileRow]:
    return [
        {
            "episode_id": listed.id,
            "path": f"{listed.session}/{listed.folder}/{file.name}",
            "bytes": file.bytes,
            "hash": file.hash,
            "hash_kind": file.hash_kind,
            "mtime_ns": file.mtime_ns,
            "state": file.state,
        }
        for file in listed.files
    ]


@dataclass
class _Last:
    """The catalogue of the last run: rows and files by id, revisions by source."""

    rows: dict[str, EpisodeRow] = field(default_factory=dict)
    files: dict[str, list[FileRow]] = field(default_factory=dict)
    revisions: dict[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, out: Path) -> _Last:
        try:
            catalogue = Catalogue.open(out)
            rows = {row.episode_id: row for row in catalogue.episodes()}
            files = catalogue.files_of()
            found = json.loads((out / "source_discovery.json").read_bytes())["sources"]
            revisions = {s["name"]: s["revision"] for s in found if s["kind"] == "huggingface" and s["revision"]}
        except (MissingError, CorruptError, OSError, ValueError, KeyError, TypeError):
            return cls()  # none, or not whole: all is read anew
        return cls(rows, {id: files.get(id, []) for id in rows}, revisions)

    def of_source(self, name: str) -> list[EpisodeRow]:
        return [row for row in self.rows.values() if row.source == name]

    def unchanged(self, listed: Listed, listing: Listing, verify_hashes: bool) -> EpisodeRow | None:
        """The row of last time, where place, names, sizes and times (or hashes) are as they were."""
        row = self.rows.get(listed.id)
        if row is None or row.location != listed.location or row.source != listing.name or not listing.local:
            return None  # rows that need no reading are made anew: that is quicker than comparing
        if row.reason is None and row.usable_common_s is None:
            return None  # of a version that did not ask
        if row.reason is not None and row.reason.startswith((CHANGED, "cannot be read")):
            return None
        known = self.files[listed.id]
        if verify_hashes and any(file["hash_kind"] == "sampled" for file in known):
            return None
        before = [(file["path"].rpartition("/")[2], file["bytes"], file["mtime_ns"], file["state"]) for file in known]
        now = [(file.name, file.bytes, file.mtime_ns, file.state) for file in listed.files]
        return row if before == now else None


def _take_verdicts(rows: Sequence[EpisodeRow], quality: Path) -> None:
    """Verdict and score of qa.parquet, by episode id."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = quality / "qa.parquet" if quality.is_dir() else quality
    if not path.is_file():
        raise MissingError(
            "no quality verdicts", file=path, hint=f"make them: xperience check EPISODES --out {quality}"
        )
    try:
        columns = ["episode", "verdict", "sync_score", "missing"]
        found: Mapping[str, dict[str, Any]] = {
            values["episode"]: values for values in pq.read_table(path, columns=columns, partitioning=None).to_pylist()
        }
    except (pa.ArrowException, OSError, KeyError) as error:
        raise CorruptError("cannot read the verdicts", file=path, found=str(error)[:200]) from error
    for row in rows:
        if row.episode_id in found:
            values = found[row.episode_id]
            row.verdict, row.sync_score = values["verdict"], values["sync_score"]


def _write(out: Path, rows: list[EpisodeRow], files: dict[str, list[FileRow]], findings: Findings) -> None:
    """Tables last: a catalogue whose tables are there is whole."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    in_order = [file for row in rows for file in files[row.episode_id]]
    manifests.write(out, rows, files, findings)
    with replacing(out / FILES) as temporary:
        pq.write_table(pa.Table.from_pylist(in_order, schema=file_schema()), temporary, compression="zstd")
    with replacing(out / EPISODES) as temporary:
        pq.write_table(episode_table(rows), temporary, compression="zstd")
