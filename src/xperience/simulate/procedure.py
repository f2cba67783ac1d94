"""Activities as procedures: steps with preconditions and effects, and the order in which somebody does them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from xperience.simulate.director import Director

DROP_OPTIONAL = 0.4
"""Share of optional steps that are left out."""


@dataclass(frozen=True)
class Need:
    """Objects that an activity needs.

    Attributes:
        kinds: one of these kinds, earlier ones more often. role: station at which they lie. count: fewest and most.
        hand: the hand that takes them. on: role of the object in or on which they lie. state: in which they begin.
        level: which of the station's zones, where it has several. mixed: whether several may be of different kinds.
    """

    kinds: tuple[str, ...]
    role: str = "work"
    count: tuple[int, int] = (1, 1)
    hand: str = "main"
    on: str | None = None
    state: str | None = None
    level: int = 0
    mixed: bool = True


def need(*kinds: str, **more: Any) -> Need:
    """Shorthand: `need("carrot", "cucumber", on="board")`."""
    return Need(kinds, **more)


@dataclass(frozen=True)
class Step:
    """One step: it may start when all facts of `needs` hold, and makes those of `gives` hold.

    Attributes:
        texts: of the sub-task, the usual one first. run: acts it out. index: which object, where it is done for each.
    """

    texts: tuple[str, ...]
    run: Callable[..., None]
    needs: frozenset[str]
    gives: frozenset[str]
    optional: bool
    each: str | None
    index: int | None = None


@dataclass
class Activity:
    """A procedure.

    Attributes:
        name: canonical name. tasks: texts of the main task, the usual one first. summary: one sentence or two.
        places: where it happens. needs: its objects by role. weight: how common it is.
    """

    name: str
    tasks: tuple[str, ...]
    summary: str
    places: tuple[str, ...]
    needs: dict[str, Need]
    weight: float = 1.0
    roles: tuple[str, ...] = ()
    steps: list[Step] = field(default_factory=list)

    @property
    def stations(self) -> frozenset[str]:
        """Roles of the stations that it uses."""
        return frozenset(self.roles) | {wanted.role for wanted in self.needs.values()}

    def step(
        self,
        *texts: str,
        needs: tuple[str, ...] = (),
        gives: tuple[str, ...] = (),
        optional: bool = False,
        each: str | None = None,
    ) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """Registers a function `(director)`, or `(director, item)` for each object of role `each`, as a step.

        In `needs` and `gives` of such a step "{i}" stands for the number of the object, and "{last}" for the one before.
        """

        def register(run: Callable[..., None]) -> Callable[..., None]:
            self.steps.append(Step(texts, run, frozenset(needs), frozenset(gives), optional, each))
            return run

        return register

    def unrolled(self, counts: Mapping[str, int]) -> list[Step]:
        """All steps, those for each object once for every object."""
        steps: list[Step] = []
        for step in self.steps:
            if step.each is None:
                steps.append(step)
                continue
            for i in range(counts[step.each]):
                steps.append(
                    Step(
                        step.texts,
                        step.run,
                        _numbered(step.needs, i),
                        _numbered(step.gives, i),
                        step.optional,
                        step.each,
                        i,
                    )
                )
        return steps


def _numbered(facts: frozenset[str], i: int) -> frozenset[str]:
    """Facts of object number i; those about the one before the first hold from the beginning."""
    return frozenset(fact.format(i=i, last=i - 1) for fact in facts if not (i == 0 and "{last}" in fact))


def sample_order(activity: Activity, counts: Mapping[str, int], rng: np.random.Generator) -> list[Step]:
    """A random order of the steps in which every precondition holds; optional steps are dropped at random.

    A fact such as "all cut" that names no single object is given when every step that gives it has been done.
    """
    left = [step for step in activity.unrolled(counts) if not (step.optional and rng.random() < DROP_OPTIONAL)]
    order: list[Step] = []
    done: set[int] = set()
    while len(done) < len(left):
        open_facts = {fact for k, step in enumerate(left) if k not in done for fact in step.gives}
        facts = {fact for k in done for fact in left[k].gives} - open_facts
        ready = [k for k, step in enumerate(left) if k not in done and step.needs <= facts]
        assert ready, (
            activity.name,
            "no step can start",
            [left[k].texts[0] for k in range(len(left)) if k not in done],
        )
        # People mostly go on with what comes next in the usual order.
        k = ready[0] if rng.random() < 0.5 else ready[int(rng.integers(len(ready)))]
        done.add(k)
        order.append(left[k])
    return order


def perform(director: Director, activity: Activity) -> None:
    """Does the activity once; its objects are the director's."""
    counts = {role: len(items) for role, items in director.groups.items()}
    for step in sample_order(activity, counts, director.rng):
        director.begin_step(step.texts)
        if step.each is None:
            step.run(director)
        else:
            assert step.index is not None
            step.run(director, director.groups[step.each][step.index])
        director.end_step()
