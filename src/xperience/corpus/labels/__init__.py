"""Free text to verb, noun and family: by rule, explainable, the same everywhere.

    parse("Adjusting puzzle piece")   verb adjust, noun puzzle, family "adjust puzzle"

The words of a label are brought to their base forms, the longest known verb phrase at its start names the verb, the
head of the noun phrase behind it the noun, and both are replaced by the name of their group. What no table knows stays
as it is, so that every label has a family.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from xperience.corpus.labels import nouns, verbs
from xperience.corpus.labels.words import known_lemma, singular, words

VERSION = 1
"""Raised with every change of tables or rules: families of different versions are not compared."""

STOP = frozenset(
    [
        "the",
        "a",
        "an",
        "some",
        "his",
        "her",
        "their",
        "its",
        "my",
        "your",
        "this",
        "that",
        "these",
        "those",
        "of",
        "and",
        "or",
        "another",
        "other",
        "more",
        "one",
        "two",
        "three",
        "four",
        "five",
        "first",
        "second",
        "last",
        "same",
        "new",
        "old",
        "big",
        "small",
        "large",
        "little",
        "red",
        "green",
        "blue",
        "white",
        "black",
        "yellow",
        "brown",
        "pink",
        "purple",
        "orange",
        "grey",
        "gray",
        "wooden",
        "plastic",
        "metal",
        "glass-made",
        "hot",
        "cold",
        "dirty",
        "clean",
        "empty",
        "full",
        "remaining",
        "next",
        "again",
        "very",
        "both",
        "all",
        "each",
        "several",
        "few",
        "left",
        "right",
        "upper",
        "lower",
        "top-most",
        "small-sized",
        "him",
        "them",
        "it",
        "himself",
        "herself",
        "currently",
        "while",
        "using",
        "used",
        "by",
    ]
)
"""Words of a noun phrase that do not name the thing."""

NAMES = frozenset(["plastic", "glass", "metal", "green", "white", "orange", "last", "one"])
"""Words that name a thing where nothing follows them."""

BREAKS = frozenset(
    [
        "in",
        "into",
        "on",
        "onto",
        "from",
        "to",
        "with",
        "inside",
        "at",
        "under",
        "over",
        "off",
        "out",
        "up",
        "down",
        "for",
        "through",
        "around",
        "between",
        "behind",
        "near",
        "towards",
        "toward",
        "against",
        "across",
        "before",
        "after",
        "above",
        "below",
        "beside",
        "by",
        "using",
        "while",
        "and",
        "then",
        "within",
        "along",
        "upon",
        "via",
        "without",
        "as",
        "where",
        "which",
        "that",
    ]
)
"""Words that end a noun phrase."""

CHANGES = {
    ("put", "in"): "insert", ("put", "into"): "insert", ("put", "inside"): "insert", ("move", "into"): "insert",
    ("take", "out"): "remove", ("move", "in"): "insert", ("take", "off"): "remove", ("pull", "off"): "remove", ("open", "tap"): "turn-on",
    ("close", "tap"): "turn-off", ("push", "button"): "press", ("put", "off"): "turn-off",
}  # fmt: skip
"""Verbs that a later preposition or the noun makes into another."""


@dataclass(frozen=True)
class Label:
    """What a label says.

    Attributes:
        text: as given. verb, noun: canonical; "" where there is none. nouns: all of them, in order. verbs: all of them.
        family: "verb noun". version: of the rules. steps: (step, result), for people.
    """

    text: str
    verb: str
    noun: str
    nouns: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    version: int = VERSION
    steps: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    @property
    def family(self) -> str:
        return f"{self.verb} {self.noun}".strip()


def parse(text: str) -> Label:
    """Verb, nouns and family of a label; any text has some, the empty one has empty ones."""
    return _parse(text[:400])


def family(text: str) -> str:
    """The family of a label; the text itself, in lower case, where neither verb nor noun is found."""
    return parse(text).family or " ".join(words(text))


@cache
def _verb_table() -> dict[tuple[str, ...], str]:
    table: dict[tuple[str, ...], str] = {}
    for name, phrases in verbs.GROUPS.items():
        for phrase in phrases.split(","):
            table.setdefault(tuple(phrase.split()), name)
    return table


@cache
def _verb_words() -> frozenset[str]:
    return frozenset(phrase[0] for phrase in _verb_table()) | frozenset(verbs.IRREGULAR.values())


@cache
def _noun_table() -> dict[tuple[str, ...], str]:
    table: dict[tuple[str, ...], str] = {}
    for name, phrases in nouns.GROUPS.items():
        for phrase in phrases.split(","):
            table.setdefault(tuple(phrase.split()), name)
    return table


def _lemma(word: str) -> str | None:
    """Base form of a known verb."""
    return verbs.IRREGULAR.get(word) or known_lemma(word, _verb_words())


@cache
def _parse(text: str) -> Label:
    tokens = words(text.replace(":", " ").replace("/", " and "))
    steps = [("words", " ".join(tokens))]
    start, lemma = _first_verb(tokens)
    if lemma is None:
        found = _nouns(tokens)
        noun = found[0] if found else ""
        return Label(text, "", noun, tuple(found), (), VERSION, (*steps, ("verb", "none"), ("noun", noun)))
    phrase, used = _verb_phrase(tokens, start, lemma)
    name = _verb_table().get(phrase, phrase[0])
    steps.append(("verb", f"{' '.join(tokens[start : start + used])} -> {' '.join(phrase)} -> {name}"))
    rest = tokens[start + used :]
    name, rest, note = _particle(name, phrase, rest)
    if note:
        steps.append(("particle", note))
    found = _nouns(rest)
    noun = found[0] if found else ""
    changed = _changed(name, noun, rest)
    if changed != name:
        steps.append(("context", f"{name} -> {changed}"))
        name = changed
    steps += [("nouns", ", ".join(found) or "none"), ("family", f"{name} {noun}".strip())]
    more = _later_verbs(rest)
    return Label(text, name, noun, tuple(found), (name, *more), VERSION, tuple(steps))


def _first_verb(tokens: list[str]) -> tuple[int, str | None]:
    """Place and base form of the label's verb: the first known one behind words that only say how."""
    for place, word in enumerate(tokens[:6]):
        if (
            word in verbs.STARTERS
            and any(_lemma(later) for later in tokens[place + 1 : place + 4])
            and not (word in ("start", "stop", "go", "left", "right", "light") and _is_particle(tokens, place + 1))
        ):
            if word in ("stop", "finish") and len(tokens) == place + 1:
                return place, word
            if word in ("start", "stop", "go") and not tokens[place + 1].endswith("ing"):
                return place, word
            continue
        lemma = _lemma(word)
        if lemma is not None:
            return place, lemma
        if place == 0 and not word.endswith("ing") and word not in verbs.STARTERS:
            break
    return (0, None) if not tokens else _unknown_verb(tokens)


