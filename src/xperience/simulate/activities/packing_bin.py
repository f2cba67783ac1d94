"""Packing belongings into a bin."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need
from xperience.simulate.stage import Item

ACTIVITY = Activity(
    name="packing a storage bin",
    tasks=("Packing items into a storage bin", "Packing belongings into a plastic bin", "Organizing items for storage"),
    summary="The person packs various items into a storage bin and arranges them.",
    places=("storage room", "garage", "living room", "laundry room", "office", "studio"),
    weight=2.4,
    needs={
        "bin": need("storage bin", "laundry basket"),
        "near": need("toy", "rubik's cube", "phone", "tape measure", "can", "egg carton", count=(1, 3)),
        "far": need(
            "toy", "book", "can", "headphones", "rubik's cube", "spray bottle", "candle", role="side", count=(1, 3)
        ),
        "stored": need("book", "can", "toy", "tape dispenser", "rubik's cube", role="shelf", count=(1, 2)),
    },
)


@ACTIVITY.step("Pack items from the table", "Packing items into the bin", each="near", gives=("some",))
def near(d: Director, item: Item) -> None:
    _pack(d, item)


@ACTIVITY.step("Fetch items to pack", "Packing items into the bin", each="far", gives=("more",))
def far(d: Director, item: Item) -> None:
    _pack(d, item)


@ACTIVITY.step("Fetch items from the shelf", "Packing items into the bin", each="stored", optional=True)
def stored(d: Director, item: Item) -> None:
    _pack(d, item)


@ACTIVITY.step("Arrange the bin", "Organize the bin", needs=("some",), optional=True)
def arrange(d: Director) -> None:
    d.touch("near", "slide", "arrange", "items", f"in {d['bin'].noun}", seconds=(2.0, 3.5))


def _pack(d: Director, item: Item) -> None:
    d.take(item)
    d.put(item, on="bin", verb="pack", rest=f"into {d['bin'].noun}")
