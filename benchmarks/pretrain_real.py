"""Does the model learn from real recordings? Trials of body and IMU, and real hands.

    python benchmarks/pretrain_real.py --utd UTD-MHAD/ --cache cache/                 # about half an hour on one core
    python benchmarks/pretrain_real.py --utd UTD-MHAD/ --cache cache/ --leave-out 5   # what settings were chosen by
    python benchmarks/pretrain_real.py --hands EPISODE/ --cache cache/
    python benchmarks/pretrain_real.py --quick                                        # made-up trials and hands

See pretrain_real.md for what it measures and what came out.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import common
import numpy as np
import real_motion as motion
import real_paired as paired
import real_probe as probing
import stand_ins
from real_run import pretrained

from xperience.errors import UsageError
from xperience.prepare.shards.reader import Prepared
from xperience.pretrain.config import TrainConfig, parse
from xperience.storage import write_json

COPIES = 6
SMALLEST = {"seeds": 1, "steps": 2, "hand_steps": 2, "copies": 1, "tune_steps": 1}
SMALLEST_PROBE = {"views": 1, "looks": 1, "probe_steps": 5, "batch": 2}
"""Options and settings of --quick."""

KINDS = ("drawn", "frozen", "fine-tuned")
"""Rows of an input, in the order in which they are printed."""


def prepared(episodes: Path, out: Path, train: Sequence[int], test: Sequence[int], show: bool) -> Prepared:
    """Body and IMU of the imported trials of some subjects, those of `train` and `test` on their sides of the split."""
    from xperience.prepare.campaign import prepare
    from xperience.prepare.intake import items_of
    from xperience.prepare.recipe import Recipe

    items = items_of(episodes)
    sides = {
        side: [item.id for item in items if motion.subject_of(item.id) in subjects]
        for side, subjects in (("train", train), ("test", test))
    }
    recipe = Recipe(name="motion", streams=motion.SIDES, shard_mb=64)
    prepare(items, {**sides, "val": []}, recipe, out, show=show)
    return Prepared.open(out)


def corpus(trials: list[motion.Motion], out: Path, copies: int, seed: int, show: bool) -> Path:
    """What is pretrained on: the training trials and variations of them, without a word of what is done in them."""
    from xperience.prepare.campaign import prepare
    from xperience.prepare.intake import items_of
    from xperience.prepare.recipe import Recipe

    if not (out / "prepared" / "segments.parquet").is_file():
        motion.write_varied(trials, copies, out / "episodes", motion.Variation(), seed, show)
        items = items_of(out / "episodes")
        recipe = Recipe(name="motion", streams=motion.SIDES, shard_mb=64)
        prepare(items, {"train": [i.id for i in items], "val": [], "test": []}, recipe, out / "prepared", show=show)
    return out / "prepared"


def config(seed: int, steps: int, batch: int = 48) -> TrainConfig:
    """No objective that reads a label."""
    return parse(
        {
            "name": "real-motion",
            "model": {"size": "nano"},
            "data": {"frames": motion.WINDOW, "stride": 3, "future": 0, "points": 0},
            "objectives": {"masked": 1.0, "pairs": 0.3},
            "masking": {"hide": 0.3, "drop": 0.05},
            "optimiser": {"lr": 1e-3, "warmup": 50, "ema": 0.99},
            "run": {
                "precision": "bf16",
                "steps": steps, "batch": batch, "seed": seed, "workers": 0, "device": "cpu",
                "save_every": 100000, "panel_every": 0, "probe_every": 0, "log_every": 50,
            },
        }
    )  # fmt: skip


def forests(
    episodes: Path, train: Sequence[int], test: Sequence[int], seeds: int, trees: int = 0
) -> dict[str, dict[str, np.ndarray]]:
    """[seeds, n] right or wrong of the forests of benchmarks/utd_mhad.py by input, with the trials' names; `trees`: of a forest, 0 for as
    many as there."""
    import utd_mhad
    from sklearn.ensemble import RandomForestClassifier

    trials = utd_mhad.read_all(episodes, show=False)
    vectors: dict[str, list[np.ndarray]] = {"imu": [], "skeleton": []}
    for t in trials:
        if t.imu is None or t.skeleton is None:
            raise UsageError("every trial has to have both streams", found=t.name)
        vectors["imu"].append(utd_mhad.quarters(t.imu))
        centred = t.skeleton - t.skeleton[:, utd_mhad.CENTRE : utd_mhad.CENTRE + 1]
        vectors["skeleton"].append(utd_mhad.quarters(centred))
    x = {name: np.array(rows) for name, rows in vectors.items()}
    x["both"] = np.concatenate([x["imu"], x["skeleton"]], 1)
    y = np.array([utd_mhad.ACTIONS.index(t.action) for t in trials])
    a, b = (np.array([t.subject in subjects for t in trials]) for subjects in (train, test))
    names = np.array([_key(t.name) for t, tested in zip(trials, b, strict=True) if tested])
    out = {}
    for name, rows in x.items():
        right = [
            RandomForestClassifier(trees or utd_mhad.TREES, random_state=seed).fit(rows[a], y[a]).predict(rows[b])
            == y[b]
            for seed in range(seeds)
        ]
        out[name] = {"right": np.array(right), "names": names}
    return out


def _key(name: str) -> str:
    """a1_s2_t3_inertial.mat as the recordings are called: utd_mhad_s2__a01_t3."""
    action, subject, trial = (part[1:] for part in name.split("_")[:3])
    return f"utd_mhad_s{subject}__a{int(action):02d}_t{trial}"


def utd(options: argparse.Namespace) -> dict[str, object]:
    """Part A; prints its tables and gives their numbers."""
    from xperience.pretrain.run import restore
    from xperience.sources.importing import import_recordings
    from xperience.sources.registry import source

    show = not options.quiet
    episodes = options.cache / "episodes"
    import_recordings(source("utd-mhad"), options.utd, episodes, show=show)
    subjects = sorted({int(p.name.rsplit("_s", 1)[1]) for p in episodes.glob("utd_mhad_s*")})
    train_on = [s for s in subjects if s % 2 and s != options.leave_out]
    test_on = [options.leave_out] if options.leave_out else [s for s in subjects if s % 2 == 0]
    if not train_on or not test_on:
        raise UsageError("needs odd subjects to train and others to test", found=subjects)
    place = options.cache / ("final" if not options.leave_out else f"without_{options.leave_out}")
    if options.imu_hz:
        place = place.with_name(f"{place.name}_{options.imu_hz:g}hz")
    opened = prepared(episodes, place / "trials", train_on, test_on, show)
    train, test = (motion.read(opened, [side], options.imu_hz) for side in ("train", "test"))
    assert {t.subject for t in train}.isdisjoint(t.subject for t in test)
    names = sorted({t.action for t in train})
    print(f"subjects {train_on} train ({len(train)} trials), {test_on} test ({len(test)} trials)", flush=True)
    data = corpus(train, place / "corpus", options.copies, 0, show)
    how = probing.Settings(steps=options.tune_steps, **(SMALLEST_PROBE if options.quick else {}))
    right: dict[tuple[str, str], list[np.ndarray]] = {}
    found = []
    for seed in range(options.seeds):
        begun = time.time()
        run = place / f"run_{seed}"
        pretrained(config(seed, options.steps, 4 if options.quick else 48), data, run)
        restored = restore(run)
        told = time.time()
        classified = probing.Classified(restored.model, train, names, how, seed)
        rows = {"frozen": classified.right(test)}
        if options.tune_steps:
            probing.fine_tune(classified, train, how, seed, show)
            rows["fine-tuned"] = classified.right(test)
        rows["drawn"] = probing.Classified(probing.drawn(restored.model, seed), train, names, how, seed).right(test)
        for kind, by_input in rows.items():
            for name, values in by_input.items():
                right.setdefault((kind, name), []).append(values)
        found.append(probing.similarity(restored, test))
        print(f"seed {seed}: pretrained in {told - begun:.0f} s, judged in {time.time() - told:.0f} s", flush=True)
        print("; ".join(f"{kind} {', '.join(f'{n} {v.mean():.3f}' for n, v in r.items())}" for kind, r in rows.items()))
    trees = forests(episodes, train_on, test_on, options.seeds, 10 if options.quick else 0)
    figures: dict[str, object] = {"recognition": recognition(right, trees, test), "added": paired.added(right)}
    trials = paired.by_trial(right, [t.id for t in test])
    if options.against:
        figures["against"] = paired.against(options.against, trials)
    return {**figures, "retrieval": retrieval(found, test), "trials": trials}


def recognition(
    right: dict[tuple[str, str], list[np.ndarray]],
    trees: dict[str, dict[str, np.ndarray]],
    test: list[motion.Motion],
) -> dict[str, dict[str, float]]:
    """Each input's forest, then its rows: weights never trained ("drawn") stand beside what was pretrained."""
    figures = {}
    print(f"\n{'action recognition':<24}{'accuracy':>9}{'std':>7}{'forest':>8}{'difference, 95 %':>26}")
    kinds = sorted({kind for kind, _ in right}, key=KINDS.index)
    for kind, name in ((kind, name) for name in probing.INPUTS for kind in kinds):
        rows = right[kind, name]
        order = {key: k for k, key in enumerate(trees[name]["names"])}
        base = trees[name]["right"][:, [order[t.id] for t in test]]
        ours = np.array(rows)
        compared = paired.paired(ours, base)
        each = ours.mean(1)
        figures[f"{kind} {name}"] = {
            "accuracy": float(each.mean()), "std": float(each.std()), "forest": float(base.mean()),
            **compared,
        }  # fmt: skip
        print(
            f"{kind + ', ' + name:<24}{each.mean():>9.3f}{each.std():>7.3f}{base.mean():>8.3f}"
            f"{compared['difference']:>+10.3f} ({compared['low']:+.3f} to {compared['high']:+.3f})",
            flush=True,
        )
    return figures


