"""Furniture along a wall at which people work: each has stations."""

from __future__ import annotations

import numpy as np

from xperience.simulate import shapes
from xperience.simulate.objects.looks import Color, part
from xperience.simulate.places.room import GAP, Room
from xperience.simulate.surfaces import Station, Zone
from xperience.simulate.things import Mesh


def counter(room: Room, roles: dict[str, float], side: str, x: float, width: float, name: str = "counter") -> None:
    """Cabinets with doors under a worktop. A role "sink" gets a basin with a tap, "stove" a hob."""
    look, top, depth = room.look, room.work_height, 0.62
    count = max(round(width / 0.5), 1)
    step = width / count
    middles = [(k + 0.5) * step - width / 2 for k in range(count)]
    doors = [shapes.shift(shapes.box(step - 0.03, 0.02, top - 0.2), x=m, y=-0.31, z=0.12) for m in middles]
    knobs = [shapes.shift(shapes.box(0.12, 0.02, 0.015), x=m, y=-0.33, z=top - 0.16) for m in middles]
    parts = [
        part(shapes.box(width, depth - 0.04, top - 0.04), look.color("wood"), "wood", 0.2),
        part(shapes.merge(*doors), look.color("muted"), look.pick(("wood", "plain", "stripes")), 0.25),
        part(shapes.merge(*knobs), look.color("metal")),
        part(shapes.shift(shapes.box(width, depth, 0.04), z=top - 0.04), look.color("ceramic"), "speckle", 0.08),
    ]
    for role, at in roles.items():
        at = -at if room.flipped else at
        if role == "sink":
            basin = shapes.shift(shapes.box(0.56, 0.4, 0.003), x=at, y=-0.07, z=top)
            rim = [shapes.shift(shapes.box(0.58, 0.012, 0.01), x=at, y=-0.07 + s * 0.2, z=top) for s in (-1, 1)]
            tap = shapes.tube(
                ((at, 0.2, top), (at, 0.2, top + 0.3), (at, 0.08, top + 0.33), (at, 0.02, top + 0.27)), 0.013, 7
            )
            parts += [part(basin, (0.55, 0.57, 0.6), "stripes", 0.06), part(shapes.merge(*rim, tap), (0.78, 0.79, 0.8))]
        if role == "stove":
            rings = [
                shapes.shift(shapes.cylinder(0.08, 0.004, 14), x=at + a * 0.13, y=-0.06 + b * 0.12, z=top + 0.002)
                for a in (-1, 1)
                for b in (-1, 1)
            ]
            parts += [
                part(shapes.shift(shapes.box(0.56, 0.46, 0.002), x=at, y=-0.06, z=top), (0.06, 0.06, 0.07)),
                part(shapes.merge(*rings), (0.45, 0.12, 0.1)),
            ]
    index = room.add("counter", parts, room.at(side, x, -depth / 2), name)
    room.surface(
        roles, name, side, x, -depth, top + 0.006 if "stove" in roles or "sink" in roles else top, width, depth, index
    )


def table(
    room: Room,
    roles: dict[str, float],
    side: str,
    x: float,
    width: float,
    depth: float = 0.72,
    name: str = "table",
    cover: bool = False,
) -> None:
    """A top on four legs; with a cover, a striped cloth lies on it."""
    look, top = room.look, room.work_height
    wood = look.color("wood")
    legs = [
        shapes.shift(shapes.box(0.06, 0.06, top - 0.03), x=a * (width / 2 - 0.06), y=b * (depth / 2 - 0.06))
        for a in (-1, 1)
        for b in (-1, 1)
    ]
    rail = shapes.shift(shapes.box(width - 0.12, depth - 0.14, 0.06), z=top - 0.09)
    parts = [
        part(shapes.merge(*legs, rail), wood, "wood", 0.15),
        part(shapes.shift(shapes.box(width, depth, 0.03), z=top - 0.03), wood, "wood", 0.3),
    ]
    if cover:
        parts.append(
            part(
                shapes.shift(shapes.box(0.96 * width, 0.94 * depth, 0.003), z=top),
                look.color("cloth"),
                look.pick(("stripes", "tiles")),
                0.14,
            )
        )
    index = room.add("table", parts, room.at(side, x, -depth / 2), name)
    room.surface(roles, name, side, x, -depth, top + (0.003 if cover else 0.0), width, depth, index)


