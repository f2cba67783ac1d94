"""What people do between the steps of an activity: they move things aside, look round, wait."""

from __future__ import annotations

from xperience.simulate.director import Director


def interlude(d: Director) -> None:
    """One short action of no consequence."""
    d.begin_step(("Between tasks", "Getting ready", "Tidying up"))
    free = [
        item
        for item in d.stage.items
        if item.zone is not None and item.form.grip is not None and not item.laden and item.form.parts[item.state]
    ]
    near = [item for item in free if item.station == d.at and item.zone in d.stage.room.stations[d.at].zones]
    chance = d.rng.random()
    if near and chance < 0.40:
        d.move_aside(near[int(d.rng.integers(len(near)))])
    elif near and chance < 0.62:
        item = near[int(d.rng.integers(len(near)))]
        d.take(item)
        d.lift_to_face(item, "inspect", low=0.74)
        d.put(item)
    elif chance < 0.85:
        others = sorted(role for role in d.stage.room.stations if role != d.at)
        role = others[int(d.rng.integers(len(others)))]
        d.look(role, d.stage.room.stations[role].name)
    else:
        d.touch(d.fixture(d.at), "hold", "lean on", seconds=(1.5, 3.0), both=True)
    d.end_step()
