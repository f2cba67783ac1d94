"""What training a model of a size takes: operations, memory and days. The one arithmetic of `plan` and `pretrain --plan`.

No torch: what only the model itself can say (its parameters and tokens) stands in `trainings.json`, a row for each shipped
config, written by `python -m xperience.pretrain.plan_table`; `pretrain --plan` counts them anew, for any config.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from xperience.corpus.planner.assumptions import Assumptions

KEPT = 34.0
"""Bytes of activations a token, channel and layer in 16 bits (Korthikanti et al. 2022, the terms that do not grow with the
square of the length; attention that does not store its weights has no others)."""

ENTERED = 4.0
"""What is kept of them with recomputation: what enters the layer, in float32 whatever the precision of products."""


@dataclass(frozen=True)
class Memory:
    """Bytes of one rank. weights: student and teacher; gradients; moments: of AdamW; activations; probes: gradients of
    each objective on the trunk, while they are compared; whole: what is not in shards while a step runs."""

    weights: float
    gradients: float
    moments: float
    activations: float
    probes: float
    whole: float

    @property
    def total(self) -> float:
        return self.weights + self.gradients + self.moments + self.activations + self.probes + self.whole


@dataclass(frozen=True)
class Training:
    """A model with the config that trains it, in the numbers that decide what it takes.

    Attributes:
        name: of the config.
        params: of the student with the objectives' heads. trunk: those that work on every token of a window.
        layered: those in layers that are gathered one at a time. heads: those of the objectives. frozen: of external
            encoders that are not trained, besides.
        tokens: of a window, language and readouts included. window_s: its length in seconds.
        width, layers: of the trunk.
        passes: forward passes of the trunk over a window that one sample costs, see `pretrain.costs.passes`.
        views: of a sample of which activations are kept. probed: gradients on the trunk that are compared, 0 for none.
        batch: samples of a step, of all ranks. accumulate: parts that it is worked through in. replicas: of the shards.
        product_bytes: of a number in products, 2 or 4. recompute: activations in the way back.
        steps: of the run; 0 where it lasts `minutes`.
    """

    name: str
    params: int
    trunk: int
    layered: int
    heads: int
    frozen: int
    tokens: int
    window_s: float
    width: int
    layers: int
    passes: float
    views: float
    probed: int
    batch: int
    accumulate: int
    replicas: int
    product_bytes: float
    recompute: bool
    steps: int
    minutes: float

    @property
    def tokens_per_s(self) -> float:
        """Of one recorded second that is seen once."""
        return self.tokens / self.window_s

    @property
    def operations(self) -> float:
        """Of one sample in the trunk: 2 for each parameter and token of a pass, and 4 D for each pair of tokens and layer
        in attention, half of them ahead in time."""
        matrices = 2.0 * self.trunk * self.tokens
        attention = 4.0 * self.width * self.tokens**2 / 2 * self.layers
        return self.passes * (matrices + attention)

    def memory(self, ranks: int) -> Memory:
        """Of one of `ranks` ranks: float32 weights, gradients and two moments in shards; what the trunk keeps of its
        samples for the way back, and one layer's on top where it is computed again; frozen encoders whole.

        Several ranks besides hold whole, while a step runs, all that is not in layers (student's, teacher's, the
        objectives') with its gradients and a copy of them to be summed, and the layers' gradients as they come.

        Not counted: the batch, what encoders, heads and labels keep, what a trained external encoder keeps.
        """
        shards = max(1, ranks // self.replicas)
        samples = max(1.0, self.batch / ranks / self.accumulate)
        layer = KEPT * self.product_bytes / 2 * self.tokens * self.width * samples
        entered = ENTERED * self.tokens * self.width * samples
        kept = entered * self.layers * self.views + layer if self.recompute else layer * self.layers * self.views
        rest = self.params - self.layered
        whole = 4.0 * (2 * (rest - self.heads) + self.heads) + 8.0 * rest + self.product_bytes * self.layered
        return Memory(
            8.0 * self.params / shards + 4.0 * self.frozen,
            4.0 * self.params / shards,
            8.0 * self.params / shards,
            kept,
            4.0 * self.trunk / shards * self.probed,
            whole if shards > 1 else 0.0,
        )

    def windows_per_gpu_s(self, a: Assumptions) -> float:
        """Windows that one GPU works through in a second when nothing holds it up, encoders and heads included."""
        return a["gpu_flops"] * a["mfu"] / (self.operations * (1 + a["encoder_share"]))

    def windows(self, gpus: int, a: Assumptions) -> float:
        """Windows that the run sees by its config."""
        if self.steps:
            return float(self.steps) * self.batch
        return self.windows_per_gpu_s(a) * gpus * 60 * self.minutes

    def days(self, windows: float, gpus: int, a: Assumptions) -> float:
        """Of that many windows on these GPUs, never waiting for data."""
        return windows / (self.windows_per_gpu_s(a) * gpus) / 86_400

    def seeing(self, windows: float) -> Training:
        """The same training of another length, in windows; steps are rounded."""
        return replace(self, steps=max(1, round(windows / self.batch)))


TABLE = "trainings.json"


@cache
def shipped() -> dict[str, Training]:
    """The shipped configs by name, smallest first, as `trainings.json` has them."""
    rows = json.loads(files("xperience.corpus.planner").joinpath(TABLE).read_text("utf-8"))
    return {row["name"]: Training(**row) for row in rows}
