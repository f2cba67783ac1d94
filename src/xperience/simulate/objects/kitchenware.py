"""What lies in kitchen drawers and on tables, other than vessels."""

from __future__ import annotations

from xperience.simulate import shapes
from xperience.simulate.objects import Form, kind
from xperience.simulate.objects.looks import COFFEE, Look, bar_grip, part, pitched, side_grip, tilted, top_grip


@kind("knife", "kitchen knife", "chef's knife", material="metal")
def knife(look: Look) -> Form:
    blade, grip = look.size(0.16), 0.11
    outline = ((-blade, 0.012), (-0.8 * blade, 0.03), (0.0, 0.03), (0.0, -0.008), (-0.7 * blade, -0.008))
    steel = shapes.shift(shapes.prism(tuple(reversed(outline)), 0.003), z=0.007)
    handle = shapes.shift(shapes.box(grip, 0.026, 0.018), x=grip / 2)
    parts = (part(steel, (0.75, 0.76, 0.78)), part(handle, look.color("dark"), "wood", 0.05))
    return Form((parts,), bar_grip(0.018, 0.5 * grip), tip=(-0.55 * blade, 0.03, 0.009), working=pitched(18))


@kind("spoon", "teaspoon", "metal spoon", material="metal")
def spoon(look: Look) -> Form:
    length = look.size(0.15)
    color = look.color("metal")
    bowl = shapes.shift(shapes.sphere(0.019, 0.3, 8), x=-length / 2 + 0.018)
    stem = shapes.tube(((-length / 2 + 0.03, 0.0, 0.006), (0.0, 0.0, 0.012), (length / 2, 0.0, 0.008)), 0.004, 5)
    return Form(
        ((part(bowl, color), part(stem, color)),),
        bar_grip(0.012, 0.25 * length),
        tip=(-length / 2, 0.0, 0.0),
        working=pitched(60),
    )


@kind("fork", "table fork", "dinner fork", material="metal")
def fork(look: Look) -> Form:
    length = look.size(0.18)
    color = look.color("metal")
    prongs = [
        shapes.shift(shapes.box(0.05, 0.003, 0.003), x=-length / 2 + 0.025, y=y, z=0.006)
        for y in (-0.009, -0.003, 0.003, 0.009)
    ]
    stem = shapes.tube(((-length / 2 + 0.045, 0.0, 0.006), (0.0, 0.0, 0.012), (length / 2, 0.0, 0.006)), 0.005, 5)
    return Form(
        ((part(shapes.merge(*prongs), color), part(stem, color)),),
        bar_grip(0.012, 0.25 * length),
        tip=(-length / 2, 0.0, 0.006),
        working=pitched(45),
    )


@kind("spatula", "wooden spatula", "cooking spoon", "wooden spoon", material="wood")
def spatula(look: Look) -> Form:
    length = look.size(0.26)
    wood = look.color("wood")
    blade = shapes.shift(shapes.box(0.08, 0.055, 0.007), x=-length / 2 + 0.04)
    stem = shapes.tube(((-length / 2 + 0.07, 0.0, 0.006), (length / 2, 0.0, 0.008)), 0.008, 6)
    return Form(
        ((part(shapes.merge(blade, stem), wood, "wood", 0.04),),),
        bar_grip(0.015, 0.28 * length),
        tip=(-length / 2, 0.0, 0.0),
        working=pitched(60),
    )


@kind("coffee scoop", "wooden scoop", "measuring scoop", "scoop", material="wood", states=("empty", "full"))
def scoop(look: Look) -> Form:
    wood = look.color("wood")
    cup = shapes.shift(shapes.cup(0.022, 0.028, 0.004), x=-0.05)
    stem = shapes.tube(((-0.03, 0.0, 0.022), (0.06, 0.0, 0.025)), 0.006, 5)
    empty = (part(shapes.merge(cup, stem), wood, "wood", 0.03),)
    heap = part(shapes.shift(shapes.cone(0.018, 0.003, 0.012, 8), x=-0.05, z=0.022), COFFEE, "speckle", 0.008)
    return Form((empty, (*empty, heap)), bar_grip(0.03, 0.035), tip=(-0.07, 0.0, 0.01), working=pitched(18))


@kind("cutting board", "chopping board", "wooden board", material="wood")
def cutting_board(look: Look) -> Form:
    x, y = look.size(0.32), look.size(0.2)
    board = shapes.box(x, y, 0.018)
    groove = shapes.shift(shapes.box(x - 0.03, y - 0.03, 0.001), z=0.018)
    wood = look.color("wood")
    light = (min(1.15 * wood[0], 1.0), min(1.15 * wood[1], 1.0), min(1.15 * wood[2], 1.0))
    return Form(
        ((part(board, wood, "wood", 0.09), part(groove, light, "wood", 0.09)),),
        top_grip(0.019, 0.35 * x),
        inside=(0.42 * x, 0.42 * y, 0.0195),
    )


