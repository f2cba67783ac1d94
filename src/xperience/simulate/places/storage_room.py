"""A storage room: a packing table, racks, piles of boxes."""

from __future__ import annotations

from xperience.simulate.places import place
from xperience.simulate.places.decor import boxes, clock, pictures, wall_board
from xperience.simulate.places.furniture import shelf, table
from xperience.simulate.places.room import Room


@place(
    "storage room",
    roles=("work", "side", "shelf"),
    clutter=(
        "cardboard box",
        "storage bin",
        "can",
        "book",
        "folder",
        "toy",
        "paint can",
        "tape dispenser",
        "detergent bottle",
    ),
)
def storage_room(room: Room) -> None:
    look = room.look
    room.shell(("speckle", look.color("metal"), 0.6), ("plain", look.color("ceramic"), 0.4))
    table(room, {"work": 0.0}, "north", 0.0, 1.8, depth=0.75, name="packing table")
    table(room, {"side": 0.0}, "east", 0.4, 1.2, name="side table")
    shelf(room, "shelf", "west", 0.2, 1.3, name="rack", metal=True)
    shelf(room, None, "south", 0.8, 1.4, name="rack", metal=True)
    wall_board(room, "north", 0.0, 1.5, high=1.6)
    clock(room, "east")
    pictures(room, "east", 2)
    pictures(room, "south", 2)
    pictures(room, "west", 2)
    for side, x in (("south", -0.9), ("south", -1.6), ("north", 1.7), ("north", -1.7)):
        boxes(room, side, x)
