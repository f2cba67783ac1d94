"""Tidying up a desk."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need
from xperience.simulate.stage import Item

ACTIVITY = Activity(
    name="tidying a desk",
    tasks=("Tidying up a desk", "Organizing a desk", "Cleaning up the work table"),
    summary="The person puts things away on a shelf and a side table and wipes the desk.",
    places=("office", "studio", "living room"),
    weight=1.5,
    needs={
        "books": need("book", "folder", count=(1, 3)),
        "papers": need("sheet of paper", "envelope", count=(1, 2)),
        "folder": need("folder", role="side"),
        "small": need(
            "tape dispenser", "stapler", "scissors", "pen", "marker", "glue bottle", "headphones", count=(1, 3)
        ),
        "cloth": need("cloth", role="side"),
    },
    roles=("shelf",),
)


@ACTIVITY.step("Put the books away", each="books", gives=("books",))
def books(d: Director, book: Item) -> None:
    d.take(book)
    d.put(book, role="shelf", verb="shelve", rest="on shelf")


@ACTIVITY.step("File the papers", each="papers")
def papers(d: Director, paper: Item) -> None:
    d.take(paper)
    d.put(paper, on="folder", verb="place", rest="on folder")


@ACTIVITY.step("Clear the desk", each="small", gives=("clear",))
def small(d: Director, item: Item) -> None:
    d.take(item)
    d.put(item, role="side", rest="on side table")


@ACTIVITY.step("Wipe the desk", needs=("clear", "books"), optional=True)
def wipe(d: Director) -> None:
    d.take("cloth")
    d.use(
        "cloth", "wipe", d.fixture("work"), "wipe", d.fixture("work").noun, "with cloth", seconds=(2.5, 4.5), above=0.01
    )
    d.put("cloth")
