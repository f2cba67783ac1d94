"""Paperwork: writing, stapling and mailing."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need
from xperience.simulate.stage import Item

ACTIVITY = Activity(
    name="doing paperwork",
    tasks=("Doing paperwork", "Preparing letters"),
    summary="The person signs and staples papers and seals an envelope.",
    places=("office", "shop"),
    weight=0.9,
    needs={
        "papers": need("sheet of paper", count=(1, 2)),
        "pen": need("pen", "marker"),
        "stapler": need("stapler"),
        "envelope": need("envelope"),
        "scissors": need("scissors"),
    },
    roles=("side",),
)


@ACTIVITY.step("Sign the papers", each="papers", gives=("signed {i}", "signed"))
def sign(d: Director, paper: Item) -> None:
    d.take("pen")
    d.use("pen", "write", paper, "sign", changes={paper: "written"}, steady=True)
    d.put("pen")


@ACTIVITY.step("Staple the papers", each="papers", needs=("signed {i}",), optional=True)
def staple(d: Director, paper: Item) -> None:
    d.take("stapler")
    d.use("stapler", "press", paper, "staple", seconds=(1.0, 1.8), changes={paper: "stapled"}, steady=True)
    d.put("stapler")


@ACTIVITY.step("Trim the paper", needs=("signed",), optional=True)
def trim(d: Director) -> None:
    d.take("scissors")
    d.use("scissors", "cut", "papers", "cut", "paper", "with scissors", steady=True)
    d.put("scissors")


@ACTIVITY.step("Seal the envelope", needs=("signed",), gives=("sealed",))
def seal(d: Director) -> None:
    d.touch("envelope", "fold", "seal", both=True, changes={"envelope": "sealed"})


@ACTIVITY.step("Send the letter", needs=("sealed",), optional=True)
def send(d: Director) -> None:
    d.take("envelope")
    d.put("envelope", role="side")
