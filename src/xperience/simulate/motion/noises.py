"""What is to be heard: footsteps, things grasped and put down, tools at work, each at the instant of its motion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from xperience.simulate.motion.gait import Step
from xperience.simulate.motion.palms import Grasp, Used
from xperience.simulate.motion.skeleton import SIDES
from xperience.simulate.objects import material
from xperience.simulate.script import Move, MoveKind, Scenario
from xperience.simulate.things import Thing
from xperience.simulate.world import Sound

MATERIALS = {"pour": "water", "write": "paper", "wipe": "cloth", "fold": "cloth", "scan": "plastic"}
"""Materials of patterns that sound alike on everything; the others sound like what is worked on."""

Places = Callable[[np.ndarray], np.ndarray]


def sounds(
    scenario: Scenario,
    steps: Sequence[Step],
    grasps: Sequence[Grasp],
    used: Sequence[Used],
    palms: Places,
    feet: Places,
) -> tuple[Sound, ...]:
    """All sounds of an episode in time order.

    Args:
        palms, feet: positions [T, 2, 3] of both palms and of the balls of both feet at times [T].
    """
    events = [*_footsteps(scenario, steps), *_handling(scenario, grasps), *_touches(scenario), *_work(scenario, used)]
    events = [event for event in events if 0 <= event[0].time_s < scenario.duration_s]
    if not events:
        return ()
    times = np.array([event[0].time_s for event in events])
    places = {"hand": palms(times), "foot": feet(times)}
    placed = [
        Sound(s.time_s, s.duration_s, s.kind, places[limb][k, side], s.strength, s.material, s.cause, s.thing_id)
        for k, (s, limb, side) in enumerate(events)
    ]
    return tuple(sorted(placed, key=lambda sound: (sound.time_s, sound.kind)))


Event = tuple[Sound, str, int]
_NOWHERE = np.zeros(3)


def _footsteps(scenario: Scenario, steps: Sequence[Step]) -> Iterator[Event]:
    floor = material("floor")
    for step in steps:
        strength = min(0.15 + 0.5 * step.length, 0.8)
        cause = f"{SIDES[step.side]} foot comes down"
        yield Sound(step.strike_s, 0.0, "footstep", _NOWHERE, strength, floor, cause), "foot", step.side


def _handling(scenario: Scenario, grasps: Sequence[Grasp]) -> Iterator[Event]:
    for grasp in grasps:
        thing = scenario.things[grasp.thing]
        hand, made = f"{SIDES[grasp.side]} hand", material(thing.kind)
        yield (
            Sound(grasp.start_s, 0.0, "touch", _NOWHERE, 0.3, made, f"{hand} grasps {thing.name}", thing.id), "hand",
            grasp.side,
        )  # fmt: skip
        if np.isfinite(grasp.end_s) and grasp.released:
            yield (
                Sound(grasp.end_s, 0.0, "put", _NOWHERE, 0.6, made, f"{hand} puts {thing.name} down", thing.id), "hand",
                grasp.side,
            )  # fmt: skip


def _touches(scenario: Scenario) -> Iterator[Event]:
    """Bare hands that come to a thing and take nothing."""
    for move in scenario.moves:
        if move.kind is not MoveKind.REACH or move.hand is None or move.object_id is not None:
            continue
        other = _other(scenario, move)
        name, made = (other.name, material(other.kind)) if other else ("a surface", "wood")
        cause = f"{move.hand} hand touches {name}"
        sound = Sound(move.end_s, 0.0, "touch", _NOWHERE, 0.25, made, cause, other.id if other else None)
        yield sound, "hand", SIDES.index(move.hand)


def _work(scenario: Scenario, used: Sequence[Used]) -> Iterator[Event]:
    for use in used:
        pattern = use.move.pattern or "use"
        tool = scenario.things[use.held] if use.held is not None else None
        other = _other(scenario, use.move)
        struck = other or tool
        made = MATERIALS.get(pattern) or (material(struck.kind) if struck else "wood")
        verb = "presses" if pattern == "press" else f"{pattern}s"
        with_tool = f" with {tool.name}" if tool else ""
        cause = f"{SIDES[use.side]} hand {verb}{' at ' + other.name if other else ''}{with_tool}"
        for start, duration, strength in use.stroke.sounds:
            time = use.move.start_s + start
            duration = min(duration, max(scenario.duration_s - time, 0.0))
            yield (
                Sound(time, duration, pattern, _NOWHERE, strength, made, cause, struck.id if struck else None),
                "hand",
                use.side,
            )


def _other(scenario: Scenario, move: Move) -> Thing | None:
    return next((thing for thing in scenario.things if thing.id == move.other_id), None)
