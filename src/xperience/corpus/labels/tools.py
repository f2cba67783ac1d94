"""Whether a text says that a tool is in use: a thing that is held works on another one.

    tool_use("The right hand holds the drill and is tightening screws.")   True
    tool_use("Right hand grasping the drill on the bench.")                False: it is taken up
    tool_use("The right hand holds the drill.")                            None: the text does not say

What speaks for a tool: something that is named as the means ("with the", "using"), something held by a hand that works on
something else, or a verb that bare hands cannot do. Against it: only verbs of taking, putting, walking and looking, hands
named as the means, or nothing touched at all.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

from xperience.corpus.labels.clauses import Clause, clauses
from xperience.corpus.labels.grammar import BREAKS, JOINS
from xperience.corpus.labels.phrases import head, nouns_of
from xperience.corpus.labels.words import COMMA, fold, segments, singular

INSTRUMENTS = frozenset([
    "knife", "scissors", "spoon", "fork", "spatula", "whisk", "ladle", "tongs", "chopstick", "peeler", "peeler:potato",
    "grater", "pin:rolling", "masher", "sponge", "cloth", "rag", "towel", "towel:kitchen", "brush", "toothbrush", "broom", "mop", "squeegee",
    "vacuum", "comb", "razor", "screwdriver", "wrench", "spanner", "hammer", "mallet", "plier", "pliers", "drill", "saw", "chisel",
    "sandpaper", "ruler", "gauge", "calipers", "caliper", "pen", "pencil", "marker", "highlighter", "crayon", "chalk",
    "stylus", "needle", "iron", "scanner", "stapler", "tweezers", "clamp", "trowel", "shovel", "spade", "rake", "hoe",
    "hose", "syringe", "pipette", "roller", "crowbar", "tool", "utensil", "stick", "cutter", "blade", "axe", "pruner", "glue gun",
    "scraper", "blender", "vise",
])  # fmt: skip
"""Things that are tools wherever they are named as the means; canonical names, or last words."""

VESSELS = frozenset([
    "kettle", "teapot", "jug", "bottle", "can", "cup", "pot", "pan", "server", "packet", "package", "box", "shaker",
    "salt", "pepper", "container", "bowl", "glass", "spray", "cleaner", "sprayer", "jar",
])  # fmt: skip
"""Things that are the means of getting something out of them."""

NEEDS = frozenset([
    "cut", "chop", "slice", "dice", "mince", "trim", "carve", "saw", "snip", "shear", "julienne", "whittle", "hammer", "drill",
    "sand", "write", "sign", "jot", "sketch", "doodle", "paint", "sew", "stitch", "embroider", "knit", "crochet", "iron", "vacuum",
    "hoover", "mop", "sweep", "rake", "shovel", "ladle", "stir", "whisk", "grate", "zest", "mow", "solder", "weld", "staple",
    "comb", "spray", "engrave", "highlight", "chisel", "prune",
])  # fmt: skip
"""Verbs of what bare hands cannot do."""

WORKS = NEEDS | frozenset([
    "pour", "tip", "decant", "drizzle", "dispense", "mix", "beat", "blend", "scoop", "spoon", "dig", "scrape", "scratch",
    "draw", "label", "scrub", "scour", "file", "plane", "polish", "screw", "tighten", "unscrew", "loosen", "turn", "twist", "measure",
    "weigh", "brush", "wash", "rinse", "clean", "wipe", "dust", "dry", "sprinkle", "water", "irrigate", "scan", "tape", "seal",
    "glue", "apply", "spread", "peel", "stab", "pierce", "poke", "prick", "flatten", "roll", "mark", "trace", "stamp", "score",
    "add", "transfer", "serve", "dip", "sow", "crack", "break", "crush", "mash", "pound", "strike", "hit", "nail", "flip", "toss",
    "pry", "lever", "fasten", "bolt", "cook", "fry", "inflate", "pump", "inject", "sharpen", "shave", "groom", "eat", "feed", "stab",
])  # fmt: skip
"""Verbs of what a hand does to one thing with another that it holds."""

EMPTIES = frozenset(["pour", "tip", "decant", "drizzle", "dispense", "add", "transfer", "serve", "sprinkle", "water", "irrigate",
                     "spray", "sow", "season"])  # fmt: skip
"""Those behind which "with" names a vessel as well as a tool."""

JOINING = frozenset(
    ["mix", "add", "blend", "serve", "eat", "feed", "toss", "dip", "spread", "cook", "fry", "turn", "water"]
)
"""Those behind which "with" may name what is worked on too: only known tools count ("mix flour with the milk")."""

COVERS = frozenset(["cover", "wrap", "fill", "refill", "coat", "season", "load", "pack", "stuff", "replace", "line", "decorate",
                    "garnish", "interact", "play", "talk", "speak", "work", "compare", "align", "match", "combine",
                    "help", "start", "finish", "continue", "fit"])  # fmt: skip
"""Verbs behind which "with" names no means."""

BARE = frozenset(["take", "put", "walk", "look", "reach", "let-go", "carry", "wait", "sit", "stand", "talk", "gesture", "drop",
                  "give", "feel", "lower", "lift", "crouch", "listen", "think", "sleep", "retract", "choose"])  # fmt: skip
"""Groups of verbs in which nothing is worked on, a tool that is taken up or put down included."""

HOLDS = frozenset(["hold", "grip", "grasp", "clutch", "carry", "wield", "take", "keep"])
HANDS = frozenset(["hand", "finger", "fingertip", "palm", "fist", "thumb", "foot", "mouth"])
EMPTY = frozenset(["nothing", "anything"])
IDLE = frozenset(
    [("at", "rest")]
    + [("no", word) for word in ("object", "objects", "tool", "tools")]
    + [(be, word) for be in ("is", "are") for word in ("idle", "empty")]
)
ARTICLES = frozenset(["the", "a", "an", "his", "her", "their", "its", "another"])
SUBJECTS = frozenset(["person", "user", "wearer", "man", "woman", "operator", "individual", "participant", "hand", "hands", "they", "he", "she"])  # fmt: skip


def tool_use(*texts: str) -> bool | None:
    """Whether a tool is in use by the first of the texts that says so or says not; None where none of them does."""
    for text in texts:
        found = _tool_use(text)
        if found is not None:
            return found
    return None


@cache
def _tool_use(text: str) -> bool | None:
    evidence: list[bool | None] = []
    everything = segments(text)
    works = any(clause.lemma != "use" for part in everything for one in _parts(part) for clause in clauses(one))
    for part in everything:
        if _idle(part):
            evidence.append(False)
        evidence += [_used(part, works), *(_told(one) for one in _parts(part))]
    if True in evidence:
        return True
    said = [one for one in evidence if one is not None]
    return False if said and not _open(everything) else None


def _parts(tokens: list[str]) -> list[list[str]]:
    """The tokens of each subject's clauses: another hand, or the person again, begins another part."""
    parts, first = [], 0
    for place in range(1, len(tokens)):
        if tokens[place - 1] not in JOINS:
            continue
        ahead = [word for word in tokens[place : place + 4] if word not in ARTICLES]
        named = ahead[:1] and (ahead[0] in SUBJECTS or (ahead[0] in ("left", "right", "other", "both") and set(ahead[1:2]) & SUBJECTS))  # fmt: skip
        if named:
            parts.append(tokens[first : place - 1])
            first = place
    return [part for part in [*parts, tokens[first:]] if part]


