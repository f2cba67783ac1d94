"""What shops sell and boxes hold."""

from __future__ import annotations

from xperience.simulate import shapes
from xperience.simulate.objects import Form, kind
from xperience.simulate.objects.looks import Look, open_box, part, side_grip, tilted, top_grip


@kind("cereal box", "box of cereal", "cornflakes box", material="paper")
def cereal(look: Look) -> Form:
    x, y, z = look.size(0.07), look.size(0.17), look.size(0.24)
    window = shapes.shift(shapes.box(x + 0.002, 0.6 * y, 0.4 * z), z=0.15 * z)
    return Form(
        (
            (
                part(shapes.box(x, y, z), look.color("bright"), "label", 0.2),
                part(window, look.color("bright"), "speckle", 0.04),
            ),
        ),
        side_grip(x / 2, 0.55 * z),
    )


@kind("milk carton", "carton of milk", "milk", material="paper")
def milk(look: Look) -> Form:
    x, z = 0.07, look.size(0.19)
    ridge = shapes.merge(
        shapes.shift(shapes.box(x, x, 0.035, 0.35), z=z), shapes.shift(shapes.box(0.35 * x, x, 0.02), z=z + 0.035)
    )
    band = shapes.shift(shapes.box(x + 0.002, x + 0.002, 0.06), z=0.06)
    return Form(
        (
            (
                part(shapes.box(x, x, z), (0.94, 0.94, 0.92)),
                part(band, look.color("bright"), "label", 0.1),
                part(ridge, look.color("bright")),
            ),
        ),
        side_grip(x / 2, 0.5 * z),
        tip=(-x / 2, 0.0, z),
        working=tilted(60),
    )


@kind("can", "tin can", "can of soup", "canned food", material="metal")
def can(look: Look) -> Form:
    radius, z = look.size(0.036), look.size(0.1)
    steel = part(shapes.cylinder(radius, z, 14), (0.72, 0.72, 0.74))
    label = part(
        shapes.shift(shapes.lathe(((radius + 0.0008, 0.0), (radius + 0.0008, 0.8 * z)), 14), z=0.1 * z),
        look.color("bright"),
        "label",
        0.09,
    )
    return Form(((steel, label),), side_grip(radius, 0.55 * z))


@kind("juice bottle", "bottle of juice", "juice", material="plastic")
def juice(look: Look) -> Form:
    radius, z = look.size(0.037), look.size(0.21)
    color = look.pick(((0.95, 0.6, 0.1), (0.7, 0.1, 0.15), (0.85, 0.75, 0.2), (0.45, 0.6, 0.15)))
    body = shapes.lathe(((0.0, 0.0), (radius, 0.0), (radius, 0.7 * z), (0.015, 0.9 * z), (0.015, z), (0.0, z)), 12)
    cap = shapes.shift(shapes.cylinder(0.018, 0.02), z=0.96 * z)
    label = shapes.shift(shapes.lathe(((radius + 0.001, 0.0), (radius + 0.001, 0.3 * z))), z=0.25 * z)
    return Form(
        ((part(body, color), part(cap, look.color("bright")), part(label, (0.95, 0.95, 0.88), "label", 0.08)),),
        side_grip(radius, 0.45 * z),
        tip=(0.0, 0.0, z),
        working=tilted(60),
    )


@kind("pasta packet", "pasta", "bag of pasta", material="plastic")
def pasta(look: Look) -> Form:
    x, y, z = 0.06, 0.11, look.size(0.17)
    body = shapes.merge(
        shapes.box(x, y, 0.85 * z, 0.9), shapes.shift(shapes.box(0.5 * x, y, 0.15 * z, 0.9), z=0.85 * z)
    )
    band = shapes.shift(shapes.box(0.98 * x, 1.005 * y, 0.3 * z), z=0.4 * z)
    return Form(
        ((part(body, (0.9, 0.78, 0.45), "speckle", 0.03), part(band, look.color("bright"), "label", 0.09)),),
        side_grip(x / 2, 0.5 * z),
    )


