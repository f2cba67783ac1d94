"""What is prepared and how: a small TOML file, checked key by key."""

from __future__ import annotations

import difflib
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from xperience.errors import FormatError, MissingError, UsageError
from xperience.prepare.streams import STREAMS
from xperience.storage import digest, to_json

VERSION = 1
"""Raised whenever the same recipe would give other bytes."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Video(_Strict):
    """`width` pixels (height follows); `codec` h264 (closed GOPs of at most `gop_s`) or raw (uint8, a window is a slice);
    every n-th frame is kept."""

    width: Annotated[int, Field(ge=16, le=2048)] = 224
    codec: Literal["h264", "raw"] = "h264"
    crf: Annotated[int, Field(ge=0, le=51)] = 20
    gop_s: Annotated[float, Field(gt=0, le=1.0)] = 1.0
    every: Annotated[int, Field(ge=1, le=100)] = 1


class Depth(_Strict):
    """`width` pixels, 0 for the native size, which is stored without loss; every n-th frame is kept."""

    width: Annotated[int, Field(ge=0, le=1024)] = 0
    every: Annotated[int, Field(ge=1, le=100)] = 1


class Recipe(_Strict):
    """Everything that decides the bytes of the shards.

    Attributes:
        name: for people. seconds: of a segment. streams: what is kept, in any order.
        shard_mb: size that shards are planned for. points: most map points kept of an episode.
    """

    name: str = "standard"
    seconds: Annotated[float, Field(ge=1.0, le=64.0)] = 8.0
    streams: tuple[str, ...] = tuple(STREAMS)
    shard_mb: Annotated[int, Field(ge=1, le=8192)] = 512
    points: Annotated[int, Field(ge=0, le=4096)] = 256
    video: Video = Video()
    depth: Depth = Depth()

    def model_post_init(self, context: Any, /) -> None:
        unknown = [name for name in self.streams if name not in STREAMS]
        if unknown or not self.streams:
            raise UsageError(
                "no such stream",
                field="streams",
                found=unknown[0] if unknown else "none",
                expected=_near(unknown, STREAMS),
            )

    @property
    def digest(self) -> str:
        """Identity: two recipes with one digest give the same bytes of the same input."""
        return digest(str(VERSION), to_json(self.model_dump(exclude={"name"}) | {"streams": sorted(self.streams)}))

    def ordered(self) -> tuple[str, ...]:
        """The streams in registry order."""
        return tuple(name for name in STREAMS if name in self.streams)


def _near(unknown: list[str], known: Any) -> str:
    near = difflib.get_close_matches(unknown[0], list(known), 1, 0.4) if unknown else []
    return f"{near[0]!r}?" if near else ", ".join(known)


def shipped() -> list[str]:
    """Names of the recipes that come along."""
    return sorted(
        item.name[:-5]
        for item in files("xperience.prepare").joinpath("recipes").iterdir()
        if item.name.endswith(".toml")
    )


def load_recipe(source: str | Path) -> Recipe:
    """A recipe by name, or from a TOML file.

    Raises:
        MissingError: neither a shipped recipe nor a file. FormatError: no TOML.
        UsageError: a key that does not exist (with the nearest one that does), or a value that does not fit.
    """
    name = str(source)
    if name in shipped():
        text, place = files("xperience.prepare").joinpath("recipes", f"{name}.toml").read_text("utf-8"), Path(name)
    elif Path(name).is_file():
        place = Path(name)
        text = place.read_text("utf-8")
    else:
        raise MissingError("no such recipe", file=name, expected=f"a TOML file or one of {', '.join(shipped())}")
    try:
        return parse(tomllib.loads(text), place)
    except tomllib.TOMLDecodeError as error:
        raise FormatError("not TOML", file=place, found=str(error)) from error


def parse(values: dict[str, Any], place: Path | None = None, *, strict: bool = False) -> Recipe:
    """A recipe from plain values; see `load_recipe`. strict: as `Recipe` writes them, no text in place of a number."""
    try:
        return Recipe.model_validate_json(to_json(values), strict=True) if strict else Recipe(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = [str(part) for part in first["loc"]]
        if first["type"] == "extra_forbidden":
            owners: dict[str, type[BaseModel]] = {"video": Video, "depth": Depth}
            owner: type[BaseModel] = owners.get(where[0], Recipe) if len(where) > 1 else Recipe
            near = difflib.get_close_matches(where[-1], list(owner.model_fields), 1, 0.0)
            raise UsageError(
                "no such key", file=place, field=".".join(where), hint=f"did you mean {near[0]!r}?" if near else ""
            ) from error
        raise UsageError(first["msg"], file=place, field=".".join(where), found=first.get("input")) from error
