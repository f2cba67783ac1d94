"""Recordings made from shards alone say what the recordings themselves say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from xperience.benchmark.crossmodal import projected
from xperience.benchmark.samples import NotMeasurable
from xperience.evaluation.recordings import recordings_of
from xperience.evaluation.sections import Bench
from xperience.prepare.contract import SLICES
from xperience.prepare.shards.reader import Prepared

STORED = 1e-4
"""Metres (of motion m/s): shards store joints in single precision."""


def test_what_shards_say_is_what_recordings_say(bench: Bench, prepared_path: Path) -> None:
    raw = {recording.id: recording for recording in bench.recordings}
    found = recordings_of(Prepared.open(prepared_path))
    assert [one.id for one in found] == sorted(raw)
    for one in found:
        other = raw[one.id]
        assert (one.session, one.main_task) == (other.session, other.main_task)
        assert one.labels.action.tolist() == other.labels.action.tolist()
        assert one.labels.subtask.tolist() == other.labels.subtask.tolist()
        assert one.labels.objects == other.labels.objects
        assert one.labels.interaction == other.labels.interaction
        assert list(one.windows.rows()) == list(other.windows.rows())
        assert one.hands is not None and one.camera is not None and np.isfinite(one.hands).any()
        for name, accuracy in {"hands": STORED, "contacts": 0, "camera": STORED, "motion": 50 * STORED}.items():
            np.testing.assert_allclose(
                getattr(one, name), getattr(other, name), rtol=0, atol=accuracy, equal_nan=True, err_msg=name
            )
        assert one.features.shape == (len(one.windows), 0)
        assert one.present == other.present


def test_streams_that_were_not_prepared_are_no_targets(episode_path: Path, tmp_path: Path) -> None:
    from xperience.prepare.campaign import prepare
    from xperience.prepare.intake import items_of
    from xperience.prepare.recipe import parse

    items = items_of(episode_path)
    recipe = parse({"seconds": 2.0, "streams": ["hand_left", "body", "contacts"]})
    prepare(items, {"train": [items[0].id]}, recipe, tmp_path / "few", show=False)
    (one,) = recordings_of(Prepared.open(tmp_path / "few"))
    assert one.hands is None and one.camera is None
    assert one.contacts is not None and one.motion is not None
    assert one.present["hand_left_joints"] and not one.present["hand_right_joints"]
    assert not one.present["camera_translation"] and not one.present["audio_fisheye_cam0_aac"]
    order = list(SLICES)
    assert (one.presence[:, order.index("body_joints")] == 1).all()
    assert (one.presence[:, order.index("imu_accel_gyro")] == 0).all()


def test_features_are_refused_only_when_asked_for(bench: Bench, prepared_path: Path) -> None:
    one = recordings_of(Prepared.open(prepared_path))[0]
    present = [name for name, there in one.present.items() if there]
    samples = projected(one, ["hand_left_joints"], ["body_joints"], present)
    assert len(samples) == len(one.windows) and samples.usable is not None and samples.usable.all()
    with pytest.raises(NotMeasurable, match="need the recordings themselves"):
        samples.target(np.arange(2))