@kind("bowl", "salad bowl", "mixing bowl", "serving bowl", material="ceramic", states=("empty", "salad", "mixed"))
def bowl(look: Look) -> Form:
    radius, height = look.size(0.095), look.size(0.075)
    color = look.color("ceramic")
    body = (
        part(shapes.cup(radius, height, 0.006, 0.45 * radius, 16), color),
        part(
            shapes.shift(shapes.lathe(((0.93 * radius, 0.0), (radius + 0.001, 0.012)), 16), z=0.82 * height),
            look.color("bright"),
        ),
    )
    leaves = part(
        shapes.shift(shapes.sphere(0.8 * radius, 0.25, 10), z=0.5 * height), (0.32, 0.52, 0.16), "speckle", 0.03
    )
    bits = [
        shapes.shift(shapes.box(0.02, 0.02, 0.01), x=0.5 * radius * dx, y=0.5 * radius * dy, z=0.5 * height + 0.04)
        for dx, dy in ((1, 0), (-0.5, 0.8), (-0.5, -0.8), (0, 0))
    ]
    mixed = (
        *body,
        part(shapes.shift(shapes.sphere(0.83 * radius, 0.28, 10), z=0.5 * height), (0.42, 0.56, 0.20), "speckle", 0.02),
        part(shapes.merge(*bits), (0.90, 0.35, 0.12)),
    )
    return Form((body, (*body, leaves), mixed), side_grip(0.85 * radius, 0.6 * height), mouth=(0.0, 0.0, height))


@kind("plate", "dinner plate", "dish", "white plate", material="ceramic", states=("clean", "dirty", "soapy"))
def plate(look: Look) -> Form:
    radius = look.size(0.105)
    color = look.color("ceramic")
    profile = (
        (0.0, 0.0),
        (0.6 * radius, 0.0),
        (radius, 0.018),
        (radius - 0.006, 0.02),
        (0.58 * radius, 0.007),
        (0.0, 0.007),
    )
    body = (part(shapes.lathe(profile, 16), color),)
    rim = part(shapes.lathe(((0.86 * radius, 0.0172), (0.8 * radius, 0.0155)), 16), look.color("bright"))
    dirt = [
        shapes.shift(shapes.disk(0.025, 0.0085, 7), x=x, y=y) for x, y in ((0.02, 0.02), (-0.03, 0.01), (0.0, -0.035))
    ]
    foam = [
        shapes.shift(shapes.sphere(0.018, 0.4, 6), x=x, y=y, z=0.006)
        for x, y in ((0.03, 0.02), (-0.03, 0.03), (0.0, -0.04), (0.0, 0.0))
    ]
    return Form(
        (
            (*body, rim),
            (*body, rim, part(shapes.merge(*dirt), (0.45, 0.22, 0.08))),
            (*body, rim, part(shapes.merge(*foam), (0.95, 0.97, 1.0))),
        ),
        top_grip(0.018, 0.85 * radius),
        mouth=(0.0, 0.0, 0.012),
        inside=(0.75 * radius, 0.75 * radius, 0.02),
    )


@kind("pan", "frying pan", "skillet", material="metal", states=("empty", "food"))
def pan(look: Look) -> Form:
    radius = look.size(0.11)
    dark = look.color("dark")
    body = (
        part(shapes.cup(radius, 0.045, 0.005, 0.85 * radius, 16), dark),
        part(shapes.tube(((0.98 * radius, 0.0, 0.038), (radius + 0.17, 0.0, 0.06)), 0.012), (0.15, 0.12, 0.10)),
    )
    food = part(shapes.shift(shapes.sphere(0.7 * radius, 0.12, 10), z=0.006), (0.90, 0.70, 0.25), "speckle", 0.03)
    return Form((body, (*body, food)), bar_grip(0.062, radius + 0.1), mouth=(0.0, 0.0, 0.03))


@kind("digital scale", "scale", "coffee scale", "kitchen scale", material="plastic", states=("off", "on"))
def scale(look: Look) -> Form:
    body = (
        part(shapes.box(0.15, 0.19, 0.02), look.color("dark")),
        part(shapes.shift(shapes.box(0.14, 0.13, 0.004), y=0.025, z=0.02), look.color("metal")),
    )
    screen = shapes.shift(shapes.box(0.07, 0.025, 0.002), y=-0.07, z=0.02)
    return Form(
        ((*body, part(screen, (0.1, 0.12, 0.1))), (*body, part(screen, (0.4, 0.95, 0.6)))),
        top_grip(0.024),
        mouth=(0.04, -0.07, 0.022),
        inside=(0.075, 0.095, 0.0245),
    )


