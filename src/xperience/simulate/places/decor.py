"""What fills a room without being worked at: windows, pictures, books, plants, machines."""

from __future__ import annotations

from xperience.simulate import shapes
from xperience.simulate.objects.garden import leaves
from xperience.simulate.objects.looks import part
from xperience.simulate.places.room import Room
from xperience.simulate.surfaces import Zone
from xperience.simulate.things import Mesh


def window(room: Room, side: str, x: float, width: float = 1.0) -> None:
    """A bright pane in a frame with a view of sky, trees and a roof, and curtains."""
    look = room.look
    frame = [
        *(shapes.shift(shapes.box(width + 0.1, 0.05, 0.05), z=z) for z in (0.0, 0.85)),
        *(shapes.shift(shapes.box(0.05, 0.05, 0.9), x=s * (width / 2 + 0.025)) for s in (-1, 0, 1)),
    ]
    trees = [
        shapes.shift(shapes.box(look.size(0.16, 0.5), 0.02, look.size(0.28, 0.4)), x=a * width / 2, z=0.04)
        for a in (-0.75, -0.3, 0.2)
    ]
    roof = shapes.shift(shapes.box(0.3 * width, 0.022, 0.3, 0.5), x=0.33 * width, z=0.04)
    curtains = [shapes.shift(shapes.box(0.18, 0.05, 1.15), x=s * (width / 2 + 0.1), y=-0.04, z=-0.15) for s in (-1, 1)]
    parts = [
        part(shapes.merge(*frame), (0.92, 0.92, 0.9)),
        part(shapes.shift(shapes.box(width, 0.01, 0.85), z=0.03), (0.70, 0.84, 0.98), "speckle", 0.7),
        part(shapes.merge(*trees), (0.25, 0.45, 0.22), "speckle", 0.1),
        part(roof, (0.62, 0.28, 0.2), "tiles", 0.1),
        part(shapes.merge(*curtains), look.color("cloth"), "stripes", 0.07),
    ]
    room.add("window", parts, room.at(side, x, -0.02, 1.35))
    room.reserve(side, x, width + 0.5)


def pictures(room: Room, side: str, count: int) -> None:
    """Framed pictures, no two alike."""
    look = room.look
    for _ in range(count):
        w, h = look.size(0.42, 0.3), look.size(0.5, 0.3)
        x = room.hang(side, w)
        if x is None:
            continue
        texture = look.pick(("stripes", "tiles", "label", "speckle"))
        picture = [
            part(shapes.box(w, 0.02, h), look.color("dark")),
            part(
                shapes.shift(shapes.box(w - 0.05, 0.02, h - 0.05), y=-0.006, z=0.025),
                look.color("bright"),
                texture,
                look.size(0.12, 0.4),
            ),
        ]
        for _ in range(3):
            a, b = look.size(0.1, 0.4), look.size(0.1, 0.4)
            dx, dz = float(look.rng.uniform(-1, 1)) * (w - a - 0.06) / 2, float(look.rng.uniform(0.04, h - b - 0.04))
            shape = look.pick(
                (
                    shapes.box(a, 0.02, b),
                    shapes.shift(shapes.turn(shapes.cylinder(a / 2, 0.02, 10), x=90), y=0.01, z=a / 2),
                )
            )
            picture.append(part(shapes.shift(shape, x=dx, y=-0.01, z=dz), look.color("bright")))
        room.add("picture", picture, room.at(side, x, -0.012, float(look.rng.uniform(1.2, 1.6))))


def clock(room: Room, side: str) -> None:
    x = room.hang(side, 0.3)
    if x is None:
        return
    dial = shapes.shift(shapes.turn(shapes.cylinder(0.14, 0.02, 18), x=90), y=0.0)
    rim = shapes.shift(shapes.turn(shapes.cylinder(0.155, 0.015, 18), x=90), y=0.0)
    hands = shapes.merge(
        shapes.shift(shapes.box(0.012, 0.006, 0.09), y=-0.024),
        shapes.shift(shapes.turn(shapes.box(0.012, 0.006, 0.11), y=75), y=-0.024),
    )
    parts = [part(rim, room.look.color("dark")), part(dial, (0.95, 0.95, 0.92)), part(hands, (0.1, 0.1, 0.1))]
    room.add("clock", parts, room.at(side, x, -0.005, 1.9))


