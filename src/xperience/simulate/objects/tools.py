"""Tools and what they work on."""

from __future__ import annotations

from xperience.simulate import shapes
from xperience.simulate.objects import Form, kind
from xperience.simulate.objects.looks import (
    Look,
    bar_grip,
    open_box,
    part,
    pitched,
    side_grip,
    tilted,
    top_grip,
)


@kind("hammer", "claw hammer", material="metal")
def hammer(look: Look) -> Form:
    head = shapes.merge(
        shapes.shift(shapes.turn(shapes.cylinder(0.015, 0.05, 10), x=-90), x=-0.13, y=-0.01, z=0.015),
        shapes.shift(shapes.box(0.024, 0.05, 0.02), x=-0.13, y=-0.035, z=0.005),
    )
    handle = shapes.tube(((-0.13, 0.0, 0.015), (0.0, 0.0, 0.014), (0.13, 0.0, 0.014)), 0.011, 6, 0.015)
    return Form(
        ((part(head, look.color("metal")), part(handle, look.color("wood"), "wood", 0.05)),),
        bar_grip(0.028, 0.07),
        tip=(-0.13, 0.04, 0.015),
        working=pitched(18),
    )


@kind("screwdriver", "phillips screwdriver", "hand screwdriver", material="plastic")
def screwdriver(look: Look) -> Form:
    shaft = shapes.tube(((-0.11, 0.0, 0.014), (0.0, 0.0, 0.014)), 0.0035, 6)
    handle = shapes.shift(
        shapes.turn(shapes.lathe(((0.0, 0.0), (0.01, 0.0), (0.014, 0.03), (0.013, 0.09), (0.0, 0.1)), 8), y=90), z=0.014
    )
    return Form(
        ((part(shaft, (0.7, 0.7, 0.72)), part(handle, look.color("bright"), "stripes", 0.02)),),
        bar_grip(0.028, 0.05),
        tip=(-0.11, 0.0, 0.014),
        working=pitched(60),
    )


@kind("wrench", "spanner", "adjustable wrench", material="metal")
def wrench(look: Look) -> Form:
    steel = look.color("metal")
    jaw = shapes.merge(
        shapes.shift(shapes.box(0.03, 0.014, 0.012), x=-0.1, y=0.018),
        shapes.shift(shapes.box(0.03, 0.014, 0.012), x=-0.1, y=-0.018),
        shapes.shift(shapes.box(0.02, 0.045, 0.012), x=-0.08),
    )
    return Form(
        ((part(jaw, steel), part(shapes.shift(shapes.box(0.17, 0.022, 0.01), x=0.01), steel, "stripes", 0.03)),),
        bar_grip(0.012, 0.05),
        tip=(-0.11, 0.0, 0.006),
        working=pitched(35),
    )


@kind("pliers", "pair of pliers", "combination pliers", material="metal")
def pliers(look: Look) -> Form:
    red = look.color("bright")
    jaws = shapes.shift(
        shapes.prism(((-0.09, -0.006), (-0.03, -0.018), (-0.03, 0.018), (-0.09, 0.006)), 0.012), z=0.004
    )
    handles = [
        shapes.tube(((-0.03, 0.008 * s, 0.01), (0.03, 0.024 * s, 0.01), (0.1, 0.02 * s, 0.01)), 0.007, 6)
        for s in (-1, 1)
    ]
    return Form(
        ((part(jaws, look.color("metal")), part(shapes.merge(*handles), red)),),
        bar_grip(0.017, 0.06),
        tip=(-0.09, 0.0, 0.01),
        working=pitched(40),
    )


@kind("drill", "power drill", "cordless drill", material="plastic", states=("off", "on"))
def drill(look: Look) -> Form:
    color, dark = look.color("bright"), look.color("dark")
    motor = shapes.shift(shapes.turn(shapes.cone(0.028, 0.022, 0.15), x=-90), y=-0.06, z=0.19)
    chuck = shapes.shift(shapes.turn(shapes.cone(0.018, 0.01, 0.04), x=-90), y=0.09, z=0.19)
    bit = shapes.tube(((0.0, 0.12, 0.19), (0.0, 0.2, 0.19)), 0.003, 5)
    grip = shapes.shift(shapes.box(0.034, 0.042, 0.12), y=-0.04, z=0.05)
    battery = shapes.shift(shapes.box(0.075, 0.11, 0.05), y=-0.02)
    body = (
        part(motor, color),
        part(shapes.merge(chuck, bit), look.color("metal")),
        part(shapes.merge(grip, battery), dark),
    )
    lamp = shapes.shift(shapes.box(0.012, 0.01, 0.01), y=0.03, z=0.162)
    return Form(
        ((*body, part(lamp, (0.3, 0.3, 0.3))), (*body, part(lamp, (1.0, 1.0, 0.7)))),
        side_grip(0.017, 0.12),
        tip=(0.0, 0.2, 0.19),
        working=tilted(90, "forward"),
    )


