"""The audit refuses what must not be published, whatever it is called."""

from __future__ import annotations

import gzip
import json
import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner

from xperience.cli import app, load
from xperience.errors import MissingError
from xperience.report.audit import audit


def media(path: Path) -> None:
    path.write_bytes(b"\x00\x00\x00\x18ftypisom" + bytes(100))


def annotations(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["x"] = 1


def pickled(path: Path) -> None:
    path.write_bytes(pickle.dumps({"a": 1}))


def packed(path: Path) -> None:
    path.write_bytes(gzip.compress(b"x"))


def array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


@pytest.mark.parametrize("make", [media, annotations, pickled, packed, array])
@pytest.mark.parametrize("name", ["notes.md", "weights.safetensors", "x.json", "deep/er/x.png", "x"])
def test_content_is_looked_at_whatever_the_name(tmp_path: Path, make, name: str) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    make(tmp_path / name)
    assert [finding.file for finding in audit(tmp_path)] == [name]


@pytest.mark.parametrize(
    "name", ["a.mp4", "a.wav", "a.hdf5", "a.tar", "a.pt", "a.parquet", "a.rrd", "a.xyz", "noending"]
)
def test_endings(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("harmless")
    assert audit(tmp_path)


@pytest.mark.parametrize(
    "text",
    ["see /home/anna/data/x", "C:\\Users\\anna", "s3://bucket/key", "hf_abcdefghijklmnopqrstuvwx", "anna@example.org",
     "at /mnt/disk1/ep", "AKIAABCDEFGHIJKLMNOP"],
)  # fmt: skip
def test_private_things_in_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "README.md").write_text(f"# Model\n\n{text}\n")
    (finding,) = audit(tmp_path)
    assert finding.place == "line 3"


def test_annotations_in_json(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"x": [{"caption": "The person takes a cup."}]}))
    (finding,) = audit(tmp_path)
    assert finding.place == "x[0].caption"


def test_links_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.md").symlink_to("/etc/hostname")
    assert audit(tmp_path)[0].reason.startswith("a link")


def test_a_clean_folder_passes(tmp_path: Path) -> None:
    if not app.registered_commands:
        load(app)
    (tmp_path / "README.md").write_text("# Model\n\nSee https://example.org/docs and run a/b/c.\n")
    (tmp_path / "m.json").write_text('{"loss": 1.0, "caption_weight": 2}')
    assert audit(tmp_path) == []
    assert CliRunner().invoke(app, ["audit", str(tmp_path)]).exit_code == 0
    media(tmp_path / "b.md")
    result = CliRunner().invoke(app, ["audit", str(tmp_path), "--out", str(tmp_path / "page.md")])
    assert result.exit_code == 1 and "MP4" in (tmp_path / "page.md").read_text()
    with pytest.raises(MissingError):
        audit(tmp_path / "none")
