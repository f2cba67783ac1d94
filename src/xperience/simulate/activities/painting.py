"""Painting a board."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need

ACTIVITY = Activity(
    name="painting a board",
    tasks=("Painting a wooden board", "Painting wood"),
    summary="The person opens a can of paint and paints a board with a brush.",
    places=("studio", "workshop", "garage"),
    weight=1.1,
    needs={
        "plank": need("wooden plank"),
        "paint": need("paint can"),
        "brush": need("paint brush"),
        "cloth": need("cloth"),
        "sandpaper": need("sandpaper"),
        "spatula": need("spatula"),
    },
)


@ACTIVITY.step("Sand the board", optional=True)
def sand(d: Director) -> None:
    d.take("sandpaper")
    d.use("sandpaper", "wipe", "plank", "sand", seconds=(2.0, 4.0), steady=True)
    d.put("sandpaper")


@ACTIVITY.step("Open the paint", gives=("open",))
def open_paint(d: Director) -> None:
    d.touch("paint", "turn", "open", both=True, changes={"paint": "open"})


@ACTIVITY.step("Stir the paint", needs=("open",), optional=True)
def stir(d: Director) -> None:
    d.take("spatula")
    d.use("spatula", "stir", "paint", "stir", "paint", "with spatula", seconds=(2.0, 4.0))
    d.put("spatula")


@ACTIVITY.step("Paint the board", "Apply paint", needs=("open",), gives=("painted",))
def paint(d: Director) -> None:
    d.take("brush")
    for _ in range(int(d.rng.integers(1, 4))):
        d.use(
            "brush",
            "stir",
            "paint",
            "dip",
            "paint brush",
            "into paint can",
            seconds=(1.0, 1.8),
            changes={"brush": "painted"},
        )
        d.use("brush", "wipe", "plank", "paint", seconds=(2.5, 5.0))
    d.put("brush")


@ACTIVITY.step("Wipe the table", needs=("painted",), optional=True)
def wipe(d: Director) -> None:
    d.take("cloth")
    d.use("cloth", "wipe", d.fixture("work"), "wipe", d.fixture("work").noun, "with cloth", above=0.01)
    d.put("cloth")


@ACTIVITY.step("Close the paint", needs=("painted",), optional=True)
def close(d: Director) -> None:
    d.touch("paint", "press", "close", changes={"paint": "closed"})
