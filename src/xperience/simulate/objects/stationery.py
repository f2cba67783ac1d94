"""What lies on a desk, and what presents are wrapped in."""

from __future__ import annotations

from xperience.simulate import shapes
from xperience.simulate.objects import Form, kind
from xperience.simulate.objects.looks import Look, bar_grip, part, pitched, side_grip, top_grip

PAPER = (0.95, 0.95, 0.92)


@kind("notebook", "note book", "notepad", material="paper", states=("closed", "open", "written"))
def notebook(look: Look) -> Form:
    x, y = 0.15, 0.21
    cover = look.color("bright")
    closed = (
        part(shapes.box(x, y, 0.014), cover),
        part(shapes.shift(shapes.box(0.6 * x, 0.25 * y, 0.001), y=0.04, z=0.014), PAPER, "label", 0.08),
    )
    opened = (
        part(shapes.shift(shapes.box(2 * x, y, 0.004), x=-x / 2), cover),
        part(shapes.shift(shapes.box(1.94 * x, 0.96 * y, 0.008), x=-x / 2, z=0.004), PAPER, "stripes", 0.012),
    )
    lines = [
        shapes.shift(shapes.box(0.75 * x * w, 0.003, 0.001), x=-0.01, y=0.07 - 0.02 * k, z=0.012)
        for k, w in enumerate((1, 0.9, 1, 0.6, 0.95, 0.4))
    ]
    written = (*opened, part(shapes.merge(*lines), (0.1, 0.15, 0.5)))
    return Form((closed, opened, written), top_grip(0.014, 0.3 * x), mouth=(0.0, 0.02, 0.013))


@kind("pen", "ballpoint pen", "blue pen", material="plastic")
def pen(look: Look) -> Form:
    color = look.color("bright")
    barrel = shapes.tube(((-0.06, 0.0, 0.006), (0.07, 0.0, 0.006)), 0.0055, 6)
    tip = shapes.tube(((-0.06, 0.0, 0.006), (-0.075, 0.0, 0.006)), 0.004, 5, 0.001)
    clip = shapes.shift(shapes.box(0.04, 0.004, 0.003), x=0.045, z=0.011)
    return Form(
        ((part(barrel, color), part(shapes.merge(tip, clip), look.color("metal"))),),
        bar_grip(0.012, 0.0),
        tip=(-0.075, 0.0, 0.006),
        working=pitched(55),
    )


@kind("marker", "marker pen", "felt pen", "highlighter", material="plastic")
def marker(look: Look) -> Form:
    color = look.color("bright")
    body = shapes.tube(((-0.04, 0.0, 0.01), (0.07, 0.0, 0.01)), 0.009, 7)
    tip = shapes.tube(((-0.04, 0.0, 0.01), (-0.06, 0.0, 0.01)), 0.006, 6, 0.003)
    return Form(
        (
            (
                part(body, (0.9, 0.9, 0.88)),
                part(tip, color),
                part(shapes.tube(((0.06, 0.0, 0.01), (0.08, 0.0, 0.01)), 0.0095, 7), color),
            ),
        ),
        bar_grip(0.019),
        tip=(-0.06, 0.0, 0.01),
        working=pitched(55),
    )


@kind("book", "textbook", "hardcover book", material="paper", states=("closed", "open"))
def book(look: Look) -> Form:
    x, y, z = look.size(0.15), look.size(0.22), look.size(0.028, 0.3)
    cover = look.color("bright")
    pages = shapes.shift(shapes.box(x - 0.006, y - 0.008, z - 0.006), x=0.003, z=0.003)
    closed = (
        part(
            shapes.merge(
                shapes.box(x, y, 0.003),
                shapes.shift(shapes.box(x, y, 0.003), z=z - 0.003),
                shapes.shift(shapes.box(0.003, y, z), x=-x / 2 + 0.0015),
            ),
            cover,
        ),
        part(pages, PAPER, "stripes", 0.004),
        part(shapes.shift(shapes.box(0.7 * x, 0.3 * y, 0.0008), y=0.15 * y, z=z), look.color("bright"), "label", 0.1),
    )
    opened = (
        part(shapes.shift(shapes.box(2 * x, y, 0.004), x=-x / 2), cover),
        part(shapes.shift(shapes.box(1.92 * x, 0.95 * y, 0.6 * z, 0.94), x=-x / 2, z=0.004), PAPER, "label", 0.09),
    )
    return Form((closed, opened), top_grip(z, 0.3 * x), mouth=(0.0, 0.0, z))


