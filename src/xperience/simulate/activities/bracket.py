"""Screwing brackets to a board."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need
from xperience.simulate.stage import Item

ACTIVITY = Activity(
    name="assembling with screws",
    tasks=("Assembling a shelf bracket", "Screwing brackets to a board", "Assembling furniture parts"),
    summary="The person sets metal brackets on a board and screws them down.",
    places=("workshop", "garage", "storage room"),
    weight=1.8,
    needs={
        "plank": need("wooden plank"),
        "brackets": need("metal bracket", count=(1, 2)),
        "screwdriver": need("screwdriver", "wrench", "drill"),
        "screws": need("nail box"),
        "tape": need("tape measure"),
        "pencil": need("pen", "marker"),
    },
)


@ACTIVITY.step("Measure the board", optional=True)
def measure(d: Director) -> None:
    d.take("tape")
    d.use("tape", "slide", "plank", "measure", above=0.01)
    d.put("tape")


@ACTIVITY.step("Mark the holes", optional=True)
def mark(d: Director) -> None:
    d.take("pencil")
    d.use("pencil", "write", "plank", "mark", seconds=(1.5, 2.5), changes={"plank": "marked"}, steady=True)
    d.put("pencil")


@ACTIVITY.step("Position the bracket", each="brackets", needs=("fixed {last}",), gives=("placed {i}",))
def position(d: Director, bracket: Item) -> None:
    d.take(bracket)
    d.put(bracket, on="plank", verb="place", rest="on wooden plank")


@ACTIVITY.step("Get screws", each="brackets", gives=("screws {i}",), optional=False)
def screws(d: Director, bracket: Item) -> None:
    d.touch("screws", "press", "take", "screws", "from nail box", seconds=(1.0, 1.8))


@ACTIVITY.step(
    "Fasten the bracket",
    "Tighten the screws",
    each="brackets",
    needs=("placed {i}", "screws {i}"),
    gives=("fixed {i}",),
)
def fasten(d: Director, bracket: Item) -> None:
    d.take("screwdriver")
    d.use(
        "screwdriver",
        "turn",
        bracket,
        "tighten",
        "screws",
        f"with {d['screwdriver'].noun}",
        seconds=(2.5, 5.0),
        changes={bracket: "fixed"},
        steady=True,
    )
    d.put("screwdriver")


@ACTIVITY.step("Check the assembly", needs=("fixed 0",), optional=True)
def check(d: Director) -> None:
    d.touch("brackets", "press", "check", "bracket", seconds=(1.2, 2.0))
