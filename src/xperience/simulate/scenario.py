"""Plans an episode: who is where and does what, a pure function of the seeds and the duration.

    scenario = plan_scenario(seed=3, session_seed=1, duration_s=30.0)

The session decides the room with its look and clutter, the light and the person; the episode decides the activities and
their objects.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from xperience.errors import UsageError
from xperience.simulate.activities import activities
from xperience.simulate.actor import TimeIsUp
from xperience.simulate.director import Director
from xperience.simulate.interludes import interlude
from xperience.simulate.objects import Kind, kinds
from xperience.simulate.objects.looks import Look
from xperience.simulate.places import Place, places
from xperience.simulate.places.room import Room
from xperience.simulate.procedure import Activity, Need, perform
from xperience.simulate.script import ActionSpan, Scenario
from xperience.simulate.stage import Item, Stage
from xperience.simulate.things import Light, Person
from xperience.simulate.wording import pick

ELSEWHERE = ("side", "work", "sink", "shelf", "stove")
"""Stations where objects lie for which there is no room where they are needed, in this order."""

SHORTEST_S = 0.5
"""Shortest episode that can be planned, seconds."""


@dataclass(frozen=True)
class HeldOut:
    """Kinds of object, places and activities kept apart for the test.

    With `use` False a scenario has none of them, not even as clutter; with `use` True it has at least one of them: it is
    at a held-out place, or does a held-out activity, or handles a held-out kind of object.
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
    """A scenario of `duration_s` seconds.

    Args:
        seed, session_seed: of the episode and of its session, not negative. Episodes of one session share room and person.
        activity, place: names to take instead of drawing them.
        held_out: what may not, or must, be used.

    Raises:
        UsageError: an unknown name, or no activity that satisfies all of this.
    """
    apart = check(held_out or HeldOut(), activity, place, duration_s)
    session = np.random.default_rng(np.random.SeedSequence([session_seed, 1]))
    rng = np.random.default_rng(np.random.SeedSequence([session_seed, 2, seed]))
    person, light = draw_person(session), draw_light(session)

    choices = candidates(apart, activity, place)
    where = draw_place(choices, session)
    stage = furnish(where, person, session, rng, apart)
    director = Director(stage, duration_s, rng, "work" if rng.random() < 0.7 else str(rng.choice(sorted(where.roles))))
    possible = [activities()[a] for p, a in choices if p == where.name]
    start = director.feet
    done = run(director, possible, where, apart)
    first = done[0]

    actions = tuple(_cut(action, duration_s) for action in director.actions if action.start_s < duration_s)
    moves = sorted(
        (move for move in director.moves if move.start_s < duration_s), key=lambda move: (move.start_s, move.hand or "")
    )
    changes = sorted(
        (change for change in director.changes if change.time_s < duration_s), key=lambda change: change.time_s
    )
    return Scenario(
        seed, session_seed, duration_s, where.name, first.name, pick(rng, first.tasks, 0.6), _summary(done, where),
        person, light, stage.things(), start, tuple(moves), tuple(changes), actions,
    )  # fmt: skip


def check(apart: HeldOut, activity: str | None, place: str | None, duration_s: float) -> HeldOut:
    """Refuses names that nothing has and durations that nothing fits."""
    known = (("objects", kinds(), apart.objects), ("places", places(), apart.places | ({place} if place else set())),
             ("activities", activities(), apart.activities | ({activity} if activity else set())))  # fmt: skip
    for field, names, asked in known:
        for name in sorted(asked):
            if name not in names:
                raise UsageError(
                    f"No such name among the {field} of the simulator.", field=field, found=name,
                    expected=", ".join(names), hint="choose one of the names above",
                )  # fmt: skip
    if not duration_s >= SHORTEST_S:
        raise UsageError(
            "The episode is too short.", field="duration", found=duration_s, expected=f"{SHORTEST_S} s or more"
        )
    return apart


