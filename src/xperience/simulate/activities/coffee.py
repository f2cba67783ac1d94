"""Pour-over coffee."""

from __future__ import annotations

from xperience.simulate.director import Director, Target
from xperience.simulate.procedure import Activity, need

ACTIVITY = Activity(
    name="pour-over coffee",
    tasks=("Making pour-over coffee", "Preparing pour-over coffee", "Brewing a cup of coffee by hand"),
    summary="The person brews coffee by hand with a dripper and a kettle and pours it into a mug.",
    places=("kitchen", "office", "dining room", "living room"),
    weight=3.0,
    needs={
        "kettle": need("kettle"),
        "carafe": need("glass carafe"),
        "dripper": need("coffee dripper", on="carafe"),
        "scale": need("digital scale"),
        "filter": need("coffee filter"),
        "jar": need("coffee jar", "tea tin"),
        "scoop": need("coffee scoop", "spoon"),
        "mug": need("mug", "tea cup", "glass"),
    },
)


@ACTIVITY.step("Heat the water", "Boil water", gives=("hot",))
def heat(d: Director) -> None:
    d.touch("kettle", "press", "turn on", changes={"kettle": "on"})


@ACTIVITY.step("Prepare the dripper", "Place the paper filter", gives=("filter",))
def place_filter(d: Director) -> None:
    d.take("filter")
    d.use_up("filter", "dripper", "place", "in dripper", changes={"dripper": "filter"})


@ACTIVITY.step("Open the coffee container", gives=("open",))
def open_jar(d: Director) -> None:
    d.touch("jar", "turn", "open", changes={"jar": "open"})


@ACTIVITY.step(
    "Transfer coffee grounds to dripper", "Scoop coffee grounds", needs=("filter", "open"), gives=("grounds",)
)
def add_grounds(d: Director) -> None:
    d.take("scoop")
    d.use("scoop", "stir", "jar", "scoop", "coffee", f"from {d['jar'].noun}", changes=filled(d, "full"))
    d.use(
        "scoop",
        "pour",
        "dripper",
        "transfer",
        "coffee",
        "to dripper",
        above=0.02,
        changes={"dripper": "grounds", **filled(d, "empty")},
    )
    d.put("scoop")


@ACTIVITY.step("Turn on the scale", optional=True)
def weigh(d: Director) -> None:
    d.touch("scale", "press", "turn on", changes={"scale": "on"}, seconds=(0.6, 1.2))


@ACTIVITY.step("Close the coffee container", needs=("grounds",), optional=True)
def close_jar(d: Director) -> None:
    d.touch("jar", "turn", "close", changes={"jar": "closed"})


@ACTIVITY.step("Pour hot water", "Brew the coffee", needs=("hot", "grounds"), gives=("brewed",))
def pour(d: Director) -> None:
    d.take("kettle")
    d.use("kettle", "pour", "dripper", "pour", "water", "into dripper", above=0.03, changes={"dripper": "wet"})
    if d.rng.random() < 0.6:
        d.use("kettle", "hold", "dripper", "hold", "kettle", "over dripper", above=0.1, seconds=(1.5, 3.0))
        d.use("kettle", "pour", "dripper", "pour", "water", "into dripper", above=0.03, changes={"carafe": "full"})
    d.change(d["carafe"], "full")
    d.put("kettle")


@ACTIVITY.step("Remove the dripper", needs=("brewed",), gives=("removed",))
def remove(d: Director) -> None:
    d.take("dripper", "remove", "from carafe")
    d.put("dripper")


@ACTIVITY.step("Serve the coffee", "Pour the coffee", needs=("removed",), gives=("served",))
def serve(d: Director) -> None:
    d.take("carafe")
    d.use(
        "carafe",
        "pour",
        "mug",
        "pour",
        "coffee",
        f"into {d['mug'].noun}",
        above=0.03,
        changes={"mug": "full", "carafe": "empty"},
    )
    d.put("carafe")


@ACTIVITY.step("Taste the coffee", needs=("served",), optional=True)
def drink(d: Director) -> None:
    d.take("mug")
    d.lift_to_face("mug", "drink from")
    d.put("mug")


@ACTIVITY.step("Bring the coffee to the table", needs=("served",), optional=True)
def bring(d: Director) -> None:
    d.take("mug")
    d.put("mug", role="side")


def filled(d: Director, state: str) -> dict[Target, str]:
    """A spoon shows no filling."""
    return {"scoop": state} if state in d["scoop"].kind.states else {}
