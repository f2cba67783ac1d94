"""From the text of a caption to JSON values: what stands around the JSON, and keys that stand twice.

Captions are written by language models and by scripts. Where a text can be read in one way only it is read so, and
noted; where it could mean two things it is refused or its parts are named.
"""

from __future__ import annotations

import json
import re
from typing import Any

from xperience.episode.presence import Notes

_FENCE = re.compile(r"```[A-Za-z]*[ \t]*\r?\n(.*?)```", re.DOTALL)

MAX_DEPTH = 3
"""How often JSON may stand as a string in JSON."""


def looks_like_json(text: str) -> bool:
    """Whether JSON stands in the text, whatever stands around it; a path has none of its brackets."""
    return text[:1] in '{["' or "```" in text or ("{" in text and "}" in text)


def load(text: str, notes: Notes, name: str) -> Any:
    """The JSON value of a text.

    Raises:
        ValueError: there is none, or there are several that differ. RecursionError: nested too deep.
    """
    value = _document(text, notes, name)
    for _ in range(MAX_DEPTH):
        if not isinstance(value, str) or not looks_like_json(value.strip()):
            break
        notes.add(name, "the JSON stands as text within JSON")
        value = _document(value, notes, name)
    return value


def _document(text: str, notes: Notes, name: str) -> Any:
    text = text.lstrip("\ufeff").strip()
    fenced = _FENCE.findall(text) if text[:1] not in '{["' else []
    if fenced:
        if len(fenced) > 1:
            raise ValueError(f"{len(fenced)} blocks of JSON")
        notes.add(name, "the JSON stands within a code fence")
        text = fenced[0].strip()
    elif text[:1] not in '{["' and "{" in text:
        notes.add(name, "words stand before the JSON", text[: text.index("{")].strip()[:80])
        text = text[text.index("{") :]
    pairs = _Pairs()
    decoder = json.JSONDecoder(strict=False, parse_int=_whole, parse_constant=str, object_pairs_hook=pairs)
    value, end = decoder.raw_decode(text)
    rest = text[end:].strip()
    if rest[:1] in ("{", "["):
        again, stop = decoder.raw_decode(rest)
        if again != value or rest[stop:].strip():
            raise ValueError("several JSON documents that differ")
        notes.add(name, "the JSON stands twice")
    elif rest:
        if not rest.strip("`\x00 \t\r\n"):
            rest = ""
        elif "{" in rest or "}" in rest or '"' in rest:
            raise ValueError(f"Extra data: {rest[:80]}")
        if rest:
            notes.add(name, "words stand behind the JSON", rest[:80])
    for key, count in sorted(pairs.twice.items()):
        notes.add(
            f"{name}: {key}", "the key stands more than once; empty ones are passed over, else the last is taken", count
        )
    return value


class _Pairs:
    """Makes objects of key and value pairs; of a key that stands several times the last value that is not empty."""

    def __init__(self) -> None:
        self.twice: dict[str, int] = {}

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                shown = key.encode("utf-8", "replace").decode()[:80]
                self.twice[shown] = self.twice.get(shown, 0) + 1
                if value in ([], {}, "", None):
                    continue
            found[key] = value
        return found


def _whole(digits: str) -> int | str:
    """A JSON integer; text where it is too long for any time (and for Python's limit on digits)."""
    return int(digits) if len(digits) <= 20 else digits[:40]
