"""Packing a parcel."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need
from xperience.simulate.stage import Item

ACTIVITY = Activity(
    name="packing a parcel",
    tasks=("Packing a parcel", "Packing a shipping box"),
    summary="The person packs things into a cardboard box, closes it, tapes it and writes on it.",
    places=("storage room", "office", "shop"),
    weight=1.3,
    needs={
        "box": need("cardboard box", role="side"),
        "goods": need("book", "mug", "toy", "candle", "headphones", "can", count=(1, 3)),
        "sheet": need("sheet of paper"),
        "tape": need("tape dispenser"),
        "marker": need("marker", "pen"),
    },
)


@ACTIVITY.step("Pack the goods", "Fill the box", each="goods", gives=("packed",))
def pack(d: Director, item: Item) -> None:
    d.take(item)
    d.put(item, on="box", verb="pack", rest="into cardboard box")


@ACTIVITY.step("Check the packing list", optional=True)
def check(d: Director) -> None:
    d.take("sheet")
    d.lift_to_face("sheet", "read", low=0.75)
    d.put("sheet")


@ACTIVITY.step("Close the box", needs=("packed",), gives=("closed",))
def close(d: Director) -> None:
    d.touch("box", "fold", "close", both=True, changes={"box": "closed"})


@ACTIVITY.step("Seal the box", "Tape the box", needs=("closed",), gives=("taped",))
def seal(d: Director) -> None:
    d.take("tape")
    d.use("tape", "slide", "box", "seal", "cardboard box", "with tape", changes={"box": "taped"})
    d.put("tape")


@ACTIVITY.step("Label the box", needs=("taped",), optional=True)
def write(d: Director) -> None:
    d.take("marker")
    d.use("marker", "write", "box", "write", "address", "on cardboard box")
    d.put("marker")
