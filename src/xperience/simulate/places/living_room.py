"""A living room: a table, a sideboard, a bookcase, a sofa."""

from __future__ import annotations

from xperience.simulate.places import place
from xperience.simulate.places.decor import books, floor_plant, pictures, rug, sofa, window
from xperience.simulate.places.furniture import counter, shelf, table
from xperience.simulate.places.room import Room


@place(
    "living room",
    roles=("work", "side", "shelf"),
    clutter=("book", "candle", "vase", "toy", "rubik's cube", "headphones", "phone", "potted plant", "mug"),
)
def living_room(room: Room) -> None:
    look = room.look
    room.shell(("wood", look.color("wood"), 0.8), ("plain", look.color("muted"), 0.5))
    table(room, {"work": 0.0}, "north", -0.2, 1.5, cover=look.rng.random() < 0.4)
    counter(room, {"side": 0.0}, "east", 0.4, 1.2, name="sideboard")
    shelf(room, "shelf", "west", -0.2)
    books(room, "north", 1.6, 0.9)
    sofa(room, "south", 0.3)
    window(room, "south", 0.3, 1.3)
    pictures(room, "north", 2)
    pictures(room, "east", 3)
    pictures(room, "south", 2)
    floor_plant(room, "south", -1.7)
    rug(room)
