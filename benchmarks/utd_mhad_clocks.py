"""The relation of UTD-MHAD's two clocks, measured from the signals of the imported episodes.

    xperience import utd-mhad UTD-MHAD/ episodes/
    python benchmarks/utd_mhad_clocks.py episodes/     # half a minute on one core
    python benchmarks/utd_mhad_clocks.py --quick       # made-up trials

On subjects 1 to 6 (646 trials; what it means is in docs/sources.md):

    relation of the clocks                     correlation lag, s: 5 %  median   95 %  measured
    as imported (same span, latency removed)          0.83       -0.13    0.00   0.12   580/646
    stated rates, common start                        0.20       -0.44   -0.33   0.30    37/646
    stated rates, common end                          0.10       -0.40    0.13   0.48    24/646
    19.1 frames a second, common start                0.78       -0.18    0.04   0.14   565/646

    lag of a trial from turning and from force: 427 trials with both, correlation 0.68, scatter 0.049 s each, of their
    difference 0.023 s, which is 0.89 of what their uncertainties say

    time step of the IMU over 20 ms, by gravity    quartile  median quartile  trials
    Sit to stand                                       1.00    1.00     1.00      24
    Stand to sit                                       0.92    0.94     0.94      24
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import common
import numpy as np
import stand_ins
from scipy.ndimage import gaussian_filter1d
from utd_mhad import Trial, imu_force, limb_end, paired, read_all, worn_bone_turning

from xperience.episode import geometry
from xperience.sources import kinect, lag
from xperience.sources.utd_mhad import IMU_HZ, TYPICAL_FRAME_HZ
from xperience.storage import write_json


def clocks(trials: list[Trial]) -> dict[str, dict[str, float]]:
    """Agreement of gyroscope and bone turning under four ideas of how the clocks are related."""
    ideas: dict[str, Callable[[Trial], np.ndarray]] = {
        "as imported (same span, latency removed)": lambda t: t.frames_s - t.imu_s[0],
        "stated rates, common start": lambda t: np.arange(len(t.frames_s)) / kinect.STATED_HZ,
        "stated rates, common end": lambda t: (
            np.arange(len(t.frames_s)) / kinect.STATED_HZ + len(t.imu_s) / IMU_HZ - len(t.frames_s) / kinect.STATED_HZ
        ),
        "19.1 frames a second, common start": lambda t: np.arange(len(t.frames_s)) / TYPICAL_FRAME_HZ,
    }
    out = {}
    for name, stamps in ideas.items():
        scores, lags = [], []
        for t in paired(trials):
            assert t.imu is not None
            times = stamps(t)
            found = lag.measure(
                t.imu_s - t.imu_s[0], lag.gyro_turning(t.imu[:, 3:]), times, worn_bone_turning(t, times)
            )
            scores.append(found.correlation_at_zero)
            if found.status == "measured":
                lags.append(found.offset_s)
        low, middle, high = np.percentile(lags, [5, 50, 95]) if lags else (np.nan,) * 3
        out[name] = {
            "correlation_median": float(np.nanmedian(scores)),
            "correlation_mean": float(np.nanmean(scores)),
            "lag_median_s": float(middle),
            "lag_p5_s": float(low),
            "lag_p95_s": float(high),
            "measured": len(lags),
            "trials": len(scores),
        }
    return out


def second_opinion(trials: list[Trial]) -> dict[str, float]:
    """Each trial's lag from turning beside that from specific force: is the scatter real, is the uncertainty right?"""
    rows = []
    for t in paired(trials):
        assert t.imu is not None
        turning = lag.measure(t.imu_s, lag.gyro_turning(t.imu[:, 3:]), t.frames_s, worn_bone_turning(t, t.frames_s))
        force = lag.measure(t.imu_s, imu_force(t), t.frames_s, limb_end(t)[0])
        if turning.status == force.status == "measured":
            rows.append((turning.offset_s, force.offset_s, np.hypot(turning.std_s, force.std_s)))
    if len(rows) < 3:
        return {"trials": len(rows)}
    first, second, std = np.array(rows).T
    difference = first - second - np.median(first - second)
    return {
        "trials": len(rows),
        "correlation": float(np.corrcoef(first, second)[0, 1]),
        "scatter_turning_s": _robust_std(first),
        "scatter_force_s": _robust_std(second),
        "scatter_difference_s": _robust_std(difference),
        "difference_over_its_std": _robust_std(difference / std),
    }