@kind("hand saw", "saw", "wood saw", material="metal")
def saw(look: Look) -> Form:
    blade = shapes.shift(shapes.prism(((-0.3, 0.0), (0.0, -0.04), (0.0, 0.05), (-0.3, 0.05)), 0.002), z=0.01)
    handle = shapes.merge(
        shapes.shift(shapes.box(0.03, 0.1, 0.022), x=0.01), shapes.shift(shapes.box(0.11, 0.026, 0.022), x=0.055)
    )
    return Form(
        ((part(blade, (0.74, 0.75, 0.76)), part(handle, look.color("bright"))),),
        bar_grip(0.022, 0.06),
        tip=(-0.12, 0.05, 0.011),
        working=pitched(18),
    )


@kind("tape measure", "measuring tape", material="plastic")
def tape_measure(look: Look) -> Form:
    body = (
        part(shapes.box(0.07, 0.045, 0.065), look.color("bright"), "label", 0.07),
        part(shapes.shift(shapes.box(0.071, 0.02, 0.03), z=0.02), look.color("dark")),
    )
    tape = part(shapes.shift(shapes.box(0.03, 0.02, 0.002), x=-0.05, z=0.006), (0.95, 0.85, 0.2), "stripes", 0.01)
    return Form(((*body, tape),), top_grip(0.065), tip=(-0.06, 0.0, 0.0))


@kind("wooden plank", "board", "piece of wood", "wooden board", material="wood", states=("bare", "marked", "worked"))
def plank(look: Look) -> Form:
    x, y, z = look.size(0.36), look.size(0.11), 0.025
    board = part(shapes.box(x, y, z), look.color("wood"), "wood", 0.1)
    line = part(shapes.shift(shapes.box(0.004, 0.9 * y, 0.001), z=z), (0.1, 0.1, 0.15))
    heads = [
        shapes.shift(shapes.cylinder(0.006, 0.004, 7), x=0.3 * x * s, y=0.25 * y * t, z=z)
        for s in (-1, 0, 1)
        for t in (-1, 1)
    ]
    worked = (board, line, part(shapes.merge(*heads), (0.35, 0.36, 0.38)))
    return Form(((board,), (board, line), worked), top_grip(z, 0.36 * x), inside=(x / 2, y / 2, z + 0.001))


@kind("nail box", "box of nails", "nails", material="metal")
def nail_box(look: Look) -> Form:
    box = part(open_box(0.11, 0.08, 0.03), look.color("card"), "label", 0.08)
    nails = [
        shapes.shift(shapes.box(0.05, 0.004, 0.004), x=0.02 * ((k % 3) - 1), y=0.012 * (k - 2.5), z=0.012)
        for k in range(6)
    ]
    return Form(((box, part(shapes.merge(*nails), (0.55, 0.56, 0.6))),), top_grip(0.03), mouth=(0.0, 0.0, 0.02))


@kind("metal bracket", "bracket", "angle bracket", material="metal", states=("loose", "fixed"))
def bracket(look: Look) -> Form:
    steel = look.color("metal")
    angle = part(
        shapes.merge(shapes.box(0.09, 0.035, 0.005), shapes.shift(shapes.box(0.005, 0.035, 0.07), x=-0.0425)), steel
    )
    screws = [shapes.shift(shapes.cylinder(0.007, 0.005, 7), x=x, z=0.005) for x in (-0.01, 0.025)]
    return Form(
        ((angle,), (angle, part(shapes.merge(*screws), (0.2, 0.2, 0.22)))),
        top_grip(0.02, 0.02),
        mouth=(0.025, 0.0, 0.008),
    )


@kind("bolt", "metal bolt", "screw", "hex bolt", material="metal")
def bolt(look: Look) -> Form:
    steel = look.color("metal")
    head = shapes.cylinder(0.014, 0.012, 6)
    shank = shapes.shift(shapes.cylinder(0.007, 0.05, 7), z=0.012)
    return Form(((part(head, steel), part(shank, steel, "stripes", 0.006)),), top_grip(0.06))


@kind("gear", "metal gear", "cog", "gear wheel", material="metal")
def gear(look: Look) -> Form:
    steel = look.color("metal")
    radius = look.size(0.032)
    teeth = [shapes.turn(shapes.shift(shapes.box(0.01, 0.01, 0.016), x=radius), z=k * 45) for k in range(8)]
    wheel = shapes.lathe(
        ((0.4 * radius, 0.0), (radius, 0.0), (radius, 0.016), (0.4 * radius, 0.016), (0.4 * radius, 0.0)), 12
    )
    return Form(((part(wheel, steel), part(shapes.merge(*teeth), steel)),), top_grip(0.016))