def desk(room: Room, roles: dict[str, float], side: str, x: float, width: float) -> None:
    """A desk with drawers and a screen at its back."""
    look, top, depth = room.look, room.work_height, 0.74
    color = look.color("wood")
    block = shapes.shift(shapes.box(0.4, depth - 0.06, top - 0.03), x=width / 2 - 0.22)
    drawers = [
        shapes.shift(shapes.box(0.36, 0.02, 0.17), x=width / 2 - 0.22, y=-depth / 2 + 0.03, z=0.1 + 0.21 * k)
        for k in range(int((top - 0.12) / 0.21))
    ]
    legs = [
        shapes.shift(shapes.box(0.05, 0.05, top - 0.03), x=-width / 2 + 0.05, y=s * (depth / 2 - 0.05)) for s in (-1, 1)
    ]
    parts = [
        part(shapes.merge(block, *legs), color, "wood", 0.2),
        part(shapes.merge(*drawers), look.color("muted"), "wood", 0.15),
        part(shapes.shift(shapes.box(width, depth, 0.03), z=top - 0.03), color, "wood", 0.25),
        part(shapes.shift(shapes.box(0.55, 0.03, 0.33), x=-0.2, y=depth / 2 - 0.08, z=top + 0.1), (0.08, 0.08, 0.09)),
        part(
            shapes.shift(shapes.box(0.52, 0.004, 0.3), x=-0.2, y=depth / 2 - 0.097, z=top + 0.115),
            (0.35, 0.5, 0.75),
            "label",
            0.3,
        ),
        part(shapes.shift(shapes.box(0.2, 0.14, 0.11, 0.4), x=-0.2, y=depth / 2 - 0.08, z=top), (0.12, 0.12, 0.13)),
    ]
    index = room.add("desk", parts, room.at(side, x, -depth / 2), "desk")
    room.reserve(side, x, width)
    room.surface(roles, "desk", side, x, -depth, top, width, depth - 0.22, index)


def workbench(room: Room, roles: dict[str, float], side: str, x: float, width: float) -> None:
    """A heavy bench before a board with hanging tools."""
    look, top, depth = room.look, room.work_height, 0.68
    wood = look.color("wood")
    legs = [
        shapes.shift(shapes.box(0.1, 0.1, top - 0.06), x=a * (width / 2 - 0.08), y=b * (depth / 2 - 0.08))
        for a in (-1, 1)
        for b in (-1, 1)
    ]
    under = shapes.shift(shapes.box(width - 0.1, depth - 0.12, 0.03), z=0.25)
    vice = shapes.shift(shapes.box(0.12, 0.1, 0.12), x=-width / 2 + 0.12, y=-depth / 2 - 0.04, z=top - 0.14)
    parts = [
        part(shapes.merge(*legs, under), wood, "wood", 0.15),
        part(shapes.shift(shapes.box(width, depth, 0.06), z=top - 0.06), look.color("wood"), "wood", 0.12),
        part(vice, look.color("bright")),
    ]
    index = room.add("workbench", parts, room.at(side, x, -depth / 2), "workbench")
    board = [part(shapes.shift(shapes.box(width - 0.1, 0.02, 0.8), z=0.0), look.color("muted"), "tiles", 0.06)]
    tools: list[Mesh] = []
    for k in range(int(width / 0.16)):
        at = -width / 2 + 0.16 + 0.16 * k
        long = look.size(0.2, 0.3)
        z = float(look.rng.uniform(0.3, 0.55))
        tools.append(shapes.shift(shapes.box(0.03, 0.025, long), x=at, y=-0.02, z=z - long / 2))
        tools.append(shapes.shift(shapes.box(look.size(0.07, 0.4), 0.03, 0.05), x=at, y=-0.025, z=z + long / 2))
    board.append(part(shapes.merge(*tools[::2]), look.color("bright")))
    board.append(part(shapes.merge(*tools[1::2]), look.color("dark")))
    room.add("tool board", board, room.at(side, x, -0.015, top + 0.25))
    room.reserve(side, x, width)
    room.surface(roles, "workbench", side, x, -depth, top, width, depth, index)


