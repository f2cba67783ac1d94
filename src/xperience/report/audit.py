"""May this folder be published? Raw recordings, annotations and private paths may not leave with weights.

Every file is looked at: by name, by its first bytes whatever its name, and, in text, for paths of people's machines,
credentials and long label lists. What is not recognised as publishable is refused.
"""

from __future__ import annotations

import base64
import json
import re
import zipfile
from collections.abc import Iterator
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
    (0, b"GIF8", "GIF picture"),
    (0, b"\x80\x02", "pickle"),
    (0, b"\x80\x04", "pickle"),
    (0, b"\x80\x05", "pickle"),
)
ROOTS = (
    r"home|Users|root|mnt|media|scratch|data\d*|tmp|var|work|workspace|nfs\d*|gpfs\d*|lustre\d*|opt|srv|private|Volumes|run|"
    r"storage\d*|cluster|nvme\d*|ssd\d*|raid\d*|fsx|efs|shared?|projects?"
)
"""Folders at the root of machines that people keep their own things in."""

PRIVATE = (
    (re.compile(rf"(?<![\w./])/(?:{ROOTS})/[\w.\-]+"), "path of a machine"),
    (re.compile(r"\b[A-Za-z]:\\+\w|(?<!\\)\\\\[\w.-]+\\+[\w$]"), "path of a machine"),
    (re.compile(r"(?<![\w~])~(?:[a-z_][\w-]{0,30})?/[A-Za-z.]"), "path of a machine"),
    (re.compile(r"\b(?:s3|gs|az|abfss?|wasbs?|hdfs|file|ssh|sftp|smb|nfs)://[^\s\"']+"), "address of private storage"),
    (re.compile(r"\bhttps?://[^/\s:@\"']{1,64}:[^/\s@\"']{1,64}@"), "credential"),
    (re.compile(
        r"\bhf_[A-Za-z0-9]{20,}|\bAKIA[A-Z0-9]{16}\b|-----BEGIN [A-Z ]{0,30}PRIVATE KEY|\bgh[pousr]_[A-Za-z0-9]{16,}|"
        r"\bgithub_pat_\w{16,}|\bsk-[A-Za-z0-9-]{16,}|\bxox[abprs]-[\w-]{16,}|\bAIza[\w-]{20,}|\bglpat-[\w-]{12,}|"
        r"\beyJ[\w-]{10,}\.[\w-]{4,}"), "credential"),
    (re.compile(r"(?i)(?:password|passwd|secret_access_key|api_key|access_token)[\"']?\s{0,4}[:=]\s{0,4}[\"']?[^\s\"']{6,}"),
     "credential"),
    (re.compile(r"(?<=[\w.+-])@[\w-]{1,63}\.[\w.]{2,64}"), "mail address"),
)  # fmt: skip
"""No pattern goes back over more than a few dozen characters: what is looked at may be made to be slow."""

INSIDE = re.compile(
    r"(?i)data:(?!image/(?:png|svg\+xml)|font/|text/|application/(?:json|font))[\w.+-]{1,40}/[\w.+-]{1,80}"
)
"""An address that holds bytes of a kind that does not belong in a page."""

ENCODED = re.compile(r"[A-Za-z0-9+/]{400,}")
NUMBERS = ("F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", "I64", "I32", "BOOL")
"""Kinds of numbers that weights are made of; pictures and files are bytes."""

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
    if reason := _magic(head):
        return [Finding(name, f"{reason}, whatever its name")]
    if zipfile.is_zipfile(path):
        return [Finding(name, "zip archive, whatever its name")]
    if ending not in ALLOWED:
        return [Finding(name, "of a kind that is not known to be publishable", ending or "no ending")]
    if ending == ".safetensors":
        return _weights(path, name)
    if ending == ".png":
        return _picture(path, name)
    return _text(path, name, ending)