def _unknown_verb(tokens: list[str]) -> tuple[int, str | None]:
    """A gerund at the start is a verb even if no table knows it."""
    if tokens[0].endswith("ing") and len(tokens[0]) > 5:
        return 0, tokens[0][:-3]
    return 0, None


def _is_particle(tokens: list[str], place: int) -> bool:
    return place < len(tokens) and tokens[place] in verbs.PARTICLES


def _verb_phrase(tokens: list[str], start: int, lemma: str) -> tuple[tuple[str, ...], int]:
    """The longest known phrase that begins with the verb, and how many words of the label it takes."""
    table = _verb_table()
    for length in (4, 3, 2):
        rest = tokens[start + 1 : start + length]
        if len(rest) == length - 1:
            for tail in (tuple(rest), tuple(singular(word) for word in rest)):
                if (lemma, *tail) in table:
                    last = tail[-1]
                    return (lemma, *tail), length if last in verbs.PARTICLES else 1
    return (lemma,), 1


def _particle(name: str, phrase: tuple[str, ...], rest: list[str]) -> tuple[str, list[str], str]:
    """A particle behind the object ("turn the tap off"), or one that stands before it and says nothing."""
    table = _verb_table()
    if len(phrase) == 1:
        for place, word in enumerate(rest[:6]):
            if word in ("on", "off", "up", "down", "over", "away", "back", "out", "in") and place:
                followed = place + 1 < len(rest) and rest[place + 1] not in BREAKS
                changed = table.get((phrase[0], word))
                if changed is not None and not followed:
                    return changed, rest[:place], f"{phrase[0]} ... {word} -> {changed}"
            elif word in BREAKS and place:
                break
    while rest and rest[0] in verbs.PARTICLES and len(rest) > 1:
        rest = rest[1:]
    return name, rest, ""


def _changed(name: str, noun: str, rest: list[str]) -> str:
    if (name, noun) in CHANGES:
        return CHANGES[name, noun]
    seen = False
    for word in rest:
        if word in BREAKS:
            if seen and (name, word) in CHANGES:
                return CHANGES[name, word]
            if seen and word not in ("back", "of"):
                break
        else:
            seen = True
    return name


def _later_verbs(rest: list[str]) -> list[str]:
    """Verbs behind "and", "then" or a comma that begin a further action."""
    out = []
    for place, word in enumerate(rest[:-1]):
        if word in ("and", "then", "while") and (lemma := _lemma(rest[place + 1])):
            following = rest[place + 1]
            if following.endswith("ing") or place + 2 < len(rest):
                phrase, _ = _verb_phrase(rest, place + 1, lemma)
                out.append(_verb_table().get(phrase, phrase[0]))
    return list(dict.fromkeys(out))


def _nouns(tokens: list[str]) -> list[str]:
    """Canonical nouns of all noun phrases, in order."""
    phrases: list[list[str]] = [[]]
    tokens = _joined(tokens)
    for place, word in enumerate(tokens):
        if word == "of" and phrases[-1] and singular(phrases[-1][-1]) in nouns.COVERS:
            phrases[-1] = []
        elif (word == "of" and phrases[-1]) or (word in BREAKS and not (word in ("washing",) and place)):
            phrases.append([])
        elif word not in STOP or (word in NAMES and (place + 1 == len(tokens) or tokens[place + 1] in BREAKS)):
            phrases[-1].append(word)
    out = [name for phrase in phrases if phrase and (name := _head(phrase))]
    return list(dict.fromkeys(out))


def _joined(tokens: list[str]) -> list[str]:
    """Names of things that hold a preposition ("washing up liquid") without it."""
    out = list(tokens)
    for place in range(len(out) - 2):
        if out[place : place + 3] == ["washing", "up", "liquid"]:
            out[place : place + 3] = ["washing", "liquid"]
            break
    return out


def _head(phrase: list[str]) -> str:
    """The thing that a noun phrase names: the longest known name that ends it, else its last word."""
    table = _noun_table()
    base = [*phrase[:-1], singular(phrase[-1])]
    for length in range(len(base), 0, -1):
        tail = tuple(base[-length:])
        if tail in table:
            return table[tail]
    for start in range(len(base)):  # a known thing before an unknown last word: "mug handle", "onion pieces"
        if base[-1] in nouns.COVERS and start < len(base) - 1:
            inner = tuple(singular(word) for word in base[start:-1])
            if inner in table:
                return table[inner]
    return base[-1] if not base[-1].isdigit() else ""
