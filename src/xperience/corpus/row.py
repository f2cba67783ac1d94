"""A row of a catalogue: what is known of one episode, as a dataclass and as Parquet columns. Null where unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass
class EpisodeRow:
    """One episode of a catalogue. None where a value is unknown; lists and the map are then empty.

    Attributes:
        episode_id: `<session>__ep<k>`.
        session: folder above the episode.
        source: name of the source it was found in.
        location: its folder, or URL of it.
        revision: of the source; for a dataset repository the commit.
        licence: of the recording.
        hash: over names, sizes and hashes of its files.
        bytes: of all files.
        training_bytes: without visualization.rrd, which training never reads.
        files: how many.
        complete: annotation and all six views are there.
        present, missing: stream names as in `Episode.presence`; both empty where only file names are known to exist.
        missing_views: camera views without a file.
        duration_s: seconds from first to last frame.
        usable_s: seconds of each stream that can be used, by its name; see `episode.usable`.
        usable_common_s: seconds in which both hands and the pose can be used at once.
        frames: frames of the annotation's clock.
        start_ns, end_ns: device clock of the first and last frame.
        main_task: free text of the caption.
        activity: label family of the main task.
        actions: raw action labels, most frames first.
        action_frames: frames that each of `actions` holds.
        label_rules: version of the rules that gave activity, verbs and nouns.
        subtasks, verbs, nouns, objects: distinct, in byte order.
        place: where it was recorded, if known.
        verdict: of the quality gate.
        sync_score: of the quality gate, 0 to 1.
        content: stream name to hash of its content.
        reason: why it is set aside; None where it is usable.
    """

    episode_id: str
    session: str
    source: str | None = None
    location: str | None = None
    revision: str | None = None
    licence: str | None = None
    hash: str | None = None
    bytes: int | None = None
    training_bytes: int | None = None
    files: int | None = None
    complete: bool | None = None
    present: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    missing_views: list[str] = field(default_factory=list)
    duration_s: float | None = None
    frames: int | None = None
    start_ns: int | None = None
    end_ns: int | None = None
    main_task: str | None = None
    activity: str | None = None
    actions: list[str] = field(default_factory=list)
    action_frames: list[int] = field(default_factory=list)
    subtasks: list[str] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)
    nouns: list[str] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)
    label_rules: int | None = None
    place: str | None = None
    verdict: str | None = None
    sync_score: float | None = None
    content: dict[str, str] = field(default_factory=dict)
    usable_s: dict[str, float] = field(default_factory=dict)
    usable_common_s: float | None = None
    reason: str | None = None

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """A row of the Parquet table; columns that are not ours are left out, null lists become empty."""
        known = {f.name for f in fields(cls)}
        kept = {name: value for name, value in values.items() if name in known}
        for name in LISTS:
            kept[name] = list(kept.get(name) or ())
        for name in MAPS:
            kept[name] = dict(kept.get(name) or {})
        return cls(**kept)

    def to_mapping(self) -> dict[str, Any]:
        """Values by column, as pyarrow takes them."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        for name in MAPS:
            values[name] = sorted(getattr(self, name).items())
        return values


LISTS = (
    "present", "missing", "missing_views", "actions", "action_frames", "subtasks", "verbs", "nouns", "objects",
)  # fmt: skip


MAPS = ("content", "usable_s")


def episode_schema() -> pa.Schema:
    """Columns of episodes.parquet, in the order of `EpisodeRow`."""
    import pyarrow as pa

    texts = pa.list_(pa.string())
    special = {
        "bytes": pa.int64(), "training_bytes": pa.int64(), "files": pa.int32(), "complete": pa.bool_(),
        "duration_s": pa.float64(), "frames": pa.int32(), "label_rules": pa.int32(), "start_ns": pa.int64(), "end_ns": pa.int64(),
        "action_frames": pa.list_(pa.int32()), "sync_score": pa.float64(), "content": pa.map_(pa.string(), pa.string()),
        "usable_s": pa.map_(pa.string(), pa.float64()), "usable_common_s": pa.float64(),
    }  # fmt: skip
    special |= {name: texts for name in LISTS if name != "action_frames"}
    return pa.schema([(f.name, special.get(f.name, pa.string())) for f in fields(EpisodeRow)])


def file_schema() -> pa.Schema:
    """Columns of files.parquet: a row per file of every episode.

    `hash_kind` is sha256 (of the whole file), sha256-stored (as the source states it), git-sha1 (as a repository states
    a small file) or sampled (of size and parts of the content). `state` is present, or missing where a listing names a
    file that is not there.
    """
    import pyarrow as pa

    names = ("episode_id", "path", "bytes", "hash", "hash_kind", "mtime_ns", "state")
    return pa.schema([(name, pa.int64() if name in ("bytes", "mtime_ns") else pa.string()) for name in names])


def episode_table(rows: Iterable[EpisodeRow]) -> pa.Table:
    """The rows as a table of `episode_schema`."""
    import pyarrow as pa

    return pa.Table.from_pylist([row.to_mapping() for row in rows], schema=episode_schema())
