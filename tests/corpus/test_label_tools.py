"""Whether a text says that a tool is in use: by hand, and against what simulated people really do."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from xperience.corpus.labels.tools import tool_use
from xperience.simulate import director
from xperience.simulate.scenario import plan_scenario
from xperience.simulate.wording import Phrase, Scene, describe

USED = (
    "Cut carrot with knife",
    "Cut carrot",  # bare hands cannot
    "Pick up knife and cut carrot",
    "Wipe table with cloth",
    "Mix flour with a spoon",
    "Tighten screws with drill",
    "The right hand holds the drill and is tightening screws.",
    "The person grips the dish sponge in the right hand while washing the plate.",
    "Right hand pouring water into the teapot with the kettle.",
    "Using the knife, the person cuts the carrot",
    "A cloth is used to wipe the table",
    "The user uses a spoon to serve rice",
    "The left hand steadies the board while the right hand scoops rice with a spoon.",
    "Left hand taping the gift box with the sticky tape.",
)
UNUSED = (
    "Pick up knife",
    "Right hand grasping the drill on the bench.",
    "The right hand is reaching for the scissors.",
    "Put down scissors",
    "Right hand touches the knife",
    "Walk to the sink with the plate",
    "Fold shirt with both hands",
    "Open the jar by hand",
    "The hands are used to knead the dough",
    "The hands touch nothing.",
    "No object is being handled while the person walks.",
    "The wearer holds the cup with the left hand and pours milk with the right hand",
)
UNSAID = (
    "",
    "Hold screwdriver",
    "The right hand holds the drill.",
    "Fill cup with water",
    "Mix flour with milk",
    "Cover bowl with cloth",
    "Arrange items in bin",
    "The hands are in contact with the table",
    "The left hand holds the bowl while the right hand adds salt to the soup",
    "Right hand dipping the paint brush into the paint can with the brush.",
    "Inserting plug",
)


@pytest.mark.parametrize(
    ("text", "use"), [*((t, True) for t in USED), *((t, False) for t in UNUSED), *((t, None) for t in UNSAID)]
)
def test_what_a_text_says_of_tools(text: str, use: bool | None) -> None:
    assert tool_use(text) is use


def test_the_first_text_that_says_decides() -> None:
    assert tool_use("Right hand holds the knife", "Cut carrot") is True
    assert tool_use("Right hand releases the knife", "Cut carrot") is False
    assert tool_use("", "") is None


def test_simulated_uses_of_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what people do with a tool in hand none is told as done without, of all else none as done with one."""
    told: list[tuple[bool, bool | None]] = []

    def recorded(phrase: Phrase, scene: Scene, rng: np.random.Generator) -> Any:
        found = describe(phrase, scene, rng)
        itself = scene.tool == phrase.noun or scene.tool in scene.names
        told.append((scene.manner == "use" and not itself, tool_use(found[1], phrase.canonical)))
        return found

    monkeypatch.setattr(director, "describe", recorded)
    for seed in range(24):
        plan_scenario(seed=seed, session_seed=seed, duration_s=60.0)
    counts = Counter(told)
    uses = sum(count for (use, _), count in counts.items() if use)
    others = sum(count for (use, _), count in counts.items() if not use)
    assert uses > 50 and others > 200
    assert counts[True, False] == 0, "a tool in use that counts as none"
    assert counts[False, True] == 0, "no tool in use that counts as one"
    assert counts[True, True] > 0.9 * uses and counts[False, False] > 0.8 * others, "the rest is masked"
