"""Sorting small parts into trays."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need
from xperience.simulate.stage import Item

ACTIVITY = Activity(
    name="sorting parts",
    tasks=("Sorting small parts", "Sorting hardware into trays"),
    summary="The person sorts bolts, gears and springs into trays.",
    places=("workshop", "garage", "storage room"),
    weight=1.6,
    needs={
        "trays": need("sorting tray", count=(2, 2)),
        "parts": need("bolt", "gear", "spring", "metal bracket", count=(4, 7)),
        "pliers": need("pliers", "wrench", role="side"),
    },
)


@ACTIVITY.step("Sort the parts", "Sorting parts into trays", each="parts", gives=("sorted {i}", "sorted"))
def sort(d: Director, item: Item) -> None:
    trays = d.all("trays")
    d.take(item)
    if d.rng.random() < 0.25:
        d.lift_to_face(item, "inspect", low=0.72)
    kinds = sorted({other.noun for other in d.all("parts")})
    d.put(item, on=trays[kinds.index(item.noun) % 2], verb="sort", rest="into sorting tray")


@ACTIVITY.step("Arrange the trays", needs=("sorted",), optional=True)
def arrange(d: Director) -> None:
    d.touch("trays", "slide", "align", "sorting tray", both=True)


@ACTIVITY.step("Test a part with a tool", optional=True)
def test(d: Director) -> None:
    d.take("pliers")
    d.use("pliers", "turn", "parts", "turn", rest=f"with {d['pliers'].noun}")
    d.put("pliers", role="side")