def candidates(apart: HeldOut, activity: str | None = None, place: str | None = None) -> list[tuple[str, str]]:
    """All pairs of place and activity that may be drawn, sorted.

    Raises:
        UsageError: there is none.
    """
    pairs = []
    for act in activities().values():
        for name in act.places:
            if (
                (place or name) != name
                or (activity or act.name) != act.name
                or not act.stations <= places()[name].roles
            ):
                continue
            needed = {kind for wanted in act.needs.values() for kind in wanted.kinds}
            touched = name in apart.places or act.name in apart.activities
            if apart.use:
                fits = touched or bool(needed & apart.objects)
            else:
                fits = not touched and all(set(wanted.kinds) - apart.objects for wanted in act.needs.values())
            if fits:
                pairs.append((name, act.name))
    if not pairs:
        raise UsageError(
            "No activity fits what is asked for.", found=f"activity {activity}, place {place}, held out {apart}",
            expected="an activity that happens at this place with objects that may be used", hint="hold out less, or name neither",
        )  # fmt: skip
    return sorted(pairs)


def furnish(
    where: Place, person: Person, session: np.random.Generator, rng: np.random.Generator, apart: HeldOut
) -> Stage:
    """The room of a session with its clutter, for objects drawn from `rng`."""
    look = Look(session)
    room = Room(look, look.size(4.5, 0.06), look.size(4.0, 0.06), person.height, bool(session.random() < 0.5))
    where.furnish(room)
    stage = Stage(room, person, rng)
    clutter = [kinds()[name] for name in where.clutter if apart.use or name not in apart.objects]
    if clutter:
        stage.litter(clutter, look, float(session.uniform(0.6, 1.1)))
    return stage


def draw_place(choices: list[tuple[str, str]], rng: np.random.Generator) -> Place:
    """A place; those where more happens are more common."""
    weight: dict[str, float] = {}
    for place, activity in choices:
        weight[place] = weight.get(place, 0.0) + activities()[activity].weight
    share = np.sqrt(list(weight.values()))
    return places()[list(weight)[int(rng.choice(len(weight), p=share / share.sum()))]]


def draw_activity(possible: list[Activity], rng: np.random.Generator) -> Activity:
    weight = np.array([activity.weight for activity in possible])
    return possible[int(rng.choice(len(possible), p=weight / weight.sum()))]


def run(director: Director, possible: list[Activity], where: Place, apart: HeldOut) -> list[Activity]:
    """Does one of the activities, then others and what comes between, until the episode is full; what was done."""
    more = [
        activity
        for activity in activities().values()
        if where.name in activity.places and activity.stations <= where.roles
        and (apart.use or activity.name not in apart.activities)
    ]  # fmt: skip
    done: list[Activity] = []
    todo = draw_activity(possible, director.rng)
    attempts = 0
    while not prepare(director, todo, apart):  # objects are drawn anew each time: in the end some lie so that all fit
        attempts += 1
        assert attempts < 200, f"there is room for {todo.name} in {an(where.name)}"
        todo = draw_activity(possible, director.rng)
    try:
        while True:
            done.append(todo)
            perform(director, todo)
            while True:
                others = [activity for activity in more if activity is not todo]
                todo = draw_activity(others or more, director.rng)
                ready = prepare(director, todo, apart)
                if not ready or director.rng.random() < 0.4:
                    interlude(director)
                if ready:
                    break
    except TimeIsUp:
        return done


def prepare(director: Director, activity: Activity, apart: HeldOut) -> bool:
    """Finds or places the objects of an activity; False, and nothing changed, where there is no room for them."""
    groups: dict[str, list[Item]] = {}
    fresh: list[Item] = []
    for role, wanted in activity.needs.items():
        count = int(director.rng.integers(wanted.count[0], wanted.count[1] + 1))
        groups[role] = []
        drawn = draw_kinds(wanted, count, apart, director.rng)
        if len(drawn) < wanted.count[0]:
            return False
        for kind in drawn:
            item = _at_hand(director, kind, wanted, [item for items in groups.values() for item in items])
            if item is None:
                state = kind.states.index(wanted.state) if wanted.state in kind.states else 0
                item = director.stage.make(kind, wanted.hand, state)
                fresh.append(item)
            groups[role].append(item)
    if not _lay_all(director, activity, groups, fresh):
        return False
    director.groups = groups
    return True