def wall_board(room: Room, side: str, x: float, width: float, name: str = "wall shelf", high: float = 1.5) -> None:
    """A board on brackets with clutter on it."""
    look = room.look
    brackets = [shapes.shift(shapes.box(0.03, 0.18, 0.12, 0.4), x=s * (width / 2 - 0.1), z=-0.12) for s in (-1, 1)]
    parts = [
        part(shapes.box(width, 0.24, 0.025), look.color("wood"), "wood", 0.15),
        part(shapes.merge(*brackets), look.color("metal")),
    ]
    room.add("wall shelf", parts, room.at(side, x, -0.13, high), name)
    room.ledges.append((Zone(room.at(side, x, -0.13, high + 0.025), (width / 2 - 0.02, 0.11)), int(5 * width)))
    room.reserve(side, x, width)


def upper_cabinets(room: Room, side: str, x: float, width: float) -> None:
    """Cabinets on the wall above a counter."""
    look = room.look
    count = max(round(width / 0.45), 1)
    step = width / count
    doors = [
        shapes.shift(shapes.box(step - 0.02, 0.02, 0.6), x=(k + 0.5) * step - width / 2, y=-0.17, z=0.03)
        for k in range(count)
    ]
    knobs = [
        shapes.shift(shapes.box(0.02, 0.02, 0.08), x=(k + 0.85) * step - width / 2, y=-0.19, z=0.06)
        for k in range(count)
    ]
    parts = [
        part(shapes.box(width, 0.32, 0.66), look.color("wood"), "wood", 0.2),
        part(shapes.merge(*doors), look.color("muted"), look.pick(("plain", "wood", "stripes")), 0.3),
        part(shapes.merge(*knobs), look.color("metal")),
    ]
    room.add("cabinet", parts, room.at(side, x, -0.16, 1.55), "wall cabinet")
    room.reserve(side, x, width)


def books(room: Room, side: str, x: float, width: float = 0.9, rows: int = 5) -> None:
    """A bookcase full of books."""
    look, depth = room.look, 0.28
    case = [shapes.shift(shapes.box(0.025, depth, 0.36 * rows + 0.05), x=s * width / 2) for s in (-1, 1)]
    case += [shapes.shift(shapes.box(width, depth, 0.025), z=0.36 * k) for k in range(rows + 1)]
    case.append(shapes.shift(shapes.box(width, 0.015, 0.36 * rows), y=depth / 2 - 0.01))
    spines: list[list[Mesh]] = [[] for _ in range(6)]
    for row in range(rows):
        at = -width / 2 + 0.03
        while at < width / 2 - 0.1:
            thick = look.size(0.045, 0.45)
            if look.rng.random() < 0.93:
                spine = shapes.shift(
                    shapes.box(thick - 0.004, 0.2, look.size(0.25, 0.2)),
                    x=at + thick / 2,
                    y=-0.02,
                    z=0.36 * row + 0.026,
                )
                look.pick(spines).append(spine)
            at += thick
    parts = [part(shapes.merge(*case), look.color("wood"), "wood", 0.2)]
    parts += [part(shapes.merge(*some), look.color("bright"), "label", 0.3) for some in spines if some]
    room.add("books", parts, room.at(side, x, -depth / 2), "bookcase")
    room.reserve(side, x, width)


def rug(room: Room) -> None:
    """A rug in the middle."""
    look = room.look
    x, y = look.size(1.5, 0.2), look.size(1.1, 0.2)
    border, middle = shapes.box(x, y, 0.008), shapes.shift(shapes.box(0.82 * x, 0.78 * y, 0.002), z=0.008)
    parts = [
        part(border, look.color("cloth"), "stripes", 0.1),
        part(middle, look.color("bright"), look.pick(("tiles", "stripes", "speckle")), look.size(0.25, 0.3)),
    ]
    room.add("rug", parts, room.at("south", 0.0, -room.depth / 2))


def floor_plant(room: Room, side: str, x: float) -> None:
    """A big plant in a pot on the floor."""
    look = room.look
    pot = shapes.cup(0.16, 0.3, 0.012, 0.12)
    green = [shapes.shift(leaves(look, 9, 0.26, h), z=0.26) for h in (0.9, 0.55)]
    parts = [
        part(pot, look.color("ceramic"), "stripes", 0.1),
        part(shapes.disk(0.148, 0.26), (0.25, 0.17, 0.1), "speckle", 0.05),
        part(shapes.merge(*green), (0.16, 0.42, 0.17)),
    ]
    room.add("floor plant", parts, room.at(side, x, -0.3))
    room.reserve(side, x, 0.3)


