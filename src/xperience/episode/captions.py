"""The caption JSON of a recording, parsed with its quirks.

Times stand in a caption as device nanoseconds, as int or text, mixed within one file, or as a frame name such as
"frame_0000021", which is no time. Whatever cannot be understood is left out, counted and noted; the rest is kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

from xperience.episode import caption_text
from xperience.episode.annotation import MAX_TEXT_BYTES, UNREADABLE, AnnotationFile
from xperience.episode.presence import Notes
from xperience.errors import FormatError, LimitError

TimeKey = int | str
"""A caption's time as parsed: int device nanoseconds, or the text as it stood where it is not a device time."""

DATASETS = ("caption", "captions")
"""Where a caption is looked for; older files use the second name."""

MAX_SEGMENTS = 100_000
"""Most segments in a caption. Real ones have up to 65."""

MAX_ENTRIES = 200_000
"""Most actions, object lists and interactions together. Real captions have up to a few thousand."""

MAX_BRACKETS = 4_000_000
"""Most JSON lists, objects and commas; counted in the text, before a parser makes objects of 200 bytes out of each."""

_DIGITS = re.compile(r"([0-9]{1,19})(\.(jpg|jpeg|png))?", re.IGNORECASE)
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Action:
    """One labelled action; times as written (resolve them with `labels`). None where there is no time."""

    label: str
    description: str
    start: TimeKey | None
    end: TimeKey | None


@dataclass(frozen=True)
class Segment:
    """One captioned segment, nominally 20 s."""

    id: int
    subtask: str
    start: TimeKey | None
    end: TimeKey | None
    actions: tuple[Action, ...] = ()
    objects: tuple[tuple[TimeKey, tuple[str, ...]], ...] = ()
    interaction: tuple[tuple[TimeKey, str], ...] = ()


@dataclass(frozen=True)
class Caption:
    """The whole caption of a recording. `main_task` is "" where there is none or it says "N/A"."""

    main_task: str
    summary: str
    segments: tuple[Segment, ...]

    @property
    def num_actions(self) -> int:
        return sum(len(segment.actions) for segment in self.segments)

    def times(self) -> Iterator[TimeKey | None]:
        """Every time that it names, in file order."""
        for segment in self.segments:
            yield segment.start
            yield segment.end
            for action in segment.actions:
                yield action.start
                yield action.end
            yield from (key for key, _ in segment.objects)
            yield from (key for key, _ in segment.interaction)


def read_caption(file: AnnotationFile, folder: Path, notes: Notes) -> Caption | None:
    """The caption of `caption` or `captions`; None where there is none or it cannot be parsed (then noted)."""
    for name in DATASETS:
        try:
            text = file.text(name)
            if text is None or not (text := text.lstrip("\ufeff").strip()):
                continue
            if not caption_text.looks_like_json(text):
                text = _text_beside(folder, text, file.path, name)
            return parse(text, notes, name, file.path)
        except UNREADABLE as error:
            notes.error(name, error)
    return None


def parse(text: str, notes: Notes, name: str = "caption", path: Path | None = None) -> Caption:
    """Parses the JSON; parts that are not what they should be are left out, counted and noted.

    Raises:
        FormatError: not JSON, or not an object with a list of segments.
        LimitError: more segments or entries than any recording could have.
    """
    brackets = text.count("{") + text.count("[") + text.count(",")
    if brackets > MAX_BRACKETS:
        raise LimitError(
            "caption has too many parts", file=path, field=name, found=brackets, expected=f"at most {MAX_BRACKETS}"
        )
    try:
        data = caption_text.load(text, notes, name)
    except (ValueError, RecursionError) as error:
        raise FormatError("caption is not JSON", file=path, field=name, found=str(error)[:200]) from error
    parser = _Parser(name, path)
    segments = parser.get(data, "segments") if isinstance(data, dict) else None
    if isinstance(data, dict) and segments is None:
        notes.add(
            name, "no segments: not a caption of this format", f"keys {', '.join(sorted(data))[:120]}", "segments"
        )
        segments = []
    if not isinstance(segments, list):
        raise FormatError(
            "caption is not an object with a list of segments",
            file=path,
            field=name,
            found=type(data).__name__ if segments is None else f"segments: {type(segments).__name__}",
        )
    if len(segments) > MAX_SEGMENTS:
        raise LimitError(
            "caption has too many segments", file=path, field=name, found=len(segments), expected=f"≤ {MAX_SEGMENTS}"
        )
    parsed = tuple(parser.segment(k, entry) for k, entry in enumerate(segments) if parser.is_object(entry, "segments"))
    config = parser.get(data, "config")
    task = parser.text(parser.get(config, "Main Task"), "Main Task") if isinstance(config, dict) else ""
    summary = parser.text(parser.get(data, "global_summary"), "global_summary")
    parser.report(notes)
    return Caption("" if task.strip() == "N/A" else task, summary, parsed)


