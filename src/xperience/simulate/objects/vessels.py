"""Cups, pots, jugs and bottles for drink."""

from __future__ import annotations

from xperience.simulate import shapes
from xperience.simulate.objects import Form, kind
from xperience.simulate.objects.looks import (
    COFFEE,
    GLASS,
    TEA,
    WATER,
    Look,
    bar_grip,
    part,
    side_grip,
    tilted,
    with_fill,
)


@kind("mug", "coffee mug", "cup", "white mug", material="ceramic", states=("empty", "full"))
def mug(look: Look) -> Form:
    radius, height = look.size(0.041), look.size(0.095)
    color = look.color("ceramic")
    body = [
        part(shapes.cup(radius, height, 0.005), color),
        part(
            shapes.shift(shapes.lathe(((radius + 0.001, 0.0), (radius + 0.001, 0.02))), z=0.6 * height),
            look.color("bright"),
        ),
        part(shapes.handle(radius - 0.004, 0.2 * height, 0.8 * height, 0.03), color),
    ]
    return Form(with_fill(body, radius - 0.006, 0.8 * height, COFFEE), side_grip(radius + 0.02, 0.5 * height))


@kind("tea cup", "teacup", "cup of tea", material="ceramic", states=("empty", "full"))
def tea_cup(look: Look) -> Form:
    radius, height = look.size(0.046), look.size(0.06)
    color = look.color("ceramic")
    body = [
        part(shapes.cone(0.07, 0.075, 0.008, 16), color),
        part(shapes.shift(shapes.cup(radius, height, 0.004, 0.022), z=0.008), color),
        part(shapes.shift(shapes.handle(radius - 0.008, 0.3 * height, 0.9 * height, 0.025, 0.005), z=0.008), color),
    ]
    return Form(with_fill(body, radius - 0.008, 0.75 * height, TEA), side_grip(radius + 0.02, 0.04))


@kind("glass", "drinking glass", "water glass", "tumbler", material="glass", states=("empty", "full"))
def glass(look: Look) -> Form:
    radius, height = look.size(0.036), look.size(0.12)
    body = [part(shapes.cup(radius, height, 0.003, 0.85 * radius), GLASS)]
    return Form(with_fill(body, radius - 0.004, 0.7 * height, WATER), side_grip(radius, 0.5 * height))


@kind("kettle", "gooseneck kettle", "electric kettle", "water kettle", material="metal", states=("off", "on"))
def kettle(look: Look) -> Form:
    radius, height = look.size(0.068), look.size(0.15)
    steel, dark = look.color("metal"), look.color("dark")
    top = height + 0.015
    spout = (
        (-0.8 * radius, 0.0, 0.03),
        (-1.5 * radius, 0.0, 0.06),
        (-1.7 * radius, 0.0, height),
        (-2 * radius, 0.0, top),
    )
    body = [
        part(shapes.cone(radius, 0.72 * radius, height), steel),
        part(shapes.shift(shapes.cylinder(0.7 * radius, 0.012), z=height), dark),
        part(shapes.shift(shapes.sphere(0.012), z=height + 0.012), dark),
        part(shapes.tube(spout, 0.012, 6, 0.006), steel),
        part(shapes.handle(0.75 * radius, 0.3 * height, height, 0.055, 0.009), dark),
    ]
    lamp = shapes.shift(shapes.box(0.02, 0.01, 0.02), x=0.0, y=-radius, z=0.03)
    return Form(
        ((*body, part(lamp, (0.2, 0.2, 0.2))), (*body, part(lamp, (0.95, 0.25, 0.1)))),
        side_grip(0.75 * radius + 0.055, 0.65 * height),
        tip=(-2 * radius, 0.0, top),
        working=tilted(32),
        mouth=(0.0, -radius, 0.05),
    )


@kind("glass carafe", "carafe", "coffee server", "glass pitcher", material="glass", states=("empty", "full"))
def carafe(look: Look) -> Form:
    radius, height = look.size(0.06), look.size(0.14)
    outline = (
        (0.0, 0.0), (radius, 0.0), (radius, 0.5 * height), (0.65 * radius, 0.85 * height), (0.72 * radius, height),
        (0.66 * radius, height), (0.58 * radius, 0.85 * height),
    )  # fmt: skip
    body = [
        part(shapes.lathe(outline, 14), GLASS),
        part(shapes.handle(0.8 * radius, 0.3 * height, 0.9 * height, 0.04, 0.007), look.color("dark")),
    ]
    coffee = part(shapes.shift(shapes.cylinder(1.01 * radius, 0.4 * height, 14), z=0.02), COFFEE)
    return Form(
        (tuple(body), (*body, coffee)),
        side_grip(0.8 * radius + 0.035, 0.6 * height),
        tip=(-0.7 * radius, 0.0, height),
        working=tilted(55),
        inside=(0.09, 0.09, height + 0.001),
    )