def boxes(room: Room, side: str, x: float) -> None:
    """A pile of cardboard boxes on the floor."""
    look = room.look
    parts = []
    z = 0.0
    for k in range(3):
        w, d, h = look.size(0.42 - 0.06 * k), look.size(0.38 - 0.05 * k), look.size(0.3)
        color = look.color("card")
        turned = shapes.turn(shapes.box(w, d, h), z=float(look.rng.uniform(-12, 12)))
        tape = shapes.turn(shapes.box(w + 0.004, 0.06, h + 0.002), z=0.0)
        parts += [
            part(shapes.shift(turned, z=z), color, "speckle", 0.15),
            part(shapes.shift(tape, z=z), (0.82, 0.7, 0.45), "label", 0.2),
        ]
        z += h
    room.add("boxes", parts, room.at(side, x, -0.3), "pile of boxes")


def fridge(room: Room, side: str, x: float) -> None:
    """A refrigerator with magnets."""
    look = room.look
    steel = look.color("metal")
    magnets = [
        shapes.shift(
            shapes.box(0.07, 0.006, 0.06),
            x=float(look.rng.uniform(-0.2, 0.2)),
            y=-0.325,
            z=float(look.rng.uniform(1.1, 1.6)),
        )
        for _ in range(4)
    ]
    parts = [
        part(shapes.box(0.62, 0.6, 1.78), steel, "stripes", 0.3),
        part(
            shapes.merge(
                *(shapes.shift(shapes.box(0.6, 0.03, h), y=-0.31, z=z) for z, h in ((0.05, 0.62), (0.7, 1.05)))
            ),
            steel,
        ),
        part(
            shapes.merge(*(shapes.shift(shapes.box(0.025, 0.03, 0.35), x=-0.25, y=-0.34, z=z) for z in (0.3, 0.85))),
            look.color("dark"),
        ),
        part(shapes.merge(*magnets), look.color("bright"), "label", 0.08),
    ]
    room.add("fridge", parts, room.at(side, x, -0.33), "refrigerator")
    room.reserve(side, x, 0.65)


def washing_machine(room: Room, side: str, x: float) -> None:
    """A front loader."""
    look, top = room.look, room.work_height - 0.04
    door = shapes.shift(shapes.turn(shapes.cylinder(0.18, 0.03, 18), x=90), y=-0.3, z=0.45)
    glass = shapes.shift(shapes.turn(shapes.cylinder(0.13, 0.035, 18), x=90), y=-0.3, z=0.45)
    knob = shapes.shift(shapes.turn(shapes.cylinder(0.03, 0.03, 10), x=90), x=0.15, y=-0.3, z=top - 0.08)
    panel = shapes.shift(shapes.box(0.25, 0.01, 0.07), x=-0.1, y=-0.303, z=top - 0.12)
    parts = [
        part(shapes.box(0.6, 0.6, top), (0.92, 0.92, 0.93)),
        part(shapes.merge(door, knob), look.color("metal")),
        part(glass, (0.15, 0.2, 0.3), "speckle", 0.1),
        part(panel, (0.3, 0.35, 0.4), "label", 0.1),
    ]
    room.add("washing machine", parts, room.at(side, x, -0.32))
    room.ledges.append((Zone(room.at(side, x, -0.32, top), (0.26, 0.24)), 3))


def sofa(room: Room, side: str, x: float, width: float = 1.7) -> None:
    """A sofa with cushions."""
    look = room.look
    cloth = look.color("cloth")
    body = [
        shapes.shift(shapes.box(width, 0.75, 0.36), z=0.08),
        shapes.shift(shapes.box(width, 0.2, 0.8), y=0.28, z=0.08),
        *(shapes.shift(shapes.box(0.18, 0.75, 0.55), x=s * (width / 2 - 0.09), z=0.08) for s in (-1, 1)),
    ]
    cushions = [
        shapes.shift(shapes.turn(shapes.box(0.38, 0.12, 0.36, 0.85), x=-18), x=a * width, y=0.1, z=0.46)
        for a in (-0.28, 0.0, 0.27)
    ]
    parts = [part(shapes.merge(*body), cloth, "speckle", 0.08)]
    parts += [
        part(cushion, look.color("bright"), look.pick(("stripes", "tiles", "speckle")), 0.1) for cushion in cushions
    ]
    room.add("sofa", parts, room.at(side, x, -0.4))


