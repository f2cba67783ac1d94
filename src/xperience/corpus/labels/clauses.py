"""Clauses: where a label's verbs stand, and which words belong to which of them."""

from __future__ import annotations

from dataclasses import dataclass

from xperience.corpus.labels import grammar, verbs
from xperience.corpus.labels.lookup import (
    compound_length,
    group_of,
    is_action,
    is_thing,
    lemma_of,
    verb_table,
)
from xperience.corpus.labels.words import COMMA, fold, is_gerund, singular, unknown_lemma

ARTICLES = ("a", "an", "the")


@dataclass(frozen=True)
class Clause:
    """A verb and what follows it, up to the next verb.

    Attributes:
        words: of the verb, as written. lemma, phrase: its base form, and that of the phrase it stands in.
        gerund: whether it is an -ing form; opens: whether the clause's first word is ("begin folding": not).
        rest: words behind it. join: the word that joins it to the clause before.
    """

    words: tuple[str, ...]
    lemma: str
    phrase: tuple[str, ...]
    gerund: bool
    opens: bool
    rest: tuple[str, ...]
    join: str = ""

    @property
    def group(self) -> str:
        return group_of(self.phrase)


def clauses(tokens: list[str]) -> list[Clause]:
    """The clauses of a segment, in order; none where it begins with no verb."""
    tokens = _split_hyphens(tokens)
    place, lemma = first_verb(tokens)
    if lemma is None:
        return []
    forms = {is_gerund(tokens[place]), is_gerund(_opening(tokens))}
    out: list[Clause] = []
    join, opening = "", 0
    while lemma is not None:
        phrase, used = verb_phrase(tokens, place, lemma)
        end, next_place, next_join = _boundary(tokens, place + used, forms, lemma)
        gerund = is_gerund(tokens[place])
        rest = tuple(tokens[place + used : end])
        out.append(
            Clause(tuple(tokens[place : place + used]), lemma, phrase, gerund, is_gerund(tokens[opening]), rest, join)
        )
        if next_place is None:
            break
        opening, join = next_place, next_join
        offset, lemma = first_verb(tokens[opening:])
        place = opening + offset
    return out


def _opening(tokens: list[str]) -> str:
    """The first word that may be of a verb."""
    return next((word for word in tokens if word not in verbs.STARTERS or lemma_of(word)), tokens[0])


def _split_hyphens(tokens: list[str]) -> list[str]:
    """Compounds that are verbs at the start of a clause, in pieces: "pick-up cup", "double-check door"."""
    out: list[str] = []
    for place, word in enumerate(tokens):
        parts = word.split("-")
        starts = place == 0 or tokens[place - 1] in grammar.JOINS or tokens[place - 1] in verbs.STARTERS
        if len(parts) > 1 and starts and not is_thing(word) and lemma_of(word) is None:
            known = lemma_of(parts[0])
            if lemma_of("".join(parts)):
                out.append("".join(parts))
                continue
            if known and len(parts) == 2 and ((known, parts[1]) in verb_table() or parts[1] in verbs.PARTICLES):
                out += parts
                continue
            if lemma_of(parts[-1]) and lemma_of(parts[-1]) != "shape":
                out.append(parts[-1])
                continue
        out.append(word)
    return out


def first_verb(tokens: list[str]) -> tuple[int, str | None]:
    """Place and base form of the first verb behind words that only say who, how, or how far."""
    for place, word in enumerate(tokens[:6]):
        if word == COMMA or (word == "to" and place):
            continue
        if _is_starter(word) and any(
            _verb_at(tokens, later) for later in range(place + 1, min(place + 4, len(tokens)))
        ):
            aspect = next((x for x in (lemma_of(word), word) if x in grammar.ASPECTS or x == "go"), "")
            following = tokens[place + 1]
            if (
                following == "to"
                and aspect in grammar.PURPOSE
                and place + 2 < len(tokens)
                and lemma_of(tokens[place + 2])
            ):
                continue
            if aspect in ("start", "stop", "go", "proceed", "finish", "complete", "finalize", "finalise", "begin", "initiate",
                          "commence", "conclude", "attempt", "help", "try") and not _is_gerund_verb(tokens, place + 1):  # fmt: skip
                if lemma_of(word) and not (aspect in ("help", "try") and lemma_of(following)):
                    return place, lemma_of(word)
                continue
            if not _is_particle(tokens, place + 1) or word not in ("left", "right", "light"):
                continue
        lemma = _verb_at(tokens, place)
        if lemma is not None:
            return place, lemma
        if place == 0 and _must_be_verb(tokens):
            return 0, fold(word)
        if word not in verbs.STARTERS and not word.isdigit() and not word.endswith("ly"):
            break
    return 0, None


