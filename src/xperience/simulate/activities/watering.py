"""Watering plants round a room."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need
from xperience.simulate.stage import Item

ACTIVITY = Activity(
    name="watering plants",
    tasks=("Watering plants", "Taking care of house plants"),
    summary="The person walks round with a watering can and tends the plants.",
    places=("greenhouse", "living room", "office", "studio", "dining room"),
    weight=1.6,
    needs={
        "can": need("watering can"),
        "here": need("potted plant", count=(1, 2)),
        "there": need("potted plant", role="side", count=(1, 2)),
        "spray": need("spray bottle", role="side"),
        "scissors": need("scissors"),
    },
)


@ACTIVITY.step("Water the plants", each="here", gives=("watered {i}",))
def here(d: Director, plant: Item) -> None:
    _water(d, plant)


@ACTIVITY.step("Water the other plants", each="there", gives=("other {i}",))
def there(d: Director, plant: Item) -> None:
    _water(d, plant)


@ACTIVITY.step("Spray the leaves", each="there", optional=True)
def spray(d: Director, plant: Item) -> None:
    d.take("spray")
    d.use("spray", "press", plant, "spray", "leaves", "of potted plant", above=0.08, seconds=(1.2, 2.4))
    d.put("spray")


@ACTIVITY.step("Trim the plant", needs=("watered 0",), optional=True)
def trim(d: Director) -> None:
    d.take("scissors")
    d.use("scissors", "cut", "here", "trim", above=0.06)
    d.put("scissors")


@ACTIVITY.step("Turn the plant", each="here", needs=("watered {i}",), optional=True)
def turn(d: Director, plant: Item) -> None:
    d.take(plant)
    d.lift_to_face(plant, "inspect", low=0.7)
    d.put(plant)


def _water(d: Director, plant: Item) -> None:
    d.take("can")
    d.use("can", "pour", plant, "water", above=0.06, changes={plant: "watered"})
    d.put("can", role="work")
