"""An art studio: a work table, a side table, a shelf, an easel."""

from __future__ import annotations

from xperience.simulate.places import place
from xperience.simulate.places.decor import books, easel, floor_plant, pictures, rug, wall_board, window
from xperience.simulate.places.furniture import shelf, table
from xperience.simulate.places.room import Room


@place(
    "studio",
    roles=("work", "side", "shelf"),
    clutter=("paint can", "pen holder", "book", "vase", "marker", "glue bottle", "bowl", "potted plant", "ribbon"),
)
def studio(room: Room) -> None:
    look = room.look
    room.shell(("wood", look.color("wood"), 0.5), ("speckle", look.color("ceramic"), 0.6))
    table(room, {"work": 0.0}, "north", 0.1, 1.8, name="work table")
    table(room, {"side": 0.0}, "east", 0.3, 1.2, name="side table", cover=True)
    shelf(room, "shelf", "west", 0.1)
    easel(room, "south", 1.3)
    books(room, "south", -1.3, 0.9)
    window(room, "south", 0.1, 1.2)
    wall_board(room, "east", 0.3, 1.0)
    pictures(room, "north", 5)
    pictures(room, "west", 2)
    floor_plant(room, "north", -1.7)
    rug(room)