def mirror(room: Room, side: str, x: float) -> None:
    """A mirror in a frame (it shows a plain bright pane)."""
    parts = [
        part(shapes.box(0.6, 0.03, 0.75), room.look.color("wood"), "wood", 0.1),
        part(shapes.shift(shapes.box(0.54, 0.03, 0.69), y=-0.004, z=0.03), (0.78, 0.84, 0.88), "stripes", 0.5),
    ]
    room.add("mirror", parts, room.at(side, x, -0.016, 1.3))
    room.reserve(side, x, 0.7)


def bathtub(room: Room, side: str, x: float) -> None:
    """A tub with a tap and a striped curtain."""
    look = room.look
    tub = shapes.merge(
        *(shapes.shift(shapes.box(1.5, 0.07, 0.55), y=s * 0.33) for s in (-1, 1)),
        *(shapes.shift(shapes.box(0.07, 0.66, 0.55), x=s * 0.715) for s in (-1, 1)),
        shapes.box(1.5, 0.7, 0.15),
    )
    curtain = shapes.merge(
        *(
            shapes.shift(
                shapes.turn(shapes.box(0.08, 0.02, 1.45), z=25 * (-1) ** k), x=-0.7 + 0.075 * k, y=-0.36, z=0.45
            )
            for k in range(9)
        )
    )
    parts = [
        part(tub, (0.93, 0.93, 0.92)),
        part(curtain, look.color("bright"), look.pick(("stripes", "tiles", "speckle")), 0.12),
    ]
    room.add("bathtub", parts, room.at(side, x, -0.4))
    room.reserve(side, x - 0.4, 0.8)


def car(room: Room, side: str, x: float) -> None:
    """The bonnet and windscreen of a car whose rest is outside."""
    look = room.look
    bonnet = shapes.merge(
        shapes.shift(shapes.box(1.65, 0.95, 0.5), z=0.26),
        shapes.shift(shapes.box(1.45, 0.45, 0.5, 0.85), y=0.24, z=0.76),
    )
    wheels = [
        shapes.shift(shapes.turn(shapes.cylinder(0.28, 0.18, 14), y=90), x=s * 0.76 - 0.09, y=-0.1, z=0.28)
        for s in (-1, 1)
    ]
    bumper = shapes.shift(shapes.box(1.67, 0.08, 0.16), y=-0.47, z=0.28)
    lights = [shapes.shift(shapes.box(0.3, 0.04, 0.14), x=s * 0.6, y=-0.48, z=0.54) for s in (-1, 1)]
    parts = [
        part(bonnet, look.color("bright")),
        part(shapes.shift(shapes.box(1.3, 0.02, 0.36, 0.85), y=-0.0, z=0.82), (0.2, 0.26, 0.3), "stripes", 0.4),
        part(shapes.merge(*wheels, bumper), (0.08, 0.08, 0.09)),
        part(shapes.merge(*lights), (1.0, 0.97, 0.85)),
        part(shapes.shift(shapes.box(0.4, 0.02, 0.1), y=-0.52, z=0.33), (0.95, 0.95, 0.9), "label", 0.2),
    ]
    room.add("car", parts, room.at(side, x, -0.5))
    room.reserve(side, x, 1.6)


def easel(room: Room, side: str, x: float) -> None:
    """An easel with a canvas."""
    look = room.look
    legs = [shapes.tube(((s * 0.3, -0.1, 0.0), (0.05 * s, 0.0, 1.7)), 0.02, 5) for s in (-1, 1)]
    canvas = shapes.shift(shapes.turn(shapes.box(0.6, 0.02, 0.75), x=-6), y=-0.12, z=0.8)
    blots = [
        part(
            shapes.shift(
                shapes.box(look.size(0.16, 0.4), 0.012, look.size(0.16, 0.4)),
                x=float(look.rng.uniform(-0.2, 0.2)),
                y=-0.1,
                z=float(look.rng.uniform(0.9, 1.3)),
            ),
            look.color("bright"),
        )
        for _ in range(5)
    ]
    parts = [
        part(shapes.merge(*legs), look.color("wood"), "wood", 0.1),
        part(canvas, (0.94, 0.93, 0.88), "speckle", 0.1),
        *blots,
    ]
    room.add("easel", parts, room.at(side, x, -0.35))
    room.reserve(side, x, 0.7)
