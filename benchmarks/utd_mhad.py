"""UTD-MHAD through the importer: action recognition, and IMU-to-skeleton retrieval.

    xperience import utd-mhad UTD-MHAD/ episodes/
    python benchmarks/utd_mhad.py episodes/            # under two minutes on one core
    python benchmarks/utd_mhad.py --quick              # made-up trials and small forests

Everything is read from the imported episodes. Odd subjects train, even ones test, as the dataset's authors split
them; whichever subjects are there take part. On subjects 1 to 6, 646 trials, 323 of them test:

    action recognition            accuracy     std        (300 trees, 3 seeds; chance 0.037)
    imu                              0.862   0.006        published protocol on the original files: 0.862
    skeleton                         0.857   0.008        0.857
    both                             0.929   0.009        0.929

    IMU -> skeleton retrieval          MRR     std   top-1   top-5  same action     (323 candidates)
    canonical correlation            0.433   0.021   0.291   0.582        0.582
    turning rate, untrained          0.450   0.022   0.310   0.607        0.666
    file length only                 0.070   0.007   0.012   0.084        0.084
    chance                           0.020   0.000   0.003   0.015        0.037

The learnt map does not beat comparing turning rates directly: with 323 trials to learn from, physics knows more.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import common
import numpy as np
import stand_ins
from scipy.ndimage import gaussian_filter1d

from xperience.episode import Episode
from xperience.errors import MissingError, UsageError
from xperience.progress import track
from xperience.sources import kinect, lag
from xperience.sources.utd_mhad import ACTIONS, GRAVITY, LAST_WRIST_ACTION
from xperience.storage import write_json

QUARTERS = 4
TREES = 300
CENTRE = kinect.KINECT_JOINTS.index("spine")
"""Joint subtracted from all others; with it the published baseline comes out, with the hip centre 0.018 above it."""

BINS = 24
"""Points in time at which two streams are compared, evenly over the trial: 12 a second, above what the Kinect follows."""

DIRECTIONS = 16
SHRINKAGE = 0.5
"""Of the canonical correlation analysis, chosen by leaving out one training subject at a time: MRR 0.518 there, 0.39 to
0.51 with 32 or 48 directions or with shrinkage 0.1 or 3."""


@dataclass(frozen=True)
class Trial:
    """One episode: streams are None where the episode lacks them."""

    name: str  # of the first input file, a1_s1_t1_inertial.mat
    subject: int
    action: str
    worn_on_wrist: bool
    imu: np.ndarray | None  # [M, 6] m/s2, rad/s
    skeleton: np.ndarray | None  # [N, 20, 3] metres, Kinect axes
    imu_s: np.ndarray
    frames_s: np.ndarray


def read(folder: Path) -> Trial:
    provenance = json.loads((folder / "provenance.json").read_text())
    with Episode.open(folder) as episode:
        imu, body = episode.imu, episode.body
        return Trial(
            provenance["files"][0]["name"],
            int(folder.parent.name.rsplit("_s", 1)[1]),
            str(episode.labels.action[0]),
            provenance["details"]["action"] <= LAST_WRIST_ACTION,
            np.hstack([imu.accel, imu.gyro]) if len(imu) >= QUARTERS else None,
            kinect.from_smplh(body.values).astype(np.float64) if len(body) >= QUARTERS else None,
            imu.times_s,
            episode.clock.times_s,
        )


def read_all(root: Path, *, show: bool) -> list[Trial]:
    """Every imported trial, in the order of the original files' names: a forest's draws follow the order of its rows."""
    folders = sorted(path.parent for path in root.glob("utd_mhad_s*/*/annotation.hdf5"))
    if not folders:
        raise MissingError("no UTD-MHAD episodes here", file=root, hint="run `xperience import` first")
    return sorted((read(folder) for folder in track(folders, "read", show=show)), key=lambda t: t.name)


def paired(trials: list[Trial]) -> list[Trial]:
    """Those with both streams, whole and long enough to be differentiated."""
    return [
        t
        for t in trials
        if t.imu is not None
        and t.skeleton is not None
        and min(len(t.imu), len(t.skeleton)) >= lag.LEAST_SAMPLES
        and np.isfinite(t.imu).all()
        and np.isfinite(t.skeleton).all()
    ]


def quarters(stream: np.ndarray) -> np.ndarray:
    """Mean, std, min and max of each channel over each of four quarters, one vector."""
    parts = np.array_split(stream.reshape(len(stream), -1), QUARTERS)
    return np.concatenate([f(part, axis=0) for part in parts for f in (np.mean, np.std, np.min, np.max)])


def recognition(trials: list[Trial], seeds: int, show: bool, trees: int = TREES) -> dict[str, dict[str, float]]:
    """Accuracy of random forests by input, mean and std over seeds, with chance and the most frequent class."""
    from sklearn.ensemble import RandomForestClassifier

    vector: dict[str, Callable[[Trial], np.ndarray | None]] = {
        "imu": lambda t: None if t.imu is None else quarters(t.imu),
        "skeleton": lambda t: None if t.skeleton is None else quarters(t.skeleton - t.skeleton[:, CENTRE : CENTRE + 1]),
    }
    vector["both"] = lambda t: (
        None if t.imu is None or t.skeleton is None else np.concatenate([vector["imu"](t), vector["skeleton"](t)])
    )
    out = {}
    for name, make in vector.items():
        rows = [(t, x) for t in trials if (x := make(t)) is not None]
        x = np.array([x for _, x in rows])
        y = np.array([ACTIONS.index(t.action) for t, _ in rows])
        train = np.array([t.subject % 2 == 1 for t, _ in rows])
        scores = [
            RandomForestClassifier(trees, random_state=seed).fit(x[train], y[train]).score(x[~train], y[~train])
            for seed in track(range(seeds), f"forests, {name}", show=show)
        ]
        classes, counts = np.unique(y[train], return_counts=True)
        out[name] = {
            "accuracy": float(np.mean(scores)),
            "std": float(np.std(scores)),
            "chance": 1 / len(classes),
            "majority": float(np.mean(y[~train] == classes[counts.argmax()])),
            "train": int(train.sum()),
            "test": int((~train).sum()),
        }
    return out


def ranks(similarity: np.ndarray) -> np.ndarray:
    """[Q] rank from 1 of the right candidate, on the diagonal of [Q, Q]; ties count half."""
    own = np.diag(similarity)[:, None]
    return 1 + (similarity > own).sum(1) + ((similarity == own).sum(1) - 1) / 2


def retrieval(trials: list[Trial]) -> dict[str, dict[str, float]]:
    """IMU of a test trial as query, the skeletons of all test trials as candidates.

    Ways: canonical correlation fit on train; turning rates of gyroscope and bone compared without training; the length
    of the two files, a trivial baseline. All are deterministic: the std of the MRR is that over drawing the queries anew.
    """
    pairs = paired(trials)
    train, test = [t for t in pairs if t.subject % 2 == 1], [t for t in pairs if t.subject % 2 == 0]
    x, y = np.array([imu_curves(t) for t in train]), np.array([limb_curves(t) for t in train])
    x_test, y_test = np.array([imu_curves(t) for t in test]), np.array([limb_curves(t) for t in test])
    gyro, bone = (unit_rows(np.expm1(z[:, :BINS])) for z in (x_test, y_test))
    lengths = np.array([[len(t.imu_s), len(t.frames_s)] for t in test], float)
    lengths /= np.array([[len(t.imu_s), len(t.frames_s)] for t in train]).mean(0)
    ways = {
        "canonical correlation": canonical_similarity(x, y, x_test, y_test),
        "turning rate, untrained": gyro @ bone.T,
        "file length only": -np.abs(lengths[:, :1] - lengths[:, 1]),
    }
    actions, n = np.array([t.action for t in test]), len(test)
    out = {name: _retrieval_scores(similarity, actions) for name, similarity in ways.items()}
    chance = {"mrr": float(np.mean(1 / np.arange(1, n + 1))), "mrr_std": 0.0, "top1": 1 / n, "top5": 5 / n}
    out["chance"] = {**chance, "same_action": float(np.mean([(actions == a).mean() for a in actions]))}
    return {name: {**row, "candidates": n} for name, row in out.items()}


def _retrieval_scores(similarity: np.ndarray, actions: np.ndarray) -> dict[str, float]:
    found = ranks(similarity)
    draws = np.random.default_rng(0).integers(len(found), size=(1000, len(found)))
    return {
        "mrr": float((1 / found).mean()),
        "mrr_std": float((1 / found)[draws].mean(1).std()),
        "top1": float((found <= 1).mean()),
        "top5": float((found <= 5).mean()),
        "same_action": float((actions[similarity.argmax(1)] == actions).mean()),
    }


def imu_curves(trial: Trial) -> np.ndarray:
    """[2 BINS] log of 1 + turning rate (rad/s) and of 1 + specific force (m/s2): free of how the sensor is strapped on."""
    assert trial.imu is not None
    curves = (lag.gyro_turning(trial.imu[:, 3:]), imu_force(trial))
    return np.concatenate([np.log1p(over_trial(trial, trial.imu_s, curve)) for curve in curves])


def limb_curves(trial: Trial) -> np.ndarray:
    """[4 BINS] the same from the skeleton: turning of the bone with the sensor and of the next, force, speed of its end."""
    assert trial.skeleton is not None
    chain = ("right_shoulder", "right_elbow", "right_wrist") if trial.worn_on_wrist else _LEG
    upper, middle, lower = (trial.skeleton[:, kinect.KINECT_JOINTS.index(joint)] for joint in chain)
    pairs = ((middle, lower), (upper, middle)) if trial.worn_on_wrist else ((upper, middle), (middle, lower))
    curves = [lag.bone_turning(parent, child, trial.frames_s) for parent, child in pairs]
    curves += limb_end(trial)
    return np.concatenate([np.log1p(over_trial(trial, trial.frames_s, curve)) for curve in curves])


def limb_end(trial: Trial) -> tuple[np.ndarray, np.ndarray]:
    """[N] specific force (m/s2) and speed (m/s) of the joint at the sensor: right wrist or knee."""
    assert trial.skeleton is not None
    joint = kinect.KINECT_JOINTS.index("right_wrist" if trial.worn_on_wrist else "right_knee")
    velocity = np.gradient(gaussian_filter1d(trial.skeleton[:, joint], 1.2, axis=0), trial.frames_s, axis=0)
    force = np.gradient(velocity, trial.frames_s, axis=0) + np.array([0.0, GRAVITY, 0.0])  # Kinect axes: y up
    return np.linalg.norm(force, axis=1), np.linalg.norm(velocity, axis=1)


def imu_force(trial: Trial) -> np.ndarray:
    """[M] magnitude of the specific force, m/s2, smoothed to the skeleton's bandwidth."""
    assert trial.imu is not None
    return np.linalg.norm(gaussian_filter1d(trial.imu[:, :3], 2.5, axis=0), axis=1)


