"""A salad: vegetables are cut and mixed."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need
from xperience.simulate.stage import Item

ACTIVITY = Activity(
    name="preparing a salad",
    tasks=("Preparing a salad", "Cutting vegetables for a salad", "Making a vegetable salad"),
    summary="The person cuts vegetables on a board and mixes a salad in a bowl.",
    places=("kitchen", "dining room"),
    weight=2.6,
    needs={
        "board": need("cutting board"),
        "bowl": need("bowl"),
        "knife": need("knife"),
        "vegetables": need("tomato", "cucumber", "carrot", "onion", "apple", count=(1, 3)),
        "spatula": need("spatula", "spoon", "fork"),
        "salt": need("salt shaker"),
    },
)


@ACTIVITY.step(
    "Cut the vegetables", "Slice vegetables", each="vegetables", needs=("in bowl {last}",), gives=("cut {i}",)
)
def cut(d: Director, vegetable: Item) -> None:
    d.take(vegetable)
    d.put(vegetable, on="board", verb="place", rest="on cutting board")
    d.take("knife")
    d.use("knife", "cut", vegetable, "cut", seconds=(2.5, 5.0), changes={vegetable: "cut"}, steady=True)
    d.put("knife")


@ACTIVITY.step(
    "Fill the bowl",
    "Transfer vegetables to bowl",
    each="vegetables",
    needs=("cut {i}",),
    gives=("in bowl {i}", "filled"),
)
def gather(d: Director, vegetable: Item) -> None:
    d.touch(
        vegetable, "slide", "move", vegetable.noun, "into bowl", changes={vegetable: "gone", "bowl": "salad"}, both=True
    )


@ACTIVITY.step("Season the salad", needs=("filled",), optional=True)
def season(d: Director) -> None:
    d.take("salt")
    d.use("salt", "shake", "bowl", "sprinkle", "salt", "over bowl", above=0.08, seconds=(1.5, 2.5))
    d.put("salt")


@ACTIVITY.step("Mix the salad", needs=("filled",))
def mix(d: Director) -> None:
    d.take("spatula")
    d.use("spatula", "stir", "bowl", "stir", "salad", "in bowl", changes={"bowl": "mixed"}, steady=True)
    d.put("spatula")


@ACTIVITY.step("Wipe the board", needs=("filled",), optional=True)
def tidy(d: Director) -> None:
    d.touch("board", "wipe", "wipe", seconds=(1.5, 3.0))
