"""Cleaning surfaces."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need
from xperience.simulate.stage import Item

ACTIVITY = Activity(
    name="cleaning surfaces",
    tasks=("Cleaning the room", "Wiping down surfaces", "Cleaning surfaces with spray and cloth"),
    summary="The person sprays and wipes the surfaces of the room.",
    places=("kitchen", "bathroom", "laundry room", "dining room", "workshop", "shop", "greenhouse"),
    weight=1.8,
    needs={
        "spray": need("spray bottle", "detergent bottle"),
        "cloth": need("cloth", "sponge", "towel"),
        "objects": need("soap bottle", "candle", "glass", "can", "mug", "potted plant", count=(1, 2)),
    },
    roles=("side", "shelf"),
)


@ACTIVITY.step("Clear the surface", each="objects", optional=True)
def clear(d: Director, item: Item) -> None:
    d.move_aside(item)


@ACTIVITY.step("Clean the main surface", "Wipe the counter", gives=("work",))
def work(d: Director) -> None:
    _clean(d, "work")


@ACTIVITY.step("Clean the side surface", "Wipe the table", optional=True)
def side(d: Director) -> None:
    _clean(d, "side")


@ACTIVITY.step("Clean the shelf", "Dust the shelf", optional=True)
def shelf(d: Director) -> None:
    surface = d.fixture("shelf")
    d.take("cloth")
    d.use("cloth", "wipe", surface, "wipe", surface.noun, f"with {d['cloth'].noun}", above=0.02, seconds=(2.0, 4.0))
    d.put("cloth", role="work")


def _clean(d: Director, role: str) -> None:
    surface = d.fixture(role)
    d.take("spray")
    d.use("spray", "press", surface, "spray", surface.noun, above=0.15, seconds=(1.0, 2.0))
    d.put("spray", role="work")
    d.take("cloth")
    d.use("cloth", "wipe", surface, "wipe", surface.noun, f"with {d['cloth'].noun}", above=0.01, seconds=(2.5, 5.0))
    d.put("cloth", role="work")
