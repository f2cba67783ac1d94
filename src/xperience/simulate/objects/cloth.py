"""Laundry: things that lie in a heap, are spread flat and folded."""

from __future__ import annotations

from xperience.simulate import shapes
from xperience.simulate.objects import Form, kind
from xperience.simulate.objects.looks import Color, Look, bar_grip, open_box, part, pitched, side_grip, tilted, top_grip
from xperience.simulate.things import Mesh

LAUNDRY = ("heap", "flat", "folded")
SHIRT = (
    (-0.12, -0.15),
    (0.12, -0.15),
    (0.12, 0.04),
    (0.18, 0.02),
    (0.2, 0.1),
    (0.1, 0.15),
    (-0.1, 0.15),
    (-0.2, 0.1),
    (-0.18, 0.02),
    (-0.12, 0.04),
)


def _laundry(look: Look, flat: list[Mesh], color: Color, texture: str, period: float, thick: float = 0.01) -> Form:
    """Heap, flat and folded; the folded one carries another on top."""
    blobs = [
        shapes.shift(shapes.sphere(r, 0.55, 8), x=x, y=y, z=z)
        for r, x, y, z in (
            (0.055, 0.0, 0.0, 0.0),
            (0.04, 0.03, 0.02, 0.02),
            (0.04, -0.028, 0.022, 0.025),
            (0.035, 0.0, -0.03, 0.03),
        )
    ]
    x, y, z = 0.2, 0.17, 3 * thick
    folded = [shapes.box(x, y, 0.45 * z), shapes.shift(shapes.box(0.96 * x, 0.98 * y, 0.5 * z), x=0.003, z=0.5 * z)]
    return Form(
        (
            (part(shapes.merge(*blobs), color, texture, period),),
            (part(shapes.merge(*flat), color, texture, period),),
            (part(shapes.merge(*folded), color, texture, period),),
        ),
        top_grip(0.03),
        mouth=(0.0, 0.0, 0.02),
        inside=(0.13, 0.12, z + 0.001),
    )


@kind("shirt", "t-shirt", "tee shirt", material="cloth", states=LAUNDRY, soft=True)
def shirt(look: Look) -> Form:
    # The outline is not convex: body and sleeves are prisms of their own.
    body = shapes.prism((SHIRT[0], SHIRT[1], SHIRT[5], SHIRT[6]), 0.01)
    right = shapes.prism((SHIRT[2], SHIRT[3], SHIRT[4], SHIRT[5]), 0.009)
    left = shapes.prism((SHIRT[6], SHIRT[7], SHIRT[8], SHIRT[9]), 0.009)
    return _laundry(look, [body, right, left], look.color("cloth"), look.pick(("stripes", "plain", "speckle")), 0.06)


@kind("towel", "bath towel", "hand towel", material="cloth", states=LAUNDRY, soft=True)
def towel(look: Look) -> Form:
    return _laundry(look, [shapes.box(0.4, 0.28, 0.012)], look.color("bright"), "stripes", 0.09, 0.014)


@kind("trousers", "pants", "pair of trousers", material="cloth", states=LAUNDRY, soft=True)
def trousers(look: Look) -> Form:
    top = shapes.shift(shapes.box(0.21, 0.15, 0.01), y=0.1)
    legs = [shapes.shift(shapes.box(0.09, 0.2, 0.009), x=0.06 * s, y=-0.07) for s in (-1, 1)]
    return _laundry(
        look,
        [top, *legs],
        look.pick(((0.16, 0.2, 0.36), (0.25, 0.24, 0.22), (0.5, 0.44, 0.34))),
        "speckle",
        0.04,
        0.012,
    )


@kind("sock", "socks", "pair of socks", material="cloth", states=LAUNDRY, soft=True)
def sock(look: Look) -> Form:
    color = look.color("bright")
    flat = [shapes.box(0.06, 0.16, 0.01), shapes.shift(shapes.box(0.09, 0.06, 0.009), x=0.035, y=-0.09)]
    heap = [shapes.sphere(0.035, 0.6, 8), shapes.shift(shapes.sphere(0.03, 0.6, 8), x=0.04, y=0.01)]
    ball = shapes.sphere(0.04, 0.8, 8)
    parts = tuple((part(shapes.merge(*m), color, "stripes", 0.03),) for m in (heap, flat, [ball]))
    return Form(parts, top_grip(0.04), mouth=(0.0, 0.0, 0.03))


@kind("laundry basket", "basket", "clothes basket", material="plastic")
def laundry_basket(look: Look) -> Form:
    x, y, z = 0.46, 0.3, 0.13
    color = look.color("muted")
    rim = [shapes.shift(shapes.box(x + 0.03, 0.02, 0.02), y=s * y / 2, z=z) for s in (-1, 1)]
    ends = [shapes.shift(shapes.box(0.02, y, 0.02), x=s * x / 2, z=z) for s in (-1, 1)]
    return Form(
        ((part(open_box(x, y, z), color, "tiles", 0.05), part(shapes.merge(*rim, *ends), color)),),
        None,
        inside=(x / 2 - 0.01, y / 2 - 0.01, 0.006),
    )


