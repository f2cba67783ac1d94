"""Tea in a pot, for one or two."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need
from xperience.simulate.stage import Item

ACTIVITY = Activity(
    name="making tea",
    tasks=("Making tea", "Preparing a pot of tea", "Brewing and serving tea"),
    summary="The person prepares a pot of tea and serves it in cups.",
    places=("kitchen", "dining room", "living room", "office"),
    weight=1.6,
    needs={
        "kettle": need("kettle"),
        "pot": need("teapot"),
        "tin": need("tea tin"),
        "spoon": need("spoon"),
        "cups": need("tea cup", "mug", count=(1, 2), mixed=False),
        "milk": need("milk jug", "milk carton"),
        "sugar": need("sugar bowl"),
    },
)


@ACTIVITY.step("Heat the water", "Boil water", gives=("hot",))
def heat(d: Director) -> None:
    d.touch("kettle", "press", "turn on", changes={"kettle": "on"})


@ACTIVITY.step("Measure the tea leaves", gives=("leaves",))
def leaves(d: Director) -> None:
    d.touch("tin", "turn", "open", changes={"tin": "open"})
    d.take("spoon")
    d.use("spoon", "stir", "tin", "scoop", "tea", "from tea tin")
    d.use("spoon", "pour", "pot", "add", "tea", "to teapot", changes={"pot": "leaves"})
    d.put("spoon")


@ACTIVITY.step("Put the tea away", needs=("leaves",), optional=True)
def close(d: Director) -> None:
    d.touch("tin", "turn", "close", changes={"tin": "closed"})


@ACTIVITY.step("Fill the teapot", "Pour hot water", needs=("hot", "leaves"), gives=("brewed",))
def fill(d: Director) -> None:
    d.take("kettle")
    d.use("kettle", "pour", "pot", "pour", "water", "into teapot", above=0.03, changes={"pot": "full"})
    d.put("kettle")


@ACTIVITY.step("Serve the tea", each="cups", needs=("brewed",), gives=("served {i}",))
def serve(d: Director, cup: Item) -> None:
    d.take("pot")
    d.use("pot", "pour", cup, "pour", "tea", f"into {cup.noun}", above=0.03, changes={cup: "full"})
    d.put("pot")


@ACTIVITY.step("Add milk", needs=("served 0",), optional=True)
def milk(d: Director) -> None:
    d.take("milk")
    d.use("milk", "pour", "cups", "add", "milk", f"to {d['cups'].noun}", above=0.03, seconds=(1.5, 2.5))
    d.put("milk")


@ACTIVITY.step("Sweeten the tea", needs=("served 0", "leaves"), optional=True)
def sweeten(d: Director) -> None:
    d.take("spoon")
    d.use("spoon", "stir", "sugar", "scoop", "sugar", "from sugar bowl", seconds=(1.2, 2.0))
    d.use("spoon", "stir", "cups", "stir", "tea", "with spoon", seconds=(2.0, 4.5))
    d.put("spoon")


@ACTIVITY.step("Bring the tea to the table", each="cups", needs=("served {i}",), optional=True)
def bring(d: Director, cup: Item) -> None:
    d.take(cup)
    d.put(cup, role="side")
