"""Prepared folders that are damaged: said by name when they are opened, before anything is trained."""

from __future__ import annotations

import json
import shutil
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xperience.errors import CorruptError, FormatError, MissingError, XperienceError
from xperience.prepare.shards.layout import BLOCK
from xperience.prepare.shards.reader import Prepared
from xperience.prepare.shards.writer import index_file
from xperience.pretrain.batches import Batches
from xperience.pretrain.config import Data
from xperience.pretrain.corpus import Corpus
from xperience.pretrain.sampling import BatchRecipe, Mix

DEEP = "[" * 200_000
CLOCK = "clock.times.npy"


@pytest.fixture
def folder(prepared_path, tmp_path):
    return Path(shutil.copytree(prepared_path, tmp_path / "copy"))


def opened(folder):
    return Corpus([folder], Data(), 0)


def refused(folder, name, kind=XperienceError):
    with pytest.raises(kind) as error:
        opened(folder)
    assert error.value.file == str(folder / name) and name in str(error.value)
    assert "run the same `xperience prepare` again" in str(error.value)
    return error.value


def as_folder(path):
    path.unlink()
    path.mkdir()


HARM = {
    "missing": (MissingError, Path.unlink),
    "empty": (CorruptError, lambda path: path.write_bytes(b"")),
    "half": (CorruptError, lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])),
    "binary": (CorruptError, lambda path: path.write_bytes(bytes(range(256)))),
    "folder": (CorruptError, as_folder),
}
OTHER = {
    "deep": (CorruptError, lambda path: path.write_text(DEEP)),
    "list": (FormatError, lambda path: path.write_text("[]")),
    "null": (FormatError, lambda path: path.write_text("null")),
    "no key": (FormatError, lambda path: path.write_text("{}")),
}


@pytest.mark.parametrize("harm", [*HARM, *OTHER])
@pytest.mark.parametrize("name", ["prepare.json", "recipe.json", "statistics.json", "episodes.parquet"])
def test_a_damaged_file_is_named(folder, name, harm):
    kind, damage = (HARM | OTHER)[harm]
    damage(folder / name)
    refused(folder, name, kind if name.endswith("json") or harm in HARM else CorruptError)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("prepare.json", "recipe", None), ("prepare.json", "whole", "true"), ("prepare.json", "shards", None),
        ("prepare.json", "shards", ["a"]), ("statistics.json", "streams", []),
        ("recipe.json", "seconds", "2"), ("recipe.json", "seconds", float("nan")), ("recipe.json", "seconds", 0.0),
        ("recipe.json", "seconds", 4.0), ("recipe.json", "seconds", 1.0), ("recipe.json", "seconds", 10**400),
        ("recipe.json", "streams", ["foo"]), ("recipe.json", "streams", "imu"), ("recipe.json", "streams", []),
        ("recipe.json", "streams", [["imu"]]), ("recipe.json", "video", None), ("recipe.json", "video", {"every": 0}),
        ("recipe.json", "depth", {"every": "5"}), ("recipe.json", "points", True), ("recipe.json", "other", 1),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_named(folder, name, field, value):
    values = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps(values | {field: value}))
    assert refused(folder, name, FormatError).field.startswith(field)


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        *((name, None, pa.string()) for name in ("episode_id", "session", "split", "shard")),
        ("frames", None, pa.int32()), ("frames", None, pa.null()), ("frames", "x", pa.string()),
        ("frames", 120.0, pa.float64()), ("frames", -5, pa.int32()), ("frames", 0, pa.int32()),
        ("frames", 2**62, pa.int64()), ("frames", 2**63, pa.uint64()), ("segments", "3", pa.string()),
        ("split", 1, pa.int32()), ("shard", "../../x.tar", pa.string()),
    ],
)  # fmt: skip
def test_a_column_that_cannot_be_is_named(folder, column, value, kind):
    place = folder / "episodes.parquet"
    table = pq.read_table(place)
    values = pa.array([value] * len(table), kind)
    pq.write_table(table.set_column(table.column_names.index(column), column, values), place)
    assert refused(folder, place.name, FormatError).field == column


def test_another_table_is_refused(folder):
    pq.write_table(pa.table({"a": [1]}), folder / "episodes.parquet")
    assert refused(folder, "episodes.parquet", FormatError).found == "no such column"


@pytest.mark.parametrize("whole", [False, True], ids=["frames alone", "frames and segments"])
def test_recordings_as_long_as_can_be_written_cost_nothing(folder, whole):
    place, huge = folder / "episodes.parquet", 2**31 - 1
    table = pq.read_table(place).to_pydict()
    table["frames"] = [huge] * len(table["frames"])
    if whole:
        table["segments"] = [-(-huge // Prepared.open(folder).segment_frames)] * len(table["frames"])
    pq.write_table(pa.table(table), place)
    with pytest.raises((FormatError, MissingError)) as error:
        opened(folder).texts()
    assert str(folder) in error.value.file


def rewrite(folder, name, change):
    """Changes an array of every segment, and its checksums with it."""
    for shard in (folder / "shards").glob("*.tar"):
        table = pq.read_table(index_file(shard))
        rows, data = table.to_pylist(), bytearray(shard.read_bytes())
        for row in rows:
            if row["name"] == name:
                place = slice(row["offset"], row["offset"] + row["size"])
                values = change(np.frombuffer(bytes(data[place]), row["dtype"]).copy())
                data[place] = values.tobytes()
                row["checks"] = [zlib.crc32(values.tobytes()[k : k + BLOCK]) for k in range(0, row["size"], BLOCK)]
        shard.write_bytes(data)
        pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), index_file(shard))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300], ids=str)
@pytest.mark.parametrize("places", [slice(None), slice(0, 1), slice(-1, None)], ids=["all", "first", "last"])
def test_a_clock_that_does_not_go_forward_costs_its_samples_only(folder, value, places):
    def change(clock):
        clock[places] = value
        return clock

    rewrite(folder, CLOCK, change)
    prepared = Prepared.open(folder)
    with pytest.raises(CorruptError, match="clock"):
        prepared.clock(0, 0, 1)
    batch = Batches([prepared], [Mix()], BatchRecipe(streams=("audio", "imu", "pose")), seed=1).batch(np.arange(4))
    assert not batch.weight.any() and sum(batch.problems.values()) == 4
    assert all(CLOCK in name and ".tar" in name for name in batch.problems)
    assert all(not stream.valid.any() for stream in batch.streams.values())


def test_segments_of_another_length_cost_their_samples(folder):
    """The recipe's seconds are a little longer, and no recording has fewer segments for it."""
    recipe = json.loads((folder / "recipe.json").read_text())
    (folder / "recipe.json").write_text(json.dumps(recipe | {"seconds": 2.05}))
    batch = opened(folder).batches.batch(np.arange(4))
    assert not batch.weight.any() and all("another length" in name for name in batch.problems)
