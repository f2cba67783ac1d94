"""A run and data for it, opened and looked over before anything is computed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import torch

from xperience.errors import CorruptError, MissingError, UsageError
from xperience.prepare.recipe import Recipe, parse
from xperience.prepare.shards.reader import Prepared
from xperience.pretrain.run import Restored, restore

DECIDING = ("seconds", "points", "video", "depth")
"""What of a recipe changes the numbers that a model reads, beside the streams."""


def restored_of(run: Path, device: str) -> Restored:
    """A run's model on a device.

    Raises:
        CorruptError: a weight that is no number. XperienceError: what `checked_device` and `restore` raise.
    """
    found = restore(run, checked_device(device))
    for name, value in found.learner.state_dict().items():
        if value.is_floating_point() and not torch.isfinite(value).all():
            raise CorruptError(
                "weights that are no finite numbers", file=run / "weights.safetensors", field=name,
                hint="look at the run's RUN_REPORT.md, and train again",
            )  # fmt: skip
    return found


def checked_device(name: str) -> str:
    """The device, if it is there.

    Raises:
        UsageError: no such kind of device. MissingError: no such GPU.
    """
    if not re.fullmatch(r"cpu|cuda(:\d{1,4})?", name):
        raise UsageError("no such device", field="--device", found=name, expected="cpu, cuda, or cuda:N")
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name != "cpu" and int(name.partition(":")[2] or 0) >= gpus:
        raise MissingError(
            "no such GPU", field="--device", found=name, expected=f"one of {gpus} GPUs", hint="use --device cpu"
        )
    return name


def recipe_of(run: Path) -> Recipe:
    """By which the run's data was prepared.

    Raises:
        MissingError: it is not said. CorruptError: it cannot be read.
    """
    place = run / "dataset_manifest.json"
    try:
        return parse(json.loads(place.read_text("utf-8"))["folders"][0]["recipe"], place)
    except FileNotFoundError as error:
        raise MissingError("the run does not say how its data was prepared", file=place) from error
    except (OSError, ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise CorruptError("the run's manifest cannot be read", file=place, found=str(error)[:200]) from error


def fits(restored: Restored, prepared: Prepared, recipe: Recipe, hint: str = "") -> None:
    """That data was prepared as the run's was, by its recipe.

    Raises:
        UsageError: it was not.
    """
    expected = recipe.model_dump(mode="json")
    for key in DECIDING:
        if prepared.recipe.get(key) != expected[key]:
            raise UsageError(
                "the data was prepared by another recipe than the run's", file=prepared.folder, field=key,
                found=prepared.recipe.get(key), expected=expected[key],
                hint=hint or "prepare it by the recipe of the training data",
            )  # fmt: skip
    lacking = [name for name in restored.shape.streams if name not in prepared.recipe["streams"]]
    if lacking:
        raise UsageError(
            "the data lacks streams that the model reads", file=prepared.folder, found=", ".join(lacking),
            hint="prepare it by the recipe of the training data",
        )  # fmt: skip
