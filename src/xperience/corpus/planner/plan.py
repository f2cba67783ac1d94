"""A plan from a request: sections of lines, the assumptions, the published ranges beside them, and warnings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from xperience.corpus.planner import compute, corpora, decode, measure, network, storage
from xperience.corpus.planner.assumptions import Assumption, Assumptions, nearest
from xperience.corpus.planner.corpora import Corpus
from xperience.corpus.planner.line import Inputs, Line
from xperience.corpus.planner.ranges import EXTRA_STORAGE, Range, matching
from xperience.corpus.planner.recipes import RECIPES
from xperience.corpus.planner.training import Training, shipped
from xperience.errors import UsageError

SECTIONS: dict[str, Callable[[Inputs], list[Line]]] = {
    "storage": storage.lines,
    "compute": compute.lines,
    "decoding": decode.lines,
    "network": network.lines,
}

MAX_GPUS = 1_000_000
MANY_EPOCHS = 1000
"""More passes over the same recordings than this are said to be too many."""


@dataclass(frozen=True)
class Request:
    """What is asked.

    Attributes:
        episodes: "all", "design" or a count.
        size: a name in `sizes`.
        gpus: how many train together.
        recipe: a name in RECIPES.
        catalogue: folder whose own sizes are used.
        settings: assumptions by name that replace the defaults (and what would be measured).
        sizes: what trains, by name of the size; the shipped configs unless others are given.
        measure_in: folder on the disk whose reading is measured; None measures nothing.
    """

    episodes: str = "all"
    size: str = "1b"
    gpus: int = 64
    recipe: str = "standard"
    catalogue: Path | None = None
    settings: Mapping[str, float] = field(default_factory=dict)
    sizes: Mapping[str, Training] = field(default_factory=shipped)
    measure_in: Path | None = None


@dataclass(frozen=True)
class Scaled:
    """The same corpus, recipe and GPUs with another size of model."""

    name: str
    params: float
    tokens_per_param: float
    gpu_days: float
    wall_days_fed: float
    cores_per_gpu: float
    fits: bool


@dataclass(frozen=True)
class Plan:
    """What it takes.

    Attributes:
        sections: lines by section name.
        assumptions: all of them, with origin.
        sizes: the main figures of every size.
        ranges: published planning ranges whose sizes hold this model.
        compared: how the plan lies to those ranges, a sentence each.
        warnings: what will not work as asked.
    """

    corpus: Corpus
    size: Training
    recipe: str
    gpus: int
    sections: dict[str, list[Line]]
    assumptions: list[Assumption]
    sizes: list[Scaled]
    ranges: list[Range]
    compared: list[str]
    warnings: list[str]

    def line(self, key: str) -> Line:
        return next(line for lines in self.sections.values() for line in lines if line.key == key)

    def to_json(self) -> dict[str, Any]:
        """Plain data with stable keys."""
        out = asdict(self)
        out["schema"] = "xperience-plan/2"
        return out


def plan(request: Request) -> Plan:
    """Works the plan out.

    Raises:
        UsageError: a size, recipe, assumption or count that cannot be meant.
        MissingError, FormatError: the catalogue cannot be read.
        SpaceError: reading cannot be measured in that folder.
    """
    if request.size.lower() not in request.sizes:
        raise UsageError(
            "no such model size", field="--size", found=request.size, **nearest(request.size, request.sizes)
        )
    if request.recipe not in RECIPES:
        raise UsageError("no such recipe", field="--recipe", found=request.recipe, **nearest(request.recipe, RECIPES))
    if not 1 <= request.gpus <= MAX_GPUS:
        raise UsageError(
            "cannot plan for so many GPUs", field="--gpus", found=request.gpus, expected=f"1 to {MAX_GPUS:,}"
        )
    given = Assumptions().with_values(request.settings, "given", "given by --set")
    corpus = corpora.choose(request.episodes, request.catalogue)
    inputs = Inputs(
        corpus,
        request.sizes[request.size.lower()],
        RECIPES[request.recipe],
        request.gpus,
        _measured(request, given),
    )
    own = "epochs" not in request.settings
    inputs = _as_configured(inputs) if own else inputs
    sections = {name: lines(inputs) for name, lines in SECTIONS.items()}
    rows = matching(inputs.size.params)
    return Plan(
        corpus,
        inputs.size,
        inputs.recipe.name,
        inputs.gpus,
        sections,
        inputs.assumptions.entries(),
        [_scaled(replace(inputs, size=size), own) for size in request.sizes.values()],
        rows,
        _compared(inputs, sections, rows),
        _warnings(inputs),
    )


def _as_configured(inputs: Inputs) -> Inputs:
    """The same with as many passes over the recordings as the size's shipped config takes."""
    size = inputs.size
    epochs = size.windows(inputs.gpus, inputs.assumptions) * size.window_s / inputs.corpus.seconds
    length = f"{size.steps:,} steps of {size.batch:,} windows" if size.steps else f"{size.minutes:g} minutes"
    source = f"the shipped config {size.name}: {length} of {size.window_s:g} s"
    return replace(inputs, assumptions=inputs.assumptions.with_values({"epochs": epochs}, "derived", source))


