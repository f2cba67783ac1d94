"""Soup on the stove."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need
from xperience.simulate.stage import Item

ACTIVITY = Activity(
    name="cooking soup",
    tasks=("Cooking soup on the stove", "Cooking vegetable soup"),
    summary="The person cuts vegetables, fills a pot with water and cooks a soup.",
    places=("kitchen",),
    weight=1.4,
    needs={
        "pot": need("saucepan", role="stove"),
        "board": need("cutting board"),
        "knife": need("knife"),
        "vegetables": need("carrot", "onion", "tomato", count=(1, 2), on="board"),
        "spatula": need("spatula", role="stove"),
        "salt": need("salt shaker", role="stove"),
        "bottle": need("water bottle", role="stove"),
    },
)


@ACTIVITY.step("Turn on the stove", gives=("hot",))
def turn_on(d: Director) -> None:
    d.touch(d.fixture("stove", "stove", (0.3, -0.15)), "turn", "turn on")


@ACTIVITY.step("Fill the pot with water", gives=("water",))
def fill(d: Director) -> None:
    d.take("bottle")
    d.use("bottle", "pour", "pot", "pour", "water", "into saucepan", above=0.04, changes={"pot": "water"})
    d.put("bottle")


@ACTIVITY.step("Cut the vegetables", each="vegetables", gives=("cut {i}",))
def cut(d: Director, vegetable: Item) -> None:
    d.take("knife")
    d.use("knife", "cut", vegetable, "cut", seconds=(2.5, 4.5), changes={vegetable: "cut"}, steady=True)
    d.put("knife")


@ACTIVITY.step("Add the vegetables", each="vegetables", needs=("cut {i}", "water"), gives=("soup",))
def add(d: Director, vegetable: Item) -> None:
    d.take(vegetable)
    d.use_up(vegetable, "pot", "add", "to saucepan", changes={"pot": "cooked"}, above=0.05)


@ACTIVITY.step("Stir the soup", "Cook the soup", needs=("soup", "hot"), gives=("stirred",))
def stir(d: Director) -> None:
    d.take("spatula")
    d.use("spatula", "stir", "pot", "stir", "soup", "in saucepan", seconds=(2.5, 5.0))
    d.put("spatula")


@ACTIVITY.step("Season the soup", needs=("soup",), optional=True)
def season(d: Director) -> None:
    d.take("salt")
    d.use("salt", "shake", "pot", "sprinkle", "salt", "over saucepan", above=0.08, seconds=(1.5, 2.5))
    d.put("salt")


@ACTIVITY.step("Turn off the stove", needs=("stirred",), optional=True)
def turn_off(d: Director) -> None:
    d.touch(d.fixture("stove", "stove", (0.3, -0.15)), "turn", "turn off")