@kind("detergent bottle", "detergent", "laundry detergent", "bleach bottle", material="plastic")
def detergent(look: Look) -> Form:
    color = look.color("bright")
    body = part(
        shapes.merge(shapes.box(0.085, 0.13, 0.17, 0.94), shapes.shift(shapes.box(0.06, 0.08, 0.03, 0.6), z=0.17)),
        color,
    )
    label = part(shapes.shift(shapes.box(0.0865, 0.09, 0.09), z=0.045), (0.96, 0.96, 0.92), "label", 0.09)
    cap = part(shapes.shift(shapes.cylinder(0.022, 0.03), z=0.2), look.color("bright"))
    return Form(((body, label, cap),), side_grip(0.042, 0.1), tip=(0.0, 0.0, 0.23), working=tilted(70))


@kind("egg carton", "carton of eggs", "eggs", material="paper")
def eggs(look: Look) -> Form:
    base = part(shapes.box(0.15, 0.1, 0.04, 0.95), look.color("card"))
    tops = [
        shapes.shift(shapes.sphere(0.022, 0.8, 8), x=0.048 * a, y=0.024 * b, z=0.03)
        for a in (-1, 0, 1)
        for b in (-1, 1)
    ]
    return Form(((base, part(shapes.merge(*tops), look.color("muted"))),), top_grip(0.065))


@kind("barcode scanner", "scanner", "hand scanner", material="plastic")
def scanner(look: Look) -> Form:
    head = shapes.shift(shapes.box(0.065, 0.09, 0.04), y=0.02, z=0.12)
    window = shapes.shift(shapes.box(0.05, 0.004, 0.025), y=0.066, z=0.125)
    grip = shapes.shift(shapes.box(0.034, 0.04, 0.12), y=-0.01)
    stand = shapes.box(0.08, 0.09, 0.012)
    return Form(
        (
            (
                part(shapes.merge(head, grip), look.color("dark")),
                part(window, (0.9, 0.1, 0.1)),
                part(stand, look.color("dark")),
            ),
        ),
        side_grip(0.017, 0.07),
        tip=(0.0, 0.07, 0.135),
        working=tilted(40, "forward"),
    )


@kind("cash register", "register", "till", "checkout terminal", material="plastic", states=("idle", "paid"))
def register(look: Look) -> Form:
    body = part(shapes.box(0.3, 0.26, 0.1), look.color("dark"))
    keys = part(shapes.shift(shapes.box(0.24, 0.12, 0.004), y=-0.05, z=0.1), (0.8, 0.8, 0.78), "tiles", 0.05)
    screen = shapes.shift(shapes.turn(shapes.box(0.22, 0.02, 0.14), x=-15), y=0.08, z=0.12)
    receipt = part(shapes.shift(shapes.box(0.05, 0.002, 0.07), x=0.1, y=0.03, z=0.1), (0.97, 0.97, 0.95), "label", 0.06)
    return Form(
        (
            (body, keys, part(screen, (0.2, 0.3, 0.5), "label", 0.1)),
            (body, keys, part(screen, (0.3, 0.8, 0.45), "label", 0.1), receipt),
        ),
        None,
        mouth=(0.02, -0.05, 0.106),
    )


@kind("shopping bag", "paper bag", "grocery bag", "bag", material="paper")
def bag(look: Look) -> Form:
    x, y, z = 0.34, 0.2, 0.14
    color = look.color("card")
    return Form(
        ((part(open_box(x, y, z, 0.004), color, "stripes", 0.08),),), None, inside=(x / 2 - 0.008, y / 2 - 0.008, 0.005)
    )


