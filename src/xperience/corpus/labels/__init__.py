"""Free text to verb, noun and family: by rule, explainable, the same everywhere.

    parse("Adjusting puzzle piece")   verb adjust, noun puzzle, family "adjust puzzle"

A label is split into clauses, each with a verb; the first one's verb phrase names the verb, the head of its noun phrase
the noun, and both are replaced by the name of their group. Verbs of a list share the thing behind the last of them. What no
table knows stays as it is, and a text in which nothing is known is its own family, so that every label has one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

from xperience.corpus.labels import grammar
from xperience.corpus.labels.clauses import Clause, clauses
from xperience.corpus.labels.lookup import noun_table
from xperience.corpus.labels.meaning import after_shift, changed, motion, particle, within_noun
from xperience.corpus.labels.phrases import nouns_of
from xperience.corpus.labels.words import COMMA, segments, words

VERSION = 2
"""Raised with every change of tables or rules: families of different versions are not compared.

1 read words of a to z only. 2: words of any script, clauses, walking, materials, verbs inside nouns.
"""

_NUMBERED = frozenset(["step", "action", "task", "subtask", "phase", "stage", "part"])


@dataclass(frozen=True)
class Label:
    """What a label says.

    Attributes:
        text: as given. verb, noun: canonical; "" where there is none. nouns: all of them, in order. verbs: all of them.
        whole: the words of the text where neither verb nor noun is known, else "". family: "verb noun", or `whole`.
        version: of the rules. steps: (step, result), for people.
    """

    text: str
    verb: str
    noun: str
    nouns: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    version: int = VERSION
    whole: str = ""
    steps: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    @property
    def family(self) -> str:
        return self.whole or f"{self.verb} {self.noun}".strip()


def parse(text: str) -> Label:
    """Verb, nouns and family of a label; any text has some, one without words has empty ones."""
    return _parse(text[:1600])


def family(text: str) -> str:
    """The family of a label; the text's own words where neither verb nor noun is known."""
    return parse(text).family or " ".join(words(text))


@cache
def _parse(text: str) -> Label:
    parts = _without_numbers(segments(text))
    steps = [("words", " : ".join(" ".join(part).replace(" ,", ",") for part in parts))]
    for part in parts:
        if found := clauses(part):
            return _with_verb(text, found, steps)
    for part in parts:
        if action := within_noun(part):
            name, things, note = action
            steps += [("verb", note), *_ends(name, things)]
            return Label(text, name, _first(things), tuple(things), (name,), VERSION, "", tuple(steps))
    things = list(dict.fromkeys(noun for part in parts for noun in nouns_of(part)))
    known = any(things[0] == name for name in noun_table().values()) if things else False
    whole = "" if known else " ".join(word for part in parts for word in part if word != COMMA)
    steps += [("verb", "none"), ("noun", _first(things))]
    if whole:
        steps.append(("family", f"{whole} (nothing known)"))
    return Label(text, "", _first(things), tuple(things), (), VERSION, whole, tuple(steps))


def _without_numbers(parts: list[list[str]]) -> list[list[str]]:
    """Segments without the number of a list before them: "1) pick up cup", "Step 2: pour"."""
    if parts and len(parts[0]) > 1 and parts[0][0] in _NUMBERED and parts[0][1].isdigit():
        parts = [parts[0][2:], *parts[1:]]
    elif len(parts) > 1 and len(parts[0]) == 1 and (parts[0][0].isdigit() or len(parts[0][0]) == 1):
        parts = parts[1:]
    return [part for part in parts if part]


def _with_verb(text: str, found: list[Clause], steps: list[tuple[str, str]]) -> Label:
    main = found[0]
    name, rest = main.group, list(main.rest)
    steps.append(("verb", f"{' '.join(main.words)} -> {' '.join(main.phrase)} -> {name}"))
    inner = _inner(main, rest)
    if inner is not None:
        name, things, note = inner
        steps.append(("inside", note))
    else:
        name, rest, note = particle(name, main.phrase, rest)
        if note:
            steps.append(("particle", note))
        things = nouns_of(rest)
        shared = _shared(found) if not things else None
        if shared is not None:
            things = nouns_of(particle(shared.group, shared.phrase, list(shared.rest))[1])
            steps.append(("shared", f"{' '.join(main.words)} and {' '.join(shared.words)} are done to one thing"))
        new = motion(main, _first(things), list(main.rest)) or changed(name, _first(things), rest)
        if new != name:
            steps.append(("context", f"{name} -> {new}"))
            name = new
    noun = _first(things)
    everything = [*things, *(thing for clause in found[1:] for thing in nouns_of(list(clause.rest)))]
    everything = list(dict.fromkeys(everything))
    more = [clause.group for clause in found[1:]]
    steps += _ends(name, everything, noun)
    return Label(text, name, noun, tuple(everything), tuple(dict.fromkeys([name, *more])), VERSION, "", tuple(steps))


def _inner(main: Clause, rest: list[str]) -> tuple[str, list[str], str] | None:
    """An action that stands as a noun behind a verb that says only how far it is, or that one turns to it."""
    if main.lemma in grammar.SHIFTS and (action := after_shift(main, rest)):
        return action
    return within_noun(rest) if main.lemma in grammar.LIGHT else None


def _shared(found: list[Clause]) -> Clause | None:
    """The clause whose thing the first verb shares: the next one in a list of verbs of one form that has any."""
    for before, clause in pairwise(found):
        listed = clause.opens == found[0].gerund and clause.join in (COMMA, "and", "or", "then")
        if (
            not listed
            and clause.join not in ("by", "for")
            and not (clause.join == "to" and found[0].lemma in grammar.PURPOSE)
        ):
            return None
        if before.rest and before is not found[0] and nouns_of(list(before.rest)):
            return None
        if nouns_of(list(clause.rest)):
            elsewhere = clause.rest[0] in ("to", "from") and found[0].group != clause.group
            return None if elsewhere else clause
    return None


def _first(things: list[str]) -> str:
    return things[0] if things else ""


def _ends(name: str, things: list[str], noun: str | None = None) -> list[tuple[str, str]]:
    noun = _first(things) if noun is None else noun
    return [("nouns", ", ".join(things) or "none"), ("family", f"{name} {noun}".strip())]
