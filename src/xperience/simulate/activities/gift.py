"""Wrapping a gift."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need

ACTIVITY = Activity(
    name="wrapping a gift",
    tasks=("Wrapping a gift", "Wrapping a present with paper and ribbon"),
    summary="The person wraps a box in paper, tapes it and ties a ribbon round it.",
    places=("living room", "dining room", "studio", "shop", "office"),
    weight=1.2,
    needs={
        "box": need("gift box"),
        "paper": need("wrapping paper"),
        "scissors": need("scissors"),
        "tape": need("tape dispenser"),
        "ribbon": need("ribbon"),
        "pen": need("marker", "pen"),
    },
)


@ACTIVITY.step("Cut the wrapping paper", gives=("cut",))
def cut(d: Director) -> None:
    d.touch("paper", "slide", "unroll", both=True, changes={"paper": "used"})
    d.take("scissors")
    d.use("scissors", "cut", "paper", "cut", seconds=(2.0, 4.0), steady=True)
    d.put("scissors")


@ACTIVITY.step("Wrap the box", needs=("cut",), gives=("wrapped",))
def wrap(d: Director) -> None:
    d.touch("box", "fold", "wrap", both=True, seconds=(3.0, 5.0), changes={"box": "wrapped"})


@ACTIVITY.step("Tape the paper", needs=("wrapped",), gives=("taped",))
def tape(d: Director) -> None:
    d.take("tape")
    d.use("tape", "slide", "box", "tape", seconds=(1.5, 3.0), steady=True)
    d.put("tape")


@ACTIVITY.step("Tie the ribbon", needs=("taped",), gives=("tied",))
def tie(d: Director) -> None:
    d.take("ribbon")
    d.use(
        "ribbon", "slide", "box", "wrap", "ribbon", "around gift box", seconds=(2.0, 3.5), changes={"box": "ribboned"}
    )
    d.put("ribbon")
    d.touch("box", "turn", "tie", "bow", "on gift box", both=True, seconds=(2.0, 4.0))


@ACTIVITY.step("Write a card", optional=True, needs=("taped",))
def write(d: Director) -> None:
    d.take("pen")
    d.use("pen", "write", "box", "write", "names", "on gift box")
    d.put("pen")


@ACTIVITY.step("Put the gift away", optional=True, needs=("tied",))
def away(d: Director) -> None:
    d.take("box")
    d.put("box", role="side")