def _weights(path: Path, name: str) -> list[Finding]:
    """Weights carry a header of JSON: its free text is read as text."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        if size > TEXT_LIMIT or size > path.stat().st_size - 8:
            return [Finding(name, "the header of the weights is damaged")]
        header = file.read(size)
    try:
        tensors = json.loads(header)
        notes = tensors.pop("__metadata__", {})
        kinds = {str(tensor["dtype"]) for tensor in tensors.values()}
        end = max([0, *(int(tensor["data_offsets"][1]) for tensor in tensors.values())])
    except (ValueError, AttributeError, KeyError, TypeError, IndexError, RecursionError):
        return [Finding(name, "the header of the weights is damaged")]
    found = [Finding(name, "bytes among the weights", kind) for kind in sorted(kinds.difference(NUMBERS))]
    if 8 + size + end != path.stat().st_size:
        found.append(Finding(name, "something behind the weights"))
    return found + _private("\n".join([json.dumps(notes, ensure_ascii=False), *tensors]), name)


def _picture(path: Path, name: str) -> list[Finding]:
    """A PNG has a signature and pieces (length, kind, data, checksum); its texts are read, and it ends where it says."""
    with path.open("rb") as file:
        if file.read(8) != b"\x89PNG\r\n\x1a\n":
            return [Finding(name, "not the picture that its name says")]
        texts = []
        while len(start := file.read(8)) == 8:
            size, kind = int.from_bytes(start[:4], "big"), start[4:]
            if kind in (b"tEXt", b"iTXt", b"zTXt", b"eXIf") and size <= TEXT_LIMIT:
                texts.append(file.read(size).decode("latin-1"))
                file.seek(4, 1)
            else:
                file.seek(size + 4, 1)
            if kind == b"IEND":
                break
        behind = file.read(1)
    found = [Finding(name, "something behind the picture")] if behind else []
    return found + _private("\n".join(texts), name)


def _text(path: Path, name: str, ending: str) -> list[Finding]:
    if path.stat().st_size > TEXT_LIMIT:
        return [Finding(name, f"text of more than {TEXT_LIMIT >> 20} MB")]
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        return [Finding(name, "not the text that its name says")]
    if "\0" in text:
        return [Finding(name, "not the text that its name says")]
    found = _private(text, name)
    if INSIDE.search(text) or any(_magic(base64.b64decode(one.group()[:400])) for one in ENCODED.finditer(text)):
        found.append(Finding(name, "media inside a page"))
    if ending in (".json", ".jsonl"):
        try:
            lines = text.splitlines()
            value = json.loads(text) if ending == ".json" else [json.loads(line) for line in lines if line.strip()]
        except (ValueError, RecursionError):
            return [*found, Finding(name, "not the JSON that its name says")]
        found += [Finding(name, "annotations of recordings", key) for key in _annotations(value)]
        found += _private("\n".join(_texts(value)), name) if not found else []  # as they read without escapes
    elif ending in (".yaml", ".yml", ".toml", ".csv"):
        found += [Finding(name, "annotations of recordings", key) for key in _columns(text, ending)]
    return found


def _magic(head: bytes) -> str:
    """What a file that begins so is, if it may not be published."""
    return next((reason for offset, magic, reason in MAGIC if head[offset : offset + len(magic)] == magic), "")


def _columns(text: str, ending: str) -> list[str]:
    """Annotations that a table has a column of, or a plain list of keys a value for."""
    lines = text.splitlines()
    keys = (
        re.split(r"[,;\t]", lines[0])
        if ending == ".csv" and lines
        else re.findall(r"(?m)^[ \t-]{0,80}(\w+)[\"']?[ \t]*[:=]", text)
    )
    return sorted({key.strip(" \"'").lower() for key in keys} & set(ANNOTATIONS))


def _texts(value: object) -> Iterator[str]:
    """All keys and texts inside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


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
            if key.lower() in ANNOTATIONS and isinstance(item, (str, list)) and item:
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
