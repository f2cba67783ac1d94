"""Words for what happens: labels with their variants, descriptions, sentences about hands and objects.

The canonical label of an action is "Verb noun rest", such as "Pour water into dripper"; about seven in ten are written so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CANONICAL_SHARE = 0.7

VOWELS = "aeiou"
GERUNDS = {"tie": "tying", "transfer": "transferring"}
PREPOSITIONS = (
    "into",
    "onto",
    "in",
    "on",
    "with",
    "from",
    "over",
    "to",
    "at",
    "against",
    "off",
    "around",
    "under",
    "of",
)
MASS = frozenset(
    {
        "water", "coffee", "tea", "milk", "sugar", "salt", "paint", "glue", "soap", "text", "soil", "seeds", "vegetables",
        "leaves", "names", "screws", "nails", "juice", "tape", "items", "both hands", "hands", "teeth", "toothpaste", "eggs",
    }
)  # fmt: skip
"""Nouns without an article in sentences."""

SYNONYMS: dict[str, tuple[str, ...]] = {
    "pick up": ("take", "grab", "grasp", "lift", "get"),
    "put down": ("place", "set down", "put back", "set aside", "return"),
    "place": ("put", "set", "position"),
    "pour": ("add", "fill in", "transfer"),
    "cut": ("slice", "chop"),
    "slice": ("cut",),
    "stir": ("mix",),
    "wipe": ("clean", "rub"),
    "wash": ("scrub", "clean"),
    "rinse": ("wash off",),
    "open": ("unscrew", "uncover"),
    "close": ("shut",),
    "fold": ("fold up",),
    "spread": ("lay out", "flatten"),
    "write": ("note down", "write down"),
    "hammer": ("drive in", "pound"),
    "tighten": ("screw in", "fasten"),
    "press": ("push", "tap"),
    "turn on": ("switch on", "activate"),
    "turn off": ("switch off",),
    "scan": ("read", "check"),
    "pack": ("put", "place", "load"),
    "shelve": ("place", "put", "stock"),
    "inspect": ("examine", "look at", "check"),
    "move": ("shift", "reposition"),
    "water": ("irrigate", "pour water on"),
    "wrap": ("cover",),
    "seal": ("tape", "close up"),
    "sort": ("place", "put"),
    "arrange": ("adjust", "position", "organize"),
    "attach": ("fix", "mount"),
    "align": ("adjust", "line up"),
    "walk to": ("go to", "move to"),
    "look at": ("glance at",),
    "paint": ("brush", "coat"),
    "measure": ("gauge",),
    "drink from": ("sip from",),
    "scoop": ("dig", "take out"),
    "plant": ("set",),
    "hang up": ("hang",),
    "hold": ("keep holding",),
    "stack": ("pile up", "pile"),
    "apply": ("spread", "squeeze"),
    "spray": ("squirt",),
    "sprinkle": ("scatter", "add"),
    "insert": ("put in", "place"),
    "fill": ("top up",),
}


def gerund(verb: str) -> str:
    """The -ing form of a verb phrase: "pick up" gives "picking up"."""
    head, _, tail = verb.partition(" ")
    if head in GERUNDS:
        form = GERUNDS[head]
    elif head.endswith("e") and not head.endswith(("ee", "oe")):
        form = head[:-1] + "ing"
    elif _doubles(head):
        form = head + head[-1] + "ing"
    else:
        form = head + "ing"
    return f"{form} {tail}".strip()


def third(verb: str) -> str:
    """The third person of a verb phrase: "wash up" gives "washes up"."""
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
    if len(word) < 3 or word[-1] in VOWELS + "wxy" or word[-2] not in VOWELS or word[-3] in VOWELS:
        return False
    groups = sum(a in VOWELS and (k == 0 or word[k - 1] not in VOWELS) for k, a in enumerate(word))
    return groups == 1


@dataclass(frozen=True)
class Phrase:
    """What is done to what: `rest` is a trailing phrase such as "into bowl"."""

    verb: str
    noun: str
    rest: str = ""

    @property
    def canonical(self) -> str:
        return _join(self.verb, self.noun, self.rest, capital=True)

    def sentence(self, verb: str, noun: str | None = None) -> str:
        """With articles, for a sentence: "pours water into the dripper"."""
        return _join(verb, the(noun or self.noun), with_article(self.rest))


@dataclass(frozen=True)
class Scene:
    """What a sentence about an action may mention.

    Attributes:
        manner: "take", "put", "use" (of a tool on something, or of a thing itself), "touch", "both", "walk" or "look". hand: "right", "left" or "" where none matters.
        names: what captions may call the noun, the usual one first. tool: what the hand holds, or "". place: where it is.
    """

    manner: str
    hand: str = ""
    names: tuple[str, ...] = ()
    tool: str = ""
    place: str = ""


def _join(*words: str, capital: bool = False) -> str:
    text = " ".join(word for word in words if word)
    return text[:1].upper() + text[1:] if capital else text


def the(noun: str) -> str:
    return noun if not noun or noun in MASS else f"the {noun}"


def with_article(rest: str) -> str:
    for preposition in PREPOSITIONS:
        if rest.startswith(preposition + " "):
            return f"{preposition} {the(rest[len(preposition) + 1 :])}"
    return rest


def pick(rng: np.random.Generator, options: Sequence[str], first: float) -> str:
    """The first option with probability `first`, else one of the others, earlier ones more often."""
    if len(options) == 1 or rng.random() < first:
        return options[0]
    weight = 1 / np.arange(1, len(options))
    return options[1 + int(rng.choice(len(options) - 1, p=weight / weight.sum()))]


def label(phrase: Phrase, names: tuple[str, ...], rng: np.random.Generator) -> str:
    """A free-text label: canonical most of the time, else inflected, with an article, a synonym or another name."""
    if rng.random() < CANONICAL_SHARE:
        return phrase.canonical
    verb, noun, form, article = phrase.verb, phrase.noun, 0, False
    change = rng.random()
    if change < 0.35:
        form = 1
    elif change < 0.45:
        form, article = 2, True
    elif change < 0.70 and verb in SYNONYMS:
        verb = pick(rng, SYNONYMS[verb], 0.5)
    elif change < 0.88 and len(names) > 1:
        noun = pick(rng, names[1:], 0.5)
    else:
        article = True
    verb = (verb, gerund(verb), third(verb))[form]
    return _join(
        verb, the(noun) if article else noun, with_article(phrase.rest) if article else phrase.rest, capital=True
    )


DESCRIPTIONS: dict[str, tuple[str, ...]] = {
    "take": (
        "The person reaches for {the_noun} on the {place} and picks it up with the {hand} hand.",
        "The person's {hand} hand grasps {the_noun} and lifts it from the {place}.",
        "The user extends the {hand} hand towards {the_noun}, grips it and raises it.",
    ),
    "put": (
        "The person {thirds} with the {hand} hand.",
        "The {hand} hand lowers {the_noun} and lets it go at the {place}.",
        "The user {thirds} and withdraws the {hand} hand.",
    ),
    "use": (
        "The person {thirds}, holding the {tool} in the {hand} hand.",
        "Using the {tool}, the person {thirds} at the {place}.",
        "The user holds the {tool} in the {hand} hand and {thirds}.",
    ),
    "touch": (
        "The person {thirds} with the {hand} hand.",
        "The person reaches out with the {hand} hand and {thirds}.",
        "At the {place}, the user {thirds}.",
    ),
    "both": (
        "The person {thirds} with both hands.",
        "Both hands work together as the person {thirds} at the {place}.",
        "The user {thirds}, using both hands.",
    ),
    "self": (
        "The person {thirds}, held in the {hand} hand.",
        "With the {hand} hand, the person {thirds} at the {place}.",
        "The user {thirds} in the {hand} hand.",
    ),
    "walk": ("The person walks across the room to the {place}.", "The person moves towards the {place}."),
    "look": ("The person looks at {the_noun} without touching anything.", "The person turns the gaze to {the_noun}."),
}

INTERACTIONS: dict[str, tuple[str, ...]] = {
    "take": (
        "The {hand} hand is reaching for {the_noun}.",
        "{Hand} hand grasping {the_noun} on the {place}.",
        "The person's {hand} hand grips {the_noun} and lifts it.",
    ),
    "put": (
        "The {hand} hand is placing {the_noun} at the {place}.",
        "{Hand} hand sets {the_noun} down.",
        "The person's {hand} hand releases {the_noun}.",
    ),
    "use": (
        "The {hand} hand holds the {tool} and is {gerunds}.",
        "{Hand} hand {gerunds} with the {tool}.",
        "The person grips the {tool} in the {hand} hand while {gerunds}.",
    ),
    "touch": (
        "The {hand} hand is {gerunds}.",
        "{Hand} hand touches {the_noun}.",
        "The person's {hand} hand is in contact with {the_noun}.",
    ),
    "both": (
        "Both hands are {gerunds}.",
        "Left and right hand {gerunds} together.",
        "Both hands are busy {gerunds}.",
    ),
    "self": (
        "The {hand} hand is {gerunds}.",
        "{Hand} hand holds {the_noun}.",
        "The person's {hand} hand keeps hold of {the_noun}.",
    ),
    "walk": ("The person walks towards the {place}.", "No object is being handled while the person walks."),
    "look": ("Both hands are at rest.", "The hands touch nothing."),
}


def describe(phrase: Phrase, scene: Scene, rng: np.random.Generator) -> tuple[str, str]:
    """Description of an action, and a sentence about hands and objects."""
    noun = pick(rng, scene.names, 0.7) if scene.names else phrase.noun
    manner = (
        "self" if scene.manner == "use" and (scene.tool == phrase.noun or scene.tool in scene.names) else scene.manner
    )
    if manner == "use" and phrase.rest.startswith("with "):
        phrase = Phrase(phrase.verb, phrase.noun)  # the sentence names the tool anyway
    hand = scene.hand or "right"
    words = {
        "the_noun": the(noun),
        "thirds": phrase.sentence(third(phrase.verb), noun),
        "gerunds": phrase.sentence(gerund(phrase.verb), noun),
        "hand": hand,
        "Hand": hand.capitalize(),
        "tool": scene.tool,
        "place": scene.place,
    }
    description = pick(rng, DESCRIPTIONS[manner], 0.5).format(**words)
    interaction = pick(rng, INTERACTIONS[manner], 0.5).format(**words)
    return description, interaction
