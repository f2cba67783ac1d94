"""Scanning goods at a checkout."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need
from xperience.simulate.stage import Item

ACTIVITY = Activity(
    name="scanning at a checkout",
    tasks=("Scanning goods at a checkout", "Serving a customer at the checkout"),
    summary="The person scans goods at a checkout, packs them into a bag and takes the payment.",
    places=("shop",),
    weight=1.7,
    needs={
        "bag": need("shopping bag"),
        "scanner": need("barcode scanner"),
        "goods": need("can", "apple", "egg carton", "toy", "milk carton", "pasta packet", "candle", count=(2, 4)),
        "register": need("cash register", role="side"),
    },
)


@ACTIVITY.step("Scan the goods", "Scan items", each="goods", gives=("scanned {i}", "all scanned"))
def scan(d: Director, item: Item) -> None:
    d.take("scanner")
    d.use("scanner", "scan", item, "scan", above=0.06, seconds=(1.2, 2.2))
    d.put("scanner")


@ACTIVITY.step("Bag the goods", "Pack items into the bag", each="goods", needs=("scanned {i}",))
def bag(d: Director, item: Item) -> None:
    d.take(item)
    d.put(item, on="bag", verb="pack", rest="into shopping bag")


@ACTIVITY.step("Take the payment", needs=("all scanned",), gives=("paid",))
def pay(d: Director) -> None:
    d.touch("register", "press", "press", "keys", "on cash register", seconds=(2.0, 4.0), changes={"register": "paid"})


@ACTIVITY.step("Hand over the receipt", needs=("paid",), optional=True)
def receipt(d: Director) -> None:
    d.touch("register", "slide", "tear off", "receipt", seconds=(1.0, 1.8))
