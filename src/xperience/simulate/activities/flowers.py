"""Arranging flowers."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need
from xperience.simulate.stage import Item

ACTIVITY = Activity(
    name="arranging flowers",
    tasks=("Arranging flowers", "Arranging flowers in a vase"),
    summary="The person trims flowers and arranges them in a vase.",
    places=("dining room", "living room", "greenhouse", "studio", "shop"),
    weight=0.9,
    needs={
        "vase": need("vase"),
        "flowers": need("flower", count=(2, 4)),
        "scissors": need("scissors"),
        "bottle": need("water bottle", "watering can"),
    },
)


@ACTIVITY.step("Fill the vase", gives=("water",))
def fill(d: Director) -> None:
    d.take("bottle")
    d.use("bottle", "pour", "vase", "pour", "water", "into vase", above=0.03)
    d.put("bottle")


@ACTIVITY.step("Trim the stems", each="flowers", optional=True, gives=("trimmed {i}",))
def trim(d: Director, flower: Item) -> None:
    d.take("scissors")
    d.use("scissors", "cut", flower, "cut", "stem", "of flower", seconds=(1.2, 2.2), steady=True)
    d.put("scissors")


@ACTIVITY.step("Arrange the flowers", each="flowers", needs=("water",), gives=("arranged",))
def arrange(d: Director, flower: Item) -> None:
    d.take(flower)
    more = "one flower" if d["vase"].state == 0 else "flowers"
    d.use_up(flower, "vase", "insert", "into vase", changes={"vase": more}, above=0.02)


@ACTIVITY.step("Adjust the bouquet", needs=("arranged",), optional=True)
def adjust(d: Director) -> None:
    d.touch("vase", "turn", "arrange", "flowers", "in vase", both=True, seconds=(2.0, 3.5))


@ACTIVITY.step("Put the vase in its place", needs=("arranged",), optional=True)
def bring(d: Director) -> None:
    d.take("vase")
    d.put("vase", role="side")