_LEG = ("right_hip", "right_knee", "right_ankle")


def over_trial(trial: Trial, times: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.interp(np.linspace(trial.frames_s[0], trial.frames_s[-1], BINS), times, values)


def unit_rows(x: np.ndarray) -> np.ndarray:
    x = x - x.mean(1, keepdims=True)
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)


def canonical_similarity(x: np.ndarray, y: np.ndarray, x_test: np.ndarray, y_test: np.ndarray) -> np.ndarray:
    """Cosine of test rows in the leading directions of a shrunk canonical correlation analysis, standardised on train."""
    (x, x_test), (y, y_test) = (
        ((z - z.mean(0)) / (z.std(0) + 1e-6), (t - z.mean(0)) / (z.std(0) + 1e-6))
        for z, t in ((x, x_test), (y, y_test))
    )
    white_x, white_y = _whitening(x), _whitening(y)
    left, strength, right = np.linalg.svd(white_x @ (x.T @ y / len(x)) @ white_y)
    k = DIRECTIONS
    p, q = x_test @ white_x @ left[:, :k] * strength[:k], y_test @ white_y @ right[:k].T
    return (p / np.linalg.norm(p, axis=1, keepdims=True)) @ (q / np.linalg.norm(q, axis=1, keepdims=True)).T


