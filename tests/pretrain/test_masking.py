"""What the student does not see, and when objectives are asked."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from xperience.errors import UsageError
from xperience.prepare.streams import STREAMS
from xperience.pretrain import masking
from xperience.pretrain.config import Masking, Objective, parse
from xperience.pretrain.step import lit

TIMES = {"video_stereo_left": np.arange(4) / 4, "imu": np.arange(4) / 4}
SEEDS = np.arange(1000, dtype=np.uint64)


def test_a_sample_s_masks_depend_on_nothing_but_its_seed():
    options = Masking(sparse=0.3, light=0.2)
    whole = masking.draw(SEEDS, TIMES, options)
    part = masking.draw(SEEDS[17:40], TIMES, options)
    assert np.array_equal(whole.dropped[17:40], part.dropped)
    assert all(np.array_equal(whole.hidden[name][17:40], part.hidden[name]) for name in TIMES)
    assert np.array_equal(whole.light["video_stereo_left"][17:40], part.light["video_stereo_left"])


@pytest.mark.parametrize("sparse", [0.0, 0.5, 1.0])
def test_shares_are_those_asked_for(sparse):
    found = masking.draw(SEEDS, TIMES, Masking(drop=0.1, drop_contacts=0.5, sparse=sparse, hide=0.4))
    imu = found.dropped[:, list(STREAMS).index("imu")].mean()
    assert abs(imu - (0.1 + sparse * (masking.SPARSE - 0.1))) < 0.05
    assert abs(np.mean([hidden.mean() for hidden in found.hidden.values()]) - 0.4) < 0.04


def test_light_changes_views_alone_and_stays_in_its_bounds():
    plain, bright = (masking.draw(SEEDS, TIMES, Masking(light=light)) for light in (0.0, 0.3))
    assert not plain.light and set(bright.light) == {"video_stereo_left"}
    assert np.array_equal(plain.dropped, bright.dropped)
    gain, shift = bright.light["video_stereo_left"][:, 0], bright.light["video_stereo_left"][:, 1]
    assert np.abs(gain - 1).max() <= 0.4 + 1e-6 and np.abs(shift).max() <= 0.4 + 1e-6
    assert gain.std() > 0.1 and abs(gain.mean() - 1) < 0.03


def test_pictures_are_lit_and_nothing_else(prepared_path):
    from xperience.prepare.shards.reader import Prepared
    from xperience.pretrain.batches import Batches
    from xperience.pretrain.learner import on_device
    from xperience.pretrain.sampling import BatchRecipe, Mix

    batch = on_device(
        Batches([Prepared.open(prepared_path)], [Mix()], BatchRecipe()).batch(np.arange(2)), torch.device("cpu")
    )
    light = torch.tensor([[[2.0, 1, 1], [0, 0, 0]], [[1, 1, 1], [0, 0, 0.1]]])
    found = lit(batch, {"video_stereo_left": light})
    before, after = (b.streams["video_stereo_left"].values.float() for b in (batch, found))
    assert torch.equal(after[0, ..., 0], (before[0, ..., 0] * 2).clamp(max=255))
    assert torch.equal(after[0, ..., 1:], before[0, ..., 1:])
    assert torch.allclose(after[1, ..., 2], (before[1, ..., 2] + 25.5).clamp(max=255))
    assert found.streams["imu"] is batch.streams["imu"]


def test_objectives_take_turns():
    assert [Objective(every=3, turn=1).due(k) for k in range(6)] == [False, True, False, False, True, False]
    assert all(Objective().due(k) for k in range(4))


def test_it_is_always_some_objective_s_turn():
    first, second = {"weight": 1.0, "every": 2}, {"weight": 1.0, "every": 2, "turn": 1}
    assert parse({"objectives": {"masked": first, "action": second}, "run": {"steps": 1}}).weights()
    with pytest.raises(UsageError, match="nothing is learnt"):
        parse({"objectives": {"masked": first, "action": first, "contact": 0.0}, "run": {"steps": 1}})


def test_hidden_tokens_go_in_stretches_of_time_or_one_by_one():
    """Eight tokens at each of eight times: by stretches, those of one time go together; half of the samples do so."""
    times = {"imu": np.repeat(np.arange(8) * 0.5, 8)}
    found = masking.draw(SEEDS, times, Masking(hide=0.4, span_s=0.5)).hidden["imu"].reshape(-1, 8, 8)
    together = (found.all(2) | ~found.any(2)).all(1)
    assert abs(together.mean() - 0.5) < 0.06
    assert abs(found[together].mean() - 0.4) < 0.04 and abs(found[~together].mean() - 0.4) < 0.02
    wide = masking.draw(SEEDS, times, Masking(hide=0.4, span_s=4.0)).hidden["imu"].reshape(-1, 8, 8)
    stretches = (np.diff(wide[:, :, 0].astype(int), axis=1) != 0).sum(1)
    assert (stretches <= 1).mean() > 0.5, "at most one border within four seconds"


def test_streams_that_give_answers_away_have_their_own_chance():
    found = masking.draw(SEEDS, TIMES, Masking(drop=0.1, drop_contacts=0.7, drop_language=0.4))
    share = found.dropped.mean(0)
    assert abs(share[list(STREAMS).index("contacts")] - 0.7) < 0.05
    assert np.abs(np.delete(share, list(STREAMS).index("contacts")) - 0.1).max() < 0.04
    assert abs(found.dropped_language.mean() - 0.4) < 0.05
