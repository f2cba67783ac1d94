"""A greenhouse: a potting bench, a bench of plants, a rack."""

from __future__ import annotations

from xperience.simulate.places import place
from xperience.simulate.places.decor import boxes, floor_plant, pictures, wall_board, window
from xperience.simulate.places.furniture import bench, counter, shelf
from xperience.simulate.places.room import Room


@place(
    "greenhouse",
    roles=("work", "sink", "side", "shelf"),
    clutter=("plant pot", "potted plant", "seed packet", "watering can", "vase", "can", "trowel"),
)
def greenhouse(room: Room) -> None:
    look = room.look
    room.shell(("speckle", look.color("muted"), 0.3), ("stripes", (0.72, 0.8, 0.76), 0.35))
    bench(room, {"work": 0.0}, "north", 0.0, 2.0, look.color("wood"))
    counter(room, {"sink": 0.0}, "east", 0.4, 1.1)
    bench(room, {"side": 0.0}, "south", -0.3, 1.8, look.color("wood"))
    shelf(room, "shelf", "west", 0.0)
    for side, x in (("north", -0.8), ("north", 0.8), ("south", -0.3), ("east", 0.4)):
        window(room, side, x, 1.1)
    wall_board(room, "south", 1.2, 0.9)
    pictures(room, "west", 1)
    pictures(room, "south", 1)
    floor_plant(room, "south", 1.7)
    floor_plant(room, "north", -1.6)
    boxes(room, "north", 1.7)