def retrieval(found: list[np.ndarray], test: list[motion.Motion]) -> dict[str, float]:
    """MRR of the skeleton that belongs to an IMU among those of all test trials."""
    from utd_mhad import ranks

    n = len(test)
    reciprocal = np.array([1 / ranks(values) for values in found])
    low, high = paired.interval(reciprocal.mean(0))
    chance = float(np.mean(1 / np.arange(1, n + 1)))
    top = float(np.mean([(ranks(values) <= 1).mean() for values in found]))
    print(f"\nIMU -> skeleton, {n} candidates: MRR {reciprocal.mean():.3f} ({low:.3f} to {high:.3f}), ", end="")
    print(f"std of seeds {reciprocal.mean(1).std():.3f}, top-1 {top:.3f}; chance {chance:.3f}", flush=True)
    return {"mrr": float(reciprocal.mean()), "low": low, "high": high, "top1": top, "chance": chance, "candidates": n}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = common.parser(__file__, __doc__)
    parser.add_argument("--utd", type=Path, help="folder of UTD-MHAD")
    parser.add_argument("--hands", type=Path, help="episode with both hands tracked, xperience_sample_partial")
    parser.add_argument("--hand-steps", type=int, default=60, help="of training on the hands, a seed")
    parser.add_argument("--cache", type=Path, help="where everything that is made goes; what is there is kept")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=480, help="of pretraining, a seed")
    parser.add_argument("--copies", type=int, default=COPIES, help="variations of each trial to pretrain on")
    parser.add_argument("--tune-steps", type=int, default=probing.Settings.steps, help="0: no fine-tuning")
    parser.add_argument(
        "--leave-out", type=int, default=0, help="judge on this odd subject, and leave all even ones alone"
    )
    parser.add_argument(
        "--imu-hz", type=float, default=0.0, help="bring the IMU to this rate by straight lines; 0: as it was sensed"
    )
    parser.add_argument(
        "--against", type=Path, help="what --out of another run wrote: compare with it on the same trials"
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, help="write the numbers to this JSON file too")
    options = parser.parse_args(arguments)
    import torch

    torch.set_num_threads(options.threads)
    with (
        common.place(options.cache, "pretrain-real", options.quick) as options.cache,
        common.report(options, lines=False) as report,
    ):
        if options.quick:
            vars(options).update(SMALLEST, quiet=True)
            options.utd = stand_ins.utd_mhad_files(options.cache / "UTD-MHAD")
            options.hands = stand_ins.hands(options.cache / "stand-in" / "hands")
        elif options.utd is None and options.hands is None:
            common.needed(None, "--utd or --hands", "a folder of UTD-MHAD, or an episode with both hands tracked")
        figures: dict[str, object] = {}
        if options.utd:
            figures["utd"] = utd(options)
        if options.hands:
            import real_hands

            how = options.cache / "hands", options.seeds, options.hand_steps
            figures["hands"] = real_hands.report(options.hands, *how)
        for name, value in numbers(figures):
            report.figure(name, value)
        report.details |= figures
    if options.out:
        write_json(options.out, figures)
    return report.status


def numbers(tree: dict[str, Any], above: str = "") -> list[tuple[str, float]]:
    """All numbers of a tree of figures with the way to them in words."""
    found: list[tuple[str, float]] = []
    for key, value in tree.items():
        name = f"{above}: {key}" if above else key
        if isinstance(value, dict):
            found += numbers(value, name)
        elif isinstance(value, int | float):
            found.append((name, value))
    return found


if __name__ == "__main__":
    common.start(main)
