"""Potting seedlings."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need
from xperience.simulate.stage import Item

ACTIVITY = Activity(
    name="potting plants",
    tasks=("Potting plants", "Planting seedlings in pots"),
    summary="The person fills pots with soil, sets seedlings in them and waters them.",
    places=("greenhouse", "garage"),
    weight=1.4,
    needs={
        "soil": need("soil bag", role="side"),
        "trowel": need("trowel"),
        "pots": need("plant pot", count=(1, 2)),
        "plants": need("seedling", "seed packet", count=(2, 2), mixed=False),
        "can": need("watering can", role="side"),
    },
)


@ACTIVITY.step("Fill the pot with soil", each="pots", gives=("soil {i}",))
def fill(d: Director, pot: Item) -> None:
    d.take("trowel")
    d.use("trowel", "stir", "soil", "scoop", "soil", "from soil bag", changes={"trowel": "soil"})
    d.use("trowel", "pour", pot, "pour", "soil", "into plant pot", above=0.04, changes={pot: "soil", "trowel": "empty"})
    d.put("trowel")


@ACTIVITY.step("Plant the seedling", "Plant seeds", each="pots", needs=("soil {i}",), gives=("planted {i}",))
def set_plant(d: Director, pot: Item) -> None:
    plant = d.all("plants")[d.all("pots").index(pot)]
    d.take(plant)
    if "gone" in plant.kind.states:
        d.use_up(plant, pot, "plant", "in plant pot", changes={pot: "planted"})
    else:
        d.use(plant, "shake", pot, "sow", "seeds", "in plant pot", above=0.04, changes={pot: "planted"})
        d.put(plant)


@ACTIVITY.step("Press down the soil", each="pots", needs=("planted {i}",), optional=True)
def press(d: Director, pot: Item) -> None:
    d.touch(pot, "press", "press", "soil", "in plant pot")


@ACTIVITY.step("Water the plant", each="pots", needs=("planted {i}",), gives=("watered {i}",))
def water(d: Director, pot: Item) -> None:
    d.take("can")
    d.use("can", "pour", pot, "water", above=0.06, changes={pot: "watered"})
    d.put("can")


@ACTIVITY.step("Move the pot aside", each="pots", needs=("watered {i}",), optional=True)
def away(d: Director, pot: Item) -> None:
    d.take(pot)
    d.put(pot, role="side")
