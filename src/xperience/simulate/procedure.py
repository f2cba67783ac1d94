"""Activities as procedures: steps with preconditions and effects, and the order in which somebody does them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from xperience.simulate.director import Director


@dataclass(frozen=True)
class Need:
    """Objects that an activity needs.

    Attributes:
        kinds: one of these kinds. role: station at which they lie. count: how many, at least and at most.
        hand: the hand that takes them. on: role of the object in or on which they lie. state: the state they start in.
    """

    kinds: tuple[str, ...]
    role: str = "work"
    count: tuple[int, int] = (1, 1)
    hand: str = "main"
    on: str | None = None
    level: int = 0


def need(
    *kinds: str,
    role: str = "work",
    count: tuple[int, int] = (1, 1),
    hand: str = "main",
    on: str | None = None,
    level: int = 0,
) -> Need:
    return Need(kinds, role, count, hand, on, level)


@dataclass(frozen=True)
class Step:
    """One step: it may start when all facts of `needs` hold, and makes those of `gives` hold."""

    text: str
    run: Callable[..., None]
    needs: frozenset[str]
    gives: frozenset[str]
    optional: bool
    each: str | None


@dataclass
class Activity:
    """A procedure.

    Attributes:
        name: canonical name. tasks: texts of the main task, the usual one first. summary: one or two sentences.
        places: where it happens. needs: its objects by role. weight: how common it is.
    """

    name: str
    tasks: tuple[str, ...]
    summary: str
    places: tuple[str, ...]
    needs: dict[str, Need]
    weight: float = 1.0
    steps: list[Step] = field(default_factory=list)

    def step(
        self,
        text: str,
        *,
        needs: tuple[str, ...] = (),
        gives: tuple[str, ...] = (),
        optional: bool = False,
        each: str | None = None,
    ) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """Registers a function `(director)`, or `(director, item)` for each object of role `each`, as a step."""

        def register(run: Callable[..., None]) -> Callable[..., None]:
            self.steps.append(Step(text, run, frozenset(needs), frozenset(gives), optional, each))
            return run

        return register


def sample_order(activity: Activity, rng: np.random.Generator) -> list[Step]:
    """A random order of the steps in which every precondition holds; optional steps are dropped at random."""
    left = [step for step in activity.steps if not (step.optional and rng.random() < 0.4)]
    facts: set[str] = set()
    order: list[Step] = []
    while left:
        ready = [step for step in left if step.needs <= facts]
        assert ready, (activity.name, [step.text for step in left], facts)
        step = ready[int(rng.integers(len(ready)))]
        left.remove(step)
        order.append(step)
        facts |= step.gives
    return order


def perform(director: Director, order: list[Step]) -> None:
    """Does the steps one after the other."""
    for step in order:
        director.subtask = step.text
        step.run(director)