def _whitening(x: np.ndarray) -> np.ndarray:
    power, axes = np.linalg.eigh(x.T @ x / len(x) + SHRINKAGE * np.eye(x.shape[1]))
    return axes / np.sqrt(power) @ axes.T


def worn_bone_turning(trial: Trial, times_s: np.ndarray) -> np.ndarray:
    """[N] turning rate of the bone that wears the IMU, its frames stamped `times_s`."""
    assert trial.skeleton is not None
    parent, child = ("right_elbow", "right_wrist") if trial.worn_on_wrist else ("right_hip", "right_knee")
    joint = kinect.KINECT_JOINTS.index
    return lag.bone_turning(trial.skeleton[:, joint(parent)], trial.skeleton[:, joint(child)], times_s)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = common.parser(__file__, __doc__)
    parser.add_argument("episodes", nargs="?", type=Path, help="OUT of `xperience import utd-mhad`")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="write the report to this JSON file too")
    args = parser.parse_args(arguments)
    with common.place(None, "utd", quick=True) as scratch, common.report(args, lines=False) as report:
        what = "OUT of `xperience import utd-mhad`"
        episodes = stand_ins.utd_mhad(scratch) if args.quick else common.needed(args.episodes, "EPISODES", what)
        measure(report, args, episodes)
    if args.out:
        write_json(args.out, report.as_json(0.0))
    return report.status


