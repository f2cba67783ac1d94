"""Where an imported episode came from: `provenance.json` beside annotation.hdf5, and attributes inside it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import xperience
from xperience import storage
from xperience.episode import layout
from xperience.sources.source import Conversion, Recording, Source

PROVENANCE = "provenance.json"
FORMAT = "xperience-import/1"


def file_facts(recording: Recording) -> list[dict[str, Any]]:
    """Role, name, size and SHA-256 of every input file."""
    facts = []
    for role, path in sorted(recording.files.items()):
        with path.open("rb") as file:
            checksum = hashlib.file_digest(file, "sha256").hexdigest()
        facts.append({"role": role, "name": path.name, "bytes": path.stat().st_size, "sha256": checksum})
    return facts


def identity(source: Source, recording: Recording, facts: list[dict[str, Any]]) -> str:
    """Hash of the recipe and the inputs: an episode that carries it need not be made again."""
    return storage.digest(FORMAT, source.name, str(source.version), recording.id, storage.to_json(facts))


def stored_identity(folder: Path) -> str | None:
    """Identity of the episode in `folder`, or None where it is not a whole imported episode."""
    if not (folder / layout.ANNOTATION).is_file():
        return None
    try:
        value = json.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value.get("identity") if isinstance(value, dict) else None


def write(
    folder: Path, source: Source, recording: Recording, facts: list[dict[str, Any]], conversion: Conversion
) -> dict[str, Any]:
    """Writes both records of a converted episode and returns the JSON's content."""
    record: dict[str, Any] = {
        "format": FORMAT,
        "identity": identity(source, recording, facts),
        "episode": recording.id,
        "source": source.name,
        "title": source.title,
        "licence": source.licence,
        "citation": source.citation,
        "converter": {
            "module": type(source).__module__,
            "version": source.version,
            "xperience": xperience.__version__,
        },
        "files": facts,
        "streams": conversion.streams,
        "absent": conversion.absent,
        "left_out": conversion.left_out,
        "conversions": list(conversion.conversions),
        "clock": conversion.clock,
        "details": conversion.details,
    }
    storage.write_json(folder / PROVENANCE, record)
    with h5py.File(folder / layout.ANNOTATION, "r+") as file:
        file.attrs[layout.SOURCE_ATTRIBUTE] = np.bytes_(source.name)
        for key in ("format", "identity", "title", "licence", "citation"):
            file.attrs[f"provenance_{key}"] = record[key]
        for key in ("converter", "files", "conversions"):
            file.attrs[f"provenance_{key}"] = json.dumps(record[key], ensure_ascii=False)
    return record
