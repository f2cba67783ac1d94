"""Folding laundry."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need
from xperience.simulate.stage import Item

ACTIVITY = Activity(
    name="folding laundry",
    tasks=("Folding laundry", "Folding and stacking clothes"),
    summary="The person takes clothes from a basket, spreads them, folds them and stacks them.",
    places=("laundry room", "living room", "bathroom"),
    weight=2.0,
    needs={
        "basket": need("laundry basket", role="side"),
        "clothes": need("shirt", "towel", "trousers", "sock", role="side", on="basket", count=(2, 4)),
    },
    roles=("work", "shelf"),
)


@ACTIVITY.step(
    "Spread out the clothes",
    "Take clothes from the basket",
    each="clothes",
    needs=("away {last}",),
    gives=("spread {i}",),
)
def spread(d: Director, piece: Item) -> None:
    d.take(piece, rest=f"from {d['basket'].noun}")
    d.walk_to("work")
    d.use(
        piece,
        "shake",
        d.fixture("work"),
        "shake out",
        piece.noun,
        above=0.25,
        seconds=(1.5, 2.5),
        changes={piece: "flat"},
    )
    d.put(piece, verb="spread", rest="on table")


@ACTIVITY.step("Fold the clothes", each="clothes", needs=("spread {i}",), gives=("folded {i}",))
def fold(d: Director, piece: Item) -> None:
    if d.rng.random() < 0.5:
        d.touch(piece, "wipe", "smooth", both=True, seconds=(1.5, 2.5))
    d.touch(piece, "fold", "fold", both=True, seconds=(2.5, 4.5), changes={piece: "folded"})


@ACTIVITY.step(
    "Stack the folded clothes", "Put the clothes away", each="clothes", needs=("folded {i}",), gives=("away {i}",)
)
def stack(d: Director, piece: Item) -> None:
    d.take(piece)
    d.put(piece, role="shelf", verb="stack", rest="on shelf")
