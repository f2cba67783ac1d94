"""A kitchen: counter with sink and stove, a table, a shelf."""

from __future__ import annotations

from xperience.simulate.places import place
from xperience.simulate.places.furniture import counter, posters, rug, shelf, table, window
from xperience.simulate.places.room import Room


@place("kitchen", roles=("work", "sink", "side", "shelf"), clutter=("mug", "kettle", "glass carafe"))
def kitchen(room: Room) -> None:
    look = room.look
    room.shell(("tiles", look.color("ceramic"), 0.3), ("plain", look.color("muted"), 0.4))
    counter(room, {"sink": -0.95, "work": 0.25}, "counter", "north", 0.0, 3.0, sink="sink")
    table(room, "side", "table", "east", 0.2, 1.4)
    shelf(room, "shelf", "shelf", "west", 0.3)
    window(room, "north", -0.9, 1.0)
    posters(room, "south", 4)
    posters(room, "east", 2)
    rug(room)
