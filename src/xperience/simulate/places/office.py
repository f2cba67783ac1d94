"""An office: a desk, a side table, a shelf of folders."""

from __future__ import annotations

from xperience.simulate.places import place
from xperience.simulate.places.decor import books, boxes, clock, floor_plant, pictures, window
from xperience.simulate.places.furniture import desk, shelf, table
from xperience.simulate.places.room import Room


@place(
    "office",
    roles=("work", "side", "shelf"),
    clutter=(
        "book",
        "folder",
        "pen holder",
        "mug",
        "potted plant",
        "stapler",
        "tape dispenser",
        "headphones",
        "water bottle",
    ),
)
def office(room: Room) -> None:
    look = room.look
    room.shell((look.pick(("speckle", "wood")), look.color("muted"), 0.4), ("plain", look.color("ceramic"), 0.5))
    desk(room, {"work": -0.1}, "north", 0.2, 1.7)
    table(room, {"side": 0.0}, "east", 0.3, 1.2, name="side table")
    shelf(room, "shelf", "west", 0.1, metal=True)
    books(room, "south", 0.9, 1.0)
    window(room, "east", 0.3, 1.1)
    clock(room, "north")
    pictures(room, "south", 3)
    pictures(room, "north", 2)
    floor_plant(room, "south", -1.6)
    boxes(room, "north", -1.5)
