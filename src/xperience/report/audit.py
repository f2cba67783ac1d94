"""May this folder be published? Raw recordings, annotations and private paths may not leave with weights.

Every file is looked at: by name, by its first bytes whatever its name, and, in text, for paths of people's machines,
credentials and long label lists. What is not recognised as publishable is refused.
"""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from xperience.errors import MissingError
from xperience.storage import write_text

ALLOWED = (".md", ".json", ".jsonl", ".csv", ".txt", ".toml", ".safetensors", ".png", ".svg", ".html", ".yaml", ".yml")
MEDIA = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".wav", ".flac", ".mp3", ".aac", ".m4a", ".vrs", ".bag", ".mcap")
DATA = (".hdf5", ".h5", ".rrd", ".tar", ".npy", ".npz", ".parquet", ".arrow", ".lance", ".zip", ".gz", ".zst", ".7z")
PICKLE = (".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt", ".distcp", ".joblib")
MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89HDF\r\n\x1a\n", "HDF5 annotations"),
    (4, b"ftyp", "MP4 media"),
    (0, b"\x1aE\xdf\xa3", "Matroska media"),
    (0, b"RIFF", "RIFF media"),
    (0, b"fLaC", "FLAC sound"),
    (0, b"ID3", "MP3 sound"),
    (0, b"\xff\xd8\xff", "JPEG picture (a photograph)"),
    (0, b"PAR1", "Parquet table"),
    (0, b"ARROW1", "Arrow table"),
    (0, b"RRF2", "Rerun recording"),
    (0, b"\x93NUMPY", "array"),
    (0, b"PK\x03\x04", "zip archive"),
    (0, b"\x1f\x8b", "gzip archive"),
    (0, b"\x28\xb5\x2f\xfd", "zstd archive"),
    (257, b"ustar", "tar archive"),
    (0, b"\x80\x02", "pickle"),
    (0, b"\x80\x04", "pickle"),
    (0, b"\x80\x05", "pickle"),
)
PRIVATE = (
    (re.compile(r"(?<![\w./])/(?:home|Users|root|mnt|media|scratch|data|tmp|var|work|workspace|nfs|gpfs|lustre)/[\w.\-]+"),
     "path of a machine"),
    (re.compile(r"[A-Za-z]:\\\\?(?:Users|Documents)"), "path of a machine"),
    (re.compile(r"\b(?:s3|gs|abfs|file)://[^\s\"']+"), "address of private storage"),
    (re.compile(r"\bhf_[A-Za-z0-9]{20,}|\bAKIA[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY"), "credential"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"), "mail address"),
)  # fmt: skip
ANNOTATIONS = ("caption", "captions", "interaction", "descriptions", "full_body_mocap", "hand_mocap", "keypoints")
"""Keys of JSON that hold annotations of recordings where their values are texts or arrays."""

TEXT_LIMIT = 64 * 2**20
"""Bytes of a text file that are read; a longer one is refused."""


@dataclass(frozen=True)
class Finding:
    """Attributes: file: relative. reason: why it may not be published. place: line or key, where known."""

    file: str
    reason: str
    place: str = ""


def audit(folder: Path) -> list[Finding]:
    """What must not be published of a folder; [] where all may be.

    Raises:
        MissingError: there is no such folder.
    """
    if not folder.is_dir():
        raise MissingError("no such folder", file=folder)
    found: list[Finding] = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found.append(Finding(name, "a link: what it points at is not looked at"))
        elif path.is_file():
            found += _file(path, name)
        elif not path.is_dir():
            found.append(Finding(name, "no plain file"))
    return found


def _file(path: Path, name: str) -> list[Finding]:
    ending = path.suffix.lower()
    for endings, reason in ((MEDIA, "raw media"), (DATA, "data or an archive of it"), (PICKLE, "weights as pickle")):
        if ending in endings:
            return [Finding(name, reason)]
    with path.open("rb") as file:
        head = file.read(512)
    for offset, magic, reason in MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return [Finding(name, f"{reason}, whatever its name")]
    if zipfile.is_zipfile(path):
        return [Finding(name, "zip archive, whatever its name")]
    if ending not in ALLOWED:
        return [Finding(name, "of a kind that is not known to be publishable", ending or "no ending")]
    if ending == ".safetensors":
        return _weights(path, name)
    if ending == ".png":
        return [] if head.startswith(b"\x89PNG") else [Finding(name, "not the picture that its name says")]
    return _text(path, name, ending)


def _weights(path: Path, name: str) -> list[Finding]:
    """Weights carry a header of JSON: its free text is read as text."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        if size > TEXT_LIMIT or size > path.stat().st_size - 8:
            return [Finding(name, "the header of the weights is damaged")]
        header = file.read(size)
    try:
        notes = json.loads(header).get("__metadata__", {})
    except (ValueError, AttributeError):
        return [Finding(name, "the header of the weights is damaged")]
    return _private(json.dumps(notes), name)


def _text(path: Path, name: str, ending: str) -> list[Finding]:
    if path.stat().st_size > TEXT_LIMIT:
        return [Finding(name, f"text of more than {TEXT_LIMIT >> 20} MB")]
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        return [Finding(name, "not the text that its name says")]
    found = _private(text, name)
    if "data:video" in text or "data:audio" in text or "data:image/jpeg" in text:
        found.append(Finding(name, "media inside a page"))
    if ending == ".json":
        try:
            found += [Finding(name, "annotations of recordings", key) for key in _annotations(json.loads(text))]
        except (ValueError, RecursionError):
            found.append(Finding(name, "not the JSON that its name says"))
    return found


def _private(text: str, name: str) -> list[Finding]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, reason in PRIVATE:
            match = pattern.search(line)
            if match:
                found.append(Finding(name, f"{reason}: {match.group()[:60]}", f"line {number}"))
    return found[:20]


def _annotations(value: object, above: str = "") -> list[str]:
    if isinstance(value, dict):
        keys = []
        for key, item in value.items():
            place = f"{above}.{key}".strip(".")
            if key in ANNOTATIONS and isinstance(item, (str, list)) and item:
                keys.append(place)
            keys += _annotations(item, place)
        return keys[:20]
    if isinstance(value, list):
        return [key for place, item in enumerate(value) for key in _annotations(item, f"{above}[{place}]")][:20]
    return []


def write_audit(folder: Path, findings: list[Finding], out: Path) -> None:
    """The findings as a page."""
    lines = [
        "# Audit of a release folder",
        "",
        f"`{folder.name}`: " + ("refused." if findings else "may be published."),
    ]
    if findings:
        lines += ["", "| file | why not | place |", "| --- | --- | --- |"]
        lines += [f"| {f.file} | {f.reason} | {f.place} |" for f in findings]
    write_text(out, "\n".join(lines) + "\n")
