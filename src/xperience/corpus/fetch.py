"""Stages selected episodes on this machine: within a budget, resumable, verified, in the official layout."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xperience.corpus.catalogue import Catalogue, hashing, sources
from xperience.corpus.catalogue.rows import WANTED
from xperience.corpus.catalogue.sources import Access
from xperience.corpus.catalogue.sources.listing import safe_parts
from xperience.corpus.row import EpisodeRow
from xperience.episode.layout import ANNOTATION
from xperience.errors import CorruptError, FormatError, MissingError, SpaceError, UsageError, XperienceError
from xperience.progress import meter
from xperience.storage import write_json

MINIMAL = (ANNOTATION, "fisheye_cam0.mp4")
"""All sensors and labels, and one view with its sound."""

RESERVE = 256 << 20
"""Bytes of the disk that stay free."""

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}


def parse_bytes(text: str) -> int:
    """Bytes of "100GB", "1.5TiB" or "5000000".

    Raises:
        UsageError: it is no size.
    """
    plain = text.strip().upper().removesuffix("B").strip()
    number = plain.rstrip("KMGTI").strip()
    try:
        value = float(number) * _UNITS[plain[len(number) :].strip()]
    except (ValueError, KeyError) as error:
        raise UsageError("not a size", field="--budget", found=text, expected="such as 100GB, 1.5TiB") from error
    if not 0 < value < 2**62:
        raise UsageError("not a size", field="--budget", found=text, expected="more than 0")
    return int(value)


@dataclass(frozen=True)
class Wanted:
    """A file to stage. `target` is where it goes; bytes, hash and hash_kind are those of the catalogue."""

    row: EpisodeRow
    name: str
    bytes: int
    hash: str | None
    hash_kind: str | None
    target: Path

    @property
    def part(self) -> Path:
        return self.target.with_name(f".{self.name}.part")

    @property
    def staged(self) -> bool:
        return self.target.is_file() and self.target.stat().st_size == self.bytes

    @property
    def have(self) -> int:
        """Bytes that are here already, whole or in part."""
        if self.staged:
            return self.bytes
        size = self.part.stat().st_size if self.part.is_file() else 0
        return size if size <= self.bytes else 0


@dataclass
class Report:
    """What a run did: files by state, bytes moved, and what failed with its reason."""

    copied: int = 0
    kept: int = 0
    bytes_read: int = 0
    size_only: int = 0
    failed: dict[str, str] = field(default_factory=dict)


def selected(path: Path) -> list[str]:
    """Episode ids of episode_selection.json: a list, or an object with "episodes", of ids or of rows with episode_id.

    Raises:
        MissingError, CorruptError, FormatError: it is not there, no JSON, or names no episode.
    """
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise MissingError("cannot read the selection", file=path, found=error.strerror) from error
    except (ValueError, RecursionError) as error:
        raise CorruptError("not JSON", file=path, found=str(error)[:200]) from error
    if isinstance(content, dict):
        content = content.get("episodes", content.get("selected"))
    entries = content if isinstance(content, list) else []
    ids = [entry.get("episode_id") if isinstance(entry, dict) else entry for entry in entries]
    if not ids or not all(isinstance(id, str) for id in ids):
        raise FormatError("no selection", file=path, field="episodes", expected="a list of episode ids")
    return list(dict.fromkeys(str(id) for id in ids))


def plan(catalogue: Catalogue, ids: Sequence[str], out: Path, *, minimal: bool = False) -> list[Wanted]:
    """The files to stage; never visualization.rrd.

    Raises:
        UsageError: an id that the catalogue does not have.
        MissingError: an episode without a file that is needed, a size, or a place to fetch it from.
        FormatError: a name that would lead out of `out`.
    """
    rows = {row.episode_id: row for row in catalogue.episodes()}
    unknown = [id for id in ids if id not in rows]
    if unknown:
        found = f"{', '.join(unknown[:3])}{' ...' if len(unknown) > 3 else ''} ({len(unknown)} in all)"
        raise UsageError("the selection names episodes that the catalogue does not have", field="--select", found=found)
    names = MINIMAL if minimal else WANTED
    files = catalogue.files_of()
    wanted = []
    for id in ids:
        row = rows[id]
        parts = safe_parts(id.replace("__", "/"), catalogue.folder)
        if len(parts) != 2:
            raise FormatError("an id that is none", file=catalogue.folder, found=id, expected="<session>__ep<k>")
        by_name = {file["path"].rpartition("/")[2]: file for file in files.get(id, [])}
        for name in names:
            file = by_name.get(name)
            if file is None:
                if name == ANNOTATION:
                    raise MissingError(f"no {name} to fetch", field=id, hint="take this episode out of the selection")
                continue
            _fetchable(row, file, catalogue.folder)
            target = out.joinpath(*parts, name)
            wanted.append(Wanted(row, name, file["bytes"], file["hash"], file["hash_kind"], target))
    return wanted


def _fetchable(row: EpisodeRow, file: Mapping[str, Any], folder: Path) -> None:
    if file["state"] != "present" or file["bytes"] is None:
        lacking = "is listed as missing" if file["state"] != "present" else "has no known size"
        raise MissingError(f"a file of the selection {lacking}", file=folder, field=file["path"])
    if not row.location or not ("://" in row.location or row.location.startswith("/")):
        raise MissingError(
            "nothing says where to fetch from",
            file=folder,
            field=row.episode_id,
            found=row.location,
            hint="catalogue the repository itself, or a listing that states its repo_id",
        )


def check_room(wanted: Sequence[Wanted], out: Path, budget: int) -> None:
    """Raises SpaceError where the selection exceeds the budget, or what is still to come the free disk."""
    total = sum(file.bytes for file in wanted)
    if total > budget:
        raise SpaceError(
            "the selection is larger than the budget",
            field="--budget",
            found=f"{total:,} bytes",
            expected=f"at most {budget:,}",
            hint="select fewer episodes, raise the budget, or take --minimal",
        )
    need = sum(file.bytes - file.have for file in wanted)
    there = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if need + RESERVE > free:
        raise SpaceError(
            "not enough room on the disk",
            file=out,
            found=f"{free:,} bytes free",
            expected=f"{need:,} and {RESERVE:,} to spare",
            hint="free space, or choose another disk",
        )


def fetch(
    catalogue: Catalogue,
    ids: Sequence[str],
    out: Path | str,
    *,
    budget: int,
    minimal: bool = False,
    token: str | None = None,
    show: bool = True,
) -> Report:
    """Stages the episodes as `<out>/<session>/ep<k>/`; files that failed are named in the report and tried next time.

    Files that arrive in part stay beside their place as hidden `.part` files and are continued. A file gets its name
    only with the size and, as far as the source states one, the hash of the catalogue. Writes fetch.json.

    Raises:
        UsageError, MissingError, FormatError: see `plan`; then nothing is written.
        SpaceError: no room, by budget or disk, or no permission to write.
    """
    out = Path(out)
    wanted = plan(catalogue, ids, out, minimal=minimal)
    check_room(wanted, out, budget)
    report = Report()
    access = Access(token)
    with meter("Fetching", sum(file.bytes for file in wanted), show=show) as move:
        for file in wanted:
            if file.staged and _agrees(file, file.target) is not False:
                report.kept += 1
                move(file.bytes)
                continue
            try:
                report.bytes_read += _stage(file, access)
                report.copied += 1
                report.size_only += _agrees(file, file.target) is None
            except SpaceError as error:
                if error.file == str(file.target):
                    raise  # ours, not the source's: it would fail for all that follow
                report.failed[f"{file.row.episode_id}/{file.name}"] = error.what
            except XperienceError as error:
                report.failed[f"{file.row.episode_id}/{file.name}"] = error.what
            move(file.bytes)
    write_json(out / "fetch.json", _record(wanted, report))
    return report


def _agrees(file: Wanted, path: Path) -> bool | None:
    return hashing.agrees(path, file.hash, file.hash_kind)


def _stage(file: Wanted, access: Access) -> int:
    """Brings one file here, continuing what there is of it; a continued file that is wrong is read once more whole."""
    moved = 0
    for _ in range(2):
        start = file.have if not file.staged else 0
        moved += _continue(file, start, access)
        size = file.part.stat().st_size
        if size == file.bytes and _agrees(file, file.part) is not False:
            os.replace(file.part, file.target)
            return moved
        if size < file.bytes:
            raise CorruptError("the source ended early", file=file.target, found=size, expected=file.bytes)
        file.part.unlink()
        if start == 0:
            break
    raise CorruptError(
        "not what the catalogue says", file=file.target, field=file.hash_kind, hint="make the catalogue again"
    )


def _continue(file: Wanted, start: int, access: Access) -> int:
    location = f"{file.row.location}/{file.name}"
    moved = 0
    try:
        file.target.parent.mkdir(parents=True, exist_ok=True)
        with file.part.open("r+b" if start else "wb") as part:
            part.seek(start)
            part.truncate()
            if start < file.bytes or file.bytes == 0:
                for data in sources.chunks(location, start, file.row.revision, access):
                    part.write(data)
                    moved += len(data)
                    if start + moved > file.bytes:
                        break  # more than there should be: no need to take it all
    except OSError as error:
        if error.filename is not None and str(error.filename) == location:
            raise MissingError("cannot read the source", file=location, found=error.strerror) from error
        raise SpaceError("cannot write", file=file.target, found=error.strerror or type(error).__name__) from error
    return moved


def _record(wanted: Sequence[Wanted], report: Report) -> dict[str, Any]:
    return {
        "copied": report.copied,
        "kept": report.kept,
        "bytes_read": report.bytes_read,
        "checked_by_size_only": report.size_only,
        "failed": report.failed,
        "episodes": [
            {"episode_id": row.episode_id, "source": row.source, "revision": row.revision, "licence": row.licence}
            for row in {file.row.episode_id: file.row for file in wanted}.values()
        ],
    }
