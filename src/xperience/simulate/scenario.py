"""Plans an episode: who is where and does what, a pure function of the seeds and the duration.

    scenario = plan_scenario(seed=3, session_seed=1, duration_s=30.0)

The session decides the room, its look, the light and the person; the episode decides the activity and the objects.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xperience.simulate.activities import activities
from xperience.simulate.director import Director, NoRoom, TimeIsUp
from xperience.simulate.objects import kinds
from xperience.simulate.objects.looks import Look
from xperience.simulate.places import places
from xperience.simulate.places.room import Room
from xperience.simulate.procedure import Activity, perform, sample_order
from xperience.simulate.script import Scenario
from xperience.simulate.stage import Stage
from xperience.simulate.things import Light, Person


@dataclass(frozen=True)
class HeldOut:
    """Kinds of object, places and activities kept apart for the test.

    With `use` False a scenario has none of them; with `use` True it has at least one.
    """

    objects: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    activities: frozenset[str] = frozenset()
    use: bool = False


def plan_scenario(
    seed: int,
    session_seed: int,
    duration_s: float,
    *,
    activity: str | None = None,
    place: str | None = None,
    held_out: HeldOut | None = None,
) -> Scenario:
    """A scenario of `duration_s` seconds."""
    session = np.random.default_rng(np.random.SeedSequence([session_seed, 1]))
    rng = np.random.default_rng(np.random.SeedSequence([session_seed, 2, seed]))
    person, light = draw_person(session), draw_light(session)
    place = place or "kitchen"
    room = Room(Look(session), 4.4, 3.8, person.height)
    places()[place].furnish(room)
    stage = Stage(room, person, rng)
    director = Director(stage, duration_s, rng, "work")
    name = activity or next(iter(activities()))
    first = activities()[name]
    try:
        for _ in range(100):
            _do(director, first)
    except TimeIsUp:
        pass
    return Scenario(
        seed=seed, session_seed=session_seed, duration_s=duration_s, place=place, activity=name,
        main_task=first.tasks[0], summary=first.summary, person=person, light=light, things=stage.things(),
        start=room.stations["work"].pose, moves=tuple(sorted((m for m in director.moves if m.start_s < duration_s), key=lambda m: m.start_s)),
        changes=tuple(c for c in director.changes if c.time_s < duration_s), actions=tuple(director.actions),
    )  # fmt: skip


def _do(director: Director, activity: Activity) -> None:
    for role, wanted in activity.needs.items():
        if role in director.roles:
            continue
        item = director.stage.add(kinds()[wanted.kinds[0]], wanted.role, wanted.hand)
        assert item is not None, role
        director.roles[role] = item
    try:
        perform(director, sample_order(activity, director.rng))
    except NoRoom:
        director.wait(1.0)


def draw_person(rng: np.random.Generator) -> Person:
    """A person; stature about 1.70 m with a standard deviation of 0.09 m, one in ten left-handed."""
    height = float(np.clip(rng.normal(1.70, 0.09), 1.5, 1.95))
    betas = np.zeros(16)
    # The first SMPL shape component is mostly stature: some 0.05 m per unit (Loper et al. 2015), here about 1.70 m.
    betas[0] = (height - 1.70) / 0.05
    betas[1:] = rng.normal(0, 0.5, 15)
    skin = np.array([0.93, 0.76, 0.65]) * rng.uniform(0.35, 1.0)
    look = Look(rng)
    return Person(
        height=height,
        handedness="left" if rng.random() < 0.1 else "right",
        skin=(float(skin[0]), float(skin[1]), float(skin[2])),
        sleeve=look.color("cloth"),
        trousers=look.color("dark"),
        betas=betas,
        speed=float(rng.uniform(0.8, 1.2)),
        briskness=float(rng.uniform(0.85, 1.2)),
    )


def draw_light(rng: np.random.Generator) -> Light:
    """A lamp from above and some side, warm or cool."""
    angle, tilt = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 0.8)
    direction = np.array([np.cos(angle) * np.sin(tilt), np.sin(angle) * np.sin(tilt), np.cos(tilt)])
    warm = rng.uniform(-0.06, 0.08)
    strength, ambient = rng.uniform(0.5, 0.75), rng.uniform(0.35, 0.5)
    color = (strength * (1 + warm), strength, strength * (1 - warm))
    return Light(direction, color, (ambient, ambient, ambient * (1 + 0.5 * warm)))
