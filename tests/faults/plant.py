"""Plants the faults of this folder one at a time in a copy of the project and runs the test that must fail.

    make faults                                    all of them
    python tests/faults/plant.py --only alignment  those whose name or file holds the word

A list stands in a TOML file for each package, an entry a fault:

    [[fault]]
    name = "teacher average inverted"           unique, in words
    file = "pretrain/learner.py"                below src/xperience
    pattern = "lerp_(theirs, mine, 1 - keep)"   text that stands there exactly once
    replacement = "lerp_(theirs, mine, keep)"
    test = "tests/pretrain/test_numerics.py::test_teacher_moves_by_the_share"
    hangs = true                                only where the test shows the fault by not ending

The run fails where a test does not pass (or is skipped) without a fault, where a pattern no longer applies exactly once,
where the planted file does not compile, and where a fault is not caught. A fault is caught when its test fails; a test
that runs into the time limit counts only where the entry says so.

Each test runs in a process forked from this one, which has imported the large libraries but nothing of the project, so
that a fault costs its test and no start of torch.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

LIMIT_S = 90.0
"""Of one test; the slowest on the lists takes about ten seconds."""

ROOT = Path(__file__).resolve().parents[2]
LISTS = Path(__file__).resolve().parent
LIBRARIES = ("numpy", "scipy.interpolate", "scipy.ndimage", "h5py", "pytest", "torch", "torch.optim", "torch.utils.tensorboard", "pydantic", "av",
             "sklearn.linear_model", "sklearn.metrics", "duckdb", "pyarrow.parquet")  # fmt: skip
PASSED, FAILED, SKIPPED, BROKEN = 0, 10, 11, 12


@dataclass(frozen=True)
class Fault:
    """See the module."""

    name: str
    file: str
    pattern: str
    replacement: str
    test: str
    hangs: bool = False


@dataclass(frozen=True)
class Verdict:
    """Attributes: what: "caught", or what is wrong. good: whether that is as it must be."""

    fault: Fault
    what: str
    good: bool
    seconds: float


def load(folder: Path = LISTS) -> list[Fault]:
    """All faults of the lists.

    Raises:
        ValueError: a name that is there twice, or an entry that changes nothing.
    """
    found = [
        Fault(**entry)
        for path in sorted(folder.glob("*.toml"))
        for entry in tomllib.loads(path.read_text("utf-8"))["fault"]
    ]
    names = [fault.name for fault in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"named twice: {', '.join(twice)}")
    idle = [fault.name for fault in found if fault.pattern == fault.replacement]
    if idle:
        raise ValueError(f"change nothing: {', '.join(idle)}")
    return found


def planted(text: str, fault: Fault) -> str:
    """The file's text with the fault in it.

    Raises:
        ValueError: the pattern does not stand there exactly once, or the result is no Python.
    """
    count = text.count(fault.pattern)
    if count != 1:
        raise ValueError(f"pattern stands {count} times in {fault.file}")
    changed = text.replace(fault.pattern, fault.replacement)
    try:
        compile(changed, fault.file, "exec")
    except SyntaxError as error:
        raise ValueError(f"does not compile: {error}") from error
    return changed


def copy(into: Path) -> Path:
    """A copy of what the tests need, beside a link to the folder beside the project."""
    tree = into / "tree"
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("src", "tests", "benchmarks", "docs"):
        shutil.copytree(ROOT / name, tree / name, ignore=ignore)
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy2(path, tree / path.name)
    beside = ROOT.parent / "shared"
    if beside.exists():
        (into / "shared").symlink_to(beside)
    return tree


def start(tree: Path, tests: list[str]) -> int:
    """Process id of a child, leader of a group of its own, that runs some tests of a copy and ends with their verdict."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpgid(pid, pid)
        return pid
    code = BROKEN
    try:
        os.setpgid(0, 0)
        code = _run(tree, tests)
    finally:
        os._exit(code)


