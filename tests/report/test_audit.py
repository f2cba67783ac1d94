"""The audit refuses what must not be published, whatever it is called."""

from __future__ import annotations

import base64
import gzip
import json
import pickle
import time
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
     "at /mnt/disk1/ep", "AKIAABCDEFGHIJKLMNOP", "/srv/data/x", "/data1/x", "/nvme0/ep", "/Volumes/Disk/x", "D:\\data\\rec",
     "\\\\server\\share", "~/recordings/ep1", "~bob/rec", "hdfs://nn/x", "ssh://bob/x", "https://user:pw@host/x",
     "ghp_abcdefghijklmnopqrst", "sk-ant-api03-abcdefghijkl", "glpat-abcdefghijklmnop", "password: hunter2",
     "wandb_api_key=0123456789abcdef", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0"],
)  # fmt: skip
def test_private_things_in_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "README.md").write_text(f"# Model\n\n{text}\n")
    (finding,) = audit(tmp_path)
    assert finding.place == "line 3"


def test_annotations_in_json(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"x": [{"caption": "The person takes a cup."}]}))
    (finding,) = audit(tmp_path)
    assert finding.place == "x[0].caption"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", '{"step": 1}\n{"Caption": "She takes a cup."}\n'), ("a.csv", "frame,caption\n1,She takes a cup\n"),
        ("a.yaml", "- caption: She takes a cup\n"), ("a.json", r'{"x": "\/home\/anna\/x"}'),
        ("a.json", r'{"x": "\u002fhome\u002fanna\u002fx"}'), ("a.html", '<img src="DATA:image/jpg;base64,AAAA">'),
        ("a.html", '<a href="data:application/octet-stream;base64,AAAA">'),
        ("a.md", base64.b64encode(b"\x00\x00\x00\x18ftypisom" + bytes(600)).decode()), ("a.txt", "SQLite format 3\0"),
    ],
)  # fmt: skip
def test_what_hides_in_text(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert [finding.file for finding in audit(tmp_path)] == [name]


def test_what_hides_in_weights(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    file = tmp_path / "w.safetensors"
    save_file({"trunk.weight": np.zeros((2, 3), np.float32)}, str(file))
    assert audit(tmp_path) == []
    file.write_bytes(file.read_bytes() + b"behind")
    assert [finding.reason for finding in audit(tmp_path)] == ["something behind the weights"]
    save_file({"frames": np.zeros((2, 8, 8, 3), np.uint8)}, str(file))
    assert [finding.reason for finding in audit(tmp_path)] == ["bytes among the weights"]
    save_file({"/home/anna/rec1": np.zeros(3, np.float32)}, str(file))
    assert "path of a machine" in audit(tmp_path)[0].reason


def test_what_hides_in_a_picture(tmp_path: Path) -> None:
    from PIL import Image, PngImagePlugin

    file = tmp_path / "a.png"
    Image.new("RGB", (4, 4)).save(file)
    assert audit(tmp_path) == []
    file.write_bytes(file.read_bytes() + b"\x00\x00\x00\x18ftypisom")
    assert [finding.reason for finding in audit(tmp_path)] == ["something behind the picture"]
    said = PngImagePlugin.PngInfo()
    said.add_text("source", "/home/anna/rec1")
    Image.new("RGB", (4, 4)).save(file, pnginfo=said)
    assert "path of a machine" in audit(tmp_path)[0].reason


@pytest.mark.parametrize(
    "text", ["." * 2_000_000, "a." * 1_000_000, "/" * 2_000_000, "\\" * 2_000_000, "~a" * 1_000_000]
)
def test_no_text_takes_long(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.md").write_text(text)
    begun = time.process_time()
    audit(tmp_path)
    assert time.process_time() - begun < 5


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
