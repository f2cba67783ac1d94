"""A bathroom: a washstand under a mirror, a small table, a shelf, a tub."""

from __future__ import annotations

from xperience.simulate.places import place
from xperience.simulate.places.decor import bathtub, floor_plant, mirror, pictures, rug, window
from xperience.simulate.places.furniture import counter, shelf, table
from xperience.simulate.places.room import Room


@place(
    "bathroom",
    roles=("work", "sink", "side", "shelf"),
    clutter=("soap bottle", "detergent bottle", "toothbrush", "sponge", "candle", "potted plant", "glass"),
)
def bathroom(room: Room) -> None:
    look = room.look
    room.shell(("tiles", look.color("ceramic"), 0.3), ("tiles", look.color("ceramic"), 0.3))
    counter(room, {"sink": -0.42, "work": 0.42}, "north", 0.1, 1.75, name="washstand")
    mirror(room, "north", -0.3)
    table(room, {"side": 0.0}, "east", 0.2, 1.1, depth=0.55, name="small table")
    shelf(room, "shelf", "west", 0.1, 0.95)
    bathtub(room, "south", 0.0)
    window(room, "south", 0.7, 0.8)
    pictures(room, "east", 3)
    pictures(room, "north", 1)
    pictures(room, "west", 1)
    floor_plant(room, "north", 1.55)
    rug(room)
