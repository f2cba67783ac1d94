"""Washing hands and brushing teeth."""

from __future__ import annotations

from xperience.simulate.director import Director
from xperience.simulate.procedure import Activity, need

ACTIVITY = Activity(
    name="washing and brushing teeth",
    tasks=("Washing hands and brushing teeth", "Morning routine in the bathroom"),
    summary="The person washes the hands at the sink and brushes the teeth.",
    places=("bathroom",),
    weight=2.0,
    needs={
        "soap": need("soap bottle", role="sink"),
        "brush": need("toothbrush"),
        "paste": need("toothpaste"),
        "glass": need("glass"),
        "towel": need("towel", "cloth", role="side"),
    },
)


@ACTIVITY.step("Wash the hands", gives=("wet",))
def wash(d: Director) -> None:
    d.touch("soap", "press", "press", seconds=(0.8, 1.4))
    d.touch(d.fixture("sink", "sink"), "wipe", "wash", "hands", "in sink", both=True, seconds=(3.0, 5.0))


@ACTIVITY.step("Dry the hands", needs=("wet",), optional=True)
def dry(d: Director) -> None:
    d.touch("towel", "wipe", "dry", "hands", f"with {d['towel'].noun}", both=True, seconds=(2.0, 3.5))


@ACTIVITY.step("Put toothpaste on the brush", gives=("pasted",))
def paste(d: Director) -> None:
    d.take("paste")
    d.use(
        "paste",
        "press",
        "brush",
        "squeeze",
        "toothpaste",
        "onto toothbrush",
        above=0.01,
        changes={"brush": "pasted"},
        steady=True,
    )
    d.put("paste")


@ACTIVITY.step("Brush the teeth", needs=("pasted",), gives=("brushed",))
def brush(d: Director) -> None:
    d.take("brush")
    d.lift_to_face("brush", "brush", "teeth", "with toothbrush", low=0.86, pattern="shake", seconds=(3.0, 6.0))
    d.change(d["brush"], "clean")
    d.use("brush", "shake", d.fixture("sink", "sink"), "rinse", "toothbrush", "in sink", above=0.1, seconds=(1.5, 2.5))
    d.put("brush", role="work")


@ACTIVITY.step("Rinse the mouth", needs=("brushed",), optional=True)
def rinse(d: Director) -> None:
    d.take("glass")
    d.lift_to_face("glass", "drink from", low=0.84)
    d.put("glass")
