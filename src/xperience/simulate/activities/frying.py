"""Frying eggs."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need

ACTIVITY = Activity(
    name="frying eggs",
    tasks=("Frying eggs", "Cooking breakfast eggs on the stove"),
    summary="The person breaks eggs into a pan, fries them and serves them on a plate.",
    places=("kitchen",),
    weight=1.1,
    needs={
        "pan": need("pan", role="stove"),
        "eggs": need("egg carton"),
        "spatula": need("spatula", role="stove"),
        "salt": need("salt shaker", role="stove"),
        "plate": need("plate"),
    },
)


@ACTIVITY.step("Turn on the stove", gives=("hot",))
def turn_on(d: Director) -> None:
    d.touch(d.fixture("stove", "stove", (0.3, -0.15)), "turn", "turn on")


@ACTIVITY.step("Break the eggs", needs=("hot",), gives=("eggs",))
def crack(d: Director) -> None:
    d.take("eggs")
    d.use("eggs", "press", "pan", "crack", "egg", "into pan", above=0.1, changes={"pan": "food"})
    d.put("eggs")


@ACTIVITY.step("Fry the eggs", needs=("eggs",), gives=("fried",))
def fry(d: Director) -> None:
    d.take("spatula")
    d.use("spatula", "stir", "pan", "stir", "eggs", "in pan", seconds=(2.5, 5.0))
    d.put("spatula")


@ACTIVITY.step("Season the eggs", needs=("eggs",), optional=True)
def season(d: Director) -> None:
    d.take("salt")
    d.use("salt", "shake", "pan", "sprinkle", "salt", "over pan", above=0.08, seconds=(1.5, 2.5))
    d.put("salt")


@ACTIVITY.step("Serve the eggs", needs=("fried",), gives=("served",))
def serve(d: Director) -> None:
    d.take("pan")
    d.use("pan", "pour", "plate", "serve", "eggs", "on plate", above=0.03, changes={"pan": "empty"})
    d.put("pan", role="stove")


@ACTIVITY.step("Turn off the stove", needs=("fried",), optional=True)
def turn_off(d: Director) -> None:
    d.touch(d.fixture("stove", "stove", (0.3, -0.15)), "turn", "turn off")
