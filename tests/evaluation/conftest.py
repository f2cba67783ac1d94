"""A model that was trained for a few steps on the small prepared recordings, and a bench on them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from xperience.pretrain.config import load_config

SMALL = {
    "model.changes": {"width": 32, "layers": 2, "heads": 2, "kv_heads": 2, "text_width": 32, "vocabulary": 512},
    "run.steps": 6,
    "run.minutes": 0.0,
    "run.batch": 4,
    "run.workers": 0,
    "run.device": "cpu",
    "run.precision": "float32",
}


@pytest.fixture(scope="session")
def trained(prepared_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished run. Never write into it: copy first."""
    from xperience.pretrain.run import pretrain

    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("trained")
    assert pretrain(load_config("nano", dict(SMALL)), [prepared_path], out).code == 0
    return out


@pytest.fixture(scope="session")
def bench(trained: Path, prepared_path: Path, episodes_path: Path, tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """A `sections.Bench` on all four recordings: two train, one each for val and test."""
    from xperience.benchmark.collect import collect
    from xperience.benchmark.task import ALL
    from xperience.benchmark.tasks import choose
    from xperience.evaluation.embedded import EmbeddedRecording
    from xperience.evaluation.inputs import inputs_of
    from xperience.evaluation.run import needed
    from xperience.evaluation.sections import Bench
    from xperience.evaluation.viewer import Viewer
    from xperience.prepare.shards.reader import Prepared
    from xperience.pretrain.run import restore

    out = tmp_path_factory.mktemp("evaluated")
    prepared = Prepared.open(prepared_path)
    viewer = Viewer(restore(trained), prepared)
    plain, _ = collect(episodes_path, out / "heads", show=False)
    recordings = [
        EmbeddedRecording.of(
            one, viewer.views(one.id, needed(choose(None)), one.windows.start_frame, content=inputs_of(ALL)), "test"
        )
        for one in plain
    ]
    sides = {
        side: [id for id, one in zip(prepared.ids, prepared.sides, strict=True) if one == side]
        for side in ("train", "val", "test")
    }
    return Bench(viewer, recordings, sides, out, {"again": viewer})
