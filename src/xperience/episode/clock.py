"""The frame clock of a recording.

Times are device nanoseconds (int64) on disk and float64 seconds from the first frame in memory. Nothing assumes
that frame k lies at k / fps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xperience.episode.annotation import UNREADABLE, AnnotationFile
from xperience.episode.presence import Notes
from xperience.errors import FormatError

NAMES, STAMPS = SOURCES = ("slam/frame_names", "video/device_timestamp")
"""Where the clock is looked for, in this order."""

_NAME = re.compile(rb"\s*([0-9]{1,19})(\.[A-Za-z]+)?\s*")


@dataclass(frozen=True)
class Clock:
    """Times of the annotation's frames.

    Attributes:
        times_ns: [N] int64 device clock.
        source: dataset the times were read from.
    """

    times_ns: np.ndarray
    source: str

    def __len__(self) -> int:
        return len(self.times_ns)

    @property
    def origin_ns(self) -> int:
        """Device time that counts as second 0 of the recording: the first frame."""
        return int(self.times_ns[0]) if len(self.times_ns) else 0

    @property
    def times_s(self) -> np.ndarray:
        """[N] float64 seconds from the first frame."""
        return self.to_seconds(self.times_ns)

    @property
    def monotonic(self) -> bool:
        """True where every frame is later than the one before."""
        return bool((np.diff(self.times_ns) > 0).all())

    @property
    def fps(self) -> float:
        """Median frame rate by this clock; 0 where there are fewer than two frames or time stands still."""
        if len(self) < 2:
            return 0.0
        step = float(np.median(np.diff(self.times_ns)))
        return 1e9 / step if step > 0 else 0.0

    @property
    def mean_fps(self) -> float:
        """Frames a second from the first to the last, gaps included; 0 where time does not go forward."""
        span = float(self.times_s[-1]) if len(self) > 1 else 0.0
        return (len(self) - 1) / span if span > 0 else 0.0

    @property
    def duration_s(self) -> float:
        """From the first frame to the end of the last."""
        if len(self) < 2:
            return 0.0
        return float(self.times_s[-1]) + (1 / self.fps if self.fps else 0.0)

    def to_seconds(self, times_ns: np.ndarray) -> np.ndarray:
        """Device nanoseconds to seconds from the first frame."""
        return (np.asarray(times_ns, np.int64) - self.origin_ns) * 1e-9

    def nearest(self, times_ns: np.ndarray) -> np.ndarray:
        """Frames whose timestamps are nearest to device times [K]; the first of several equally near."""
        return nearest(self.times_ns, times_ns)


def read(file: AnnotationFile, notes: Notes) -> Clock:
    """The first of SOURCES that holds a clock; what is wrong with it or with an earlier one is noted.

    Raises:
        FormatError: none does.
    """
    for path in SOURCES:
        try:
            stored = file.read(path)
            if stored is None:
                continue
            times = _decimal(stored, file.path) if path == NAMES else whole_numbers(stored.reshape(-1), file.path, path)
        except UNREADABLE as error:
            notes.error(path, error)
            continue
        back = int((np.diff(times) <= 0).sum())
        if back:
            notes.add(path, "frame clock is not increasing", f"{back} steps back or still", "each frame later")
        return Clock(times, path)
    raise FormatError(
        "no frame clock",
        file=file.path,
        field=NAMES,
        found="; ".join(f"{p.field}: {p.what}" for p in notes.problems if p.field in SOURCES) or "nothing",
        expected=" or ".join(SOURCES),
        hint="without frame times nothing in the recording can be placed: fetch the file again",
    )


def whole_numbers(values: np.ndarray, file: Path, field: str) -> np.ndarray:
    """Stored integers as int64, floats of whole value included.

    Raises:
        FormatError: a value is not whole or does not fit.
    """
    if values.dtype.kind in "bi":
        return values.astype(np.int64)
    with np.errstate(invalid="ignore"):
        good = values == np.floor(values) if values.dtype.kind == "f" else np.ones(values.shape, bool)
        good &= np.abs(values.astype(np.float64)) < 2.0**63
    if not good.all():
        raise FormatError(
            "not whole numbers of 64 bits", file=file, field=field, found=f"{values[~good][0]} at {np.argmin(good)}"
        )
    return values.astype(np.int64)


def nearest(stamps_ns: np.ndarray, times_ns: np.ndarray) -> np.ndarray:
    """Index of the nearest of the stamps [N > 0], which need not be sorted, for each time [K]; the first of ties."""
    stamps, first = np.unique(np.asarray(stamps_ns, np.int64), return_index=True)
    times_ns = np.asarray(times_ns, np.int64)
    after = np.clip(np.searchsorted(stamps, times_ns), 0, len(stamps) - 1)
    before = np.maximum(after - 1, 0)
    late = np.maximum(stamps[after], times_ns), np.minimum(stamps[after], times_ns)
    early = np.maximum(stamps[before], times_ns), np.minimum(stamps[before], times_ns)
    # Unsigned differences: they come out right even where the clock holds nonsense.
    to_after, to_before = (high.astype(np.uint64) - low.astype(np.uint64) for high, low in (late, early))
    chosen = np.where(
        (to_before < to_after) | ((to_before == to_after) & (first[before] < first[after])), before, after
    )
    return np.asarray(first[chosen])


def _decimal(names: np.ndarray, file: Path) -> np.ndarray:
    """Decimal text [N], possibly with a file suffix, to int64; bytes [N, L] are text too.

    Raises:
        FormatError: an entry is something else.
    """
    if names.dtype.kind in "uV" and names.size:
        names = np.ascontiguousarray(names).view(np.uint8).reshape(len(names), -1)
        names = names.view(f"S{names.shape[1]}")
    times = np.zeros(len(names), np.int64)
    for k, name in enumerate(names.reshape(-1).tolist()):
        text = name.encode() if isinstance(name, str) else bytes(name)
        match = _NAME.fullmatch(text.strip(b"\x00"))
        if match is None or int(match[1]) >= 2**63:
            raise FormatError(
                "not decimal nanoseconds",
                file=file,
                field=NAMES,
                found=f"{text[:40].decode('utf-8', 'replace')!r} at frame {k}",
                expected="digits",
            )
        times[k] = int(match[1])
    return times