def _lay_all(director: Director, activity: Activity, groups: dict[str, list[Item]], fresh: list[Item]) -> bool:
    """Lays new objects out, the largest first and those that carry others before these."""
    stage = director.stage
    laid: list[Item] = []
    role_of = {id(item): role for role, items in groups.items() for item in items}
    for item in sorted(fresh, key=lambda item: (activity.needs[role_of[id(item)]].on is not None, -item.area)):
        role = role_of[id(item)]
        wanted = activity.needs[role]
        below = groups[wanted.on][0] if wanted.on is not None else None
        zones = stage.room.stations[wanted.role].zones
        if below is not None and below.inside is not None:
            there = stage.lay(item, below.station, [below.inside], np.zeros(2))
        else:
            there = stage.lay(item, wanted.role, zones[wanted.level :] + zones[: wanted.level])
            # What does not fit there lies elsewhere in the room and has to be fetched.
            others = [role for role in ELSEWHERE if role in stage.room.stations and role != wanted.role]
            there = there or any(stage.lay(item, role, stage.room.stations[role].zones) for role in others)
        if there:
            laid.append(item)
        elif len(groups[role]) > wanted.count[0]:
            groups[role].remove(item)
        else:
            for item in reversed(laid):
                stage.remove(item)
            return False
    return True


def draw_kinds(wanted: Need, count: int, apart: HeldOut, rng: np.random.Generator) -> list[Kind]:
    """Kinds for a need: earlier ones more often; held-out ones first where they must be used."""
    names = [name for name in wanted.kinds if apart.use or name not in apart.objects]
    if apart.use and set(names) & apart.objects:
        names = [name for name in names if name in apart.objects]
    if not names:
        return []
    weight = 1 / np.arange(1, len(names) + 1) ** (0.7 if wanted.mixed else 1.2)
    chosen = [names[int(rng.choice(len(names), p=weight / weight.sum()))] for _ in range(count)]
    return [kinds()[name] for name in (chosen if wanted.mixed else chosen[:1] * count)]


def _at_hand(director: Director, kind: Kind, wanted: Need, taken: list[Item]) -> Item | None:
    """An object of that kind that lies where and as it is needed."""
    if wanted.on is not None:
        return None
    state = kind.states.index(wanted.state) if wanted.state in kind.states else 0
    for item in director.stage.items:
        if (
            item.kind is kind and item.station == wanted.role and item.hand == wanted.hand and item.state == state
            and item.zone in director.stage.room.stations[wanted.role].zones and not item.laden and item not in taken
        ):  # fmt: skip
            return item
    return None


def _cut(action: ActionSpan, duration_s: float) -> ActionSpan:
    return dataclasses.replace(action, end_s=min(action.end_s, duration_s))


def _summary(done: list[Activity], where: Place) -> str:
    """What a captioner would write about the whole."""
    text = [f"The recording takes place in {an(where.name)}.", done[0].summary]
    others = list(dict.fromkeys(activity.name for activity in done[1:] if activity is not done[0]))
    if others:
        text.append(f"Later the person turns to {', then to '.join(others)}.")
    return " ".join(text)


def an(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def draw_person(rng: np.random.Generator) -> Person:
    """A person; stature about 1.70 m with a standard deviation of 0.09 m, one in ten left-handed."""
    height = float(np.clip(rng.normal(1.70, 0.09), 1.5, 1.95))
    betas = np.zeros(16)
    # The first shape component of SMPL is mostly stature: some 5 cm a unit (Loper et al. 2015), 1.70 m at zero here.
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