def _run(tree: Path, tests: list[str]) -> int:
    import pytest
    import torch

    log = os.open(tree.parent / "log.txt", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.chdir(tree)
    os.environ["PYTHONPATH"] = str(tree / "src")
    os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(dir=tree.parent)
    sys.path.insert(0, str(tree / "src"))
    torch.set_num_threads(1)
    seen = _Seen()
    code = pytest.main(
        ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:timeout", f"--rootdir={tree}", *tests],
        [seen],
    )
    if code == pytest.ExitCode.TESTS_FAILED:
        return FAILED
    if code != pytest.ExitCode.OK:
        return BROKEN
    return PASSED if seen.passed else SKIPPED


class _Seen:
    """Counts tests that ran to their end."""

    passed = 0

    def pytest_runtest_logreport(self, report: object) -> None:
        self.passed += getattr(report, "when", "") == "call" and getattr(report, "outcome", "") == "passed"

    def pytest_configure(self, config: object) -> None:
        config.addinivalue_line("markers", "timeout: of a plugin that is not loaded here")  # type: ignore[attr-defined]


def stop(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


class Bench:
    """A copy in which one thing runs at a time."""

    def __init__(self, into: Path) -> None:
        self.tree = copy(into)
        self.pid, self.since, self.seconds = 0, 0.0, 0.0
        self.code: int | None = None

    def begin(self, tests: list[str]) -> None:
        for path in self.tree.parent.glob("tmp*"):
            shutil.rmtree(path, ignore_errors=True)
        self.pid, self.since = start(self.tree, tests), time.perf_counter()

    @contextlib.contextmanager
    def with_fault(self, fault: Fault) -> Iterator[None]:
        path = self.tree / "src" / "xperience" / fault.file
        text = path.read_text("utf-8")
        path.write_text(planted(text, fault), "utf-8")
        try:
            yield
        finally:
            path.write_text(text, "utf-8")

    def log(self) -> str:
        path = self.tree.parent / "log.txt"
        return path.read_text("utf-8", "replace")[-3000:] if path.exists() else ""


def each(benches: list[Bench], jobs: list[Callable[[Bench], Iterator[float]]]) -> None:
    """Runs jobs, one a copy at a time. A job starts a child of its bench and yields its limit in seconds; it is resumed when
    the child has ended or was killed, and finds its exit code in `bench.code`, None where it was killed."""
    waiting, running = list(reversed(jobs)), {}
    while waiting or running:
        for bench in benches:
            if bench in running:
                job, limit = running[bench]
                done, status = os.waitpid(bench.pid, os.WNOHANG)
                late = time.perf_counter() - bench.since > limit
                if not done and not late:
                    continue
                stop(bench.pid)
                if not done:
                    os.waitpid(bench.pid, 0)
                bench.code = os.waitstatus_to_exitcode(status) if done else None
                bench.seconds = time.perf_counter() - bench.since
                del running[bench]
                with contextlib.suppress(StopIteration):
                    running[bench] = (job, next(job))
            if bench not in running and waiting:
                job = waiting.pop()(bench)
                with contextlib.suppress(StopIteration):
                    running[bench] = (job, next(job))
        time.sleep(0.01)


def try_fault(fault: Fault, verdicts: list[Verdict]) -> Callable[[Bench], Iterator[float]]:
    def job(bench: Bench) -> Iterator[float]:
        try:
            with bench.with_fault(fault):
                bench.begin([fault.test])
                yield LIMIT_S
        except ValueError as error:
            verdicts.append(Verdict(fault, str(error), False, 0.0))
            say(verdicts[-1])
            return
        what, good = {
            FAILED: ("caught", not fault.hangs),
            PASSED: ("NOT CAUGHT", False),
            SKIPPED: ("test was skipped", False),
            None: ("hung", fault.hangs),
        }.get(bench.code, (f"test did not run (exit code {bench.code})\n{bench.log()}", False))
        verdicts.append(Verdict(fault, what, good, bench.seconds))
        say(verdicts[-1])

    return job


def try_plain(tests: list[str], wrong: list[str]) -> Callable[[Bench], Iterator[float]]:
    """Tests of one file, each of which must pass as things are."""

    def job(bench: Bench) -> Iterator[float]:
        bench.begin(tests)
        yield LIMIT_S * 4
        if bench.code != PASSED:
            wrong.append(f"{tests[0].split('::')[0]}: not all pass without a fault\n{bench.log()}")
            print(wrong[-1], flush=True)

    return job


def say(verdict: Verdict) -> None:
    mark = "ok  " if verdict.good else "FAIL"
    print(f"{mark} {verdict.seconds:5.1f} s  {verdict.fault.file}: {verdict.fault.name}: {verdict.what}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", help="part of a name or file")
    parser.add_argument("--jobs", type=int, default=2, help="copies to work in (default: 2)")
    options = parser.parse_args()
    faults = [f for f in load() if options.only in f.name or options.only in f.file]
    begin = time.perf_counter()
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    for name in LIBRARIES:
        importlib.import_module(name)
    assert not any(name.split(".")[0] == "xperience" for name in sys.modules), (
        "the copy must be imported, not this tree"
    )

    verdicts: list[Verdict] = []
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="faults") as folder:
        benches = []
        for number in range(options.jobs):
            place = Path(folder) / str(number)
            place.mkdir()
            benches.append(Bench(place))
        by_file: dict[str, list[str]] = {}
        for fault in faults:
            tests = by_file.setdefault(fault.test.split("::")[0], [])
            if fault.test not in tests:
                tests.append(fault.test)
        each(benches, [try_plain(tests, wrong) for tests in by_file.values()])
        print(
            f"{sum(map(len, by_file.values()))} tests without a fault: {time.perf_counter() - begin:.0f} s", flush=True
        )
        each(benches, [try_fault(fault, verdicts) for fault in sorted(faults, key=lambda f: (f.test, f.name))])
    bad = [verdict for verdict in verdicts if not verdict.good]
    print(f"{len(verdicts) - len(bad)} of {len(faults)} faults caught, {time.perf_counter() - begin:.0f} s")
    return 1 if bad or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