def _robust_std(x: np.ndarray) -> float:
    return float(1.4826 * np.median(np.abs(x - np.median(x))))


RATE_SCALES = np.arange(0.5, 1.6, 0.02)
TILTING = ("Sit to stand", "Stand to sit")
"""Actions that turn the thigh's IMU by a right angle, slowly and with rest before and after."""


def imu_rate(trials: list[Trial]) -> dict[str, dict[str, float]]:
    """The IMU's rate from its own two halves: at which time step does the gyroscope turn gravity as the accelerometer sees?

    In samples at rest, specific force carried back to the first sample's axes by the integrated rotation must point one
    way. The step that gathers it best, over the stated 20 ms, is returned per action with quartiles over trials.
    """
    out = {}
    for action in TILTING:
        best = [scale for t in paired(trials) if t.action == action and (scale := _rate_scale(t)) is not None]
        if best:
            low, middle, high = np.percentile(best, [25, 50, 75])
            out[action] = {"median": float(middle), "p25": float(low), "p75": float(high), "trials": len(best)}
    return out


def _rate_scale(trial: Trial) -> float | None:
    assert trial.imu is not None
    accel, gyro = trial.imu[:, :3], trial.imu[:, 3:]
    norm = np.linalg.norm(accel, axis=1)
    rest = (gaussian_filter1d(np.linalg.norm(gyro, axis=1), 3.0) < 0.44) & (np.abs(norm - np.median(norm[:10])) < 0.6)
    if rest.sum() < 20:
        return None
    directions = accel[rest] / norm[rest, None]
    if np.arccos(np.clip(directions @ directions[0], -1, 1)).max() < np.radians(40):
        return None
    turn = np.tile(np.eye(3), (len(RATE_SCALES), 1, 1))
    carried = np.zeros((len(RATE_SCALES), 3))
    for k in range(len(accel)):
        if rest[k]:
            carried += turn @ (accel[k] / norm[k])
        turn = turn @ geometry.rotvec_to_matrix(RATE_SCALES[:, None] * gyro[k] / IMU_HZ)
    return float(RATE_SCALES[np.linalg.norm(carried, axis=1).argmax()])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = common.parser(__file__, __doc__)
    parser.add_argument("episodes", nargs="?", type=Path, help="OUT of `xperience import utd-mhad`")
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
    relation = clocks(trials)
    print(
        f"{'relation of the clocks':<42}{'correlation':>12}{'lag, s: 5 %':>12}{'median':>8}{'95 %':>7}{'measured':>10}"
    )
    for name, row in relation.items():
        lags = f"{row['lag_p5_s']:>12.2f}{row['lag_median_s']:>8.2f}{row['lag_p95_s']:>7.2f}"
        print(f"{name:<42}{row['correlation_median']:>12.2f}{lags}{row['measured']:>6}/{row['trials']}")
    opinion = second_opinion(trials)
    print("\nlag of a trial, from turning and from force")
    for key, value in opinion.items():
        print(f"    {key:<38}{value:>12.3g}")
    rate = imu_rate(trials)
    print(
        f"\n{'time step of the IMU over 20 ms, by gravity':<46}{'quartile':>9}{'median':>8}{'quartile':>9}{'trials':>8}"
    )
    for name, row in rate.items():
        print(f"{name:<46}{row['p25']:>9.2f}{row['median']:>8.2f}{row['p75']:>9.2f}{row['trials']:>8}")
    for name, row in relation.items():
        report.figure(f"{name}: correlation, median", row["correlation_median"])
        report.figure(f"{name}: lag, median", row["lag_median_s"], "s")
        report.figure(f"{name}: trials with a measured lag, of {row['trials']}", row["measured"])
    for name, value in opinion.items():
        report.figure(f"lag from turning and from force: {name}", value)
    for name, row in rate.items():
        report.figure(f"{name}: time step of the IMU over 20 ms, median", row["median"])
    report.details |= {"clocks": relation, "second_opinion": opinion, "imu_rate": rate}


if __name__ == "__main__":
    common.start(main)
