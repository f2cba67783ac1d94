"""Pots, plants and what tends them."""

from __future__ import annotations

import numpy as np

from xperience.simulate import shapes
from xperience.simulate.objects import Form, kind
from xperience.simulate.objects.looks import Look, bar_grip, open_box, part, pitched, side_grip, tilted, top_grip
from xperience.simulate.things import Mesh

DRY, WET, LEAF = (0.42, 0.30, 0.19), (0.20, 0.13, 0.08), (0.18, 0.46, 0.16)


def leaves(look: Look, count: int, spread: float, height: float) -> Mesh:
    """Flat leaves round a stem."""
    meshes = []
    for k in range(count):
        angle = 2 * np.pi * k / count + float(look.rng.uniform(-0.3, 0.3))
        x, y = float(spread * np.cos(angle)), float(spread * np.sin(angle))
        top = float(height * look.rng.uniform(0.6, 1.0))
        meshes.append(shapes.tube(((0.0, 0.0, 0.0), (0.4 * x, 0.4 * y, 0.7 * top), (x, y, top)), 0.004, 4, 0.016))
    return shapes.merge(*meshes)


@kind(
    "plant pot",
    "flower pot",
    "pot of soil",
    "planter",
    material="ceramic",
    states=("empty", "soil", "planted", "watered"),
)
def plant_pot(look: Look) -> Form:
    radius, height = look.size(0.065), look.size(0.11)
    clay = look.pick(((0.72, 0.36, 0.22), (0.6, 0.62, 0.6), (0.3, 0.42, 0.5)))
    body = (
        part(shapes.cup(radius, height, 0.007, 0.7 * radius), clay),
        part(
            shapes.shift(
                shapes.lathe(((radius, 0.0), (radius + 0.008, 0.0), (radius + 0.008, 0.025), (radius, 0.025)), 14),
                z=height - 0.025,
            ),
            clay,
        ),
    )
    dry = part(shapes.disk(radius - 0.008, 0.85 * height), DRY, "speckle", 0.03)
    wet = part(shapes.disk(radius - 0.008, 0.85 * height), WET, "speckle", 0.03)
    green = part(shapes.shift(leaves(look, 5, 0.05, 0.09), z=0.85 * height), LEAF)
    return Form(
        (body, (*body, dry), (*body, dry, green), (*body, wet, green)),
        side_grip(radius + 0.005, 0.5 * height),
        mouth=(0.0, 0.0, height),
    )


@kind("potted plant", "plant", "house plant", material="ceramic", states=("dry", "watered"))
def potted_plant(look: Look) -> Form:
    radius, height = look.size(0.06), look.size(0.1)
    pot = part(shapes.cup(radius, height, 0.006, 0.75 * radius), look.color("ceramic"))
    tall, color = look.size(0.2, 0.2), look.pick((LEAF, (0.3, 0.5, 0.2), (0.12, 0.36, 0.2)))
    limp = part(shapes.shift(leaves(look, 8, 0.1, 0.6 * tall), z=0.8 * height), (0.46, 0.44, 0.18))
    fresh = part(shapes.shift(leaves(look, 8, 0.09, tall), z=0.8 * height), color)
    flower = part(shapes.shift(shapes.sphere(0.018, 0.8, 7), z=height + 0.12), look.color("bright"))
    soil = [part(shapes.disk(radius - 0.006, 0.85 * height), c, "speckle", 0.03) for c in (DRY, WET)]
    return Form(
        ((pot, soil[0], limp, flower), (pot, soil[1], fresh, flower)),
        side_grip(radius, 0.5 * height),
        mouth=(0.0, -0.02, height + 0.02),
    )


@kind("watering can", "watering pot", "green watering can", material="metal", states=("full", "empty"))
def watering_can(look: Look) -> Form:
    radius, height = 0.07, 0.14
    color = look.color("bright")
    parts = (
        part(shapes.cylinder(radius, height, 14), color),
        part(shapes.tube(((-0.9 * radius, 0.0, 0.03), (-2.6 * radius, 0.0, height + 0.02)), 0.014, 6, 0.01), color),
        part(
            shapes.shift(shapes.turn(shapes.cone(0.012, 0.03, 0.02), y=-50), x=-2.6 * radius, z=height + 0.02),
            look.color("metal"),
        ),
        part(shapes.handle(0.95 * radius, 0.2 * height, 1.0 * height, 0.055, 0.008), color),
    )
    return Form(
        (parts, parts),
        side_grip(radius + 0.05, 0.6 * height),
        tip=(-2.75 * radius, 0.0, height + 0.03),
        working=tilted(40),
    )


