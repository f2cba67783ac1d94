"""Cups, pots and bottles."""

from __future__ import annotations

from xperience.simulate import shapes
from xperience.simulate.objects import Form, kind
from xperience.simulate.objects.looks import Look, part, side_grip, tilted
from xperience.simulate.things import Part

COFFEE = (0.23, 0.13, 0.07)
WATER = (0.62, 0.76, 0.84)


def filled(
    body: list[Part], radius: float, level: float, color: tuple[float, float, float]
) -> tuple[tuple[Part, ...], ...]:
    """Two states of an open vessel: as it is, and with a liquid or grains up to a level."""
    return tuple(body), (*body, part(shapes.disk(radius, level), color))


@kind("mug", "coffee mug", "cup", "white mug", material="ceramic", states=("empty", "full"))
def mug(look: Look) -> Form:
    radius, height = look.size(0.041), look.size(0.095)
    color = look.color("ceramic")
    body = [
        part(shapes.cup(radius, height, 0.005), color),
        part(shapes.handle(radius - 0.004, 0.2 * height, 0.8 * height, 0.03), color),
    ]
    return Form(filled(body, radius - 0.006, 0.8 * height, COFFEE), side_grip(radius + 0.02, 0.5 * height))


@kind("kettle", "gooseneck kettle", "electric kettle", material="metal", states=("full", "empty"))
def kettle(look: Look) -> Form:
    radius, height = look.size(0.07), look.size(0.15)
    steel, dark = look.color("metal"), look.color("dark")
    spout = (
        (-0.8 * radius, 0.0, 0.03),
        (-1.5 * radius, 0.0, 0.06),
        (-1.7 * radius, 0.0, height),
        (-2.1 * radius, 0.0, height + 0.015),
    )
    parts = (
        part(shapes.cone(radius, 0.72 * radius, height), steel),
        part(shapes.shift(shapes.cylinder(0.7 * radius, 0.012), z=height), dark),
        part(shapes.shift(shapes.sphere(0.012), z=height + 0.012), dark),
        part(shapes.tube(spout, 0.012, 6, 0.006), steel),
        part(shapes.handle(0.75 * radius, 0.3 * height, height, 0.055, 0.009), dark),
    )
    return Form(
        (parts, parts),
        side_grip(0.75 * radius + 0.055, 0.65 * height),
        tip=(-2.1 * radius, 0.0, height + 0.015),
        working=tilted(32),
    )


@kind("glass carafe", "carafe", "coffee server", "glass pitcher", material="glass", states=("empty", "full"))
def carafe(look: Look) -> Form:
    radius, height = look.size(0.06), look.size(0.14)
    glass = (0.70, 0.80, 0.80)
    outline = (
        (0.0, 0.0),
        (radius, 0.0),
        (radius, 0.5 * height),
        (0.65 * radius, 0.85 * height),
        (0.72 * radius, height),
        (0.66 * radius, height),
        (0.58 * radius, 0.85 * height),
    )
    body = [
        part(shapes.lathe(outline, 14), glass),
        part(shapes.handle(0.8 * radius, 0.3 * height, 0.9 * height, 0.04, 0.007), look.color("dark")),
    ]
    full = (part(shapes.shift(shapes.cylinder(1.01 * radius, 0.4 * height, 14), z=0.02), COFFEE), *body)
    return Form(
        (tuple(body), full),
        side_grip(0.8 * radius + 0.035, 0.6 * height),
        tip=(-0.7 * radius, 0.0, height),
        working=tilted(55),
    )


@kind(
    "coffee dripper", "dripper", "pour-over dripper", material="ceramic", states=("empty", "filter", "grounds", "wet")
)
def dripper(look: Look) -> Form:
    radius, height = look.size(0.055, 0.05), look.size(0.085, 0.05)
    color = look.color("ceramic")
    body = (
        part(shapes.cylinder(0.06, 0.006), color),
        part(shapes.shift(shapes.cup(radius, height, 0.005, 0.02), z=0.006), color),
        part(shapes.handle(0.7 * radius, 0.03, 0.075, 0.03), color),
    )
    paper = part(shapes.shift(shapes.cup(radius - 0.008, height, 0.002, 0.012), z=0.012), (0.90, 0.84, 0.72))
    grounds = part(shapes.disk(radius - 0.02, 0.55 * height), COFFEE, "speckle", 0.01)
    wet = part(shapes.disk(radius - 0.014, 0.75 * height), (0.33, 0.19, 0.10), "speckle", 0.02)
    return Form((body, (*body, paper), (*body, paper, grounds), (*body, paper, wet)), side_grip(radius, 0.05))