def _is_starter(word: str) -> bool:
    return word in verbs.STARTERS or lemma_of(word) in grammar.ASPECTS | {"go"}


def _verb_at(tokens: list[str], place: int) -> str | None:
    """Base form of the verb at a place: a known one, or any gerund that does not begin the name of a thing."""
    word = tokens[place]
    if is_gerund(word) and _begins_name(tokens, place):
        return None
    lemma = lemma_of(word)
    if lemma is None and is_action(word) and place < len(tokens):
        return unknown_lemma(word)
    return lemma


def _begins_name(tokens: list[str], place: int) -> bool:
    """Whether a gerund begins the name of one thing ("cutting board"); of several it may be a verb ("cleaning products")."""
    end = place + compound_length(tokens, place)
    return end > place and (place > 0 or singular(tokens[end - 1]) == tokens[end - 1])


def _is_gerund_verb(tokens: list[str], place: int) -> bool:
    if place >= len(tokens) or not is_gerund(tokens[place]) or compound_length(tokens, place):
        return False
    return is_action(tokens[place]) or lemma_of(tokens[place]) is not None


def _must_be_verb(tokens: list[str]) -> bool:
    """Whether an unknown first word is a verb by its form or by what follows it.

    By its ending ("customize", "unify"), by an article or particle behind it ("flurb the cup", "flurb up"), or joined to a
    verb ("flurb and cut paper").
    """
    word = fold(tokens[0])
    if (
        len(tokens) < 2
        or not word.isascii()
        or not word.isalpha()
        or is_thing(word)
        or word in verbs.STARTERS | grammar.STOP | grammar.BREAKS
    ):
        return False
    if word.endswith(("ize", "ify", "izes", "ifies")) and len(word) > 5:
        return True
    if tokens[1] in grammar.OBJECT_MARKS:
        return len(tokens) > 2 or tokens[1] in verbs.PARTICLES
    return (
        len(tokens) > 3 and tokens[1] in (COMMA, "and") and lemma_of(tokens[2]) is not None and not is_thing(tokens[2])
    )


def _is_particle(tokens: list[str], place: int) -> bool:
    return place < len(tokens) and tokens[place] in verbs.PARTICLES


def verb_phrase(tokens: list[str], start: int, lemma: str) -> tuple[tuple[str, ...], int]:
    """The longest known phrase that begins with the verb, and how many words of the label it takes."""
    table = verb_table()
    for length in (4, 3, 2):
        rest = [fold(word) for word in tokens[start + 1 : start + length]]
        if len(rest) == length - 1:
            for tail in (tuple(rest), tuple(singular(word) for word in rest)):
                bare = tuple(word for word in tail if word not in ARTICLES)
                if bare and (lemma, *bare) in table:
                    return (lemma, *bare), length if bare[-1] in verbs.PARTICLES or bare[-1] in verbs.OBJECTS else 1
    return (lemma,), 1


def _boundary(tokens: list[str], start: int, forms: set[bool], lemma: str) -> tuple[int, int | None, str]:
    """(end of the clause's words, place of the next clause's first word or None, the word that joins them)."""
    for place in range(start, len(tokens)):
        if tokens[place] not in grammar.JOINS:
            continue
        after = place
        while after < len(tokens) and tokens[after] in grammar.JOINS:
            after += 1
        if after < len(tokens) and _begins_clause(tokens, after, tokens[after - 1], forms, lemma, place == start):
            return place, after, tokens[after - 1]
    return len(tokens), None, ""


def _begins_clause(tokens: list[str], place: int, join: str, forms: set[bool], lemma: str, at_once: bool) -> bool:
    while place < len(tokens) - 1 and (tokens[place].endswith("ly") or tokens[place] in ("now", "again", "also")):
        place += 1
    word = tokens[place]
    if is_gerund(word):
        if join == "to" and lemma in grammar.SHIFTS:
            return False
        if not is_action(word) and not (lemma_of(word) and True in forms and at_once):
            return False
        if compound_length(tokens, place):
            return False
        return join in grammar.OF_GERUNDS or True in forms or lemma_of(word) is not None
    if join == "to":
        purpose = lemma in grammar.PURPOSE or (
            not at_once and place + 1 < len(tokens) and tokens[place + 1] not in grammar.BREAKS
        )
        return purpose and lemma_of(word) is not None and not is_thing(word)
    if join in grammar.OF_GERUNDS or False not in forms or lemma_of(word) is None:
        return False
    if compound_length(tokens, place):
        return False
    if place + 1 == len(tokens):
        return not is_thing(word) and at_once
    if not is_thing(word):
        return True
    following = tokens[place + 1]
    return (following not in grammar.BREAKS and following != COMMA) or (lemma_of(word), following) in verb_table()
