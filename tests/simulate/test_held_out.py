"""Objects, places and activities can be kept out of a campaign, or asked for in every recording of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from xperience.errors import UsageError
from xperience.simulate import campaign
from xperience.simulate.campaign import Recipe
from xperience.simulate.scenario import plan_scenario

APART = ("kettle", "kitchen", "workshop")


@pytest.mark.parametrize("use", [False, True])
def test_held_out_names_are_kept_apart(use: bool) -> None:
    recipe = Recipe(6.0, 64, 5, 4, APART, use)
    for job in campaign.plan(recipe, 8):
        scenario = plan_scenario(job.seed, job.session_seed, 6.0, held_out=campaign.held_out(recipe))
        kinds = {thing.kind for thing in scenario.things}
        assert (scenario.place in APART or "kettle" in kinds) == use


def test_unknown_names_are_refused_with_the_nearest_one() -> None:
    with pytest.raises(UsageError, match="did you mean kitchen"):
        campaign.plan(Recipe(6.0, 64, 5, 4, ("kitchn",)), 1)


def test_a_campaign_with_names_kept_apart_resumes(tmp_path: Path) -> None:
    jobs = campaign.plan(Recipe(1.0, 32, 5, 1, APART), 1)
    first = campaign.run(tmp_path, jobs, 1)
    stamp = (first[0] / "annotation.hdf5").stat().st_mtime_ns
    assert campaign.run(tmp_path, jobs, 1) == first
    assert (first[0] / "annotation.hdf5").stat().st_mtime_ns == stamp
    with pytest.raises(UsageError):
        campaign.run(tmp_path, campaign.plan(Recipe(1.0, 32, 5, 1), 1), 1)
