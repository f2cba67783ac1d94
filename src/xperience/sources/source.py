"""What a source of recordings is: it finds recordings in a folder and converts one at a time into an episode."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from xperience.errors import XperienceError


@dataclass(frozen=True)
class Recording:
    """One recording to be converted, and the files it is made of.

    Attributes:
        session: name of the session folder; recordings that share a person or a day share it, so that splits can
            keep them together.
        episode: name of the episode folder, unique within the session.
        files: the files that make up the recording, by their role.
    """

    session: str
    episode: str
    files: dict[str, Path]

    @property
    def id(self) -> str:
        return f"{self.session}__{self.episode}"


@dataclass(frozen=True)
class SetAside:
    """Something in the source folder that was not converted, and why."""

    name: str
    reason: str

    @classmethod
    def because(cls, name: str, error: XperienceError) -> SetAside:
        return cls(name, str(error))


@dataclass(frozen=True)
class Found:
    """What a source folder holds: recordings in a fixed order, and files that cannot be used."""

    recordings: tuple[Recording, ...]
    set_aside: tuple[SetAside, ...] = ()


@dataclass(frozen=True)
class Conversion:
    """What a source says about one recording it has converted; it becomes the body of `provenance.json`.

    Attributes:
        streams: modality -> where its numbers come from and at what rate.
        absent: modality -> why the episode lacks it.
        conversions: every change made to the numbers, one sentence each.
        clock: how the streams' times were brought onto one clock, and how well that is known.
        left_out: what the recording has and the layout has no place for.
        details: whatever else the source wants to keep, such as fit errors.
    """

    streams: dict[str, str]
    absent: dict[str, str]
    conversions: tuple[str, ...]
    clock: dict[str, Any]
    left_out: dict[str, str] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)


class Source(Protocol):
    """A kind of recording that can be imported. Implementations keep no state.

    Attributes:
        name: what is typed on the command line.
        title, licence, citation: written into the provenance of every episode.
        version: raised whenever `convert` writes something else for the same input; episodes of another version
            are made anew.
    """

    name: str
    title: str
    licence: str
    citation: str
    version: int

    def describe(self) -> str:
        """One paragraph: what is read, what an episode then holds and lacks."""
        ...

    def find(self, src: Path) -> Found:
        """The recordings in a folder or file, without reading their contents.

        Raises:
            MissingError: there is no such folder, or nothing in it that this source knows.
        """
        ...

    def convert(self, recording: Recording, folder: Path, *, show: bool = False) -> Conversion:
        """Writes annotation.hdf5 and the MP4s of one recording into `folder`, which exists and is empty.

        Streams that the recording lacks are not written. The same input gives the same bytes.

        Args:
            show: whether a progress bar may be shown, for sources whose one recording takes long.

        Raises:
            FormatError, CorruptError, LimitError: an input file cannot be used; the error names it.
        """
        ...


def inside(root: Path, path: Path) -> bool:
    """Whether a path, links followed, lies in `root`: nothing outside the folder that was named is read."""
    return path.resolve().is_relative_to(root.resolve())
