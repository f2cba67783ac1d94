"""Putting goods on a shop shelf."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need
from xperience.simulate.stage import Item

ACTIVITY = Activity(
    name="restocking a shelf",
    tasks=("Restocking a shelf", "Stocking shelves with goods", "Refilling a store shelf"),
    summary="The person takes goods from a table and puts them on a shelf.",
    places=("shop", "storage room"),
    weight=1.9,
    needs={
        "goods": need(
            "cereal box",
            "can",
            "juice bottle",
            "milk carton",
            "pasta packet",
            "detergent bottle",
            "water bottle",
            role="side",
            count=(3, 6),
        ),
        "old": need("can", "egg carton", "juice bottle", role="shelf", count=(1, 2)),
    },
)


@ACTIVITY.step("Stock the shelf", "Place goods on shelf", each="goods", gives=("stocked",))
def stock(d: Director, item: Item) -> None:
    d.take(item)
    d.put(item, role="shelf", verb="shelve", rest="on shelf")


@ACTIVITY.step("Check the goods", each="old", optional=True)
def check(d: Director, item: Item) -> None:
    d.take(item)
    d.lift_to_face(item, "inspect", low=0.76)
    d.put(item)


@ACTIVITY.step("Front the shelf", "Arrange the shelf", each="goods", needs=("stocked",), optional=True)
def front(d: Director, item: Item) -> None:
    d.touch(item, "slide", "align", rest="on shelf")
