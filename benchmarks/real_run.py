"""Pretraining whose weights are judged only where it came to its end."""

from __future__ import annotations

from pathlib import Path

from xperience.errors import XperienceError
from xperience.pretrain.config import TrainConfig


def pretrained(config: TrainConfig, data: Path, out: Path) -> None:
    """Pretrains to the end, or on to it where an earlier call was stopped.

    Raises:
        XperienceError: the run ended otherwise, whose weights must not be judged.
    """
    from xperience.pretrain.run import pretrain

    code = pretrain(config, [data], out).code
    if code:
        raise XperienceError(
            "pretraining did not come to its end", file=out, field="exit code", found=code, expected=0,
            hint="run the same command again, it goes on from there",
        )  # fmt: skip