def _told(tokens: list[str]) -> bool | None:
    """What the verbs of one subject say."""
    found = _clauses(tokens)
    held = ""
    means: bool | None = None
    for clause in found:
        if clause.lemma in NEEDS:
            return True
        thing = _means(clause)
        if thing is not None:
            if thing:
                return True
            means = False
        if thing is None and _held_works(held, clause):
            return True
        if clause.lemma in HOLDS:
            held = _object(clause) or held
    if means is False:
        return False
    return False if found and all(clause.group in BARE for clause in found) else None


def _held_works(held: str, clause: Clause) -> bool:
    """Whether a clause tells of work on something else than what is held."""
    worked = _object(clause) if held and clause.lemma in WORKS else ""
    return bool(worked) and not _alike(held, worked)


def _clauses(tokens: list[str]) -> list[Clause]:
    """The clauses, those behind a "while" too whose gerund might have named a thing ("while washing the plate")."""
    out: list[Clause] = []
    for clause in clauses(tokens):
        if "while" not in clause.rest:
            out.append(clause)
            continue
        cut = clause.rest.index("while")
        out += [replace(clause, rest=clause.rest[:cut]), *clauses(list(clause.rest[cut + 1 :]))]
    return [replace(one, lemma="tape", phrase=("tape",)) if one.words[0] in ("taping", "taped") else one for one in out]


