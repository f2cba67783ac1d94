"""A sandwich or two."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need

ACTIVITY = Activity(
    name="making a sandwich",
    tasks=("Making a sandwich", "Preparing a cheese sandwich"),
    summary="The person slices bread and cheese and lays them on a plate.",
    places=("kitchen", "dining room"),
    weight=1.0,
    needs={
        "board": need("cutting board"),
        "bread": need("bread", on="board"),
        "plate": need("plate"),
        "knife": need("knife"),
        "cheese": need("cheese"),
        "glass": need("glass"),
        "juice": need("juice bottle", "milk carton"),
    },
)


@ACTIVITY.step("Slice the bread", gives=("bread",))
def slice_bread(d: Director) -> None:
    d.take("knife")
    d.use("knife", "cut", "bread", "slice", seconds=(2.5, 4.5), changes={"bread": "cut"}, steady=True)
    d.put("knife")


@ACTIVITY.step("Slice the cheese", gives=("cheese",))
def slice_cheese(d: Director) -> None:
    d.take("knife")
    d.use("knife", "cut", "cheese", "slice", seconds=(2.0, 4.0), changes={"cheese": "cut"}, steady=True)
    d.put("knife")


@ACTIVITY.step("Assemble the sandwich", needs=("bread", "cheese"), gives=("made",))
def assemble(d: Director) -> None:
    d.take("cheese")
    d.put("cheese", on="plate", verb="place", rest="on plate")
    d.touch("cheese", "fold", "arrange", "sandwich", "on plate", both=True, seconds=(2.0, 3.5))


@ACTIVITY.step("Pour a drink", optional=True)
def drink(d: Director) -> None:
    d.take("juice")
    d.use(
        "juice",
        "pour",
        "glass",
        "pour",
        d["juice"].noun.split()[0],
        "into glass",
        above=0.03,
        changes={"glass": "full"},
    )
    d.put("juice")