@kind("cloth", "cleaning cloth", "rag", "dish towel", material="cloth")
def cloth(look: Look) -> Form:
    sheets = [shapes.box(0.16, 0.14, 0.01), shapes.shift(shapes.turn(shapes.box(0.1, 0.12, 0.008), z=12), z=0.01)]
    return Form(((part(shapes.merge(*sheets), look.color("bright"), "tiles", 0.05),),), top_grip(0.018))


@kind("sponge", "dish sponge", "yellow sponge", "scrubber", material="cloth", states=("dry", "soapy"))
def sponge(look: Look) -> Form:
    body = (
        part(shapes.shift(shapes.box(0.1, 0.065, 0.024), z=0.008), (0.95, 0.82, 0.25), "speckle", 0.03),
        part(shapes.box(0.1, 0.065, 0.008), (0.15, 0.45, 0.25)),
    )
    foam = [
        shapes.shift(shapes.sphere(0.014, 0.6, 6), x=x, y=y, z=0.03)
        for x, y in ((0.03, 0.01), (-0.02, 0.015), (0.0, -0.015))
    ]
    return Form((body, (*body, part(shapes.merge(*foam), (0.95, 0.97, 1.0)))), top_grip(0.032))


@kind("spray bottle", "cleaning spray", "spray cleaner", material="plastic")
def spray_bottle(look: Look) -> Form:
    color = look.color("bright")
    body = part(shapes.lathe(((0.0, 0.0), (0.038, 0.0), (0.038, 0.13), (0.014, 0.17), (0.0, 0.17)), 10), color)
    label = part(shapes.shift(shapes.lathe(((0.0386, 0.0), (0.0386, 0.07))), z=0.03), (0.95, 0.95, 0.9), "label", 0.07)
    head = shapes.merge(
        shapes.shift(shapes.box(0.025, 0.08, 0.025), y=0.015, z=0.18),
        shapes.shift(shapes.box(0.012, 0.012, 0.05), y=0.03, z=0.14),
    )
    return Form(
        ((body, label, part(head, (0.9, 0.9, 0.92))),),
        side_grip(0.03, 0.12),
        tip=(0.0, 0.06, 0.19),
        working=tilted(25, "forward"),
    )


@kind("soap bottle", "dish soap", "soap dispenser", "hand soap", material="plastic")
def soap(look: Look) -> Form:
    color = look.color("bright")
    body = part(
        shapes.lathe(((0.0, 0.0), (0.032, 0.0), (0.032, 0.13), (0.012, 0.15), (0.012, 0.165), (0.0, 0.165)), 10), color
    )
    label = part(shapes.shift(shapes.lathe(((0.0326, 0.0), (0.0326, 0.06))), z=0.035), (0.95, 0.95, 0.9), "label", 0.06)
    pump = shapes.merge(
        shapes.shift(shapes.cylinder(0.006, 0.03, 6), z=0.165),
        shapes.shift(shapes.box(0.014, 0.05, 0.012), y=-0.015, z=0.19),
    )
    return Form(
        ((body, label, part(pump, (0.92, 0.92, 0.92))),),
        side_grip(0.032, 0.08),
        tip=(0.0, -0.03, 0.19),
        working=tilted(60),
        mouth=(0.0, -0.02, 0.202),
    )


@kind("toothpaste", "tube of toothpaste", material="plastic")
def toothpaste(look: Look) -> Form:
    tube = shapes.shift(shapes.turn(shapes.cone(0.006, 0.02, 0.12, 8), y=90), x=-0.06, z=0.02)
    cap = shapes.shift(shapes.turn(shapes.cylinder(0.01, 0.02, 8), y=90), x=-0.08, z=0.02)
    band = shapes.shift(shapes.turn(shapes.lathe(((0.0125, 0.0), (0.0175, 0.04)), 8), y=90), x=-0.02, z=0.02)
    parts = (
        part(tube, (0.93, 0.94, 0.95)),
        part(cap, look.color("bright")),
        part(band, look.color("bright"), "label", 0.05),
    )
    return Form((parts,), bar_grip(0.04, 0.03), tip=(-0.08, 0.0, 0.02), working=pitched(35))


@kind("toothbrush", "tooth brush", material="plastic", states=("clean", "pasted"))
def toothbrush(look: Look) -> Form:
    color = look.color("bright")
    stem = part(shapes.tube(((-0.09, 0.0, 0.006), (0.02, 0.0, 0.006), (0.09, 0.0, 0.007)), 0.004, 5, 0.006), color)
    bristles = part(shapes.shift(shapes.box(0.028, 0.01, 0.011), x=-0.075, z=0.009), (0.95, 0.95, 0.95))
    paste = part(shapes.shift(shapes.box(0.024, 0.008, 0.008), x=-0.075, z=0.02), (0.3, 0.75, 0.85))
    return Form(
        ((stem, bristles), (stem, bristles, paste)), bar_grip(0.012, 0.05), tip=(-0.08, 0.0, 0.015), working=pitched(18)
    )
