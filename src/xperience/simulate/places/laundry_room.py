"""A laundry room: a folding table, a counter with a sink, machines, a shelf."""

from __future__ import annotations

from xperience.simulate.places import place
from xperience.simulate.places.decor import clock, pictures, rug, wall_board, washing_machine, window
from xperience.simulate.places.furniture import counter, shelf, table
from xperience.simulate.places.room import Room


@place(
    "laundry room",
    roles=("work", "sink", "side", "shelf"),
    clutter=("detergent bottle", "spray bottle", "soap bottle", "sponge", "cloth", "potted plant", "storage bin"),
)
def laundry_room(room: Room) -> None:
    look = room.look
    room.shell(("tiles", look.color("ceramic"), 0.4), (look.pick(("tiles", "stripes")), look.color("muted"), 0.3))
    table(room, {"work": 0.0}, "north", -0.3, 1.6, depth=0.75, name="folding table")
    counter(room, {"sink": -0.35, "side": 0.45}, "east", 0.15, 1.7)
    shelf(room, "shelf", "west", 0.0)
    washing_machine(room, "south", -0.4)
    washing_machine(room, "south", 0.3)
    wall_board(room, "south", 0.0, 1.4)
    wall_board(room, "north", -0.4, 1.3, high=1.6)
    window(room, "east", 0.3)
    clock(room, "west")
    pictures(room, "north", 2)
    pictures(room, "south", 2)
    rug(room)
