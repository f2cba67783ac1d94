"""What the tables say of a word or phrase, however it is inflected or accented."""

from __future__ import annotations

from functools import cache

from xperience.corpus.labels import nouns, verbs
from xperience.corpus.labels.grammar import THINGS_IN_ING
from xperience.corpus.labels.words import fold, is_gerund, known_lemma, singular

_AGAIN = ("re", "pre", "over", "mis")
"""Prefixes that leave the kind of action as it is."""


def _table(groups: dict[str, str]) -> dict[tuple[str, ...], str]:
    table: dict[tuple[str, ...], str] = {}
    for name, phrases in groups.items():
        for phrase in phrases.split(","):
            table.setdefault(tuple(phrase.split()), name)
    return table


@cache
def verb_table() -> dict[tuple[str, ...], str]:
    """Group of a phrase of base forms."""
    return {(word,): word for word in verbs.ALONE} | _table(verbs.GROUPS)


@cache
def noun_table() -> dict[tuple[str, ...], str]:
    """Group of a phrase whose last word is singular."""
    return _table(nouns.GROUPS)


@cache
def _verb_words() -> frozenset[str]:
    return frozenset(phrase[0] for phrase in verb_table()) | frozenset(verbs.IRREGULAR.values())


@cache
def lemma_of(word: str) -> str | None:
    """Base form of a known verb; also behind a prefix that leaves its kind as it is ("refold")."""
    word = fold(word)
    found = verbs.IRREGULAR.get(word) or known_lemma(word, _verb_words())
    if found is not None:
        return found
    for prefix in _AGAIN:
        rest = word.removeprefix(prefix).removeprefix("-")
        if rest != word and len(rest) > 3:
            inner = verbs.IRREGULAR.get(rest) or known_lemma(rest, _verb_words())
            if inner is not None:
                return inner
    return None


def group_of(phrase: tuple[str, ...]) -> str:
    """Name of a verb phrase's group; its first word where no table has it."""
    return verb_table().get(phrase) or verb_table().get(phrase[:1]) or phrase[0]


def is_thing(word: str) -> bool:
    """Whether a word, in any number, is the name of a known thing."""
    return (
        (singular(fold(word)),) in noun_table() or fold(word) in THINGS_IN_ING or singular(fold(word)) in THINGS_IN_ING
    )


def compound_length(tokens: list[str], place: int) -> int:
    """How many words the longest known name of several words that begins at `place` has; 0 where there is none."""
    for length in range(min(4, len(tokens) - place), 1, -1):
        piece = [fold(word) for word in tokens[place : place + length]]
        if (*piece[:-1], singular(piece[-1])) in noun_table():
            return length
    return 0


def is_action(word: str) -> bool:
    """Whether a noun is a gerund that names what is done ("sorting"), no thing ("string")."""
    return is_gerund(word) and not is_thing(word)
