"""Writing notes at a desk."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need

ACTIVITY = Activity(
    name="writing notes",
    tasks=("Writing notes at a desk", "Taking notes in a notebook", "Studying at a desk"),
    summary="The person writes in a notebook, reads and works at a laptop.",
    places=("office", "living room", "studio", "dining room"),
    weight=2.2,
    needs={
        "notebook": need("notebook", "sheet of paper"),
        "pen": need("pen", "marker"),
        "laptop": need("laptop", role="side"),
        "book": need("book"),
        "lamp": need("desk lamp", role="side"),
        "phone": need("phone"),
        "drink": need("mug", "water bottle"),
    },
)


@ACTIVITY.step("Open the notebook", "Get ready to write", gives=("open",))
def open_notebook(d: Director) -> None:
    if d["notebook"].noun == "notebook":
        d.touch("notebook", "fold", "open", changes={"notebook": "open"}, seconds=(0.8, 1.5))
    else:
        d.touch("notebook", "slide", "align", seconds=(0.8, 1.5))


@ACTIVITY.step("Turn on the lamp", optional=True)
def lamp(d: Director) -> None:
    d.touch("lamp", "press", "turn on", changes={"lamp": "on"}, seconds=(0.6, 1.2))


@ACTIVITY.step("Write notes", "Take notes", needs=("open",), gives=("written",))
def write(d: Director) -> None:
    d.take("pen")
    for _ in range(int(d.rng.integers(1, 4))):
        d.use(
            "pen",
            "write",
            "notebook",
            "write",
            "text",
            f"in {d['notebook'].noun}",
            seconds=(3.0, 5.5),
            changes={"notebook": "written"},
            steady=True,
        )
        if d.rng.random() < 0.4:
            d.lift_to_face("pen", "hold", low=0.72)
    d.put("pen")


@ACTIVITY.step("Read the book", optional=True)
def read(d: Director) -> None:
    d.touch("book", "fold", "open", changes={"book": "open"}, both=True, seconds=(0.8, 1.5))
    d.touch("book", "hold", "read", both=True, seconds=(3.0, 6.0))
    if d.rng.random() < 0.6:
        d.touch("book", "slide", "turn", "page", "of book", seconds=(0.8, 1.4))
    d.touch("book", "fold", "close", changes={"book": "closed"}, both=True, seconds=(0.8, 1.5))


@ACTIVITY.step("Work at the laptop", gives=("typed",), optional=True)
def type_text(d: Director) -> None:
    d.touch("laptop", "fold", "open", changes={"laptop": "open"}, both=True, seconds=(1.0, 1.8))
    d.touch("laptop", "press", "type on", both=True, seconds=(3.0, 6.0))
    if d.rng.random() < 0.5:
        d.touch("laptop", "fold", "close", changes={"laptop": "closed"}, both=True, seconds=(1.0, 1.8))


@ACTIVITY.step("Check the phone", optional=True)
def phone(d: Director) -> None:
    d.take("phone")
    d.change(d["phone"], "on")
    d.lift_to_face("phone", "look at", low=0.74)
    d.change(d["phone"], "off")
    d.put("phone")


@ACTIVITY.step("Have a drink", optional=True)
def drink(d: Director) -> None:
    d.take("drink")
    d.lift_to_face("drink", "drink from")
    d.put("drink")
