"""Both hands of one real recording: a model trained on its first part forecasts its last.

The share of what the model says that is added to constant position is chosen on the last fifth of the training frames,
which the model does not train on.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from real_run import pretrained

from xperience.episode import Episode, layout
from xperience.episode.writer import AnnotationWriter
from xperience.pretrain.config import TrainConfig, parse

HANDS = ("hand_left", "hand_right")
TRAIN, TEST = (4075, 5296), 5296
"""Frames that are trained on (the hands are not tracked before), and the first frame of test windows."""

FRAMES, AHEAD, STRIDE = 20, 10, 5
CHOSEN_ON = 0.2
SHARES = np.linspace(0, 1, 21)
BLOCK_FRAMES = 52
"""Windows nearer to each other are drawn together: ten blocks, as the benchmark draws them."""


def config(seed: int, steps: int) -> TrainConfig:
    return parse(
        {
            "name": "real-hands",
            "model": {"size": "nano"},
            "data": {"frames": FRAMES, "stride": 1, "future": AHEAD, "points": 0},
            "objectives": {"hand_motion": 1.0, "masked": 0.3},
            "masking": {"hide": 0.2, "drop": 0.0},
            "optimiser": {"lr": 5e-4, "warmup": 20, "decay": 0.3, "ema": 0.98},
            "run": {
                "precision": "bf16", "steps": steps, "batch": 32, "seed": seed, "workers": 0, "device": "cpu",
                "save_every": 100000, "panel_every": 0, "probe_every": 0,
            },
        }
    )  # fmt: skip


def cut(source: Path, out: Path, first: int, stop: int) -> None:
    """Frames [first, stop) of both hands as an episode, where it is not there yet."""
    if (out / layout.ANNOTATION).is_file():
        return
    out.mkdir(parents=True, exist_ok=True)
    with Episode.open(source) as episode, AnnotationWriter(out / layout.ANNOTATION) as writer:
        times = episode.clock.times_s[first:stop]
        writer.put("video/device_timestamp", 1_000_000_000 + np.round((times - times[0]) * 1e9).astype(np.int64))
        writer.put("video/frame_number", np.arange(stop - first))
        writer.put("video/length_sec", times[-1] - times[0])
        for side in ("left", "right"):
            writer.put(f"hand_mocap/{side}_joints_3d", episode.hand(side).values[first:stop])


def forecasts(source: Path, cache: Path, seed: int, steps: int) -> dict[str, object]:
    """Errors of the test windows in metres by way of forecasting, [windows] each, and the share that was chosen."""
    from xperience.evaluation.inputs import Inputs
    from xperience.evaluation.viewer import Viewer
    from xperience.prepare.campaign import prepare
    from xperience.prepare.intake import items_of
    from xperience.prepare.recipe import Recipe
    from xperience.prepare.shards.reader import Prepared
    from xperience.pretrain.run import restore

    chosen_from = round(TRAIN[1] - CHOSEN_ON * (TRAIN[1] - TRAIN[0]))
    with Episode.open(source) as episode:
        frames = len(episode.clock.times_s)
    cuts = {"train": (TRAIN[0], chosen_from), "val": (chosen_from, TRAIN[1]), "test": (TEST, frames)}
    for name, (first, stop) in cuts.items():
        cut(source, cache / "episodes" / name / "hands", first, stop)
    items = items_of(cache / "episodes")
    sides = {name: [i.id for i in items if Path(i.location).parent.name == name] for name in cuts}
    prepare(items, sides, Recipe(name="hands", streams=HANDS, shard_mb=16), cache / "prepared", show=False)
    run = cache / f"run_{seed}"
    pretrained(config(seed, steps), cache / "prepared", run)
    opened = Prepared.open(cache / "prepared")
    viewer = Viewer(restore(run), opened, "float32")

    def judged(side: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Displacement that came and that was said [W, AHEAD, 2, 21, 3], and first frames [W], of a cut's windows."""
        place = int(opened.side(side)[0])
        n = int(opened.frames[place])
        read = opened.read(place, 0, n, HANDS)
        joints = np.stack([read[h].values for h in HANDS], 1)
        known = read[HANDS[0]].valid & read[HANDS[1]].valid
        starts = np.arange(-cuts[side][0] % STRIDE, n - FRAMES - AHEAD + 1, STRIDE)  # those of the benchmark
        ahead = starts[:, None] + FRAMES + np.arange(AHEAD)
        starts = starts[known[starts + FRAMES - 1] & known[ahead].all(1)]
        ahead = starts[:, None] + FRAMES + np.arange(AHEAD)
        came = joints[ahead] - joints[starts + FRAMES - 1][:, None]
        said = []
        for batch in viewer.parts(opened.ids[place], starts):
            answers = viewer.answers(viewer.state(batch, Inputs(HANDS, False)), batch, Inputs(HANDS, False))
            said.append(answers["hands"][:, :AHEAD].float().unflatten(2, (2, 21, 3)).cpu())
        return came, torch.cat(said).numpy(), starts

    came, said, _ = judged("val")
    share = float(min(SHARES, key=lambda s: error(came - s * said).mean()))
    came, said, starts = judged("test")
    return {
        "share": share, "starts": starts, "model": error(came - share * said), "unshrunk": error(came - said),
        "constant position": error(came),
    }  # fmt: skip


def error(away: np.ndarray) -> np.ndarray:
    """[W] mean joint distance of differences [W, AHEAD, 2, 21, 3]."""
    found: np.ndarray = np.linalg.norm(away, axis=-1).mean((1, 2, 3))
    return found


def report(source: Path, cache: Path, seeds: int, steps: int) -> dict[str, object]:
    """Prints the table and gives its numbers; errors are means over seeds, intervals over blocks of windows."""
    runs = [forecasts(source, cache, seed, steps) for seed in range(seeds)]
    still = np.asarray(runs[0]["constant position"])
    model, unshrunk = (np.mean([np.asarray(r[name]) for r in runs], 0) for name in ("model", "unshrunk"))
    block = np.asarray(runs[0]["starts"]) // BLOCK_FRAMES
    difference = model - still
    draw = np.random.default_rng(0)
    ids = np.unique(block)
    means = [np.concatenate([difference[block == k] for k in draw.choice(ids, len(ids))]).mean() for _ in range(2000)]
    low, high = (float(v) for v in np.percentile(means, [2.5, 97.5]))
    shares = [float(str(r["share"])) for r in runs]
    print(f"\nhands, {AHEAD} frames ahead, {len(still)} windows from frame {TEST} on, {seeds} seeds")
    print(
        f"constant position {still.mean():.5f} m; model {model.mean():.5f} m (shares {shares}); unshrunk {unshrunk.mean():.5f}"
    )
    print(f"model less constant position {difference.mean():+.5f} m ({low:+.5f} to {high:+.5f}, {len(ids)} blocks)")
    return {
        "windows": len(still), "constant_position": float(still.mean()), "model": float(model.mean()),
        "unshrunk": float(unshrunk.mean()), "difference": float(difference.mean()), "low": low, "high": high,
        "shares": shares,
    }  # fmt: skip
