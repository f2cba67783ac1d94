"""The whole way on simulated recordings: simulate, inspect, features, benchmark, page, then a small model and its page.

Every step keeps what it finished before, so that a demo that was stopped goes on where it was.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xperience.demo_time import YARDSTICK_S, Forecast, spoken, yardstick
from xperience.errors import UsageError

if TYPE_CHECKING:
    from xperience.benchmark.summary import SplitInfo
    from xperience.report.results import Row

EPISODES, SESSIONS, SEED = 6, 3, 1
"""Three people in their places with two recordings each."""

RATIOS = (2 / 3, 0.0, 1 / 3)
"""Two sessions train, one is the test."""

LEAST_MINUTES, MOST_MINUTES = 0.5, 60.0
PAGE = "report.html"
STEPS = 8
RECIPE = CONFIG = "nano"
WEIGHTS = "weights.safetensors"
SECTIONS = ("forecasts", "retrieval", "shifts", "neighbours")
"""Of the model's page: those that take seconds."""


@dataclass(frozen=True)
class Demo:
    """Where a demo is and how much it records.

    Attributes:
        out: folder for everything. minutes: recorded in all, shared evenly by the episodes.
        workers: processes. show: progress bars and titles. width: of every view, pixels. training: minutes of the model.
    """

    out: Path
    minutes: float = 3.0
    workers: int = 1
    show: bool = True
    width: int = 160
    training: float = 1.2

    @property
    def recordings(self) -> Path:
        return self.out / "recordings"

    @property
    def benchmark(self) -> Path:
        return self.out / "benchmark"

    @property
    def prepared(self) -> Path:
        return self.out / "prepared"

    @property
    def model(self) -> Path:
        return self.out / "run"

    @property
    def evaluation(self) -> Path:
        return self.out / "evaluation"

    def run(self) -> Path:
        """Makes what is missing and returns the page of the model.

        Raises:
            UsageError: an impossible length, or the folder holds a demo of another length.
            MissingError: the simulator's ray caster is not installed.
        """
        if not LEAST_MINUTES <= self.minutes <= MOST_MINUTES:
            raise UsageError(
                "not a possible length",
                field="--minutes",
                found=self.minutes,
                expected=f"{LEAST_MINUTES:g} to {MOST_MINUTES:g}",
            )
        seconds = 60 * self.minutes / EPISODES
        time = Forecast(self.minutes, self.workers, 60 * self.training, yardstick() / YARDSTICK_S)
        self.say(f"About {spoken(time.left())} on this machine; stop it at any time, the same command goes on.")
        self.title(1, f"Simulate {EPISODES} recordings of {seconds:.0f} s in {SESSIONS} sessions", time, "simulate")
        folders = self.simulate(seconds)
        self.title(2, f"Inspect one of them: xperience inspect {folders[0]}", time, "inspect")
        self.inspect(folders[0])
        self.title(3, "Compute the features: 8,546 numbers for every window of one second", time, "features")
        self.features()
        self.title(4, "Benchmark: train on two sessions, test on the third, beside trivial baselines", time, "measure")
        split = self.measure()
        self.title(5, "Write the page of a recording", time, "report")
        self.say(
            str(self.report(next(folder for folder in folders if f"{folder.parent.name}__{folder.name}" in split.test)))
        )
        self.title(6, "Cut the recordings into segments in shards, by the same split", time, "prepare")
        self.prepare(split)
        self.title(7, f"Train the smallest model for {60 * self.training:.0f} s", time, "pretrain")
        self.pretrain()
        self.title(8, "Evaluate it beside linear and MLP heads, and write its page", time, "evaluate")
        page = self.evaluate()
        self.say(f"\nDone in {time.total():.0f} s. Open this page in a browser:")
        return page

    def title(self, step: int, text: str, time: Forecast, name: str) -> None:
        time.begin(name)
        left = f" (about {spoken(time.left())} left)" if step > 1 else ""
        self.say(f"\n[{step}/{STEPS}] {text}{left}")

    def say(self, text: str) -> None:
        if self.show:
            print(text, flush=True)

    def simulate(self, seconds: float) -> list[Path]:
        from xperience.progress import meter
        from xperience.simulate import campaign

        jobs = campaign.plan(campaign.Recipe(seconds, self.width, SEED, SESSIONS), EPISODES)
        with meter("simulate, frames", sum(job.frames for job in jobs), show=self.show) as advance:
            return campaign.run(self.recordings, jobs, self.workers, advance)

    def inspect(self, folder: Path) -> None:
        from xperience.episode import Episode
        from xperience.episode.inspect import describe, render

        with Episode.open(folder) as episode:
            self.say(render(describe(episode)))

    def features(self) -> None:
        from xperience.benchmark.collect import FEATURES
        from xperience.prepare.extraction import extract_all

        extract_all(self.recordings, self.benchmark / FEATURES, workers=self.workers, show=self.show)

    def measure(self) -> SplitInfo:
        """Runs the tasks and returns what was training and what test."""
        from xperience.benchmark.run import run_benchmark
        from xperience.report import results

        summary = run_benchmark(
            self.recordings,
            self.benchmark,
            hold_out="session",
            ratios=RATIOS,
            seed=SEED,
            workers=self.workers,
            show=self.show,
            command=f"xperience benchmark {self.recordings.name} --out {self.benchmark.name} --hold-out session "
            f"--ratios {','.join(f'{ratio:.3g}' for ratio in RATIOS)} --seed {SEED}",
        )
        self.say(_table(results.rows(summary)))
        return summary.split

    def report(self, folder: Path) -> Path:
        from xperience.episode import Episode
        from xperience.report import page

        with Episode.open(folder) as episode:
            return page.build(episode, self.out / PAGE, self.benchmark, show=self.show).resolve()

    def prepare(self, split: SplitInfo) -> None:
        from xperience.prepare import campaign
        from xperience.prepare.intake import items_of
        from xperience.prepare.recipe import load_recipe

        sides = {"train": split.train, "val": split.val, "test": split.test}
        campaign.prepare(
            items_of(self.recordings), sides, load_recipe(RECIPE), self.prepared, workers=self.workers, show=self.show
        )

    def pretrain(self) -> None:
        """Trains, or on from where it was stopped; a finished model is kept."""
        if (self.model / WEIGHTS).is_file():
            return
        from xperience.pretrain.config import load_config
        from xperience.pretrain.run import pretrain

        changes = {"run.minutes": self.training, "run.device": "cpu"}
        if pretrain(load_config(CONFIG, changes), [self.prepared], self.model, self.say).code:
            raise KeyboardInterrupt

    def evaluate(self) -> Path:
        """Evaluates, unless this very model was; features of the benchmark serve the heads."""
        from xperience.benchmark.collect import FEATURES
        from xperience.evaluation.run import EVALUATION, evaluate
        from xperience.report import model_page
        from xperience.storage import digest

        kept = self.evaluation / "heads" / FEATURES
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.symlink_to(Path("..", "..", self.benchmark.name, FEATURES), target_is_directory=True)
        done = self.evaluation / EVALUATION
        if not done.is_file() or json.loads(done.read_text("utf-8"))["weights"] != digest(
            (self.model / WEIGHTS).read_bytes()
        ):
            evaluate(
                self.model,
                self.prepared,
                self.evaluation,
                episodes=self.recordings,
                sections=SECTIONS,
                seed=SEED,
                workers=self.workers,
                show=self.show,
                command=f"xperience evaluate {self.model.name} --data {self.prepared.name} --out {self.evaluation.name} "
                f"--episodes {self.recordings.name} --sections {','.join(SECTIONS)} --seed {SEED}",
            )
        return model_page.build(self.evaluation).resolve()


def _table(rows: list[Row]) -> str:
    lines = [f"{'task':28} {'metric':9} {'score':9} {'best baseline':13} word"]
    lines += [f"{row.task.name:28.28} {row.metric:9.9} {row.score:9.9} {row.baseline:13.13} {row.word}" for row in rows]
    return "\n".join(lines)
