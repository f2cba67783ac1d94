"""Recordings with one id, and streams that stand in two recordings."""

from __future__ import annotations

from collections.abc import Sequence

from xperience.quality.finding import Effect, Finding
from xperience.quality.gate import Quality

CHECK = "ids"


def mark(qualities: Sequence[Quality]) -> None:
    """Adds findings to recordings that share their id or content with another; what was said before is replaced.

    Of two with one id, and of a recording and its copy, the first is kept and the later fails. Where only single streams
    are alike, both are limited: which of the two it belongs to cannot be told here.
    """
    for quality in qualities:
        quality.findings[:] = [finding for finding in quality.findings if finding.check != CHECK]
    first_of: dict[str, Quality] = {}
    for quality in qualities:
        first = first_of.setdefault(quality.episode, quality)
        if first is not quality:
            _add(quality, "files", f"{first.path} has the same id", "fail")
    originals = _without_copies(qualities)
    holders: dict[str, list[Quality]] = {}
    for quality in originals:
        for value in set(quality.content.values()):
            holders.setdefault(value, []).append(quality)
    for quality in originals:
        for modality, value in quality.content.items():
            other = next((q for q in holders[value] if q is not quality), None)
            if other is not None:
                theirs = next(name for name, held in other.content.items() if held == value)
                _add(quality, modality, f"is that of {other.path} ({theirs}): one of the two is not its own", "limit")


def _without_copies(qualities: Sequence[Quality]) -> list[Quality]:
    """The recordings but for those whose whole content stands in an earlier one, which are marked."""
    first_with: dict[str, list[Quality]] = {}
    originals = []
    for quality in qualities:
        mine = set(quality.content.values())
        candidates = first_with.get(next(iter(quality.content.values()), ""), [])
        whole = next((q for q in candidates if mine <= set(q.content.values())), None)
        if whole is not None:
            _add(quality, "files", f"holds what {whole.path} holds: it is a copy", "fail")
            continue
        originals.append(quality)
        for value in mine:
            first_with.setdefault(value, []).append(quality)
    return originals


def _add(quality: Quality, modality: str, reason: str, effect: Effect) -> None:
    quality.findings.append(Finding(CHECK, modality, 0.0, quality.duration_s, None, None, reason, effect))