def _means(clause: Clause) -> bool | None:
    """Whether the clause names a tool as its means; False: a hand; None: it does not say."""
    for place, word in enumerate(clause.rest):
        if word != "with" or clause.rest[max(place - 1, 0)] in ("contact", "line", "touch"):
            continue
        phrase = _phrase(clause.rest[place + 1 :])
        name = _name(phrase)
        if not name:
            continue
        if _is_hand(phrase):
            return False
        if clause.lemma in COVERS or _alike(name, _object(clause)):
            continue
        known = _among(INSTRUMENTS, phrase) or (clause.lemma in EMPTIES and _among(VESSELS, phrase))
        if known or (clause.lemma in WORKS - JOINING and phrase[0] in ARTICLES):
            return True
    return None


def _used(tokens: list[str], works: bool) -> bool | None:
    """Whether something is used for something: "using a knife", "uses a spoon to stir", "a knife is used to cut"."""
    for place, word in enumerate(tokens):
        if word == "used" and tokens[place + 1 : place + 2] in (["to"], ["for"]):
            before = [w for w in tokens[:place] if w not in ("is", "are", "being", "was", "it")]
            if _name(before):
                return not _is_hand(before)
        if word in ("using", "uses", "use"):
            phrase = _phrase(tuple(tokens[place + 1 :]))
            if not _name(phrase):
                continue
            if _is_hand(phrase):
                return False
            purpose = "to" in tokens[place + 1 + len(phrase) : place + 2 + len(phrase)]
            if _among(INSTRUMENTS, phrase) or ((works or purpose) and phrase[0] in ARTICLES and word != "use"):
                return True
    return False if "manually" in tokens or ("by" in tokens and "hand" in _after(tokens, "by")) else None


def _after(tokens: list[str], word: str) -> list[str]:
    place = tokens.index(word) + 1
    return tokens[place : place + 1]


def _idle(tokens: list[str]) -> bool:
    """Whether hands are said to do nothing: "the hands touch nothing", "no object is being handled", "at rest"."""
    if EMPTY & set(tokens[1:]) and any(clause.group in ("feel", "hold", "use") for clause in clauses(tokens)):
        return True
    return bool(IDLE & set(pairwise(tokens)) and {"hand", "hands", "no"} & set(tokens))


def _open(everything: list[list[str]]) -> bool:
    """Whether a part is left of which nothing is said: work of which no means is named."""
    return any(
        _told(one) is None and not _idle(part) and _used(part, True) is None and bool(clauses(one))
        for part in everything
        for one in _parts(part)
    )


def _phrase(tokens: tuple[str, ...]) -> list[str]:
    end = next((k for k, word in enumerate(tokens) if word in BREAKS or word in JOINS or word == COMMA), len(tokens))
    return list(tokens[:end])


def _name(phrase: list[str]) -> str:
    found = nouns_of(phrase)
    return found[0] if found else ""


def _object(clause: Clause) -> str:
    return _name(_phrase(clause.rest[1:] if clause.rest[:1] == ("of",) else clause.rest))


def _is_hand(phrase: list[str]) -> bool:
    return bool(phrase) and singular(fold(phrase[-1])) in HANDS


def _among(names: frozenset[str], phrase: list[str]) -> bool:
    last = singular(fold(phrase[-1]))
    return last in names or (bool(phrase) and head(phrase) in names)


def _alike(one: str, other: str) -> bool:
    """Whether two names may be of one thing: the same, or one the other's last word."""
    a, b = (name.split(":")[0].split()[-1:] for name in (one, other))
    return not a or not b or a == b