@kind(
    "coffee dripper", "dripper", "pour-over dripper", material="ceramic", states=("empty", "filter", "grounds", "wet")
)
def dripper(look: Look) -> Form:
    radius, height = look.size(0.055, 0.05), look.size(0.085, 0.05)
    color = look.color("ceramic")
    body = (
        part(shapes.cup(0.062, 0.05, 0.008), color),
        part(shapes.shift(shapes.cup(radius, height, 0.005, 0.02), z=0.05), color),
        part(shapes.handle(0.7 * radius, 0.07, 0.12, 0.03), color),
    )
    paper = part(shapes.shift(shapes.cup(radius - 0.008, height, 0.002, 0.012), z=0.056), (0.90, 0.84, 0.72))
    grounds = part(shapes.disk(radius - 0.02, 0.05 + 0.55 * height), COFFEE, "speckle", 0.01)
    wet = part(shapes.disk(radius - 0.014, 0.05 + 0.75 * height), (0.33, 0.19, 0.10), "speckle", 0.02)
    return Form((body, (*body, paper), (*body, paper, grounds), (*body, paper, wet)), side_grip(radius + 0.005, 0.05))


@kind("teapot", "tea pot", "ceramic teapot", material="ceramic", states=("empty", "leaves", "full"))
def teapot(look: Look) -> Form:
    radius = look.size(0.07)
    color = look.color("ceramic")
    height = 1.5 * radius
    profile = (
        (0.0, 0.0),
        (0.7 * radius, 0.0),
        (radius, 0.5 * height),
        (0.6 * radius, height),
        (0.55 * radius, height),
        (0.5 * radius, 0.8 * height),
    )
    spout = ((-0.8 * radius, 0.0, 0.35 * height), (-1.3 * radius, 0.0, 0.6 * height), (-1.6 * radius, 0.0, height))
    body = [
        part(shapes.lathe(profile, 14), color),
        part(shapes.tube(spout, 0.016, 6, 0.008), color),
        part(shapes.handle(0.85 * radius, 0.3 * height, 0.85 * height, 0.04, 0.007), color),
    ]
    leaves = part(shapes.disk(0.5 * radius, 0.82 * height), (0.25, 0.30, 0.14), "speckle", 0.01)
    full = part(shapes.disk(0.52 * radius, 0.9 * height), TEA)
    return Form(
        (tuple(body), (*body, leaves), (*body, full)),
        side_grip(0.85 * radius + 0.035, 0.55 * height),
        tip=(-1.6 * radius, 0.0, height),
        working=tilted(42),
    )


@kind("water bottle", "bottle", "plastic bottle", material="plastic", states=("closed", "open"))
def water_bottle(look: Look) -> Form:
    radius, height = look.size(0.034), look.size(0.2)
    color, cap = look.color("bright"), look.color("dark")
    neck = 0.014
    profile = ((0.0, 0.0), (radius, 0.0), (radius, 0.75 * height), (neck, 0.92 * height), (neck, height), (0.0, height))
    body = (
        part(shapes.lathe(profile, 12), color),
        part(
            shapes.shift(shapes.lathe(((radius + 0.001, 0.0), (radius + 0.001, 0.3 * height))), z=0.25 * height),
            (0.9, 0.9, 0.86),
            "label",
            0.1,
        ),
    )
    closed = part(shapes.shift(shapes.cylinder(0.018, 0.022), z=0.95 * height), cap)
    hanging = part(shapes.shift(shapes.cylinder(0.018, 0.022), x=0.032, z=0.86 * height), cap)
    return Form(
        ((*body, closed), (*body, hanging)),
        side_grip(radius, 0.45 * height),
        tip=(-neck, 0.0, height),
        working=tilted(70),
    )


@kind("milk jug", "jug", "cream jug", "small pitcher", material="ceramic", states=("full", "empty"))
def milk_jug(look: Look) -> Form:
    radius, height = look.size(0.04), look.size(0.085)
    color = look.color("ceramic")
    body = [
        part(shapes.cup(0.75 * radius, height, 0.004, radius), color),
        part(shapes.handle(0.8 * radius, 0.2 * height, 0.85 * height, 0.028), color),
        part(shapes.shift(shapes.box(0.02, 0.018, 0.012), x=-0.8 * radius, z=height - 0.012), color),
    ]
    empty, full = with_fill(body, 0.7 * radius, 0.8 * height, (0.95, 0.93, 0.88))
    return Form(
        (full, empty), side_grip(0.8 * radius + 0.025, 0.5 * height), tip=(-radius, 0.0, height), working=tilted(50)
    )


@kind("saucepan", "pot", "cooking pot", material="metal", states=("empty", "water", "cooked"))
def saucepan(look: Look) -> Form:
    radius, height = look.size(0.085), look.size(0.1)
    steel = look.color("metal")
    body = (
        part(shapes.cup(radius, height, 0.004, sides=16), steel),
        part(
            shapes.tube(((radius, 0.0, 0.85 * height), (radius + 0.16, 0.0, 0.95 * height)), 0.011), look.color("dark")
        ),
    )
    water = part(shapes.disk(radius - 0.006, 0.6 * height, 16), WATER)
    soup = part(shapes.disk(radius - 0.006, 0.65 * height, 16), (0.80, 0.45, 0.15), "speckle", 0.03)
    grip = bar_grip(0.93 * height + 0.011, radius + 0.1)
    return Form((body, (*body, water), (*body, soup)), grip, tip=(-radius, 0.0, height), working=tilted(40))