@kind("trowel", "garden trowel", "hand shovel", material="metal", states=("empty", "soil"))
def trowel(look: Look) -> Form:
    blade = part(
        shapes.shift(
            shapes.prism(
                ((-0.14, -0.006), (-0.09, -0.03), (-0.02, -0.03), (-0.02, 0.03), (-0.09, 0.03), (-0.14, 0.006)), 0.004
            ),
            z=0.006,
        ),
        look.color("metal"),
    )
    handle = part(
        shapes.tube(((-0.03, 0.0, 0.009), (0.02, 0.0, 0.02), (0.12, 0.0, 0.016)), 0.011, 6),
        look.color("wood"),
        "wood",
        0.04,
    )
    heap = part(shapes.shift(shapes.cone(0.026, 0.005, 0.02, 7), x=-0.07, z=0.009), DRY, "speckle", 0.02)
    return Form(
        ((blade, handle), (blade, handle, heap)), bar_grip(0.028, 0.07), tip=(-0.12, 0.0, 0.01), working=pitched(45)
    )


@kind("soil bag", "bag of soil", "potting soil", "soil", material="plastic")
def soil_bag(look: Look) -> Form:
    x, y, z = 0.26, 0.18, 0.13
    soil = part(shapes.shift(shapes.box(x - 0.02, y - 0.02, 0.01), z=0.75 * z), DRY, "speckle", 0.04)
    return Form(
        ((part(open_box(x, y, z, 0.006), look.color("bright"), "label", 0.15), soil),), None, mouth=(0.0, 0.0, 0.85 * z)
    )


@kind("seed packet", "packet of seeds", "seeds", material="paper")
def seeds(look: Look) -> Form:
    packet = part(shapes.box(0.08, 0.11, 0.006), look.color("bright"), "label", 0.11)
    picture = part(shapes.shift(shapes.box(0.05, 0.045, 0.001), y=0.02, z=0.006), look.color("bright"), "speckle", 0.02)
    return Form(((packet, picture),), top_grip(0.006), tip=(0.0, 0.05, 0.0), working=tilted(50, "forward"))


@kind("seedling", "young plant", "sprout", "small plant", material="cloth", states=("fresh", "gone"))
def seedling(look: Look) -> Form:
    root = part(shapes.cone(0.018, 0.022, 0.04, 8), WET, "speckle", 0.02)
    green = part(shapes.shift(leaves(look, 5, 0.04, 0.08), z=0.04), LEAF)
    return Form(((root, green), ()), side_grip(0.025, 0.04), tip=(0.0, 0.0, 0.02))


@kind("vase", "flower vase", "glass vase", material="glass", states=("empty", "one flower", "flowers"))
def vase(look: Look) -> Form:
    height = look.size(0.17)
    body = part(
        shapes.lathe(
            (
                (0.0, 0.0),
                (0.035, 0.0),
                (0.05, 0.4 * height),
                (0.028, 0.8 * height),
                (0.036, height),
                (0.033, height),
                (0.025, 0.8 * height),
            ),
            12,
        ),
        look.color("ceramic"),
    )
    bunch = [part(shapes.shift(bloom(look, n), z=0.8 * height), look.color("bright")) for n in (1, 4)]
    stems = [part(shapes.shift(leaves(look, 4, 0.05, 0.12), z=0.8 * height), LEAF) for _ in range(2)]
    return Form(
        ((body,), (body, stems[0], bunch[0]), (body, stems[1], bunch[1])),
        side_grip(0.048, 0.45 * height),
        mouth=(0.0, 0.0, height),
    )


def bloom(look: Look, count: int) -> Mesh:
    """Heads of flowers above a vase."""
    return shapes.merge(
        *(
            shapes.shift(
                shapes.sphere(0.022, 0.8, 7), x=0.035 * ((k * 2) % 3 - 1), y=0.03 * (k % 2), z=0.1 + 0.02 * (k % 3)
            )
            for k in range(count)
        )
    )


@kind("flower", "cut flower", "rose", "tulip", material="cloth", states=("fresh", "gone"))
def flower(look: Look) -> Form:
    stem = part(shapes.tube(((-0.11, 0.0, 0.008), (0.14, 0.0, 0.006)), 0.0035, 4), LEAF)
    head = part(shapes.shift(shapes.sphere(0.022, 0.8, 7), x=-0.12), look.color("bright"))
    return Form(((stem, head), ()), bar_grip(0.012, 0.06), tip=(0.14, 0.0, 0.006), working=pitched(-70))
