"""What a verb means where it stands: with its particle, before its preposition, in front of a noun that names an action."""

from __future__ import annotations

from xperience.corpus.labels.clauses import Clause
from xperience.corpus.labels.grammar import (
    ARRANGEMENTS,
    AWAY,
    BACKWARDS,
    BREAKS,
    CHANGES,
    NOMINAL,
    PLACES,
    STOP,
    TOWARDS,
)
from xperience.corpus.labels.lookup import group_of, is_action, is_thing, lemma_of, verb_table
from xperience.corpus.labels.phrases import head, nouns_of
from xperience.corpus.labels.verbs import GOING, PARTICLES
from xperience.corpus.labels.words import singular, unknown_lemma

_LATE = ("on", "off", "up", "down", "over", "away", "back", "out", "in", "together", "aside", "open", "apart")


def particle(name: str, phrase: tuple[str, ...], rest: list[str]) -> tuple[str, list[str], str]:
    """A particle behind the object ("turn the tap off"), or one that stands before it and says nothing."""
    table = verb_table()
    if len(phrase) == 1:
        for place, word in enumerate(rest[:6]):
            if word in _LATE and place:
                followed = place + 1 < len(rest) and rest[place + 1] not in BREAKS
                changed = table.get((phrase[0], word))
                if changed is not None and not followed:
                    return changed, rest[:place], f"{phrase[0]} ... {word} -> {changed}"
            elif word in BREAKS and place:
                break
    while rest and rest[0] in PARTICLES and len(rest) > 1:
        rest = rest[1:]
    if rest == ["back"] and name in BACKWARDS:
        rest = []
    return name, rest, ""


def changed(name: str, noun: str, rest: list[str]) -> str:
    """The verb that a later preposition, or the noun, makes of a verb."""
    if (name, noun) in CHANGES:
        return CHANGES[name, noun]
    if name == "scan" and noun in PLACES:
        return "look"
    seen = False
    for place, word in enumerate(rest):
        if word in BREAKS:
            if seen and (name, word) in CHANGES and not (word == "in" and _is_arrangement(rest[place + 1 :])):
                return CHANGES[name, word]
            if seen and word not in ("back", "of"):
                break
        else:
            seen = True
    return name


def _is_arrangement(words: list[str]) -> bool:
    """Whether the phrase says how things lie ("in a row"), not what they lie in."""
    phrase = _phrase(words)
    return bool(phrase) and singular(phrase[-1]) in ARRANGEMENTS


def _phrase(words: list[str]) -> list[str]:
    """The words of the noun phrase that begins here."""
    out = []
    for word in words:
        if word in BREAKS or word == "of":
            break
        out.append(word)
    return out


def motion(main: Clause, noun: str, rest: list[str]) -> str | None:
    """The verb "walk" where somebody goes and no thing is moved ("move towards the shelf"), else None."""
    if main.lemma == "leave" and noun in PLACES and main.group == "put" and nouns_of(_phrase(rest)):
        return "walk"
    if main.lemma not in GOING:
        return None
    behind = [*main.words[1:], *rest]
    if not behind:
        return None
    first, following = behind[0], behind[1:]
    if first in TOWARDS:
        return "walk"
    if first in AWAY:
        if not following or following[0] in BREAKS:
            return "walk"
        if first in ("into", "around", "between", "up", "down", "about", "in", "on") and noun in PLACES:
            return "walk"
    return None


def after_shift(main: Clause, rest: list[str]) -> tuple[str, list[str], str] | None:
    """What is done next, behind "return to" or "transition to": (verb, nouns, note); None where a place or thing stands there."""
    behind = [*main.words[1:], *rest]
    if "to" not in behind[:2]:
        return _switch(main, rest) if main.lemma == "transition" and "from" in behind[:1] else None
    following = behind[behind.index("to") + 1 :]
    if len(following) > 1 and is_action(following[0]) and (things := nouns_of(following)) and things[0] not in PLACES:
        name = group_of((lemma_of(following[0]) or unknown_lemma(following[0]),))
        things = nouns_of(following[1:]) if things[0] not in ("position", "posture") else []
        return name, things, f"{main.lemma} to {following[0]} -> {name}"
    return within_noun(following) or (_switch(main, following) if main.lemma == "transition" else None)


def _switch(main: Clause, rest: list[str]) -> tuple[str, list[str], str] | None:
    """From one thing to another, if neither is a place."""
    if "to" in rest:
        rest = rest[rest.index("to") + 1 :]
    things = nouns_of(rest)
    if not things or things[0] in PLACES:
        return None
    return ("switch", things, f"{main.lemma} to {things[0]} -> switch")


def within_noun(words: list[str]) -> tuple[str, list[str], str] | None:
    """The action that a noun phrase names: (verb, nouns, note) of "alignment of edges", "cardboard cutting", "a cut"."""
    start = 0
    while start < len(words) and words[start] in STOP:
        start += 1
    phrase = _phrase(words[start:])
    while phrase and phrase[-1] in STOP:
        phrase.pop()
    if not phrase:
        return None
    end = start + len(phrase)
    if is_action(phrase[0]) and len(phrase) > 1 and not is_action(phrase[-1]) and singular(phrase[-1]) not in NOMINAL:
        return None
    last = phrase[-1]
    lemma = NOMINAL.get(singular(last))
    if lemma is None and is_action(last):
        lemma = lemma_of(last) or unknown_lemma(last)
    if lemma is None:
        return None
    before = [word for word in phrase[:-1] if word not in STOP]
    things: list[str] = []
    if end < len(words) and words[end] in ("of", "on", "to", "in", "for", "with", "from"):
        things = nouns_of(words[end + 1 :] if words[end] == "of" else words[end:])
    if before and (inner := head(before)):
        things = [*things, inner] if things and (words[end] == "of" or not is_thing(inner)) else [inner, *things]
    name = changed(group_of((lemma,)), things[0] if things else "", [])
    return name, list(dict.fromkeys(things)), f"{' '.join(phrase)} -> {lemma} -> {name}"