@kind("salt shaker", "salt", "pepper shaker", material="glass")
def shaker(look: Look) -> Form:
    body = shapes.cone(0.02, 0.016, 0.06, 10)
    cap = shapes.shift(shapes.sphere(0.016, 0.8, 8), z=0.058)
    return Form(
        ((part(body, look.pick(((0.92, 0.92, 0.9), (0.25, 0.2, 0.18)))), part(cap, look.color("metal"))),),
        side_grip(0.02, 0.035),
        tip=(0.0, 0.0, 0.085),
        working=tilted(150),
    )


@kind("coffee jar", "jar", "coffee container", "coffee canister", material="glass", states=("closed", "open"))
def coffee_jar(look: Look) -> Form:
    radius, height = look.size(0.045), look.size(0.12)
    beans = part(shapes.shift(shapes.cylinder(radius - 0.004, 0.7 * height), z=0.004), COFFEE, "speckle", 0.015)
    glass = part(shapes.cup(radius, height, 0.003), (0.75, 0.82, 0.82))
    label = part(
        shapes.shift(shapes.lathe(((radius + 0.001, 0.0), (radius + 0.001, 0.05))), z=0.3 * height),
        (0.92, 0.88, 0.76),
        "label",
        0.06,
    )
    lid = shapes.cylinder(radius + 0.003, 0.02)
    color = look.color("dark")
    # A lid on a hinge: open, it stands up behind the mouth.
    closed = part(shapes.shift(lid, z=height), color)
    opened = part(shapes.shift(shapes.turn(lid, x=80), y=radius + 0.022, z=height + radius), color)
    return Form(
        ((glass, label, beans, closed), (glass, label, beans, opened)),
        side_grip(radius, 0.45 * height),
        mouth=(0.0, 0.0, height),
    )


@kind("tea tin", "tea box", "tea caddy", "tea canister", material="metal", states=("closed", "open"))
def tea_tin(look: Look) -> Form:
    x, height = look.size(0.075), look.size(0.11)
    body = part(shapes.box(x, x, height), look.color("bright"), "label", 0.08)
    inside = part(shapes.shift(shapes.box(0.85 * x, 0.85 * x, 0.002), z=height), (0.20, 0.26, 0.12), "speckle", 0.01)
    lid = shapes.box(x + 0.004, x + 0.004, 0.016)
    color = look.color("metal")
    closed = part(shapes.shift(lid, z=height), color)
    opened = part(shapes.shift(shapes.turn(lid, x=80), y=x / 2 + 0.012, z=height + x / 2), color)
    return Form(((body, closed), (body, inside, opened)), side_grip(x / 2, 0.5 * height), mouth=(0.0, 0.0, height))


@kind("coffee filter", "paper filter", "filter paper", material="paper", states=("flat", "gone"))
def coffee_filter(look: Look) -> Form:
    outline = ((-0.06, -0.04), (0.06, -0.04), (0.03, 0.05), (-0.03, 0.05))
    return Form(((part(shapes.prism(outline, 0.003), (0.93, 0.88, 0.78)),), ()), top_grip(0.003))


@kind("napkin", "paper napkin", "folded napkin", material="paper")
def napkin(look: Look) -> Form:
    sheet = shapes.box(0.13, 0.13, 0.006)
    fold = shapes.shift(shapes.box(0.06, 0.13, 0.003), x=0.033, z=0.006)
    return Form(
        ((part(sheet, look.color("bright"), "stripes", 0.04), part(fold, look.color("bright"))),), top_grip(0.008)
    )


@kind("sugar bowl", "sugar jar", "sugar", material="ceramic")
def sugar_bowl(look: Look) -> Form:
    body = part(shapes.cup(0.042, 0.055, 0.004, 0.03), look.color("ceramic"))
    sugar = part(shapes.disk(0.036, 0.042), (0.97, 0.97, 0.96), "speckle", 0.01)
    return Form(((body, sugar),), side_grip(0.042, 0.03), mouth=(0.0, 0.0, 0.05))


@kind("candle", "table candle", "pillar candle", material="plastic", states=("unlit", "lit"))
def candle(look: Look) -> Form:
    height = look.size(0.14, 0.2)
    stick = (
        part(shapes.cylinder(0.03, 0.02), look.color("metal")),
        part(shapes.shift(shapes.cylinder(0.014, height), z=0.02), (0.93, 0.90, 0.82)),
    )
    flame = part(
        shapes.shift(shapes.lathe(((0.0, 0.0), (0.007, 0.01), (0.0, 0.035)), 6), z=height + 0.02), (1.0, 0.75, 0.2)
    )
    return Form((stick, (*stick, flame)), side_grip(0.02, 0.5 * height), mouth=(0.0, 0.0, height + 0.02))
