"""A garage: a bench beside a car, a folding table, a rack."""

from __future__ import annotations

from xperience.simulate.places import place
from xperience.simulate.places.decor import boxes, car, pictures, wall_board
from xperience.simulate.places.furniture import shelf, table, workbench
from xperience.simulate.places.room import Room


@place(
    "garage",
    roles=("work", "side", "shelf"),
    clutter=(
        "toolbox",
        "paint can",
        "spray bottle",
        "wrench",
        "plant pot",
        "detergent bottle",
        "can",
        "drill",
        "tape measure",
    ),
)
def garage(room: Room) -> None:
    look = room.look
    room.shell(("tiles", look.color("metal"), 0.9), ("tiles", look.color("ceramic"), 0.22))
    workbench(room, {"work": 0.0}, "north", 0.0, 1.8)
    table(room, {"side": 0.0}, "east", -0.5, 1.2, name="folding table")
    shelf(room, "shelf", "west", -0.1, 1.3, name="metal rack", metal=True)
    car(room, "south", 0.2)
    wall_board(room, "east", 0.8, 0.9)
    pictures(room, "south", 2)
    pictures(room, "west", 2)
    boxes(room, "north", 1.6)
    boxes(room, "north", -1.6)
