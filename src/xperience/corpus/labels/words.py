"""From text to words and their lemmas, by rule."""

from __future__ import annotations

import re
from collections.abc import Collection

LONGEST, MOST = 400, 48
"""Characters and words that are looked at."""

_WORD = re.compile(r"[a-z0-9]+(?:['-][a-z0-9]+)*")


def words(text: str) -> list[str]:
    """Lower-case words of a text; possessives lose their s."""
    found = _WORD.findall(text[:LONGEST].lower().replace("\u2019", "'").replace("_", " "))
    return [word.removesuffix("'s") for word in found][:MOST]


def verb_lemmas(word: str) -> list[str]:
    """Base forms that a word may be a form of, likeliest first; itself comes last."""
    out = []
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            stem = word[: -len(ending)]
            if ending in ("ing", "ed"):
                if len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in "aeiou":
                    out += [stem[:-1], stem]
                out += [stem, stem + "e"]
                if ending == "ed" and stem.endswith("i"):
                    out.append(stem[:-1] + "y")
            elif ending == "es":
                out += [stem, stem + "e"]
                if stem.endswith("i"):
                    out.append(stem[:-1] + "y")
            elif not word.endswith("ss"):
                out.append(stem)
    return [*dict.fromkeys(out), word]


IRREGULAR = {
    "knives": "knife", "leaves": "leaf", "shelves": "shelf", "loaves": "loaf", "halves": "half", "wives": "wife",
    "children": "child", "people": "person", "men": "man", "women": "woman", "teeth": "tooth", "feet": "foot",
    "mice": "mouse", "dice": "dice", "scissors": "scissors", "tongs": "tongs", "clothes": "clothes", "trousers": "trousers",
    "pants": "pants", "glasses": "glass", "potatoes": "potato", "tomatoes": "tomato", "mangoes": "mango", "groceries": "grocery",
    "headphones": "headphones", "pliers": "pliers", "jeans": "jeans", "shorts": "shorts", "oats": "oats", "dishes": "dish",
    "cookies": "cookie", "pies": "pie", "shoes": "shoe", "boxes": "box", "brushes": "brush", "batteries": "battery",
}  # fmt: skip

KEEP = frozenset(
    [
        "gas",
        "bus",
        "glass",
        "dress",
        "press",
        "mess",
        "grass",
        "cress",
        "process",
        "molasses",
        "hummus",
        "couscous",
        "asparagus",
        "swiss",
    ]
)


def singular(word: str) -> str:
    """The singular of a noun, by the regular endings."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if word in KEEP or len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    return word[:-1]


def known_lemma(word: str, known: Collection[str]) -> str | None:
    """The first base form that is known."""
    return next((lemma for lemma in verb_lemmas(word) if lemma in known), None)
