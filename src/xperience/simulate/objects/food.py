"""Fruit, vegetables and what else is eaten; most can be cut."""

from __future__ import annotations

from xperience.simulate import shapes
from xperience.simulate.objects import Form, kind
from xperience.simulate.objects.looks import Color, Look, part, top_grip
from xperience.simulate.things import Mesh, Part


def slices(count: int, length: float, radius: float, color: Color, inside: Color) -> tuple[Part, ...]:
    """Round slices lying in a row, each leaning on the one before."""
    rind: list[Mesh] = []
    flesh: list[Mesh] = []
    for k in range(count):
        x = ((k + 0.5) / count - 0.5) * length
        rind.append(shapes.shift(shapes.turn(shapes.cylinder(radius, 0.008, 9), y=65), x=x, z=radius * 0.9))
        flesh.append(shapes.shift(shapes.turn(shapes.cylinder(0.85 * radius, 0.0095, 9), y=65), x=x, z=radius * 0.9))
    return part(shapes.merge(*rind), color), part(shapes.merge(*flesh), inside)


def long_fruit(length: float, radius: float, color: Color, inside: Color, extra: tuple[Part, ...] = ()) -> Form:
    """A carrot or cucumber that lies along x, whole and in slices."""
    body = shapes.lathe(
        (
            (0.0, 0.0),
            (0.7 * radius, 0.04 * length),
            (radius, 0.25 * length),
            (radius, 0.7 * length),
            (0.5 * radius, length),
            (0.0, length),
        ),
        9,
    )
    lying = shapes.shift(shapes.turn(body, y=90), x=-length / 2, z=radius)
    whole = (part(lying, color, "speckle", 0.06), *extra)
    return Form(
        (whole, slices(9, length, 0.95 * radius, color, inside)),
        top_grip(2 * radius),
        mouth=(-0.2 * length, 0.0, 1.2 * radius),
    )


def round_fruit(
    radius: float, color: Color, inside: Color, flatten: float = 0.92, extra: tuple[Part, ...] = ()
) -> Form:
    """A tomato or apple, whole and in wedges."""
    whole = (part(shapes.sphere(radius, flatten), color), *extra)
    wedge = shapes.sphere(0.55 * radius, 0.8, 8)
    pieces = [
        shapes.shift(wedge, x=dx * radius, y=dy * radius)
        for dx, dy in ((-0.8, 0.3), (0.0, -0.6), (0.1, 0.65), (0.85, 0.0))
    ]
    cut = [
        shapes.shift(shapes.disk(0.45 * radius, 0.9 * radius, 7), x=dx * radius, y=dy * radius)
        for dx, dy in ((-0.8, 0.3), (0.0, -0.6), (0.1, 0.65), (0.85, 0.0))
    ]
    halves = (part(shapes.merge(*pieces), color), part(shapes.merge(*cut), inside))
    return Form((whole, halves), top_grip(2 * radius * flatten), mouth=(0.0, 0.0, 1.2 * radius))


@kind("carrot", "orange carrot", material="wood", states=("whole", "cut", "gone"))
def carrot(look: Look) -> Form:
    length, radius = look.size(0.15), look.size(0.017)
    leaf = part(
        shapes.tube(((length / 2, 0.0, radius), (length / 2 + 0.04, 0.0, 2 * radius)), 0.006, 5, 0.012),
        (0.2, 0.5, 0.15),
    )
    return gone(long_fruit(length, radius, (0.92, 0.45, 0.10), (0.98, 0.62, 0.22), (leaf,)))


@kind("cucumber", "green cucumber", material="wood", states=("whole", "cut", "gone"))
def cucumber(look: Look) -> Form:
    return gone(long_fruit(look.size(0.19), look.size(0.021), (0.13, 0.38, 0.12), (0.80, 0.88, 0.62)))


@kind("tomato", "red tomato", "ripe tomato", material="wood", states=("whole", "cut", "gone"))
def tomato(look: Look) -> Form:
    radius = look.size(0.033)
    stem = part(shapes.shift(shapes.cone(0.014, 0.0, 0.01, 5), z=1.8 * radius), (0.15, 0.42, 0.12))
    return gone(round_fruit(radius, (0.82, 0.13, 0.08), (0.95, 0.42, 0.32), extra=(stem,)))


@kind("apple", "green apple", "red apple", material="wood", states=("whole", "cut", "gone"))
def apple(look: Look) -> Form:
    radius = look.size(0.036)
    stem = part(shapes.tube(((0.0, 0.0, 1.7 * radius), (0.004, 0.0, 2.1 * radius)), 0.002, 4), (0.3, 0.2, 0.1))
    return gone(
        round_fruit(radius, look.pick(((0.75, 0.12, 0.12), (0.48, 0.66, 0.16))), (0.96, 0.92, 0.74), 0.95, (stem,))
    )


@kind("onion", "yellow onion", material="wood", states=("whole", "cut", "gone"))
def onion(look: Look) -> Form:
    radius = look.size(0.034)
    stem = part(shapes.shift(shapes.cone(0.01, 0.002, 0.02, 5), z=1.6 * radius), (0.70, 0.52, 0.30))
    return gone(round_fruit(radius, (0.74, 0.48, 0.20), (0.95, 0.92, 0.82), 0.9, (stem,)))


@kind("bread", "loaf", "bread loaf", material="wood", states=("whole", "cut"))
def bread(look: Look) -> Form:
    length, width, height = look.size(0.2), look.size(0.1), look.size(0.085)
    crust: Color = (0.62, 0.38, 0.17)
    loaf = shapes.merge(
        shapes.box(length, width, 0.7 * height),
        shapes.shift(shapes.box(length, width, 0.3 * height, 0.8), z=0.7 * height),
    )
    left = shapes.shift(shapes.box(0.55 * length, width, height, 0.93), x=0.22 * length)
    pieces = [
        shapes.shift(shapes.turn(shapes.box(0.014, 0.95 * width, 0.9 * height), y=-35), x=-0.12 * length - 0.03 * k)
        for k in range(3)
    ]
    cut = (part(left, crust, "speckle", 0.08), part(shapes.merge(*pieces), (0.93, 0.84, 0.64), "speckle", 0.05))
    return Form(((part(loaf, crust, "speckle", 0.08),), cut), top_grip(height), mouth=(-0.15 * length, 0.0, height))


@kind("cheese", "cheese block", "block of cheese", material="plastic", states=("whole", "cut"))
def cheese(look: Look) -> Form:
    x, y, z = look.size(0.11), look.size(0.07), look.size(0.05)
    color: Color = (0.95, 0.78, 0.28)
    block = shapes.shift(shapes.box(0.6 * x, y, z), x=0.2 * x)
    pieces = [
        shapes.shift(shapes.turn(shapes.box(0.006, 0.95 * y, 0.9 * z), y=-50), x=-0.18 * x - 0.018 * k)
        for k in range(3)
    ]
    return Form(
        (
            (part(shapes.box(x, y, z), color, "speckle", 0.04),),
            (part(block, color, "speckle", 0.04), part(shapes.merge(*pieces), (0.98, 0.86, 0.45))),
        ),
        top_grip(z),
        mouth=(-0.2 * x, 0.0, z),
    )


def gone(form: Form) -> Form:
    """With a third state in which nothing is left: it went into a bowl or a pot."""
    return Form((*form.parts, ()), form.grip, form.tip, form.working, form.mouth, form.inside)
