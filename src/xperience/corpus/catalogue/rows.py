"""From a listed episode to its row: sizes, hashes, presence, labels; set aside with a reason where it must be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xperience.corpus.catalogue import hashing, reading
from xperience.corpus.catalogue.sources import FileEntry, Listed, Listing
from xperience.corpus.labels import VERSION, family, parse
from xperience.corpus.row import EpisodeRow
from xperience.episode import layout
from xperience.episode.cameras import VIEWS
from xperience.episode.standins import stand_in
from xperience.errors import XperienceError, let_through
from xperience.storage import digest

CHANGED = "changed while it was read"

_GROUPS = {
    "calibration": "calibration", "slam_pose": "pose", "slam_point_cloud": "point_cloud", "depth": "depth",
    "body_mocap": "body", "contacts": "contacts", "imu": "imu",
}  # fmt: skip
"""What a published manifest calls the groups of the annotation, to our streams."""


def fill(listed: Listed, listing: Listing, *, verify_hashes: bool, licence: str | None) -> EpisodeRow:
    """The row of one episode; also completes hashes in `listed.files`. A local episode is opened, others are not."""
    row = EpisodeRow(
        listed.id,
        listed.session,
        source=listing.name,
        location=listed.location,
        revision=listing.revision,
        licence=licence or listing.licence,
    )
    if listing.local:
        _read_local(row, listed, verify_hashes)
    else:
        _from_facts(row, listed)
    _sizes(row, listed.files)
    families(row)
    return row


def _sizes(row: EpisodeRow, files: list[FileEntry]) -> None:
    there = [file for file in files if file.state == "present"]
    names = {file.name for file in there}
    known = all(file.bytes is not None for file in there)
    row.files = len(there)
    if known:
        row.bytes = sum(file.bytes or 0 for file in there)
        row.training_bytes = sum(file.bytes or 0 for file in there if file.name != layout.VISUALIZATION)
    row.missing_views = [view for view in VIEWS if layout.video_file(view) not in names]
    row.complete = layout.ANNOTATION in names and not row.missing_views
    row.hash = digest(*(part for f in there for part in (f.name, str(f.bytes), f.hash or "", f.hash_kind or "")))
    if not row.present and not row.missing:
        row.missing = [*row.missing_views, *(["audio"] if len(row.missing_views) == len(VIEWS) else [])]
    if row.reason is None and layout.ANNOTATION not in names:
        row.reason = f"no {layout.ANNOTATION}"
    empty = sorted(f.name for f in there if f.bytes == 0 and f.name in WANTED)
    if row.reason is None and empty:
        row.reason = f"empty file: {', '.join(empty)}"


def _standing_in(folder: Path, files: list[FileEntry]) -> str | None:
    """Which files were never fetched; None where all are what their names say."""
    names: dict[str, list[str]] = {}
    for file in sorted(files, key=lambda f: f.name):
        other = stand_in(folder / file.name) if file.name in WANTED and file.bytes != 0 else None
        if other is not None:
            names.setdefault(f"{other.what}; {other.hint}", []).append(file.name)
    return "; ".join(f"not fetched: {', '.join(files)}: {what}" for what, files in names.items()) or None


WANTED = (layout.ANNOTATION, *(layout.video_file(view) for view in VIEWS))


def _read_local(row: EpisodeRow, listed: Listed, verify_hashes: bool) -> None:
    folder = Path(listed.location)
    before = _stats(folder, listed.files)
    row.reason = _standing_in(folder, listed.files)
    if row.reason is not None:
        return
    try:
        for file in listed.files:
            if file.state == "present":
                file.hash, file.hash_kind = hashing.of(folder / file.name, full=verify_hashes)
        if any(file.name == layout.ANNOTATION for file in listed.files):
            for name, value in reading.read(folder).items():
                setattr(row, name, value)
        row.content |= reading.content_of_views({file.name: file.hash for file in listed.files})
    except XperienceError as error:
        let_through(error)
        row.reason = f"cannot be read: {error.what}" + (f" ({error.field})" if error.field else "")
    except OSError as error:
        let_through(error)
        row.reason = f"cannot be read: {error.strerror or type(error).__name__}"
    after = _stats(folder, listed.files)
    if after != before:
        changed = sorted(name for name in before if before[name] != after.get(name))
        row.reason = f"{CHANGED}: {', '.join(changed)}"
        row.content = {}


def _stats(folder: Path, files: list[FileEntry]) -> dict[str, tuple[int, int] | None]:
    """(size, time of change) now; beside them those listed, so that a change since listing counts, too."""
    found: dict[str, tuple[int, int] | None] = {}
    for file in files:
        try:
            stat = (folder / file.name).stat()
            found[file.name] = (stat.st_size, stat.st_mtime_ns)
        except OSError:
            found[file.name] = None
    return found


def _from_facts(row: EpisodeRow, listed: Listed) -> None:
    facts: dict[str, Any] = dict(listed.facts)
    groups: Mapping[str, bool] = facts.pop("groups", {})
    for name, value in facts.items():
        setattr(row, name, value)
    if groups:
        names = {file.name for file in listed.files if file.state == "present"}
        states = {view: layout.video_file(view) in names for view in VIEWS}
        states["audio"] = any(states.values())
        states |= {ours: bool(groups.get(theirs)) for theirs, ours in _GROUPS.items()}
        states["hand_left"] = states["hand_right"] = bool(groups.get("hand_mocap"))
        states["caption"] = bool(groups.get("caption") or groups.get("captions"))
        row.present = [name for name, there in states.items() if there]
        row.missing = [name for name, there in states.items() if not there]
    row.content |= reading.content_of_views(
        {f.name: f.hash for f in listed.files if f.hash_kind in ("sha256", "sha256-stored", "sampled")}
    )


def families(row: EpisodeRow) -> None:
    """Verbs, nouns and the family of the main task, by the rules of today; also of a row that older rules filled."""
    if row.label_rules == VERSION:
        return
    if row.main_task:
        row.activity = family(row.main_task)
    labels = [parse(action) for action in row.actions]
    row.verbs = sorted({label.verb for label in labels if label.verb})
    row.nouns = sorted({label.noun for label in labels if label.noun})
    row.label_rules = VERSION
