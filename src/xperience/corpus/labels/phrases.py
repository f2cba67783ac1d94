"""Noun phrases: which words of a label name things, and which one a phrase is about."""

from __future__ import annotations

from xperience.corpus.labels import nouns
from xperience.corpus.labels.grammar import ADVERBS, BREAKS, MANNER, MATERIALS, NAMES, STOP
from xperience.corpus.labels.lookup import is_action, is_thing, lemma_of, noun_table
from xperience.corpus.labels.words import fold, is_gerund, singular


def nouns_of(tokens: list[str]) -> list[str]:
    """Canonical nouns of all noun phrases, in order."""
    found = [name for phrase in noun_phrases(tokens) if phrase and (name := head(phrase))]
    return list(dict.fromkeys(found))


def noun_phrases(tokens: list[str]) -> list[list[str]]:
    """The words of each noun phrase that may name the thing."""
    phrases: list[list[str]] = [[]]
    tokens = _joined(tokens)
    for place, word in enumerate(tokens):
        if word == "of" and phrases[-1] and singular(phrases[-1][-1]) in nouns.COVERS:
            phrases[-1] = []
        elif (word == "of" and phrases[-1]) or (word in BREAKS and not (word in ("washing",) and place)):
            phrases.append([])
        elif (
            _is_of_name(tokens, place)
            or word not in STOP
            or (word in NAMES and (place + 1 == len(tokens) or tokens[place + 1] in BREAKS))
        ):
            phrases[-1].append(word)
    return phrases


def _is_of_name(tokens: list[str], place: int) -> bool:
    """Whether a describing word belongs to a known name ("wooden board"), or says what a piece is of that alone
    would be of something else ("plastic sheet")."""
    if place + 1 == len(tokens):
        return False
    word, following = tokens[place], singular(fold(tokens[place + 1]))
    return (word in MATERIALS and following in nouns.COVERS and (following,) in noun_table()) or (
        word in STOP and (word, following) in noun_table()
    )


def _joined(tokens: list[str]) -> list[str]:
    """Names of things that hold a preposition ("washing up liquid") without it."""
    out = list(tokens)
    for place in range(len(out) - 2):
        if out[place : place + 3] == ["washing", "up", "liquid"]:
            out[place : place + 3] = ["washing", "liquid"]
            break
    return out


def head(phrase: list[str]) -> str:
    """The thing that a noun phrase names: the longest known name that ends it, else its last word.

    "" where the phrase names an action ("further sorting") or a number.
    """
    table = noun_table()
    phrase = _without_shades(phrase)
    while len(phrase) > 1 and (phrase[-1] in MANNER or (phrase[-1].endswith("ly") and not is_thing(phrase[-1]))):
        phrase = phrase[:-1]
    base = [*phrase[:-1], singular(phrase[-1])]
    plain = [fold(word) for word in base[:-1]] + [singular(fold(phrase[-1]))]
    covered = plain[-1] in nouns.COVERS
    for length in range(len(base), 0, -1):
        tail = tuple(plain[-length:])
        if tail in table and not (covered and length == 1 and len(base) > 1):
            return table[tail]
    if covered and len(base) > 1:  # a thing before a word for its part: "mug handle", "foam pieces"
        inner = list(phrase[:-1])
        while inner and _only_describes(inner[-1]):
            inner.pop()
        if inner and inner[-1] in MATERIALS:
            return MATERIALS[inner[-1]]
        if inner and (name := head(inner)):
            return name
        if tuple(plain[-1:]) in table:
            return table[tuple(plain[-1:])]
    if base[-1].isdigit() or plain[-1] in ADVERBS or is_action(base[-1]):
        return ""
    return base[-1]


def _without_shades(phrase: list[str]) -> list[str]:
    """The phrase without "light" or "dark" of a colour that was dropped: before another word they name no lamp."""
    rest = [word for word in phrase[:-1] if word not in ("light", "dark", "bright")]
    return [*rest, phrase[-1]]


def _only_describes(word: str) -> bool:
    """Whether a word before the last says what a piece is like, not what it is of: "marked", "decorative", "quilling"."""
    plain = fold(word)
    return (
        plain in nouns.VAGUE
        or plain.isdigit()
        or is_gerund(plain)
        or plain.endswith(("ive", "ful", "ous", "ular", "shaped", "sized"))
        or (
            plain.endswith("ed")
            and (lemma_of(plain) is not None or len(plain) > 5)
            and (singular(plain),) not in noun_table()
        )
    )
