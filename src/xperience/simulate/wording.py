"""Words for what happens: labels with their variants, descriptions, sentences about hands and objects.

The canonical label of an action is "Verb noun rest", such as "Pour water into dripper"; about seven in ten are written so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

VOWELS = "aeiou"
IRREGULAR = {"tie": "tying", "lie": "lying"}


def gerund(verb: str) -> str:
    """The -ing form of a verb phrase: "pick up" gives "picking up"."""
    head, _, tail = verb.partition(" ")
    if head in IRREGULAR:
        form = IRREGULAR[head]
    elif head.endswith("e") and not head.endswith("ee"):
        form = head[:-1] + "ing"
    elif _doubles(head):
        form = head + head[-1] + "ing"
    else:
        form = head + "ing"
    return f"{form} {tail}".strip()


def third(verb: str) -> str:
    """The third person: "wash up" gives "washes up"."""
    head, _, tail = verb.partition(" ")
    if head.endswith(("s", "sh", "ch", "x", "z", "o")):
        form = head + "es"
    elif head.endswith("y") and head[-2] not in VOWELS:
        form = head[:-1] + "ies"
    else:
        form = head + "s"
    return f"{form} {tail}".strip()


def _doubles(word: str) -> bool:
    """Whether a verb doubles its last consonant: one syllable, consonant-vowel-consonant ("cut", not "pour")."""
    groups = sum(a in VOWELS and (k == 0 or word[k - 1] not in VOWELS) for k, a in enumerate(word))
    return (
        len(word) > 2
        and groups == 1
        and word[-1] not in VOWELS + "wxy"
        and word[-2] in VOWELS
        and word[-3] not in VOWELS
    )


SYNONYMS: dict[str, tuple[str, ...]] = {
    "pick up": ("take", "grab", "grasp", "lift", "get"),
    "put down": ("place", "set down", "put back", "set aside"),
}


@dataclass(frozen=True)
class Phrase:
    """What is done to what: `rest` is a trailing phrase such as "into bowl"."""

    verb: str
    noun: str
    rest: str = ""

    @property
    def canonical(self) -> str:
        return " ".join(word for word in (self.verb.capitalize(), self.noun, self.rest) if word)


def label(phrase: Phrase, names: tuple[str, ...], rng: np.random.Generator) -> str:
    """A free-text label: the canonical one with probability 0.7, else inflected, with an article or a synonym."""
    if rng.random() < 0.7:
        return phrase.canonical
    verb, noun = phrase.verb, phrase.noun
    if rng.random() < 0.45 and verb in SYNONYMS:
        verb = str(rng.choice(SYNONYMS[verb]))
    if rng.random() < 0.3 and len(names) > 1:
        noun = str(rng.choice(names[1:]))
    form = rng.choice(3, p=(0.5, 0.38, 0.12))
    verb = (verb, gerund(verb), third(verb))[form]
    article = "the " if form == 2 or rng.random() < 0.12 else ""
    return " ".join(word for word in (verb.capitalize(), article + noun, phrase.rest) if word)
