"""Pour-over coffee."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need

ACTIVITY = Activity(
    name="pour-over coffee",
    tasks=("Making pour-over coffee", "Preparing a cup of pour-over coffee", "Brewing coffee by hand"),
    summary="The person brews coffee by hand with a dripper and a kettle, and pours it into a mug.",
    places=("kitchen",),
    needs={
        "kettle": need("kettle"),
        "mug": need("mug"),
        "carafe": need("glass carafe"),
    },
)


@ACTIVITY.step("Pour hot water", gives=("brewed",))
def pour(d: Director) -> None:
    d.take("kettle")
    d.use("kettle", "pour", "carafe", "pour", "water", "into carafe", above=0.05, changes={"carafe": "full"})
    d.put("kettle")


@ACTIVITY.step("Serve coffee", needs=("brewed",), gives=("served",))
def serve(d: Director) -> None:
    d.take("carafe")
    d.use("carafe", "pour", "mug", "pour", "coffee", "into mug", above=0.04, changes={"mug": "full", "carafe": "empty"})
    d.put("carafe")


@ACTIVITY.step("Carry the coffee to the table", needs=("served",), optional=True)
def bring(d: Director) -> None:
    d.take("mug")
    d.put("mug", role="side", rest="on table")
