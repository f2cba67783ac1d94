"""Furniture along a wall, with stations where people work at it."""

from __future__ import annotations

from xperience.simulate import shapes
from xperience.simulate.objects.looks import part
from xperience.simulate.places.room import GAP, Ledge, Room
from xperience.simulate.surfaces import Station, Zone


def counter(
    room: Room, roles: dict[str, float], name: str, side: str, x: float, width: float, sink: str | None = None
) -> None:
    """Cabinets with doors under a worktop; `roles` gives each station's place along it."""
    look, top, depth = room.look, room.work_height, 0.62
    body, door = look.color("wood"), look.color("muted")
    count = max(int(width / 0.55), 1)
    step = width / count
    doors = [
        shapes.shift(shapes.box(step - 0.03, 0.02, top - 0.2), x=(k + 0.5) * step - width / 2, y=-0.31, z=0.12)
        for k in range(count)
    ]
    knobs = [
        shapes.shift(shapes.box(0.12, 0.02, 0.015), x=(k + 0.5) * step - width / 2, y=-0.33, z=top - 0.16)
        for k in range(count)
    ]
    parts = [
        part(shapes.box(width, depth - 0.04, top - 0.04), body, "wood", 0.2),
        part(shapes.merge(*doors), door, "wood", 0.25),
        part(shapes.merge(*knobs), look.color("metal")),
        part(shapes.shift(shapes.box(width, depth, 0.04), z=top - 0.04), look.color("ceramic"), "speckle", 0.05),
    ]
    index = room.add("counter", parts, room.at(side, x, -depth / 2), name)
    for role, at in roles.items():
        room.surface(role, role if role == sink else name, side, x + at, -depth, top, 0.5, depth, index)


def table(room: Room, role: str, name: str, side: str, x: float, width: float, depth: float = 0.7) -> None:
    """A top on four legs."""
    look, top = room.look, room.work_height
    wood = look.color("wood")
    legs = [
        shapes.shift(shapes.box(0.06, 0.06, top - 0.03), x=a * (width / 2 - 0.06), y=b * (depth / 2 - 0.06))
        for a in (-1, 1)
        for b in (-1, 1)
    ]
    parts = [
        part(shapes.merge(*legs), wood, "wood", 0.15),
        part(shapes.shift(shapes.box(width, depth, 0.035), z=top - 0.035), wood, "wood", 0.3),
    ]
    index = room.add("table", parts, room.at(side, x, -depth / 2), name)
    room.surface(role, name, side, x, -depth, top, width / 2 - 0.06, depth, index)


def shelf(room: Room, role: str, name: str, side: str, x: float, width: float = 1.1) -> None:
    """Boards between two sides; two of them can be reached into, the others hold clutter."""
    look, depth = room.look, 0.32
    wood = look.color("wood")
    high = 1.16 * room.height
    levels = [round(f * room.height, 3) for f in (0.08, 0.31, 0.54, 0.76, 0.98)]
    boards = [shapes.shift(shapes.box(width, depth, 0.025), z=z - 0.025) for z in levels]
    sides = [shapes.shift(shapes.box(0.025, depth, high), x=s * width / 2) for s in (-1, 1)]
    back = shapes.shift(shapes.box(width, 0.015, high), y=depth / 2 - 0.01)
    parts = [
        part(shapes.merge(*boards, *sides), wood, "wood", 0.2),
        part(back, look.color("muted"), "stripes", 0.12),
    ]
    index = room.add("shelf", parts, room.at(side, x, -depth / 2), name)
    half = (width / 2 - 0.06, depth / 2 - 0.03)
    zones = [Zone(room.at(side, x, -depth / 2, z), half) for z in levels]
    room.stations[role] = Station(name, room.at(side, x, -depth - GAP), [zones[2], zones[3]], index)
    room.ledges += [Ledge(zones[k], 5) for k in (0, 1, 4)]


def window(room: Room, side: str, x: float, width: float) -> None:
    """A bright pane in a frame, high on the wall."""
    frame = [
        shapes.shift(shapes.box(width + 0.1, 0.04, 0.05), z=0.0),
        shapes.shift(shapes.box(width + 0.1, 0.04, 0.05), z=0.85),
        *(shapes.shift(shapes.box(0.05, 0.04, 0.9), x=s * (width / 2 + 0.025)) for s in (-1, 0, 1)),
    ]
    pane = shapes.shift(shapes.box(width, 0.01, 0.85), z=0.03, y=0.0)
    parts = [part(shapes.merge(*frame), (0.92, 0.92, 0.9)), part(pane, (0.72, 0.85, 0.98), "stripes", 0.5)]
    room.add("window", parts, room.at(side, x, -0.02, 1.35))


def posters(room: Room, side: str, count: int) -> None:
    """Pictures on a wall, no two alike."""
    look = room.look
    length = room.width if side in ("north", "south") else room.depth
    step = length / count
    for k in range(count):
        w, h = look.size(0.45, 0.3), look.size(0.55, 0.3)
        x = -length / 2 + (k + 0.5) * step
        z = float(look.rng.uniform(1.3, 1.6))
        picture = [
            part(shapes.box(w, 0.02, h), look.color("dark")),
            part(
                shapes.shift(shapes.box(w - 0.05, 0.02, h - 0.05), y=-0.006, z=0.025),
                look.color("bright"),
                look.pick(("stripes", "tiles", "label", "speckle")),
                look.size(0.12, 0.4),
            ),
        ]
        for _ in range(3):
            a, b = look.size(0.1, 0.4), look.size(0.1, 0.4)
            sx, sz = (float(look.rng.uniform(-1, 1)) * (w - a - 0.06) / 2, float(look.rng.uniform(0.04, h - b - 0.04)))
            picture.append(part(shapes.shift(shapes.box(a, 0.02, b), x=sx, y=-0.01, z=sz), look.color("bright")))
        room.add("poster", picture, room.at(side, x, -0.012, z))


def rug(room: Room) -> None:
    """A striped rug in the middle."""
    look = room.look
    mesh = shapes.box(look.size(1.5, 0.2), look.size(1.1, 0.2), 0.008)
    room.add(
        "rug",
        [part(mesh, look.color("cloth"), look.pick(("stripes", "tiles")), look.size(0.25, 0.3))],
        room.at("south", 0.0, -room.depth / 2),
    )