def shelf(
    room: Room, role: str | None, side: str, x: float, width: float = 1.1, name: str = "shelf", metal: bool = False
) -> None:
    """Boards between two sides; two of them can be reached into, the others (without a role, all) hold clutter."""
    look, depth = room.look, 0.36
    color = look.color("metal" if metal else "wood")
    texture = "plain" if metal else "wood"
    high = 1.16 * room.height
    levels = [round(f * room.height, 3) for f in (0.08, 0.31, 0.54, 0.76, 0.98)]
    boards = [shapes.shift(shapes.box(width, depth, 0.025), z=z - 0.025) for z in levels]
    sides = [shapes.shift(shapes.box(0.025, depth, high), x=s * width / 2) for s in (-1, 1)]
    back = shapes.shift(shapes.box(width, 0.015, high), y=depth / 2 - 0.01)
    parts = [
        part(shapes.merge(*boards, *sides), color, texture, 0.2),
        part(back, look.color("muted"), look.pick(("stripes", "tiles", "wood")), 0.12),
    ]
    index = room.add("shelf", parts, room.at(side, x, -depth / 2), name)
    half = (width / 2 - 0.04, depth / 2 - 0.02)
    zones = [Zone(room.at(side, x, -depth / 2, z), half) for z in levels]
    if role is not None:
        room.stations[role] = Station(name, room.at(side, x, -depth - GAP), [zones[2], zones[3]], index)
    for k in range(5):
        if role is None or k not in (2, 3):
            stock(room, room.at(side, x, -0.1, levels[k]), width - 0.08, min(0.9 * (levels[1] - levels[0]), 0.3))
            room.ledges.append((Zone(room.at(side, x, -depth + 0.09, levels[k]), (half[0], 0.08)), 6))
    room.reserve(side, x, width)


def stock(room: Room, pose: np.ndarray, width: float, high: float) -> None:
    """A row of boxes, jars and files along the back of a board, as one thing."""
    look = room.look
    goods: dict[int, list[Mesh]] = {}
    at = -width / 2
    while at < width / 2 - 0.12:
        w, h = look.size(0.11, 0.4), round(float(look.rng.uniform(0.45, 1.0)) * high, 3)
        if look.rng.random() < 0.85:
            tin = look.rng.random() < 0.3
            mesh = shapes.cylinder(w / 2 - 0.005, 0.7 * h, 10) if tin else shapes.box(w - 0.01, 0.15, h)
            goods.setdefault(int(look.rng.integers(5)), []).append(shapes.shift(mesh, x=at + w / 2))
        at += w
    parts = [
        part(shapes.merge(*meshes), look.color("bright" if k < 4 else "card"), "label", 0.16)
        for k, meshes in goods.items()
    ]
    if parts:
        room.add("stock", parts, pose, "goods on the shelf")


def bench(room: Room, roles: dict[str, float], side: str, x: float, width: float, color: Color) -> None:
    """A slatted bench for plants on trestles."""
    look, top, depth = room.look, room.work_height, 0.66
    slats = [
        shapes.shift(shapes.box(width, 0.09, 0.025), y=-depth / 2 + 0.055 + 0.11 * k, z=top - 0.025) for k in range(6)
    ]
    feet = [shapes.shift(shapes.box(0.07, depth - 0.1, top - 0.025, 0.5), x=s * (width / 2 - 0.2)) for s in (-1, 0, 1)]
    low = shapes.shift(shapes.box(width - 0.3, depth - 0.2, 0.02), z=0.3)
    parts = [
        part(shapes.merge(*slats), color, "wood", 0.12),
        part(shapes.merge(*feet, low), look.color("wood"), "wood", 0.2),
    ]
    index = room.add("bench", parts, room.at(side, x, -depth / 2), "potting bench")
    room.surface(roles, "potting bench", side, x, -depth, top, width, depth, index)
    room.ledges.append((Zone(room.at(side, x, -depth / 2, 0.32), (width / 2 - 0.2, 0.2)), 5))
