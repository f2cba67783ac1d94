"""What happens in a simulated recording: moves of the person, changes of state, and what a caption would say. Data only.

`scenario` writes a script, `motion` turns it into continuous movement, `sensors` measure that.
World frame: metres, z up, floor at z = 0 (the writer shifts the floor to the recording's ground height).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from xperience.simulate.things import Light, Person, Thing


class MoveKind(StrEnum):
    """Primitive moves of the person.

    WALK: the feet go to `target` (position and yaw of the body on the floor: x to its right, y forward, z up); both hands
        carry what they hold, at the same place before the body.
    REACH: `hand` goes to the grip of `object_id`; at `end_s` the fingers are closed and the object is attached to the hand.
        With `object_id` None the hand only goes to `target` (a touch: a switch, a drawer handle of a fixture `other_id`).
    CARRY: the held object arrives at pose `target` (T_world_object) at `end_s`.
    USE: `hand`, with or without an object in it, performs `pattern` about `target` (a pose, or None: where it is),
        possibly on `other_id`.
    RELEASE: at `start_s` the object leaves the hand and stays where it is; the hand withdraws until `end_s`.
    REST: the hand goes to its resting pose.
    LOOK: only the gaze goes to `target`.
    """

    WALK = "walk"
    REACH = "reach"
    CARRY = "carry"
    USE = "use"
    RELEASE = "release"
    REST = "rest"
    LOOK = "look"


PATTERNS = ("pour", "stir", "cut", "wipe", "press", "turn", "shake", "scan", "fold", "write", "hammer", "hold", "slide")
"""Motion patterns of USE. "turn" is a screw cap or a knob, "slide" a drawer or a door.

`target` of REACH and USE is T_world_object where the hand holds an object, else T_world_palm. It is the working pose
itself, in contact where there is contact (a pouring kettle is already tilted); patterns move about it:
    pour, hold: stay there, swaying a little.           stir: horizontal circles of some 3 cm radius.
    cut, hammer: up along the world's z and down again.  wipe, scan: horizontal strokes, left and right of the body.
    press: back along the palm's -z and to the target.
    turn: to and fro about the target's x (the axis of tools) with an object in the hand, else about the palm's z.
    write: small strokes drifting along the body's right. shake: quick and small, along the vertical.
    fold: an arc up and away from the body, back over.   slide: along the target's y.
"""


@dataclass(frozen=True)
class Move:
    """One primitive move; moves of the two hands and of the feet may overlap, moves of one hand never do."""

    kind: MoveKind
    start_s: float
    end_s: float
    hand: str | None = None
    object_id: int | None = None
    target: np.ndarray | None = None
    pattern: str | None = None
    other_id: int | None = None


@dataclass(frozen=True)
class StateChange:
    """From `time_s` on the thing is in state number `state` of its states."""

    time_s: float
    thing_id: int
    state: int


@dataclass(frozen=True)
class ActionSpan:
    """What a captioner would write about a stretch of time.

    Attributes:
        verb, noun: canonical forms, for truth only; `label` is the free text with its variants.
        objects: names in sight that matter. interaction: one sentence about hands and objects.
    """

    start_s: float
    end_s: float
    label: str
    description: str
    subtask: str
    verb: str
    noun: str
    objects: tuple[str, ...]
    interaction: str


@dataclass(frozen=True)
class Scenario:
    """One episode before it moves.

    Attributes:
        seed: of the episode; everything is a pure function of it, the session's seed and the duration.
        place: kind of place, such as "kitchen". activity: name of the procedure. main_task, summary: caption texts.
        things: fixtures and objects; `id` is index + 1.
        start: [4, 4] initial pose of the feet, as the target of WALK.
        moves: sorted by start. actions: in time order, without overlap.
    """

    seed: int
    session_seed: int
    duration_s: float
    place: str
    activity: str
    main_task: str
    summary: str
    person: Person
    light: Light
    things: tuple[Thing, ...]
    start: np.ndarray
    moves: tuple[Move, ...]
    changes: tuple[StateChange, ...]
    actions: tuple[ActionSpan, ...]
