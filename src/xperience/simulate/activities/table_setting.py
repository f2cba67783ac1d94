"""Setting a table from a sideboard."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need
from xperience.simulate.stage import Item

ACTIVITY = Activity(
    name="setting the table",
    tasks=("Setting the table", "Setting a dining table for a meal"),
    summary="The person carries plates, glasses and cutlery to the table and arranges them.",
    places=("dining room", "kitchen", "living room"),
    weight=2.0,
    needs={
        "plates": need("plate", role="side", count=(1, 2)),
        "cutlery": need("fork", "knife", "spoon", role="side", count=(2, 3)),
        "glasses": need("glass", "mug", role="shelf", count=(1, 2), mixed=False),
        "napkin": need("napkin", role="side"),
        "candle": need("candle", "vase", "salt shaker", role="shelf", level=1),
    },
    roles=("work",),
)


@ACTIVITY.step("Bring the plates", "Lay out plates", each="plates", gives=("plate {i}", "plates"))
def plate(d: Director, plate: Item) -> None:
    d.take(plate)
    d.put(plate, role="work", verb="place", rest="on table")


@ACTIVITY.step("Lay the cutlery", each="cutlery", needs=("plate 0",))
def cutlery(d: Director, piece: Item) -> None:
    d.take(piece)
    d.put(piece, role="work", verb="place", rest="on table")


@ACTIVITY.step("Bring the glasses", each="glasses")
def glasses(d: Director, glass: Item) -> None:
    d.take(glass)
    d.put(glass, role="work", verb="place", rest="on table")


@ACTIVITY.step("Fold the napkin", needs=("plates",), optional=True)
def napkin(d: Director) -> None:
    d.touch("napkin", "fold", "fold", both=True)
    d.take("napkin")
    d.put("napkin", role="work", verb="place", rest="on table")


@ACTIVITY.step("Decorate the table", needs=("plates",), optional=True)
def decorate(d: Director) -> None:
    d.take("candle")
    d.put("candle", role="work", verb="place", rest="on table")


@ACTIVITY.step("Arrange the table", needs=("plates",), optional=True)
def arrange(d: Director) -> None:
    d.touch("plates", "slide", "arrange", "plate", "on table", seconds=(1.2, 2.2))
