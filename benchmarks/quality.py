"""Detection table of the quality gate: recall by fault and severity, false positives on clean recordings.

    python benchmarks/quality.py                                   # the large run: 150 clean, 60 faulty a kind
    python benchmarks/quality.py --out out/quality-small --clean 6 --faulty 2 --severities 0.5

Recordings are simulated with seeds that no threshold was chosen on (the first is --seed). A fault counts as found if
a finding that the clean recording does not have names its modality and, for faults with an extent, overlaps it. The
table gives Wilson 95 % bounds. Stop it at any time and run it again: finished cases are kept. --quick takes one clean and
one faulty recording.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import common

from xperience.progress import track
from xperience.quality.finding import Finding
from xperience.quality.gate import examine
from xperience.quality.registry import all_checks
from xperience.simulate import campaign
from xperience.simulate.faults import all_faults
from xperience.simulate.faults.corrupt import Order, corrupt
from xperience.storage import to_json, write_json, write_text

RELATED = {
    "clock": {"imu", "files"},  # a wrong frame clock shows as an IMU that no longer fits it
    "calibration": {"depth"},  # a wrong baseline shows as depth that the pictures do not bear out
}
"""Modalities whose findings also speak of a fault in the key's modality."""

PARTNER = {"fisheye_cam0": "fisheye_cam2", "fisheye_cam1": "fisheye_cam3", "fisheye_cam2": "fisheye_cam0"}
PARTNER |= {"fisheye_cam3": "fisheye_cam1"}
"""The other view that `video_swapped` hits."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = common.parser(__file__, __doc__)
    parser.add_argument("--out", type=Path, help="folder of recordings and cases; default: in the cache")
    parser.add_argument("--clean", type=int, default=150, help="clean episodes")
    parser.add_argument("--faulty", type=int, default=60, help="faulty episodes a kind and severity")
    parser.add_argument("--severities", default="0.5")
    parser.add_argument("--kinds", default="", help="comma-separated; all by default")
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--seed", type=int, default=910_000)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args(arguments)
    if args.quick:
        args.clean, args.faulty, args.kinds, args.seconds, args.size, args.workers = 1, 1, "imu_gap", 3.0, 32, 1
    with common.report(args, lines=False) as report, common.place(args.out, "quality", args.quick) as out:
        measure(report, args, out)
    return report.status


def measure(report: common.Report, args: argparse.Namespace, out: Path) -> None:
    started = time.time()
    show = not args.quiet and not args.quick
    recipe = campaign.Recipe(args.seconds, args.size, args.seed, max(1, args.clean // 3))
    jobs = campaign.plan(recipe, args.clean)
    bases = [out / "clean" / job.session / job.name for job in jobs]
    cases = out / "cases"
    severities = [float(s) for s in args.severities.split(",")]
    kinds = args.kinds.split(",") if args.kinds else list(all_faults())
    with ProcessPoolExecutor(args.workers) as pool:
        make = [pool.submit(campaign.run, out / "clean", [job], 1) for job in jobs]
        for done in track(as_completed(make), "simulate", len(make), show=show):
            done.result()
        clean = [pool.submit(clean_case, base, cases, out / "cache") for base in bases]
        for done in track(as_completed(clean), "check clean", len(clean), show=show):
            done.result()
        faulty = [
            pool.submit(faulty_case, bases[i % len(bases)], cases, out / "cache", kind, severity, i)
            for i in range(args.faulty)
            for severity in severities
            for kind in kinds
        ]
        for done in track(as_completed(faulty), "check faulty", len(faulty), show=show):
            done.result()
    clean_rows = [json.loads(case_file(cases, base.parent.name, base.name, "clean").read_text()) for base in bases]
    rows = [
        json.loads(
            case_file(cases, bases[i % len(bases)].parent.name, bases[i % len(bases)].name, f"{k}-{s}-{i}").read_text()
        )
        for i in range(args.faulty)
        for s in severities
        for k in kinds
    ]
    text = table(clean_rows, rows, severities, kinds)
    text += f"\n{len(bases)} clean recordings of {args.seconds:g} s at {args.size} px, first seed {args.seed}, "
    text += f"{args.faulty} faulty a kind and severity; {(time.time() - started) / 60:.1f} min\n"
    print(text)
    write_text(out / "detection.md", text)
    write_json(out / "detection.json", {"clean": clean_rows, "faulty": rows})

    for kind in kinds:
        for severity in severities:
            mine = [row["found"] for row in rows if row["fault"] == kind and row["severity"] == severity]
            report.figure(f"recall of {kind} at {severity:g}, of {len(mine)}", sum(mine) / len(mine))
    report.figure(
        f"clean recordings with a finding, of {len(clean_rows)}", sum(bool(r["findings"]) for r in clean_rows)
    )


def case_file(cases: Path, session: str, name: str, what: str) -> Path:
    return cases / f"{session}__{name}__{what}.json"


def clean_case(base: Path, cases: Path, cache: Path) -> None:
    file = case_file(cases, base.parent.name, base.name, "clean")
    if file.is_file():
        return
    quality = examine(base, cache=cache)
    write_text(file, to_json({"findings": quality.to_json()["findings"], "sync": quality.to_json()["sync"]}))


def faulty_case(base: Path, cases: Path, cache: Path, kind: str, severity: float, index: int) -> None:
    file = case_file(cases, base.parent.name, base.name, f"{kind}-{severity}-{index}")
    if file.is_file():
        return
    clean = json.loads(case_file(cases, base.parent.name, base.name, "clean").read_text())
    before = {(f["check"], f["modality"]) for f in clean["findings"]}
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / base.parent.name / base.name
        done = corrupt(base, copy, Order(index, kind, severity), seed=index)
        quality = examine(copy, cache=cache)
        shutil.rmtree(copy)
    new = [f for f in quality.findings if (f.check, f.modality) not in before]
    hits = sorted({f.check for f in new if speaks_of(f, done, all_faults()[kind].local)})
    write_text(
        file, to_json({**done, "found": bool(hits), "by": hits, "other": sorted({f.check for f in new} - set(hits))})
    )


def speaks_of(finding: Finding, done: dict, local: bool) -> bool:
    named = {done["modality"], *RELATED.get(done["modality"], ())}
    if done["fault"] == "video_swapped":
        named.add(PARTNER[done["modality"]])
    if finding.modality not in named:
        return False
    return not local or (finding.start_s <= done["end_s"] + 0.5 and finding.end_s >= done["start_s"] - 0.5)


def wilson(hits: int, count: int) -> tuple[float, float]:
    """95 % score interval of a share (Wilson 1927)."""
    if count == 0:
        return 0.0, 1.0
    z, p = 1.96, hits / count
    middle = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def table(clean: list[dict], rows: list[dict], severities: list[float], kinds: list[str]) -> str:
    head = "".join(f" | recall at {s:g} (95 %)" for s in severities)
    lines = [f"| fault{head} | found by |", "|---" * (len(severities) + 2) + "|"]
    below = []
    for kind in kinds:
        cells, by = [], set()
        for severity in severities:
            mine = [r for r in rows if r["fault"] == kind and r["severity"] == severity]
            hits = sum(r["found"] for r in mine)
            low, high = wilson(hits, len(mine))
            cells.append(f"{hits / max(1, len(mine)):.3f} ({low:.2f}-{high:.2f})")
            by |= {check for r in mine for check in r["by"]}
            if severity == 0.5 and hits < 0.95 * len(mine):
                below.append(f"{kind} {hits}/{len(mine)}")
        lines.append(f"| {kind} | " + " | ".join(cells) + f" | {', '.join(sorted(by))} |")
    lines += ["", "| check | false positives on clean (95 %) |", "|---|---|"]
    for check in all_checks():
        hits = sum(any(f["check"] == check.name for f in row["findings"]) for row in clean)
        low, high = wilson(hits, len(clean))
        lines.append(f"| {check.name} | {hits}/{len(clean)} = {hits / len(clean):.3f} ({low:.3f}-{high:.3f}) |")
    lines += ["", "Below 0.95 at 0.5: " + (", ".join(below) or "none")]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    common.start(main)