@kind("laptop", "laptop computer", "notebook computer", material="plastic", states=("closed", "open"))
def laptop(look: Look) -> Form:
    x, y = 0.31, 0.21
    shell = look.color("metal")
    base = part(shapes.box(x, y, 0.014), shell)
    keys = part(shapes.shift(shapes.box(0.9 * x, 0.5 * y, 0.001), y=0.03, z=0.014), (0.12, 0.12, 0.13), "tiles", 0.036)
    lid = part(shapes.shift(shapes.box(x, y, 0.008), z=0.014), shell)
    back = part(shapes.shift(shapes.turn(shapes.box(x, 0.008, y), x=-15), y=y / 2, z=0.012), shell)
    screen = part(
        shapes.shift(
            shapes.turn(shapes.shift(shapes.box(0.93 * x, 0.002, 0.86 * y), y=-0.0055, z=0.01), x=-15), y=y / 2, z=0.014
        ),
        (0.45, 0.65, 0.95),
        "label",
        0.15,
    )
    return Form(((base, lid), (base, keys, back, screen)), None, mouth=(0.06, 0.0, 0.02))


@kind("desk lamp", "table lamp", "lamp", material="metal", states=("off", "on"))
def lamp(look: Look) -> Form:
    color = look.color("bright")
    base = part(shapes.cylinder(0.07, 0.02, 14), color)
    arm = part(shapes.tube(((0.0, 0.03, 0.02), (0.0, 0.06, 0.22), (0.0, 0.0, 0.38)), 0.008, 6), look.color("metal"))
    shade = shapes.shift(shapes.turn(shapes.cone(0.03, 0.07, 0.1), x=160), z=0.40)
    bulb = shapes.shift(shapes.sphere(0.045), y=-0.04, z=0.26)
    dark, bright = part(bulb, (0.5, 0.5, 0.45)), part(bulb, (1.0, 0.98, 0.8))
    return Form(
        ((base, arm, part(shade, color), dark), (base, arm, part(shade, (1.0, 0.93, 0.7)), bright)),
        None,
        mouth=(0.0, -0.05, 0.022),
    )


@kind("stapler", "desk stapler", material="metal")
def stapler(look: Look) -> Form:
    parts = (
        part(shapes.box(0.14, 0.035, 0.012), look.color("dark")),
        part(shapes.shift(shapes.turn(shapes.box(0.14, 0.03, 0.018), y=-7), z=0.028), look.color("bright")),
        part(shapes.shift(shapes.box(0.02, 0.03, 0.03), x=0.06), look.color("metal")),
    )
    return Form((parts,), bar_grip(0.05), tip=(-0.06, 0.0, 0.0))


@kind("scissors", "pair of scissors", material="metal")
def scissors(look: Look) -> Form:
    blades = [
        shapes.shift(shapes.turn(shapes.box(0.1, 0.01, 0.003), z=s * 8), x=-0.06, y=s * 0.004, z=0.004 + 0.003 * s)
        for s in (-1, 1)
    ]
    rings = [
        shapes.shift(
            shapes.lathe(((0.016, 0.0), (0.022, 0.0), (0.022, 0.01), (0.016, 0.01), (0.016, 0.0)), 9),
            x=0.045,
            y=s * 0.022,
        )
        for s in (-1, 1)
    ]
    return Form(
        ((part(shapes.merge(*blades), (0.75, 0.76, 0.78)), part(shapes.merge(*rings), look.color("bright"))),),
        bar_grip(0.012, 0.04),
        tip=(-0.1, 0.0, 0.005),
        working=pitched(18),
    )


@kind("sheet of paper", "paper", "paper sheet", "document", material="paper", states=("blank", "written", "stapled"))
def sheet(look: Look) -> Form:
    x, y = 0.18, 0.25
    page = part(shapes.box(x, y, 0.003), PAPER)
    lines = part(shapes.shift(shapes.box(0.8 * x, 0.6 * y, 0.0008), z=0.003), (0.8, 0.82, 0.9), "label", 0.12)
    staple = part(shapes.shift(shapes.box(0.012, 0.003, 0.002), x=-0.4 * x, y=0.44 * y, z=0.003), (0.3, 0.3, 0.32))
    return Form(((page,), (page, lines), (page, lines, staple)), top_grip(0.003, 0.3 * x), mouth=(0.0, 0.02, 0.005))


@kind("envelope", "letter", "white envelope", material="paper", states=("open", "sealed"))
def envelope(look: Look) -> Form:
    x, y = 0.2, 0.11
    body = part(shapes.box(x, y, 0.005), (0.92, 0.90, 0.84))
    flap = part(
        shapes.shift(shapes.prism(((-x / 2, 0.0), (x / 2, 0.0), (0.0, 0.05)), 0.002), y=y / 2), (0.86, 0.84, 0.78)
    )
    closed = part(
        shapes.shift(shapes.prism(((x / 2, 0.0), (-x / 2, 0.0), (0.0, -0.05)), 0.0015), y=y / 2, z=0.005),
        (0.82, 0.80, 0.74),
    )
    return Form(((body, flap), (body, closed)), top_grip(0.006, 0.3 * x))


