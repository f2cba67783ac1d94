"""What the demo says of its time: from the yardstick at first, corrected by every step that ends."""

from __future__ import annotations

import pytest

from xperience import demo_time
from xperience.demo_time import REFERENCE, Forecast, spoken


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(demo_time.time, "monotonic", lambda: now[0])
    return now


def made(clock: list[float], pace: float = 1.0) -> Forecast:
    return Forecast(minutes=3.0, workers=2, training=72.0, pace=pace, started=clock[0])


def test_the_reference_machine_takes_what_it_took(clock: list[float]) -> None:
    """334 s were measured at 3 minutes, two workers and 72 s of training."""
    assert made(clock).left() == pytest.approx(334, rel=0.05)


def test_from_half_way_on_the_estimate_is_within_a_third_also_where_the_yardstick_was_wrong(clock: list[float]) -> None:
    """The machine is three times as slow as the yardstick said; training lasts as long as it is told to."""
    forecast, truth = made(clock), {name: made(clock, pace=3.0).expected(name) for name in REFERENCE}
    total = sum(truth.values())
    for name in REFERENCE:
        forecast.begin(name)
        left = sum(seconds for step, seconds in truth.items() if step not in forecast.took)
        if clock[0] > total / 2:
            assert forecast.left() == pytest.approx(left, rel=0.3)
        clock[0] += truth[name]
    assert forecast.total() == pytest.approx(total)


def test_steps_that_were_there_already_say_nothing_of_the_pace(clock: list[float]) -> None:
    forecast = made(clock)
    for name in ("simulate", "inspect", "features"):
        forecast.begin(name)
        clock[0] += 0.05
    forecast.begin("measure")
    assert forecast.correction() == 1.0


def test_durations_in_words() -> None:
    assert [spoken(s) for s in (1, 42, 60, 334)] == ["5 s", "40 s", "1 min", "5 min 35 s"]


def test_the_yardstick_is_quick() -> None:
    assert 0 < demo_time.yardstick() < 10
