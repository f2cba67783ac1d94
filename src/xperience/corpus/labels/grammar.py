"""Words that hold labels together: what joins, ends, or only describes, and verbs whose meaning stands elsewhere."""

from __future__ import annotations

STOP = frozenset([
    "the", "a", "an", "some", "his", "her", "their", "its", "my", "your", "this", "that", "these", "those", "of",
    "and", "or", "another", "other", "more", "one", "two", "three", "four", "five", "first", "second", "last", "same",
    "new", "old", "big", "small", "large", "little", "red", "green", "blue", "white", "black", "yellow", "brown",
    "pink", "purple", "orange", "grey", "gray", "wooden", "plastic", "metal", "glass-made", "hot", "cold", "dirty",
    "clean", "empty", "full", "remaining", "next", "again", "very", "both", "all", "each", "several", "few", "left",
    "right", "upper", "lower", "top-most", "small-sized", "him", "them", "it", "himself", "herself", "currently",
    "while", "using", "used", "by", "additional", "extra", "further", "initial", "final", "various", "multiple",
    "miscellaneous", "entire", "whole", "own", "decorative", "colored", "coloured", "colorful", "colourful",
    "different", "many", "any", "else", ",",
])  # fmt: skip
"""Words of a noun phrase that do not name the thing."""

NAMES = frozenset(["plastic", "glass", "metal", "green", "white", "orange", "last", "one"])
"""Words that name a thing where nothing follows them."""

BREAKS = frozenset([
    "in", "into", "on", "onto", "from", "to", "with", "inside", "at", "under", "over", "off", "out", "up", "down",
    "for", "through", "around", "between", "behind", "near", "towards", "toward", "against", "across", "before",
    "after", "above", "below", "beside", "by", "using", "while", "and", "then", "within", "along", "upon", "via",
    "without", "as", "where", "which", "that", ",", "or", "together", "aside", "away", "apart", "forward", "forwards",
    "backward", "backwards", "during", "among", "onto", "next-to", "past", "beneath", "underneath", "alongside",
    "outside", "per", "upside",
])  # fmt: skip
"""Words that end a noun phrase."""

JOINS = frozenset([
    ",", "and", "or", "then", "while", "before", "after", "by", "when", "for", "to", "without", "but",
])  # fmt: skip
"""Words that a further verb may follow."""

OF_GERUNDS = frozenset(["while", "before", "after", "by", "when", "for", "to", "without"])
"""Those of JOINS behind which a gerund is a verb, whatever the form of the first verb."""

ASPECTS = frozenset([
    "continue", "keep", "start", "begin", "try", "attempt", "help", "resume", "proceed", "stop", "finish", "complete",
    "finalize", "finalise", "initiate", "commence", "conclude",
])  # fmt: skip
"""Verbs that say how far the following one is."""

LIGHT = ASPECTS | frozenset(
    ["perform", "do", "make", "conduct", "execute", "undertake", "have", "take", "give", "practice", "practise"]
)
"""Verbs whose meaning is in the noun: "resume observation", "make a cut"."""

PURPOSE = frozenset([
    "prepare", "ready", "start", "begin", "try", "attempt", "continue", "proceed", "help", "want", "get", "wait",
    "pause", "reach", "go",
])  # fmt: skip
"""Verbs behind which "to" is followed by a verb."""

SHIFTS = frozenset(["transition", "return", "proceed", "go", "switch", "move", "shift"])
"""Verbs behind which "to" may be followed by what is done next: "return to sorting", "transition to smartphone usage"."""

NOMINAL = {
    "alignment": "align", "realignment": "align", "organization": "organize", "organisation": "organize",
    "reorganization": "organize", "placement": "place", "adjustment": "adjust", "preparation": "prepare",
    "selection": "select", "assembly": "assemble", "disassembly": "disassemble", "usage": "use", "observation": "observe",
    "inspection": "inspect", "examination": "examine", "arrangement": "arrange", "rearrangement": "rearrange",
    "refinement": "refine", "measurement": "measure", "verification": "verify", "removal": "remove",
    "installation": "install", "collection": "collect", "transportation": "transport", "manipulation": "manipulate",
    "application": "apply", "distribution": "distribute", "evaluation": "evaluate", "calibration": "calibrate",
    "configuration": "configure", "maintenance": "maintain", "retrieval": "retrieve", "disposal": "dispose",
    "navigation": "navigate", "consumption": "consume", "communication": "communicate", "interaction": "interact",
    "decoration": "decorate", "replacement": "replace", "separation": "separate", "attachment": "attach",
    "cut": "cut", "fold": "fold", "count": "count", "setup": "set", "cleanup": "clean", "check": "check", "stitch": "sew",
    "crease": "fold", "conversation": "talk",
}  # fmt: skip
"""Nouns that name an action, and its verb."""


