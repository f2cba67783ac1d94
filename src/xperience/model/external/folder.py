"""The folder of an external encoder, as `save_pretrained` writes it: what it holds, and whether it is still the same.

Read are `config.json`, the preprocessor's settings and safetensors; never a pickle, never code, never the network.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from xperience import extras
from xperience.errors import CorruptError, FormatError, MissingError, UsageError, XperienceError
from xperience.model.config import External, ModelConfig
from xperience.model.external import kinds
from xperience.storage import digest, to_json, write_json

CONFIG = "config.json"
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
INPUTS = ("preprocessor_config.json", "video_preprocessor_config.json")
TOLD = (
    "image_mean", "image_std", "do_normalize", "rescale_factor", "size", "crop_size", "do_center_crop",
    "sampling_rate",
)  # fmt: skip
"""Settings of preprocessors that are followed."""

ASIDE = ("architectures", "auto_map", "id2label", "label2id", "torch_dtype", "dtype", "transformers_version")
"""Keys of configs that say nothing about the encoder."""

PLACES = "external.json"
"""Beside a run: where the frozen encoders' folders were. Paths of a machine: not to be published."""

HERE = "external"
"""Beside a run: where folders are looked for first."""


class Chosen(Protocol):
    """What a training config says of an external encoder."""

    @property
    def path(self) -> str: ...
    @property
    def train(self) -> str: ...
    @property
    def pixels(self) -> int: ...


def look(choices: Mapping[str, Chosen]) -> dict[str, External]:
    """What stands in the folders that a training config names, by modality.

    Raises:
        MissingError: `transformers`, a folder or a file of it. CorruptError: it cannot be read. FormatError: it is of
            another form. UsageError: an encoder that is not supported, or numbers that do not fit it.
    """
    found = {}
    for modality, choice in choices.items():
        field = f"model.external.{modality}"
        if not choice.path:
            raise UsageError("no folder given", field=f"{field}.path", hint="name the folder of the encoder's weights")
        found[modality] = read(Path(choice.path).expanduser(), modality, choice.train, choice.pixels)
    return found


def read(folder: Path, modality: str, train: str = "none", pixels: int = 0) -> External:
    """What stands in one folder; see `look`."""
    extras.require("omni", "an external encoder")
    if not folder.is_dir():
        raise MissingError(
            "no such folder of an external encoder",
            file=folder,
            hint="put one there with save_pretrained; nothing is downloaded",
        )
    whole = _json(folder / CONFIG)
    known = kinds(modality)
    name = whole.get("model_type")
    if name not in known:
        raise UsageError(
            f"no encoder of {modality} that is supported", file=folder / CONFIG, field="model_type", found=name,
            expected=", ".join(known),
        )  # fmt: skip
    about = whole.get(known[name].part) if known[name].part else whole
    if not isinstance(about, dict):
        raise FormatError("no config of the encoder", file=folder / CONFIG, field=known[name].part)
    inputs: dict[str, Any] = {}
    for file in INPUTS:
        if (folder / file).is_file():
            inputs |= {key: value for key, value in _json(folder / file).items() if key in TOLD}
    about = {key: value for key, value in about.items() if key not in ASIDE and not key.startswith("_")}
    weights = _weights(folder)
    found = External(name, train, pixels, "", about, inputs, str(folder.resolve()))
    try:
        found = import_module(f"xperience.model.external.{modality}").settled(found)
    except XperienceError:
        raise
    except Exception as error:  # whatever the library says of a config that a person wrote
        raise FormatError("the config makes no encoder", file=folder / CONFIG, found=str(error)[:300]) from error
    return replace(found, digest=digest(to_json([name, about, inputs]), *weights))


def _json(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise MissingError(
            "the folder is not that of an encoder", file=file, hint="make it with the encoder's save_pretrained"
        )
    try:
        found = json.loads(file.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CorruptError("the file cannot be read", file=file, found=str(error)[:200]) from error
    if not isinstance(found, dict):
        raise FormatError("not what an encoder's folder holds", file=file, found=type(found).__name__)
    return found


def _weights(folder: Path) -> list[str]:
    """Digests of the files of weights, whose headers have been read."""
    from safetensors import SafetensorError, safe_open

    names = [WEIGHTS]
    if (folder / INDEX).is_file():
        listed = _json(folder / INDEX).get("weight_map")
        if not isinstance(listed, dict) or not all(isinstance(n, str) and Path(n).name == n for n in listed.values()):
            raise FormatError("not an index of weights", file=folder / INDEX, field="weight_map")
        names = sorted(set(listed.values()))
    found = []
    for name in names:
        file = folder / name
        if not file.is_file():
            others = [
                p.name for p in sorted(folder.iterdir()) if p.suffix in (".bin", ".pt", ".pth", ".h5", ".msgpack")
            ]
            raise MissingError(
                "no safetensors here", file=file, found=", ".join(others) or None,
                hint="pickles are not opened; save the encoder again with save_pretrained" if others else None,
            )  # fmt: skip
        try:
            with safe_open(file, framework="numpy"):
                pass
        except (SafetensorError, OSError) as error:
            raise CorruptError("the weights cannot be read", file=file, found=str(error)[:200]) from error
        with file.open("rb") as opened:
            found.append(hashlib.file_digest(opened, lambda: hashlib.blake2b(digest_size=16)).hexdigest())
    return found


def note(run: Path, shape: ModelConfig, begun: bool) -> None:
    """Writes beside a run where its encoders' folders are; if it is begun, looks that they are what it was begun with.

    Raises:
        UsageError: other weights than those that the run was begun with.
    """
    if not shape.external:
        return
    if begun and (run / PLACES).is_file():
        for modality, one in _json(run / PLACES).items():
            now = shape.external.get(modality)
            if now is not None and one.get("digest") != now.digest:
                raise UsageError(
                    "the run was begun with other weights of an external encoder", file=now.place,
                    field=f"model.external.{modality}", found=now.digest, expected=one.get("digest"),
                    hint="give the folder that it was begun with, or another --out",
                )  # fmt: skip
    write_json(run / PLACES, {m: {"place": one.place, "digest": one.digest} for m, one in shape.external.items()})


def placed(shape: ModelConfig, run: Path) -> ModelConfig:
    """A trained run's shape with the folders of its frozen encoders: RUN/external/<modality>, else where they were.

    Raises:
        MissingError: no such folder any more. UsageError: it holds other weights. What `read` raises.
    """
    found = {}
    for modality, one in shape.external.items():
        extras.require("omni", "an external encoder")
        if one.train != "none":  # the run holds its weights
            found[modality] = one
            continue
        noted = _json(run / PLACES).get(modality, {}) if (run / PLACES).is_file() else {}
        beside = run / HERE / modality
        places = [beside, *([Path(noted["place"])] if noted.get("place") else [])]
        there = [place for place in places if place.is_dir()]
        hint = f"put the folder of the {one.type} encoder with digest {one.digest} at {beside}"
        if not there:
            raise MissingError(
                f"the frozen encoder of {modality} is not where it was",
                file=places[-1],
                hint=f"{hint} (or a link to it)",
            )
        now = read(there[0], modality, one.train, one.pixels)
        if now.digest != one.digest:
            raise UsageError(
                f"another encoder of {modality} than the run was trained with", file=there[0], found=now.digest,
                expected=one.digest, hint=hint,
            )  # fmt: skip
        found[modality] = replace(one, place=now.place)
    return replace(shape, external=found)
