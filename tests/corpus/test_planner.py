"""The planner: figures that follow from stated facts, overrides, measurement, errors and the command."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from xperience.cli import app, load
from xperience.corpus.planner import Request, corpora, measure, plan
from xperience.corpus.planner.assumptions import DEFAULTS, Assumptions, parse_settings
from xperience.corpus.planner.ranges import matching
from xperience.corpus.planner.recipes import RECIPES
from xperience.corpus.planner.render import bytes_text, render
from xperience.corpus.planner.training import Training, shipped
from xperience.corpus.row import EpisodeRow, episode_table
from xperience.errors import FormatError, UsageError


@pytest.fixture(scope="module")
def command() -> CliRunner:
    if not any(c.name == "plan" for c in app.registered_commands):
        load(app)
    return CliRunner()


def test_the_hosted_corpus_is_that_of_the_audit(real: Path) -> None:
    audit = json.loads((real / "xperience_128" / "full_dataset_metadata_audit.json").read_text())
    summary = audit["summary"]
    assert corpora.HOSTED.episodes == summary["episode_like_folder_count"]
    assert corpora.HOSTED.bytes == summary["total_bytes_from_file_metadata"]
    assert corpora.HOSTED.training_bytes == summary["training_bytes_excluding_visualization_rrd"]
    assert audit["annotation_file_size_summary"]["mean_bytes"] == corpora.HOSTED_ANNOTATION_BYTES
    assert corpora.HOSTED.largest_bytes == audit["episode_size_summary"]["max_bytes"]
    assert 900 < corpora.HOSTED.seconds / 3600 < 950  # 275.8 s a recording; median files hold about 290 s


def test_storage_adds_up_and_scales_with_the_number_of_episodes() -> None:
    whole, part = plan(Request()), plan(Request(episodes="128"))
    assert whole.line("raw").value == 27_083_292_060_675
    for key in ("raw", "derived", "cache"):
        assert part.line(key).value == pytest.approx(whole.line(key).value * 128 / 12_103)
    assert part.line("checkpoints").value == whole.line("checkpoints").value
    parts = sum(whole.line(key).value for key in ("raw", "derived", "cache", "checkpoints"))
    assert whole.line("total").value == pytest.approx(parts)
    extra = parts - whole.line("raw").value
    assert whole.line("extra_over_raw").value == pytest.approx(extra / whole.line("raw").value)


BY_HAND = Training(
    "by hand", params=1_000_000, trunk=600_000, layered=700_000, heads=100_000, frozen=0, tokens=100, window_s=2.0,
    width=10, layers=4, passes=5.0, views=3.0, probed=2, batch=64, accumulate=2, replicas=2, product_bytes=2.0,
    recompute=True, steps=1000, minutes=0.0,
)  # fmt: skip


def test_days_are_operations_over_what_the_gpus_do() -> None:
    given = {"encoder_share": 0.25, "mfu": 0.5, "gpu_flops": 1e9}
    result = plan(Request(size="x", gpus=10, sizes={"x": BY_HAND}, settings=given))
    one = 5 * (2 * 600_000 * 100 + 4 * 10 * 100 * 100 / 2 * 4)  # passes of matrices and of attention
    days = 64_000 * one * 1.25 / (1e9 * 0.5) / 86_400
    assert result.line("windows").value == pytest.approx(64_000)
    assert result.line("tokens").value == pytest.approx(6_400_000)
    assert result.line("gpu_days").value == pytest.approx(days)
    assert result.line("wall_days").value == pytest.approx(days / 10)
    assert result.line("tokens_per_param").value == pytest.approx(6.4)
    assert result.line("step_s").value == pytest.approx(days / 10 * 86_400 / 1000)
    epochs = next(a for a in result.assumptions if a.name == "epochs")
    assert epochs.origin == "derived" and epochs.value == pytest.approx(128_000 / corpora.HOSTED.seconds)
    twice = plan(Request(size="x", gpus=10, sizes={"x": BY_HAND}, settings=given | {"epochs": 2 * epochs.value}))
    assert twice.line("gpu_days").value == pytest.approx(2 * days)


def test_memory_by_hand() -> None:
    """64 samples on 4 ranks in two parts are 8 at a time; two replicas of two shards."""
    need = BY_HAND.memory(4)
    assert (need.weights, need.gradients, need.moments) == (4e6, 2e6, 4e6)  # 8, 4 and 8 bytes of half the parameters
    one = 34 * 100 * 10 * 8  # bytes that a layer keeps
    assert need.activations == 4 * 100 * 10 * 8 * 4 * 3 + one
    assert need.probes == 4 * 300_000 * 2
    assert need.whole == 4 * (2 * 200_000 + 100_000) + 8 * 300_000 + 2 * 700_000
    assert need.total == sum((need.weights, need.gradients, need.moments, need.activations, need.probes, need.whole))
    assert BY_HAND.memory(1).whole == 0
    kept = replace(BY_HAND, recompute=False, product_bytes=4.0).memory(4).activations
    assert kept == 2 * one * 4 * 3


def test_a_run_of_minutes_takes_them() -> None:
    run, a = replace(BY_HAND, steps=0, minutes=30.0), Assumptions()
    assert run.days(run.windows(3, a), 3, a) == pytest.approx(30 / 1440)


def test_cores_follow_from_the_decoding_rate_and_hold_the_gpus_up() -> None:
    slow = plan(Request(settings={"decode_training_mpx": 10.0, "cores_per_gpu": 4.0}))
    fast = plan(Request(settings={"decode_training_mpx": 1000.0, "depth_decode_mb_s": 1e5, "cores_per_gpu": 4.0}))
    recorded = slow.line("recorded_s_per_gpu_s").value
    depth = 256 * 256 * 5 * 20 / 1e6 / 300
    video = (4 * 256 * 301 + 2 * 256 * 256) * 20 / 1e6 / 10
    assert slow.line("cores_per_gpu").value == pytest.approx(recorded * (video + depth))
    busy = slow.line("gpu_busy").value
    assert busy == pytest.approx(4 / slow.line("cores_per_gpu").value)
    assert slow.line("wall_days_fed").value == pytest.approx(slow.line("wall_days").value / busy)
    assert fast.line("gpu_busy").value == 1
    assert any("decoding needs" in text for text in slow.warnings)
    assert not any("decoding needs" in text for text in fast.warnings)


def test_a_recipe_without_pictures_decodes_none() -> None:
    sensors = plan(Request(recipe="sensors"))
    assert sensors.line("cores_per_gpu").value == 0
    assert sensors.line("prepare_core_days").value == 0
    assert sensors.line("gpu_busy").value == 1
    order = [RECIPES[name].bytes_per_s(Assumptions()) for name in ("sensors", "small", "standard", "native")]
    assert order == sorted(order)


def test_every_assumption_matters_and_says_where_it_comes_from() -> None:
    base = plan(Request(size="micro", gpus=64))
    for assumption in DEFAULTS:
        assert assumption.source and assumption.meaning and assumption.unit
        if assumption.name == "gpu_memory_gb":  # a limit: speaks in the warnings
            continue
        changed = plan(Request(size="micro", gpus=64, settings={assumption.name: assumption.value * 0.25}))
        assert changed.sections != base.sections, assumption.name
        entry = next(a for a in changed.assumptions if a.name == assumption.name)
        assert entry.origin == "given"


def test_what_does_not_fit_is_said() -> None:
    assert any("training takes" in text for text in plan(Request(size="7b", gpus=4)).warnings)
    assert not any("training takes" in text for text in plan(Request(size="1b", gpus=64)).warnings)
    assert any("far more than is of use" in text for text in plan(Request(episodes="12")).warnings)
    assert not any("far more" in text for text in plan(Request()).warnings)


def test_all_sizes_stand_side_by_side() -> None:
    result = plan(Request(size="3b", gpus=2))
    assert [other.name for other in result.sizes] == list(shipped())
    own = next(other for other in result.sizes if other.name == "3b")
    assert own.gpu_days == pytest.approx(result.line("gpu_days").value)
    assert own.wall_days_fed == pytest.approx(result.line("wall_days_fed").value)
    longest = [other.gpu_days for other in result.sizes if other.name != "nano"]  # which lasts minutes, not steps
    assert longest == sorted(longest)
    assert [other.name for other in plan(Request(gpus=64)).sizes if not other.fits] == ["3b", "7b"]


def test_published_ranges_stand_beside_the_plan() -> None:
    assert [row.gpus for row in matching(1e9)] == [(8, 32), (32, 128)]
    assert [row.gpus for row in matching(0.3e9)] == [(8, 32)]
    assert matching(1e6) == []
    result = plan(Request(gpus=64))
    assert any("above the 8 to 32" in text for text in result.compared)
    assert any("within the 32 to 128" in text for text in result.compared)
    assert any("1.5 to 3 x" in text for text in result.compared)


@pytest.mark.parametrize(
    ("request_", "field", "word"),
    [
        (Request(size="1bb"), "--size", "did you mean 1b?"),
        (Request(recipe="standart"), "--recipe", "did you mean standard?"),
        (Request(settings={"mfuu": 0.4}), "--set", "did you mean mfu?"),
        (Request(settings={"mfu": 1.4}), "--set mfu", "to 1 share"),
        (Request(settings={"mfu": float("nan")}), "--set mfu", "to 1 share"),
        (Request(settings={"gpu_flops": 0.0}), "--set gpu_flops", "FLOP/s"),
        (Request(gpus=0), "--gpus", "1 to 1,000,000"),
        (Request(episodes="0"), "--episodes", "a count from 1"),
        (Request(episodes="-5"), "--episodes", "a count from 1"),
        (Request(episodes="many"), "--episodes", "a count from 1"),
        (Request(episodes="9" * 5000), "--episodes", "a count from 1"),
        (Request(episodes="²"), "--episodes", "a count from 1"),
    ],
)
def test_what_cannot_be_meant_is_refused(request_: Request, field: str, word: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan(request_)
    assert caught.value.field == field
    assert word in str(caught.value)


def test_settings_are_names_and_numbers() -> None:
    assert parse_settings(["mfu=0.4", " epochs = 3"]) == {"mfu": 0.4, "epochs": 3.0}
    for text in ("mfu", "mfu=fast", "=", "mfu="):
        with pytest.raises(UsageError, match="NAME=NUMBER"):
            parse_settings([text])


def _row(bytes: int | None, training_bytes: int | None, duration_s: float | None) -> EpisodeRow:
    return EpisodeRow("s__ep1", "s", bytes=bytes, training_bytes=training_bytes, duration_s=duration_s)


@pytest.mark.parametrize(
    ("rows", "seconds", "training", "notes"),
    [
        ([_row(120, 100, 10.0), _row(200, 200, 30.0)], 40.0, 300.0, 0),
        ([_row(120, 100, 10.0), _row(200, 200, None)], 20.0, 300.0, 1),
        ([_row(120, 100, 10.0), _row(None, None, 20.0)], 30.0, 200.0, 1),
        ([_row(None, 8_115_000, None)], 1.0, 8_115_000.0, 1),
    ],
)
def test_a_catalogue_gives_its_own_sizes(rows: list[EpisodeRow], seconds: float, training: float, notes: int) -> None:
    corpus = corpora.from_rows(rows, Path("atlas"))
    assert corpus.episodes == len(rows)
    assert corpus.seconds == pytest.approx(seconds, rel=1e-2)
    assert corpus.training_bytes == pytest.approx(training)
    assert len(corpus.notes) == notes


def test_a_catalogue_without_sizes_is_refused() -> None:
    with pytest.raises(FormatError, match="without sizes"):
        corpora.from_rows([_row(None, None, 3.0)], Path("atlas"))


def test_rates_are_measured_here_and_what_is_given_stays(tmp_path: Path) -> None:
    result = plan(Request(recipe="small", measure_in=tmp_path, settings={"decode_stereo_fps": 321.0}))
    entries = {a.name: a for a in result.assumptions}
    for name in ("decode_fisheye_fps", "decode_training_mpx", "encode_training_mpx", "read_mb_s"):
        assert entries[name].origin == "measured", name
        assert entries[name].value > 0
    assert entries["decode_stereo_fps"].value == 321
    assert entries["decode_stereo_fps"].origin == "given"
    assert list(tmp_path.iterdir()) == []


def test_the_measured_video_is_of_the_asked_size_and_rate() -> None:
    import io

    import av

    frames = measure.pictures(256, 256)
    assert frames.shape == (measure.PICTURES, 256, 256, 3)
    video, fps = measure.encode(frames, 0.5)
    assert fps > 0
    with av.open(io.BytesIO(video)) as container:
        decoded = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(decoded) == measure.PICTURES
    assert np.abs(decoded[3].astype(int) - frames[3]).mean() < 40  # that scene, not another
    bits = len(video) * 8 / frames[..., 0].size
    assert 0.15 < bits < 1.5


def test_text_shows_each_assumption_and_each_formula() -> None:
    result = plan(Request(settings={"mfu": 0.41}))
    text = render(result)
    for assumption in DEFAULTS:
        assert assumption.name in text
    for lines in result.sections.values():
        for line in lines:
            assert line.key in text and line.formula
    assert "*mfu" in text
    assert max(len(row) for row in text.splitlines()) <= 160
    assert bytes_text(0) == "0 B" and bytes_text(2**40) == "1.00 TiB" and bytes_text(1e40).endswith("ZiB")


def test_the_command_prints_json_with_stable_keys(command: CliRunner) -> None:
    result = command.invoke(
        app, ["plan", "--episodes", "128", "--size", "0.3b", "--gpus", "8", "--no-measure", "--json"]
    )
    assert result.exit_code == 0, result.output
    data = json.loads(result.output)
    assert data["schema"] == "xperience-plan/2"
    assert data["corpus"]["episodes"] == 128
    assert set(data["sections"]) == {"storage", "compute", "decoding", "network"}
    assert all(a["origin"] == "default" for a in data["assumptions"] if a["name"] != "epochs")


NAMES = ("nano", "micro", "0.3b", "1b", "3b", "7b")


def test_sizes_grow_in_the_order_of_their_names() -> None:
    assert tuple(shipped()) == NAMES
    params = [one.params for one in shipped().values()]
    assert params == sorted(params)


@pytest.mark.parametrize("name", NAMES)
def test_the_table_is_what_the_model_says(name: str) -> None:
    """Where this fails, the model or a config changed: run `python -m xperience.pretrain.plan_table`."""
    pytest.importorskip("torch")
    from xperience.pretrain.plan_table import row

    assert asdict(shipped()[name]) == row(name)


@pytest.mark.parametrize("epochs", [None, 20.0])
@pytest.mark.parametrize("name", ["nano", "1b", "7b"])
def test_plan_and_pretrain_say_the_same(name: str, epochs: float | None, command: CliRunner) -> None:
    """For the same windows and GPUs: parameters, tokens, memory and days, as both print them."""
    pytest.importorskip("torch")
    arguments = ["plan", "--size", name, "--gpus", "64", "--no-measure", "--json"]
    said = command.invoke(app, [*arguments, *(["--set", f"epochs={epochs}"] if epochs else [])])
    data = json.loads(said.output)
    found = {line["key"]: line["value"] for lines in data["sections"].values() for line in lines}
    steps = [f"run.steps={round(found['windows'] / data['size']['batch'])}", "run.minutes=0"] if epochs else []
    text = command.invoke(app, ["pretrain", name, "--plan", "--gpus", "64", *(w for s in steps for w in ("--set", s))])
    assert text.exit_code == 0, text.output

    def number(pattern: str) -> float:
        match = re.search(pattern, text.output)
        assert match is not None, text.output
        return float(match[1].replace(",", ""))

    unit = {"min": 1 / 1440, "h": 1 / 24, "days": 1.0}
    match = re.search(r"time: ([\d.,]+) (min|h|days) for ([\d,]+) windows", text.output)
    assert match is not None, text.output
    days = float(match[1].replace(",", "")) * unit[match[2]]
    rounding = 0.05 / float(match[1].replace(",", ""))
    assert number(r": ([\d,]+) parameters") == data["size"]["params"]
    assert number(r"s: ([\d,]+);") == data["size"]["tokens"]
    assert number(r"; ([\d.e+]+) in the run") == pytest.approx(found["tokens"], rel=1e-3)
    assert number(r"GPUs: ([\d.]+) GB") == pytest.approx(found["memory_per_gpu"], rel=0.01, abs=0.05)
    assert days == pytest.approx(found["wall_days"], rel=0.01 + rounding)


def test_the_command_reads_a_catalogue(command: CliRunner, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [EpisodeRow(f"s__ep{k}", "s", bytes=2_000_000 + k, duration_s=100.0 + k) for k in range(20)]
    pq.write_table(episode_table(rows), tmp_path / "episodes.parquet")
    pq.write_table(pa.table({"episode_id": pa.array([], pa.string())}), tmp_path / "files.parquet")
    own = command.invoke(app, ["plan", "--catalog", str(tmp_path), "--no-measure", "--json"])
    assert own.exit_code == 0, own.output
    corpus = json.loads(own.output)["corpus"]
    assert corpus["episodes"] == 20 and corpus["seconds"] == pytest.approx(2190)
    assert corpus["training_bytes"] == pytest.approx(40_000_190)
    half = plan(Request(catalogue=tmp_path, episodes="10"))
    assert half.corpus.seconds == pytest.approx(1095)
    assert any("more than the 20" in text for text in plan(Request(catalogue=tmp_path, episodes="30")).warnings)
    with pytest.raises(UsageError, match="full design"):
        plan(Request(catalogue=tmp_path, episodes="design"))
