"""Texts from anyone, made short enough for a page."""

from __future__ import annotations

LONGEST = 400
"""Characters of one text; no sentence of a real caption is longer."""


def cut(text: str, longest: int = LONGEST) -> str:
    """At most `longest` characters; an ellipsis says that there was more."""
    return text if len(text) <= longest else text[: longest - 1] + "\u2026"


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) or not text else ".")