THINGS_IN_ING = frozenset([
    "ring", "string", "filling", "stuffing", "icing", "wrapping", "packaging", "lighting", "building", "painting",
    "drawing", "clothing", "seasoning", "topping", "dressing", "earring", "bedding", "ceiling", "railing", "frosting",
    "pudding", "dumpling", "plumbing", "spring", "wing", "swing", "sling", "coating", "flooring", "wiring", "padding",
    "tubing", "piping", "peeling", "packing", "washing", "something", "anything", "everything", "nothing", "thing",
    "king", "evening", "morning", "sibling", "duckling", "seedling", "housing", "casing", "fitting", "fishing-rod",
    "recycling", "lettering", "bearing",
])  # fmt: skip
"""Words in -ing that name things where they end a noun phrase."""

CHANGES = {
    ("pat", "phone"): "press", ("pat", "screen"): "press", ("pat", "tablet"): "press", ("pat", "button"): "press", ("pat", "computer"): "press",
    ("use", "person"): "talk",
    ("put", "in"): "insert", ("put", "into"): "insert", ("put", "inside"): "insert", ("move", "into"): "insert",
    ("take", "out"): "remove", ("move", "in"): "insert", ("take", "off"): "remove", ("pull", "off"): "remove", ("open", "tap"): "turn-on",
    ("close", "tap"): "turn-off", ("push", "button"): "press", ("put", "off"): "turn-off",
}  # fmt: skip
"""Verbs that a later preposition or the noun makes into another."""

ARRANGEMENTS = frozenset([
    "group", "row", "pile", "line", "order", "place", "position", "front", "middle", "stack", "hand", "column",
    "circle", "corner", "center", "centre",
])  # fmt: skip
"""What nothing is put into: "place star in row"."""

PLACES = frozenset([
    "top", "shelf", "room", "kitchen", "area", "workspace", "workstation", "station", "aisle", "section", "hallway",
    "corridor", "store", "shop", "office", "window", "hob", "sink", "fridge", "oven", "cupboard", "floor", "stair",
    "garden", "bathroom", "bedroom", "house", "home", "building", "yard", "garage", "lobby", "entrance", "exit",
    "spot", "location", "wall", "corner", "register", "rack", "elevator", "ladder", "path", "street", "chair", "bed",
    "door:kitchen", "surroundings", "surrounding", "scene", "environment", "hall", "warehouse", "supermarket",
    "stall", "zone", "field", "road", "sidewalk", "space", "side",
])  # fmt: skip
"""Canonical nouns of where people are."""

TOWARDS = frozenset([
    "to", "toward", "towards", "along", "across", "through", "past", "near", "behind", "closer", "forward",
    "forwards", "backward", "backwards",
])  # fmt: skip
"""Words directly behind "move" that say where somebody goes."""

AWAY = frozenset([
    "away", "back", "over", "on", "down", "up", "out", "off", "in", "into", "around", "between", "aside", "ahead",
    "further", "about",
])  # fmt: skip
"""Words directly behind "move" that say so where no object follows."""

OBJECT_MARKS = frozenset([
    "the", "his", "her", "their", "my", "your", "its", "up", "down", "off", "out", "away", "onto",
])  # fmt: skip
"""Words that show that an unknown word before them is a verb."""

MANNER = frozenset([
    "steady", "still", "tight", "flat", "upright", "straight", "closed", "open", "ready", "close", "high", "low", "shut", "level", "loose",
    "secure", "visible", "steadily", "firmly", "back", "sideways", "vertically", "horizontally", "diagonally", "clockwise", "alone",
    "once", "twice", "well", "properly",
])  # fmt: skip
"""Words behind a thing that say how it is held, or ends up: "hold ruler steady", "place lid back"."""

ADVERBS = frozenset([
    "clockwise", "anticlockwise", "counterclockwise", "sideways", "ahead", "alone", "once", "twice", "well", "properly", "upstairs",
    "downstairs", "indoors", "outdoors", "here", "there", "home", "briefly", "still", "straight", "upright",
])  # fmt: skip
"""Words that are no thing even where they stand alone."""

BACKWARDS = frozenset(["walk", "move", "look", "turn", "put", "push", "pull", "sit", "crouch", "stand"])
"""Verbs behind which "back" is a direction; of others ("scratch back") it is a part of the body."""

MATERIALS = {"plastic": "plastic", "metal": "metal", "wooden": "wood", "glass": "glass"}
"""Words that only describe a thing, but may say what a sheet is of; and the material's name."""
