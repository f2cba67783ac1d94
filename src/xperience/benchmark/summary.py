"""What a benchmark run found, as data: `summary_report.json` is a `Summary`, written and read here.

    from xperience.benchmark.summary import load_summary
    summary = load_summary("out/summary_report.json")
    for task in summary.tasks.values():
        print(task.name, task.status, task.score, task.interval)

A field that is not known is None (null in the file), never a made-up number. Every score stands beside its trivial
baselines, its interval, its counts and the share of test labels that training never showed.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from xperience.errors import FormatError, MissingError
from xperience.scoring import words
from xperience.storage import write_json

SUMMARY_FILE = "summary_report.json"
VERSION = 1

Status = Literal["measured", "not measurable"]


@dataclass
class Interval:
    """A confidence interval of a score.

    Attributes:
        low, high: bounds; the score lies within them.
        level: share of resamples inside, 0.95.
        method: what was resampled, in words, such as "24 test episodes" or "12 blocks of 100 frames in 1 episode".
        units: how many independent pieces were resampled; below about 5 the interval is a rough guess.
    """

    low: float
    high: float
    level: float
    method: str
    units: int


@dataclass
class Baseline:
    """What a method without learning scores on the same test windows, by the same metric.

    Attributes:
        name: such as "majority", "random", "chance", "train mean", "constant position".
        score: its primary metric.
        metrics: its other metrics, under the same names as the task's.
        note: what it does, in one phrase.
        difference: 95 % interval of the head's score less this score, both resampled together on the same windows;
            None where there is no head's score, or nothing to resample.
    """

    name: str
    score: float
    metrics: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    difference: tuple[float, float] | None = None


@dataclass
class Published:
    """The published numbers of the task's primary metric on the public sample, for comparison only.

    They hold for that one recording and its chronological split, not for other recordings.
    """

    linear: float | None = None
    mlp: float | None = None
    note: str = "published suite, public sample, chronological split"


@dataclass
class Block:
    """One block of the feature contract that a task reads.

    Attributes:
        name: as in the contract, such as "body_joints".
        present_in: in how many of the run's episodes the recording has it; 0 means that the task runs without it.
    """

    name: str
    present_in: int


@dataclass
class Case:
    """One test window to show: what was there and what was predicted.

    Attributes:
        episode: episode id.
        window_index, start_frame, end_frame: the window; end inclusive.
        truth, prediction: in words.
        correct: None where right and wrong are not the question (regression).
        note: such as a confidence, a rank or an error in metres.
        data: small arrays as lists, such as wrist paths in metres: {"truth": [10, 2, 3], "prediction": [10, 2, 3]}.
    """

    episode: str
    window_index: int
    start_frame: int
    end_frame: int
    truth: str
    prediction: str
    correct: bool | None = None
    note: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass
class TaskResult:
    """One task of a run.

    Attributes:
        id, name: as in the published suite, such as "timeline_action", "Action recognition".
        question: the task in plain words.
        input, output: what the head reads and gives, in words.
        blocks: the feature blocks read, with how often they are there.
        head: the model, in words, such as "multinomial logistic regression".
        metric: name of the primary metric, a key of `metrics`.
        unit: "" or a physical unit such as "m".
        higher_is_better: direction of the primary metric.
        status, reason: "not measurable" with the reason, or "measured".
        score: primary metric; None where not measurable.
        interval: of the score.
        metrics: all metrics under their published names.
        baselines: trivial methods; may be there even where the head cannot be measured.
        published: for comparison.
        num_train_windows, num_test_windows, num_train_episodes, num_test_episodes: samples that really were used
            (pairs of windows for the pair tasks).
        num_test_sessions: sessions of the test windows. held_out: whether whole recordings are the test.
        source: where the test recordings come from, such as "simulated"; "" where it is not stated.
        word, scope, word_note: what the score is worth, by `xperience.scoring.words`.
        num_classes: classes in train or test; None for other targets.
        unseen_test_labels: labels of test windows that no training window has.
        unseen_label_share: share of test windows with such a label; None where the target is no label.
        notes: caveats that a reader must see, such as windows that overlap across the split.
        folder: run files, relative to the summary's folder; "" where none were written.
        cases: a few test windows.
        seconds: time to train and score.
    """

    id: str
    name: str
    question: str
    input: str
    output: str
    metric: str
    status: Status
    reason: str = ""
    unit: str = ""
    higher_is_better: bool = True
    score: float | None = None
    interval: Interval | None = None
    metrics: dict[str, Any] = field(default_factory=dict)
    baselines: list[Baseline] = field(default_factory=list)
    published: Published = field(default_factory=Published)
    blocks: list[Block] = field(default_factory=list)
    head: str = ""
    num_train_windows: int = 0
    num_test_windows: int = 0
    num_train_episodes: int = 0
    num_test_episodes: int = 0
    num_test_sessions: int = 0
    held_out: bool = False
    source: str = ""
    word: str = ""
    scope: str = ""
    word_note: str = ""
    num_classes: int | None = None
    unseen_test_labels: list[str] = field(default_factory=list)
    unseen_label_share: float | None = None
    notes: list[str] = field(default_factory=list)
    folder: str = ""
    cases: list[Case] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class SplitInfo:
    """Who trains and who is tested.

    Attributes:
        kind: "chronological" (one recording, first part trains), "from_frame", "episode" or "session" (held out).
        text: in words, for readers.
        train, val, test: episode ids; the same single id in train and test for a split inside one recording.
            `val` is kept aside: the linear heads have no setting to choose.
        shared_sessions: sessions with episodes on both sides (same place and person), 0 with kind "session".
    """

    kind: str
    text: str
    train: list[str]
    val: list[str]
    test: list[str]
    seed: int
    shared_sessions: int = 0
    test_from: int | None = None


@dataclass
class EpisodeInfo:
    """One recording of the run; `missing` names the feature blocks it does not have."""

    id: str
    session: str
    split: str
    num_frames: int
    num_windows: int
    main_task: str = ""
    missing: list[str] = field(default_factory=list)


@dataclass
class FeatureInfo:
    """The features that all tasks read."""

    contract: str
    dim: int
    window_frames: int
    stride_frames: int
    blocks: list[Block] = field(default_factory=list)


@dataclass
class Summary:
    """Everything a benchmark run found; the content of `summary_report.json`."""

    command: str
    source: str
    split: SplitInfo
    features: FeatureInfo
    episodes: list[EpisodeInfo] = field(default_factory=list)
    tasks: dict[str, TaskResult] = field(default_factory=dict)
    set_aside: list[dict[str, str]] = field(default_factory=list)
    """Recordings that could not be read: {"episode", "reason"}."""
    seconds: float = 0.0
    version: int = VERSION


def evidence_of(task: TaskResult) -> words.Evidence:
    """What the word for a result rests on."""
    return words.Evidence(
        score=task.score,
        interval=(task.interval.low, task.interval.high) if task.interval is not None else None,
        higher_is_better=task.higher_is_better,
        trivial=[words.Rival(b.name, b.score, b.difference) for b in task.baselines],
        windows=task.num_test_windows,
        recordings=task.num_test_episodes,
        sessions=task.num_test_sessions,
        held_out=task.held_out,
        reason=task.reason or "not measurable" if task.status != "measured" else "",
        source=task.source,
    )


def write_summary(path: Path | str, summary: Summary) -> None:
    write_json(path, asdict(summary))


def load_summary(path: Path | str) -> Summary:
    """Reads `summary_report.json`, or the one in the folder `path`.

    Raises:
        MissingError: no such file.
        FormatError: not a summary of this version.
    """
    path = Path(path)
    if path.is_dir():
        path = path / SUMMARY_FILE
    if not path.is_file():
        raise MissingError("no benchmark summary", file=path, hint="run `xperience benchmark PATH --out DIR` first")
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if value.get("version") != VERSION:
            raise FormatError(
                "a summary of another version", file=path, field="version", found=value.get("version"), expected=VERSION
            )
        value["split"] = _build(SplitInfo, value["split"])
        value["features"] = _build(FeatureInfo, value["features"], blocks=Block)
        value["episodes"] = [_build(EpisodeInfo, item) for item in value["episodes"]]
        value["tasks"] = {key: task_from_dict(item) for key, item in value["tasks"].items()}
        return _build(Summary, value)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FormatError("not a benchmark summary", file=path, found=error) from error


def task_from_dict(value: dict[str, Any]) -> TaskResult:
    """The inverse of `dataclasses.asdict` for one task."""
    value = dict(value)
    if value.get("interval") is not None:
        value["interval"] = _build(Interval, value["interval"])
    value["published"] = _build(Published, value["published"])
    task: TaskResult = _build(TaskResult, value, baselines=Baseline, blocks=Block, cases=Case)
    for baseline in task.baselines:
        if baseline.difference is not None:
            baseline.difference = (float(baseline.difference[0]), float(baseline.difference[1]))
    return task


def _build(cls: type, value: dict[str, Any], **lists: type) -> Any:
    """A dataclass from a dict; keys that this version does not know are left out."""
    known = {f.name for f in fields(cls)}
    chosen = {key: item for key, item in value.items() if key in known}
    for name, item_cls in lists.items():
        chosen[name] = [_build(item_cls, item) for item in chosen.get(name, [])]
    return cls(**chosen)