@kind("spring", "metal spring", "coil spring", material="metal")
def spring(look: Look) -> Form:
    rings = [
        shapes.shift(
            shapes.lathe(((0.012, 0.0), (0.015, 0.004), (0.012, 0.008), (0.009, 0.004), (0.012, 0.0)), 9), z=0.011 * k
        )
        for k in range(4)
    ]
    return Form(((part(shapes.merge(*rings), look.color("metal")),),), top_grip(0.042))


@kind("sorting tray", "parts tray", "tray", "organizer tray", material="plastic")
def tray(look: Look) -> Form:
    x, y = 0.3, 0.2
    return Form(
        ((part(open_box(x, y, 0.035), look.color("bright")),),),
        top_grip(0.035, 0.5 * x),
        inside=(x / 2 - 0.008, y / 2 - 0.008, 0.0055),
        mouth=(0.0, 0.0, 0.035),
    )


@kind("toolbox", "tool box", material="metal", states=("closed", "open"))
def toolbox(look: Look) -> Form:
    x, y, z = 0.36, 0.18, 0.15
    color = look.color("bright")
    body = part(open_box(x, y, z), color)
    inside = part(shapes.shift(shapes.box(x - 0.02, y - 0.02, 0.004), z=0.6 * z), (0.2, 0.2, 0.22), "speckle", 0.04)
    lid = shapes.box(x, y, 0.03)
    bar = shapes.tube(((-0.07, 0.0, 0.0), (-0.07, 0.0, 0.03), (0.07, 0.0, 0.03), (0.07, 0.0, 0.0)), 0.008, 5)
    top = shapes.merge(lid, shapes.shift(bar, z=0.03))
    closed = part(shapes.shift(top, z=z), color)
    opened = part(shapes.shift(shapes.turn(top, x=95), y=y / 2 + 0.03, z=z + y / 2), color)
    return Form(((body, inside, closed), (body, inside, opened)), bar_grip(z + 0.06), mouth=(0.0, -0.05, z + 0.03))


@kind("paint can", "can of paint", "paint bucket", material="metal", states=("closed", "open"))
def paint_can(look: Look) -> Form:
    color = look.color("bright")
    can = part(shapes.cup(0.05, 0.1, 0.003, sides=14), look.color("metal"))
    band = part(shapes.shift(shapes.lathe(((0.0508, 0.0), (0.0508, 0.06)), 14), z=0.02), color, "label", 0.08)
    paint = part(shapes.disk(0.047, 0.085), color)
    lid = part(shapes.shift(shapes.cylinder(0.05, 0.006, 14), z=0.1), look.color("metal"))
    leaning = part(
        shapes.shift(shapes.turn(shapes.cylinder(0.05, 0.006, 14), x=75), y=0.072, z=0.05), look.color("metal")
    )
    return Form(((can, band, lid), (can, band, paint, leaning)), side_grip(0.05, 0.06), mouth=(0.0, 0.0, 0.1))


@kind("paint brush", "paintbrush", "brush", material="wood", states=("clean", "painted"))
def paint_brush(look: Look) -> Form:
    handle = part(shapes.tube(((-0.02, 0.0, 0.01), (0.1, 0.0, 0.01)), 0.01, 6, 0.006), look.color("wood"))
    ferrule = part(shapes.shift(shapes.box(0.03, 0.045, 0.014), x=-0.03, z=0.003), look.color("metal"))
    bristles = shapes.shift(shapes.box(0.05, 0.045, 0.012), x=-0.07, z=0.004)
    return Form(
        ((handle, ferrule, part(bristles, (0.75, 0.66, 0.5))), (handle, ferrule, part(bristles, look.color("bright")))),
        bar_grip(0.02, 0.04),
        tip=(-0.095, 0.0, 0.01),
        working=pitched(50),
    )


@kind("glue bottle", "glue", "wood glue", material="plastic", states=("full", "half"))
def glue(look: Look) -> Form:
    body = shapes.lathe(((0.0, 0.0), (0.026, 0.0), (0.026, 0.1), (0.008, 0.12), (0.0, 0.15)), 10)
    label = shapes.shift(shapes.lathe(((0.0265, 0.0), (0.0265, 0.05))), z=0.03)
    color = look.color("bright")
    parts = (
        part(body, (0.93, 0.92, 0.88)),
        part(label, color, "label", 0.06),
        part(shapes.shift(shapes.cone(0.009, 0.003, 0.03, 7), z=0.122), color),
    )
    return Form((parts, parts), side_grip(0.026, 0.06), tip=(0.0, 0.0, 0.152), working=tilted(140))


@kind("sandpaper", "sanding block", "sand paper", material="paper")
def sandpaper(look: Look) -> Form:
    block = part(shapes.shift(shapes.box(0.1, 0.06, 0.025), z=0.003), look.color("wood"), "wood", 0.05)
    return Form(
        ((part(shapes.box(0.104, 0.062, 0.004), (0.45, 0.25, 0.15), "speckle", 0.006), block),), top_grip(0.028)
    )
