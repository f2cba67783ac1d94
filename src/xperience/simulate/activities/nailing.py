"""Nailing boards."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need

ACTIVITY = Activity(
    name="nailing a board",
    tasks=("Nailing a wooden board", "Working on a wooden board", "Building a wooden frame"),
    summary="The person measures, saws and sands a board and drives nails into it.",
    places=("workshop", "garage"),
    weight=1.5,
    needs={
        "plank": need("wooden plank"),
        "hammer": need("hammer"),
        "nails": need("nail box"),
        "tape": need("tape measure"),
        "pencil": need("marker", "pen"),
        "saw": need("hand saw", role="side"),
        "sandpaper": need("sandpaper"),
        "glue": need("glue bottle", role="side"),
    },
)


@ACTIVITY.step("Measure the board", gives=("measured",))
def measure(d: Director) -> None:
    d.take("tape")
    d.use("tape", "slide", "plank", "measure", above=0.01, steady=True)
    d.put("tape")


@ACTIVITY.step("Mark the board", needs=("measured",), gives=("marked",))
def mark(d: Director) -> None:
    d.take("pencil")
    d.use("pencil", "write", "plank", "mark", seconds=(1.5, 2.5), changes={"plank": "marked"}, steady=True)
    d.put("pencil")


@ACTIVITY.step("Saw the board", needs=("marked",), gives=("sawn",), optional=True)
def saw(d: Director) -> None:
    d.take("saw")
    d.use("saw", "slide", "plank", "saw", seconds=(2.5, 5.0), steady=True)
    d.put("saw", role="side")


@ACTIVITY.step("Sand the board", needs=("marked",), optional=True)
def sand(d: Director) -> None:
    d.take("sandpaper")
    d.use("sandpaper", "wipe", "plank", "sand", seconds=(2.0, 4.0), steady=True)
    d.put("sandpaper")


@ACTIVITY.step("Apply glue", needs=("marked",), optional=True)
def glue(d: Director) -> None:
    d.take("glue")
    d.use("glue", "slide", "plank", "apply", "glue", "to wooden plank", above=0.02)
    d.put("glue")


@ACTIVITY.step("Drive in the nails", "Hammer nails", needs=("marked",), gives=("nailed",))
def hammer(d: Director) -> None:
    d.touch("nails", "press", "take", "nails", "from nail box", seconds=(1.0, 1.8))
    d.take("hammer")
    d.use(
        "hammer",
        "hammer",
        "plank",
        "hammer",
        "nails",
        "into wooden plank",
        seconds=(2.5, 5.0),
        changes={"plank": "worked"},
        steady=True,
    )
    if d.rng.random() < 0.5:
        d.use("hammer", "hammer", "plank", "hammer", "nails", "into wooden plank", seconds=(2.0, 4.0), steady=True)
    d.put("hammer")


@ACTIVITY.step("Inspect the board", needs=("nailed",), optional=True)
def inspect(d: Director) -> None:
    d.take("plank")
    d.lift_to_face("plank", "inspect", low=0.72)
    d.put("plank")