def _scaled(inputs: Inputs, as_configured: bool) -> Scaled:
    inputs = _as_configured(inputs) if as_configured else inputs
    a, size = inputs.assumptions, inputs.size
    days = compute.gpu_days(inputs)
    return Scaled(
        size.name,
        size.params,
        compute.windows(inputs) * size.tokens / size.params,
        days,
        days / inputs.gpus / decode.gpu_busy(inputs),
        decode.cores_per_gpu(inputs),
        size.memory(inputs.gpus).total <= a["gpu_memory_gb"] * 1e9,
    )


def _measured(request: Request, given: Assumptions) -> Assumptions:
    """The assumptions with this machine's rates in place of defaults; what was given stays."""
    if request.measure_in is None:
        return given
    rates = measure.video_rates(RECIPES[request.recipe], given["video_bits_per_pixel"])
    rates["read_mb_s"] = measure.read_mb_s(request.measure_in)
    kept = {name: rate for name, rate in rates.items() if name not in request.settings}
    return given.with_values(kept, "measured", measure.machine())


def _compared(inputs: Inputs, sections: dict[str, list[Line]], rows: list[Range]) -> list[str]:
    value = {line.key: line.value for lines in sections.values() for line in lines}
    out = []
    for row in rows:
        low, high = row.gpus
        inside = low <= inputs.gpus <= (high or inputs.gpus)
        word = "within" if inside else "below" if inputs.gpus < low else "above"
        out.append(f"{inputs.gpus:,} GPUs are {word} the {row.gpus_text} named for a {row.goal}")
    low_x, high_x = EXTRA_STORAGE
    extra = value["extra_over_raw"]
    word = "within" if low_x <= extra <= high_x else "below" if extra < low_x else "above"
    out.append(f"{extra:.2f} x raw beside the recordings is {word} the {low_x:g} to {high_x:g} x planned for")
    busiest = max(value["shard_gbps_per_node"], value["gradient_gbps_per_node"])
    word = "within" if 100 <= busiest <= 400 else "below" if busiest < 100 else "above"
    out.append(f"{busiest:,.0f} Gbit/s for one machine is {word} the 100 to 400 Gbit/s named for the full corpus")
    return out


def _warnings(inputs: Inputs) -> list[str]:
    """What will not work as asked, or rests on little."""
    a = inputs.assumptions
    out = list(inputs.corpus.notes)
    need = decode.cores_per_gpu(inputs)
    if need > a["cores_per_gpu"]:
        share = decode.gpu_busy(inputs)
        out.append(
            f"decoding needs {need:,.0f} cores a GPU and there are {a['cores_per_gpu']:,.0f}: GPUs work {share:.0%} of "
            "the time; use a smaller recipe, more cores, or a larger model"
        )
    load = network.shard_gbps_per_node(inputs) + network.gradient_gbps_per_node(inputs)
    if load > a["node_network_gbps"]:
        out.append(f"one machine would move {load:,.0f} Gbit/s over a network of {a['node_network_gbps']:,.0f} Gbit/s")
    memory = inputs.size.memory(inputs.gpus).total / 1e9
    if memory > a["gpu_memory_gb"]:
        out.append(
            f"training takes {memory:,.0f} GB on each of {inputs.gpus:,} GPUs of {a['gpu_memory_gb']:,.0f} GB: "
            "use more GPUs, a smaller size, or more run.accumulate"
        )
    if a["epochs"] > MANY_EPOCHS:
        out.append(f"each recorded second is seen {a['epochs']:,.0f} times: far more than is of use; give --set epochs")
    tokens = compute.windows(inputs) * inputs.size.tokens / inputs.size.params
    if tokens < 1:
        out.append(f"{tokens:.2g} tokens for each parameter: far too few recordings for a model of this size")
    if not matching(inputs.size.params):
        out.append("no published planning range covers this size")
    return out
