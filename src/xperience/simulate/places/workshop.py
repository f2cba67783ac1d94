"""A workshop: a bench with a tool board, an assembly table, a rack."""

from __future__ import annotations

from xperience.simulate.places import place
from xperience.simulate.places.decor import boxes, clock, pictures, wall_board, window
from xperience.simulate.places.furniture import shelf, table, workbench
from xperience.simulate.places.room import Room


@place(
    "workshop",
    roles=("work", "side", "shelf"),
    clutter=(
        "hammer",
        "wrench",
        "pliers",
        "tape measure",
        "glue bottle",
        "paint can",
        "nail box",
        "toolbox",
        "gear",
        "can",
        "spray bottle",
    ),
)
def workshop(room: Room) -> None:
    look = room.look
    room.shell(("speckle", look.color("metal"), 0.5), (look.pick(("tiles", "wood")), look.color("muted"), 0.4))
    workbench(room, {"work": 0.0}, "north", 0.1, 2.0)
    table(room, {"side": 0.0}, "east", 0.4, 1.4, name="assembly table")
    shelf(room, "shelf", "west", 0.0, 1.2, name="rack", metal=True)
    window(room, "east", -0.1, 1.0)
    wall_board(room, "south", -0.9, 1.2)
    clock(room, "north")
    pictures(room, "south", 3)
    boxes(room, "south", 1.7)
    boxes(room, "north", -1.7)
