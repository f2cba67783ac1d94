"""From text in any script to words and their base forms, by rule.

A word is a run of letters, marks and digits of any script, with single apostrophes and hyphens inside. Texts are compared
in one form (NFKC, case folded); accents stay on the word and are folded only where a table is asked.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from unicodedata import category, combining, normalize

LONGEST, MOST = 400, 48
"""Characters (normalised) and words that are looked at."""

_GROWTH = 4
"""NFD makes at most four characters of one (Unicode Annex 15), so this much is read to have LONGEST normalised ones."""

_HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212"), "-")
_APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u02b9"), "'")
_PLAIN = {
    ord("\u00f8"): "o",
    ord("\u0142"): "l",
    ord("\u0111"): "d",
    ord("\u0131"): "i",
    ord("\u00e6"): "ae",
    ord("\u0153"): "oe",
}
"""Latin letters whose stroke or ligature is no combining mark."""

COMMA = ","
_COMMAS = ",\u060c\u3001"
_ENDS = ":;!?()[]{}|\n\r\t\u2022\u3002\u061b\u0964\u2014"
"""What ends a segment of a label; a full stop does, too, unless digits stand around it."""
_AND = "/&+"


def normal(text: str) -> str:
    """The one form of a text: NFKC, case folded, plain hyphens and apostrophes, nothing invisible."""
    text = text[: _GROWTH * LONGEST].translate(_HYPHENS | _APOSTROPHES)
    text = normalize("NFKC", normalize("NFKC", text).casefold()).translate(_HYPHENS | _APOSTROPHES)
    return "".join(c for c in text.replace("\u200b", " ") if not _is_invisible(c))[:LONGEST]


def _is_invisible(character: str) -> bool:
    """Joiners, soft hyphens, directions and variation selectors."""
    return category(character) == "Cf" or "\ufe00" <= character <= "\ufe0f"


def segments(text: str) -> list[list[str]]:
    """Words between colons, brackets and full stops; commas stand as words of their own, possessives lose their s."""
    text = normal(text)
    out: list[list[str]] = [[]]
    count = place = 0
    while place < len(text) and count < MOST:
        end = _word_end(text, place)
        if end > place:
            out[-1].append(text[place:end].removesuffix("'s"))
            count += 1
            place = end
            continue
        character = text[place]
        if character in _AND and out[-1]:
            out[-1].append("and")
        elif character in _COMMAS and out[-1]:
            out[-1].append(COMMA)
        elif character in _ENDS or _is_stop(text, place):
            out.append([])
        place += 1
    return [_stripped(segment) for segment in out if _stripped(segment)]


def _word_end(text: str, place: int) -> int:
    """End of the word that begins at `place`; `place` itself where none does."""
    if category(text[place])[0] not in "LN":
        return place
    end = place + 1
    while end < len(text):
        joins = text[end] in "'-" and end + 1 < len(text) and category(text[end + 1])[0] in "LN"
        if category(text[end])[0] not in "LNM" and not joins:
            break
        end += 1
    return end


def _is_stop(text: str, place: int) -> bool:
    """A full stop, or a dash between spaces, but no decimal point."""
    before, after = text[:place][-1:], text[place + 1 : place + 2]
    if text[place] == ".":
        return not (before.isdigit() and after.isdigit())
    return text[place] == "-" and before in ("", " ") and after in ("", " ")


def _stripped(segment: list[str]) -> list[str]:
    ends = (COMMA, "and")
    first = next((i for i, word in enumerate(segment) if word not in ends), len(segment))
    last = next((i for i in range(len(segment), first, -1) if segment[i - 1] not in ends), first)
    return segment[first:last]


def words(text: str) -> list[str]:
    """All words of a text, without its punctuation."""
    return [word for segment in segments(text) for word in segment if word != COMMA]


@cache
def fold(word: str) -> str:
    """A Latin word without accents, as tables have it; words of other scripts as they are."""
    if word.isascii():
        return word
    plain = "".join(c for c in normalize("NFD", word) if not combining(c)).translate(_PLAIN)
    return plain if plain.isascii() else word


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


def is_gerund(word: str) -> bool:
    """Whether a word looks like the -ing form of a verb."""
    return word.endswith("ing") and (len(word) > 5 or word in ("using", "tying", "doing", "going"))


def unknown_lemma(gerund: str) -> str:
    """Base form of a gerund that no table knows: "shopping" shop, "reorganizing" reorganize, "flambéing" flambé."""
    stem = gerund[:-3]
    if stem[-1] == stem[-2] and stem[-1] not in "aeioulsz":
        return stem[:-1]
    if stem.endswith(
        ("at", "iz", "is", "v", "c", "dg", "ang", "in", "u", "ir", "ar", "ur", "bl", "dl", "gl", "tl", "pl")
    ):
        return stem if stem.endswith(("ain", "ear", "oin", "oar", "eat")) else stem + "e"
    return stem


IRREGULAR = {
    "knives": "knife", "leaves": "leaf", "shelves": "shelf", "loaves": "loaf", "halves": "half", "wives": "wife",
    "children": "child", "people": "person", "men": "man", "women": "woman", "teeth": "tooth", "feet": "foot",
    "mice": "mouse", "dice": "dice", "scissors": "scissors", "tongs": "tongs", "clothes": "clothes", "trousers": "trousers",
    "pants": "pants", "glasses": "glass", "potatoes": "potato", "tomatoes": "tomato", "mangoes": "mango", "groceries": "grocery",
    "headphones": "headphones", "pliers": "pliers", "jeans": "jeans", "shorts": "shorts", "oats": "oats", "dishes": "dish",
    "cookies": "cookie", "pies": "pie", "shoes": "shoe", "boxes": "box", "brushes": "brush", "batteries": "battery",
}  # fmt: skip

KEEP = frozenset([
    "gas", "bus", "glass", "dress", "press", "mess", "grass", "cress", "process", "molasses", "hummus", "couscous",
    "asparagus", "swiss", "goods", "surroundings", "contents", "headquarters", "earphones", "earbuds", "glasses-case",
    "overalls", "leggings", "tights", "binoculars", "tweezers", "compass", "canvas", "lens", "atlas", "christmas",
    "progress",
])  # fmt: skip
"""Words in s that are no plurals, or whose singular is another word ("goods")."""


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