@dataclass
class _Parser:
    """Turns JSON values into segments and counts what it could not use."""

    name: str
    path: Path | None
    unusable: Counter[str] = field(default_factory=Counter)
    unknown: list[str] = field(default_factory=list)
    spelt: Counter[str] = field(default_factory=Counter)
    single: Counter[str] = field(default_factory=Counter)
    entries: int = 0

    def segment(self, index: int, entry: dict[str, object]) -> Segment:
        number = self.get(entry, "segment_id")
        return Segment(
            id=number if isinstance(number, int) and not isinstance(number, bool) else index,
            subtask=self.text(self.get(entry, "Sub Task"), "Sub Task"),
            start=self.time(self.get(entry, "start_frame")),
            end=self.time(self.get(entry, "end_frame")),
            actions=tuple(self.actions(self.get(entry, "Current Action"))),
            objects=tuple((self.key(t), self.names(v)) for t, v in self.sampled(entry, "objects", (list, str))),
            interaction=tuple(
                (self.key(t), self.text(v, "interaction")) for t, v in self.sampled(entry, "interaction", (str,))
            ),
        )

    def actions(self, value: object) -> Iterator[Action]:
        if value is not None and not isinstance(value, list):
            self.unusable["Current Action"] += 1
            return
        for entry in value or ():
            if not self.is_object(entry, "Current Action"):
                continue
            self.count()
            yield Action(
                label=self.text(self.get(entry, "label"), "label"),
                description=self.text(self.get(entry, "description"), "description"),
                start=self.time(self.get(entry, "start_frame_name") or self.get(entry, "start_frame")),
                end=self.time(self.get(entry, "end_frame_name") or self.get(entry, "end_frame")),
            )

    def sampled(self, entry: dict[str, object], key: str, types: tuple[type, ...]) -> Iterator[tuple[str, object]]:
        """(time, value) pairs of `objects` or `interaction`."""
        value = self.get(entry, key)
        if value is None:
            return
        if not isinstance(value, dict):
            self.unusable[key] += 1
            return
        for time, item in value.items():
            if list not in types and isinstance(item, list) and len(item) == 1 and isinstance(item[0], str):
                self.single[key] += 1
                item = item[0]
            if not isinstance(item, types):
                self.unusable[key] += 1
                continue
            self.count()
            yield time, item

    def get(self, entry: dict[str, object], key: str) -> object:
        """The value of a key, also where it is spelt with other letters' case, spaces or underscores, if one key alone is."""
        if key in entry:
            return entry[key]
        wanted = _plain(key)
        others = [name for name in entry if isinstance(name, str) and _plain(name) == wanted]
        if len(others) != 1:
            return None
        self.spelt[f"{others[0][:60]} for {key}"] += 1
        return entry[others[0]]

    def text(self, value: object, where: str) -> str:
        """Text of a label; of a list with one text that text. Anything else is counted and left out."""
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
            self.single[where] += 1
            value = value[0]
        if value is not None and (isinstance(value, bool | list | dict)):
            self.unusable[where] += 1
        return _text(value)

    def names(self, value: object) -> tuple[str, ...]:
        """An object list; a single name is a list of one."""
        names = value if isinstance(value, list) else [value]
        return tuple(name for name in (self.text(one, "objects") for one in names) if name)

    def time(self, value: object) -> TimeKey | None:
        """A time as device nanoseconds, else its text; None where there is none."""
        if value is None or value == "":
            return None
        if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            text = f"({type(value).__name__})"
        else:
            match = _DIGITS.fullmatch(str(value).strip())
            if match and int(match[1]) <= _LARGEST:
                return int(match[1])
            text = _text(value)[:200]
        self.unknown.append(text)
        return text

    def key(self, value: str) -> TimeKey:
        time = self.time(value)
        return "" if time is None else time

    def is_object(self, entry: object, where: str) -> bool:
        if not isinstance(entry, dict):
            self.unusable[where] += 1
        return isinstance(entry, dict)

    def count(self) -> None:
        self.entries += 1
        if self.entries > MAX_ENTRIES:
            raise LimitError(
                "caption has too many entries", file=self.path, field=self.name, expected=f"at most {MAX_ENTRIES}"
            )

    def report(self, notes: Notes) -> None:
        for where, count in sorted(self.unusable.items()):
            notes.add(f"{self.name}: {where}", "entries that are not of the format are left out", count)
        for spelling, count in sorted(self.spelt.items()):
            notes.add(f"{self.name}: {spelling}", "a key is spelt otherwise; it is read all the same", count)
        for where, count in sorted(self.single.items()):
            notes.add(f"{self.name}: {where}", "a list with one text stands for the text", count)
        if self.unknown:
            examples = ", ".join(list(dict.fromkeys(self.unknown))[:3])
            notes.add(self.name, "times that are no device timestamps", f"{len(self.unknown)}: {examples}", "digits")


def _text_beside(folder: Path, written: str, file: Path, name: str) -> str:
    """Text of the JSON file that a caption names, which must lie in the episode folder.

    Raises:
        FormatError: it is neither JSON nor the path of a file in the folder.
        LimitError: the file is too long.
    """
    outside = PurePosixPath(written).is_absolute() or PureWindowsPath(written).is_absolute() or ".." in written
    if len(written) > 1024 or "\x00" in written or "\n" in written:
        raise FormatError("caption is not JSON", file=file, field=name, found=written[:80])
    path = folder / written
    try:
        if outside or not path.resolve().is_relative_to(folder.resolve()):
            raise FormatError(
                "caption path leads out of the episode folder", file=file, field=name, found=written[:200]
            )
        if not path.is_file():  # nor a pipe or device, which could keep us waiting
            raise FormatError(
                "caption is neither JSON nor a file of the episode", file=file, field=name, found=written[:200]
            )
        with path.open("rb") as stream:
            data = stream.read(MAX_TEXT_BYTES + 1)
    except OSError as error:
        raise FormatError("caption file cannot be read", file=file, field=name, found=str(error)[:200]) from error
    if len(data) > MAX_TEXT_BYTES:
        raise LimitError("caption file is too long", file=path, field=name, expected=f"{MAX_TEXT_BYTES} bytes")
    return data.decode("utf-8", errors="replace").lstrip("\ufeff").strip("\x00 \t\r\n")


def _text(value: object) -> str:
    """Text of a JSON value, without lone surrogates, which no file or terminal can take; "" for null and containers."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _plain(key: str) -> str:
    return re.sub(r"[\W_]", "", key).casefold()
