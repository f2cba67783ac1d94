"""A dining room: a table, a sideboard, a glass cabinet."""

from __future__ import annotations

from xperience.simulate.places import place
from xperience.simulate.places.decor import clock, floor_plant, pictures, wall_board, window
from xperience.simulate.places.furniture import counter, shelf, table
from xperience.simulate.places.room import Room


@place(
    "dining room",
    roles=("work", "side", "shelf"),
    clutter=("vase", "candle", "plate", "bowl", "glass", "teapot", "tea cup", "book", "potted plant"),
)
def dining_room(room: Room) -> None:
    look = room.look
    room.shell(("wood", look.color("wood"), 0.7), ("stripes", look.color("muted"), 0.25))
    table(room, {"work": 0.0}, "north", 0.1, 1.8, depth=0.8, name="dining table", cover=look.rng.random() < 0.7)
    counter(room, {"side": 0.0}, "east", 0.1, 1.4, name="sideboard")
    shelf(room, "shelf", "west", 0.1, 1.2, name="cabinet")
    window(room, "south", -0.6, 1.2)
    wall_board(room, "east", 0.0, 1.0, high=1.6)
    clock(room, "south")
    pictures(room, "north", 4)
    pictures(room, "south", 2)
    floor_plant(room, "south", 1.7)
    floor_plant(room, "north", -1.7)