@kind("folder", "file folder", "document folder", material="paper")
def folder(look: Look) -> Form:
    color = look.color("bright")
    body = part(shapes.box(0.22, 0.26, 0.012, 0.98), color)
    tab = part(shapes.shift(shapes.box(0.08, 0.03, 0.004), x=-0.05, y=0.13, z=0.003), (0.95, 0.9, 0.7), "label", 0.06)
    return Form(((body, tab),), top_grip(0.012, 0.08), inside=(0.11, 0.13, 0.0125))


@kind("pen holder", "pencil cup", "pen cup", material="plastic")
def pen_holder(look: Look) -> Form:
    body = part(shapes.cup(0.04, 0.1, 0.004), look.color("bright"), "stripes", 0.03)
    pens = [
        shapes.tube(((0.012 * s, 0.008 * t, 0.01), (0.026 * s, 0.02 * t, 0.15)), 0.004, 5)
        for s, t in ((1, 1), (-1, 0.5), (0.2, -1))
    ]
    return Form(((body, part(shapes.merge(*pens), look.color("bright"))),), side_grip(0.04, 0.05))


@kind("phone", "smartphone", "mobile phone", "cell phone", material="glass", states=("off", "on"))
def phone(look: Look) -> Form:
    body = part(shapes.box(0.072, 0.15, 0.009), look.color("dark"))
    screen = shapes.shift(shapes.box(0.066, 0.142, 0.001), z=0.009)
    return Form(
        ((body, part(screen, (0.05, 0.05, 0.06))), (body, part(screen, (0.5, 0.75, 0.95), "label", 0.08))),
        top_grip(0.01),
        mouth=(0.0, 0.0, 0.01),
    )


@kind("gift box", "present", "gift", "present box", material="paper", states=("bare", "wrapped", "ribboned"))
def gift_box(look: Look) -> Form:
    x, y, z = look.size(0.2), look.size(0.15), look.size(0.1)
    ribbon = look.color("bright")
    bare = (part(shapes.box(x, y, z), look.color("card")),)
    wrapped = (
        part(
            shapes.box(x + 0.004, y + 0.004, z + 0.002),
            look.color("bright"),
            look.pick(("stripes", "tiles", "speckle")),
            0.05,
        ),
    )
    bands = shapes.merge(shapes.box(x + 0.008, 0.02, z + 0.004), shapes.box(0.02, y + 0.008, z + 0.004))
    bow = [shapes.shift(shapes.sphere(0.02, 0.6, 8), x=0.024 * s, z=z) for s in (-1, 1)]
    return Form(
        (bare, wrapped, (*wrapped, part(shapes.merge(bands, *bow), ribbon))), top_grip(z), mouth=(0.0, 0.0, z + 0.005)
    )


@kind("wrapping paper", "gift wrap", "roll of wrapping paper", material="paper", states=("full", "used"))
def wrapping(look: Look) -> Form:
    color = look.color("bright")
    roll = shapes.shift(shapes.turn(shapes.cylinder(0.025, 0.34), y=90), x=-0.17, z=0.025)
    thin = shapes.shift(shapes.turn(shapes.cylinder(0.018, 0.34), y=90), x=-0.17, z=0.018)
    return Form(((part(roll, color, "stripes", 0.04),), (part(thin, color, "stripes", 0.04),)), bar_grip(0.05))


@kind("ribbon", "ribbon roll", "gift ribbon", material="cloth")
def ribbon(look: Look) -> Form:
    color = look.color("bright")
    spool = shapes.lathe(((0.012, 0.0), (0.035, 0.0), (0.035, 0.025), (0.012, 0.025), (0.012, 0.0)), 12)
    tail = shapes.shift(shapes.box(0.07, 0.02, 0.002), x=-0.06)
    return Form(((part(spool, color, "stripes", 0.01), part(tail, color)),), top_grip(0.025))


@kind("tape dispenser", "tape", "adhesive tape", "sticky tape", material="plastic")
def tape(look: Look) -> Form:
    base = part(shapes.box(0.12, 0.05, 0.03, 0.85), look.color("dark"))
    roll = part(
        shapes.shift(shapes.turn(shapes.cylinder(0.03, 0.024), x=90), x=0.015, y=0.012, z=0.045), (0.88, 0.82, 0.6)
    )
    return Form(((base, roll),), top_grip(0.06), tip=(-0.06, 0.0, 0.0))
