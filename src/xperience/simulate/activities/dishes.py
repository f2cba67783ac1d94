"""Washing dishes at a sink."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need
from xperience.simulate.stage import Item

ACTIVITY = Activity(
    name="washing dishes",
    tasks=("Washing dishes", "Cleaning dishes at the sink"),
    summary="The person scrubs plates with a soapy sponge, rinses them and sets them aside to dry.",
    places=("kitchen", "laundry room"),
    weight=1.8,
    needs={
        "plates": need("plate", role="sink", count=(1, 3), hand="off", state="dirty"),
        "sponge": need("sponge", role="sink"),
        "soap": need("soap bottle", role="sink"),
        "towel": need("cloth", role="sink"),
    },
    roles=("side",),
)


@ACTIVITY.step("Put soap on the sponge", gives=("soapy",))
def soap(d: Director) -> None:
    d.take("soap")
    d.use(
        "soap",
        "pour",
        "sponge",
        "pour",
        "soap",
        "onto sponge",
        above=0.05,
        changes={"sponge": "soapy"},
        seconds=(1.2, 2.2),
    )
    d.put("soap")


@ACTIVITY.step("Wash the dishes", "Scrub plates", each="plates", needs=("soapy",), gives=("washed {i}",))
def wash(d: Director, plate: Item) -> None:
    d.take(plate)
    d.take("sponge")
    d.use("sponge", "wipe", plate, "wash", rest="with sponge", above=0.01, seconds=(2.5, 5.0), changes={plate: "soapy"})
    d.put("sponge")
    d.use(
        plate,
        "wipe",
        d.fixture("sink", "sink"),
        "rinse",
        "plate",
        "in sink",
        above=0.12,
        seconds=(2.0, 3.5),
        changes={plate: "clean"},
    )
    d.put(plate)


@ACTIVITY.step("Dry the dishes", each="plates", needs=("washed {i}",), optional=True)
def dry(d: Director, plate: Item) -> None:
    d.take(plate)
    d.take("towel")
    d.use("towel", "wipe", plate, "dry", rest="with cloth", above=0.01, seconds=(2.0, 4.0))
    d.put("towel")
    d.put(plate, role="side")


@ACTIVITY.step("Wipe the sink", needs=("washed 0",), optional=True)
def wipe(d: Director) -> None:
    d.take("towel")
    d.use("towel", "wipe", d.fixture("sink", "sink"), "wipe", "sink", "with cloth", above=0.02)
    d.put("towel")
