"""A kitchen: a counter with sink and stove, a table, a shelf."""

from __future__ import annotations

from xperience.simulate.places import place
from xperience.simulate.places.decor import clock, fridge, pictures, rug, upper_cabinets, window
from xperience.simulate.places.furniture import counter, shelf, table
from xperience.simulate.places.room import Room


@place(
    "kitchen",
    roles=("work", "sink", "stove", "side", "shelf"),
    clutter=(
        "mug",
        "glass",
        "plate",
        "bowl",
        "tea tin",
        "coffee jar",
        "salt shaker",
        "can",
        "pasta packet",
        "apple",
        "potted plant",
        "saucepan",
    ),
)
def kitchen(room: Room) -> None:
    look = room.look
    room.shell(("tiles", look.color("ceramic"), 0.5), (look.pick(("plain", "tiles")), look.color("muted"), 0.3))
    counter(room, {"sink": -1.05, "work": -0.05, "stove": 0.95}, "north", 0.25, 3.1)
    upper_cabinets(room, "north", 1.05, 1.3)
    window(room, "north", -0.8)
    fridge(room, "north", -1.75)
    table(room, {"side": 0.0}, "east", 0.35, 1.3, cover=look.rng.random() < 0.5)
    shelf(room, "shelf", "west", 0.0)
    clock(room, "east")
    pictures(room, "east", 2)
    pictures(room, "south", 4)
    rug(room)
