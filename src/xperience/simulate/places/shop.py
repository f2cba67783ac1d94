"""A small shop: a checkout, a shelf of goods, a packing table."""

from __future__ import annotations

from xperience.simulate.places import place
from xperience.simulate.places.decor import boxes, clock, pictures, wall_board, window
from xperience.simulate.places.furniture import counter, shelf, table
from xperience.simulate.places.room import Room


@place(
    "shop",
    roles=("work", "side", "shelf"),
    clutter=(
        "cereal box",
        "can",
        "juice bottle",
        "milk carton",
        "pasta packet",
        "detergent bottle",
        "water bottle",
        "egg carton",
        "toy",
    ),
)
def shop(room: Room) -> None:
    look = room.look
    room.shell(("tiles", look.color("ceramic"), 0.6), ("plain", look.color("bright"), 0.5))
    counter(room, {"work": 0.0}, "north", 0.0, 1.7, name="checkout counter")
    table(room, {"side": 0.0}, "east", 0.3, 1.3, name="packing table")
    shelf(room, "shelf", "west", 0.5, 1.3, name="shop shelf", metal=True)
    shelf(room, None, "south", -0.8, 1.4, name="shop shelf", metal=True)
    shelf(room, None, "south", 0.75, 1.4, name="shop shelf", metal=True)
    wall_board(room, "north", -0.5, 1.5, high=1.6)
    window(room, "north", 1.4, 0.7)
    clock(room, "east")
    pictures(room, "east", 3)
    pictures(room, "west", 2)
    boxes(room, "north", -1.7)