@kind("storage bin", "plastic bin", "plastic storage bin", "storage container", "bin", material="plastic")
def storage_bin(look: Look) -> Form:
    x, y, z = look.size(0.44, 0.04), 0.27, 0.14
    color = look.pick(((0.72, 0.78, 0.82), (0.45, 0.6, 0.75), (0.8, 0.8, 0.75)))
    rim = [shapes.shift(shapes.box(x + 0.02, 0.015, 0.012), y=s * y / 2, z=z) for s in (-1, 1)]
    return Form(
        ((part(open_box(x, y, z), color), part(shapes.merge(*rim), color)),),
        None,
        inside=(x / 2 - 0.01, y / 2 - 0.01, 0.006),
    )


@kind("cardboard box", "box", "carton", "shipping box", material="paper", states=("open", "closed", "taped"))
def cardboard(look: Look) -> Form:
    x, y, z = look.size(0.38, 0.05), 0.25, 0.15
    color = look.color("card")
    body = part(open_box(x, y, z), color, "speckle", 0.1)
    flaps = [
        shapes.shift(shapes.turn(shapes.box(x, 0.005, 0.07), x=-s * 35), y=s * y / 2, z=z - 0.004) for s in (-1, 1)
    ]
    lid = [shapes.shift(shapes.box(x, y / 2 - 0.001, 0.005), y=s * y / 4, z=z) for s in (-1, 1)]
    tape = part(shapes.shift(shapes.box(x + 0.004, 0.05, 0.007), z=z), (0.82, 0.7, 0.45))
    shut = (body, part(shapes.merge(*lid), color, "speckle", 0.1))
    return Form(
        ((body, part(shapes.merge(*flaps), color)), shut, (*shut, tape)),
        None,
        mouth=(0.0, 0.0, z + 0.008),
        inside=(x / 2 - 0.01, y / 2 - 0.01, 0.006),
    )


@kind("toy", "toy car", "small toy", material="plastic")
def toy(look: Look) -> Form:
    body = shapes.merge(
        shapes.shift(shapes.box(0.06, 0.11, 0.025), z=0.015), shapes.shift(shapes.box(0.05, 0.055, 0.025, 0.8), z=0.04)
    )
    wheels = [
        shapes.shift(
            shapes.turn(shapes.cylinder(0.016, 0.01, 8), y=90),
            x=0.025 * s + (0.005 if s > 0 else -0.015),
            y=0.033 * t,
            z=0.016,
        )
        for s in (-1, 1)
        for t in (-1, 1)
    ]
    return Form(((part(body, look.color("bright")), part(shapes.merge(*wheels), (0.08, 0.08, 0.09))),), top_grip(0.065))


@kind("rubik's cube", "puzzle cube", "cube", material="plastic")
def cube(look: Look) -> Form:
    faces = [shapes.shift(shapes.box(0.05, 0.05, 0.001), z=0.057)]
    side = part(shapes.shift(shapes.box(0.0575, 0.05, 0.05), z=0.0035), look.color("bright"), "tiles", 0.038)
    front = part(shapes.shift(shapes.box(0.05, 0.0575, 0.05), z=0.0035), look.color("bright"), "tiles", 0.038)
    return Form(
        (
            (
                part(shapes.box(0.057, 0.057, 0.057), (0.05, 0.05, 0.05)),
                side,
                front,
                part(shapes.merge(*faces), look.color("bright"), "tiles", 0.038),
            ),
        ),
        top_grip(0.057),
    )


@kind("headphones", "headset", "pair of headphones", material="plastic")
def headphones(look: Look) -> Form:
    color = look.color("dark")
    arc = shapes.tube(
        ((-0.075, 0.0, 0.03), (-0.07, 0.08, 0.025), (0.0, 0.12, 0.02), (0.07, 0.08, 0.025), (0.075, 0.0, 0.03)),
        0.009,
        6,
    )
    cups = [
        shapes.shift(shapes.turn(shapes.cylinder(0.036, 0.025, 10), y=90), x=0.075 * s - 0.0125, z=0.036)
        for s in (-1, 1)
    ]
    return Form(((part(arc, color), part(shapes.merge(*cups), look.color("bright"))),), top_grip(0.04, 0.0, 0.1))