def measure(report: common.Report, args: argparse.Namespace, episodes: Path) -> None:
    trials = read_all(episodes, show=not args.quiet and not args.quick)
    subjects = sorted({t.subject for t in trials})
    if not any(s % 2 for s in subjects) or all(s % 2 for s in subjects):
        raise UsageError("needs odd subjects to train and even ones to test", found=subjects)

    seeds, trees = (1, 10) if args.quick else (args.seeds, TREES)
    print(f"{len(trials)} trials, subjects {subjects}: odd train, even test; {seeds} seeds\n")
    accuracy = recognition(trials, seeds, not args.quiet and not args.quick, trees)
    print(f"{'action recognition':<28}{'accuracy':>10}{'std':>8}{'chance':>8}{'train':>7}{'test':>6}")
    for name, row in accuracy.items():
        print(
            f"{name:<28}{row['accuracy']:>10.3f}{row['std']:>8.3f}{row['chance']:>8.3f}{row['train']:>7}{row['test']:>6}"
        )
    found = retrieval(trials)
    print(f"\n{'IMU -> skeleton retrieval':<28}{'MRR':>10}{'std':>8}{'top-1':>8}{'top-5':>8}{'same action':>13}")
    for name, row in found.items():
        print(
            f"{name:<28}{row['mrr']:>10.3f}{row['mrr_std']:>8.3f}{row['top1']:>8.3f}{row['top5']:>8.3f}{row['same_action']:>13.3f}"
        )
    for name, row in accuracy.items():
        report.figure(f"action recognition, {name}: accuracy", row["accuracy"])
        report.figure(f"action recognition, {name}: chance", row["chance"])
    for name, row in found.items():
        report.figure(f"IMU to skeleton, {name}: MRR", row["mrr"])
        report.figure(f"IMU to skeleton, {name}: top-1", row["top1"])
    report.details |= {"recognition": accuracy, "retrieval": found}


if __name__ == "__main__":
    common.start(main)
