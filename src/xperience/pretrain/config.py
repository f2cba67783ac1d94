"""What a training run is: one TOML file, every key checked before anything else happens."""

from __future__ import annotations

import difflib
import math
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from xperience.errors import FormatError, MissingError, UsageError
from xperience.prepare.streams import STREAMS
from xperience.storage import digest, to_json

EXTERNAL = ("video", "audio")
"""Modalities of which encoders of others can be used."""

PICTURES = ("video", "depth")
"""Modalities of which frames may be left out."""

DECIDED = {
    "name": "model.size", "streams": "the data", "external": "model.external", "window_s": "data.frames",
    "horizon_s": "data.future",
}  # fmt: skip
"""What `model.changes` may not say, and where it comes from."""

AHEAD = ("future", "ego_motion", "hand_motion", "policy")
"""Objectives that ask for what comes behind the window."""

MOST_TURNS = 10_000
"""Steps that are looked through for one at which it is no objective's turn."""

Share = Annotated[float, Field(ge=0, le=1)]
Part = Annotated[float, Field(ge=0, lt=1)]
Count = Annotated[int, Field(ge=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_flags(cls, value: Any, info: ValidationInfo) -> Any:
        """true is not 1."""
        if isinstance(value, bool) and cls.model_fields[str(info.field_name)].annotation is not bool:
            raise ValueError("neither true nor false fits here")
        return value


class External(_Strict):
    """An encoder from `transformers` in place of the model's own. `path`: of its folder, as `save_pretrained` writes it;
    where it is does not matter to a run, so it is not saved. `train`: none of its weights, its norms, or all. `pixels`: a
    side of the pictures that it is given; 0 as its preprocessor says."""

    path: str = Field(default="", exclude=True)
    train: Literal["none", "norms", "all"] = "none"
    pixels: Annotated[int, Field(ge=0, le=4096)] = 0


class Model(_Strict):
    """`size` is the one dial; `changes` replace single numbers of what it gives (fields of `ModelConfig`). `external`: by
    modality."""

    size: str = "nano"
    changes: dict[str, Any] = {}
    external: dict[str, External] = {}


class Data(_Strict):
    """Windows of `frames` frames each `stride` frames, with `future` frames behind them.

    `streams`: those in the batch; none named: all that was prepared. `every`: pictures to n, only each n-th. `points`:
    map points a sample. `side`: of the split. `weights`: share of samples of each prepared folder, in their order; none:
    every window counts once an epoch. `recordings`: only the first so many of each folder's side, 0 for all. `group`: so
    many windows of one recording stand side by side in the order, as hard negatives for each other.
    """

    frames: Annotated[int, Field(ge=1, le=2000)] = 20
    stride: Count = 5
    future: Annotated[int, Field(ge=0, le=2000)] = 20
    streams: tuple[str, ...] = ()
    every: dict[str, Count] = {}
    points: Annotated[int, Field(ge=0, le=4096)] = 64
    side: str = "train"
    weights: tuple[float, ...] = ()
    recordings: Annotated[int, Field(ge=0)] = 0
    group: Annotated[int, Field(ge=1, le=64)] = 1


class Objective(_Strict):
    """`weight` of the objective. `every` so many steps it is trained on, at those that leave `turn` when divided by it. Where
    gradients by objective or the collapse panel are looked at it is asked besides, and changes nothing.
    `normalise_at`: from this step on its loss is divided by its own running mean, frozen there; until then by the
    running mean as it is; 0 leaves the loss as it is."""

    weight: Annotated[float, Field(ge=0, le=1e6)] = 1.0
    every: Count = 1
    turn: Annotated[int, Field(ge=0)] = 0
    normalise_at: Annotated[int, Field(ge=0)] = 0

    def due(self, number: int) -> bool:
        """Whether it is asked at a step; the same on all ranks."""
        return number % self.every == self.turn % self.every


class Masking(_Strict):
    """What is taken away from the student.

    `hide`: share of a stream's tokens. `span_s`: they go in stretches of about so many seconds. `drop`: chance that a
    whole stream goes. `sparse`: chance that a sample loses most of its streams, each with `SPARSE`, so that no stream leans
    on the others. `drop_contacts`, `drop_language`: those of the streams that give the answers away. `light`: colours
    of a view are stretched and shifted by up to this share, so that no lamp is learnt by heart.
    """

    hide: Share = 0.4
    span_s: Annotated[float, Field(ge=0.01, le=3600)] = 0.5
    drop: Share = 0.15
    sparse: Share = 0.0
    drop_contacts: Share = 0.7
    drop_language: Share = 0.7
    light: Share = 0.0


class Optimiser(_Strict):
    """AdamW. `lr` after `warmup` steps, then by `schedule` down to `lr * final`; "tail" is constant until the last
    fifth. `decay`: of weights that are matrices. `clip`: norm of all gradients together, 0 for none. `ema`: the
    teacher keeps so much of itself each step."""

    lr: Annotated[float, Field(gt=0, le=1)] = 1e-3
    betas: tuple[Part, Part] = (0.9, 0.95)
    eps: Annotated[float, Field(gt=0, le=1)] = 1e-8
    decay: Annotated[float, Field(ge=0, le=100)] = 0.05
    warmup: Annotated[int, Field(ge=0)] = 100
    schedule: Literal["cosine", "constant", "tail"] = "cosine"
    final: Share = 0.02
    clip: Annotated[float, Field(ge=0)] = 1.0
    ema: Part = 0.996


class Run(_Strict):
    """`steps`, or `minutes` of training time (whichever comes first; the schedule follows that one); one is needed.

    `batch` samples a step over all ranks, in `accumulate` parts one after the other. `replicas`: groups of ranks that
    each hold the whole model (HSDP). `workers` read ahead on each rank. Every so many steps: `save_every` a
    checkpoint (`keep` of them stay), `log_every` a line on the screen, `panel_every` the collapse panel,
    `probe_every` gradients by objective (0: never). `bad_limit`: steps that may be skipped because their loss is not
    finite.
    """

    steps: Annotated[int, Field(ge=0)] = 0
    minutes: Annotated[float, Field(ge=0)] = 0.0
    batch: Count = 32
    accumulate: Count = 1
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["float32", "bf16"] = "float32"
    recompute: bool = False
    compile: bool = False
    replicas: Count = 1
    workers: Annotated[int, Field(ge=0, le=256)] = 1
    save_every: Count = 500
    keep: Count = 2
    log_every: Count = 10
    panel_every: Annotated[int, Field(ge=0)] = 100
    probe_every: Annotated[int, Field(ge=0)] = 200
    bad_limit: Annotated[int, Field(ge=0)] = 20


class TrainConfig(_Strict):
    """Attributes: name: for people. The rest see their classes."""

    name: str = "run"
    model: Model = Model()
    data: Data = Data()
    objectives: dict[str, Objective] = {"masked": Objective()}
    masking: Masking = Masking()
    optimiser: Optimiser = Optimiser()
    run: Run = Run()

    @field_validator("objectives", mode="before")
    @classmethod
    def _weights(cls, value: Any) -> Any:
        """`masked = 1.0` is short for `masked = {weight = 1.0}`."""
        if not isinstance(value, dict):
            return value
        return {k: {"weight": v} if isinstance(v, (int, float)) else v for k, v in value.items()}

    def model_post_init(self, context: Any, /) -> None:
        from xperience.pretrain.objectives import NAMES

        for name in (*self.data.streams, *self.data.every):
            if name not in STREAMS:
                raise UsageError("no such stream", field="data.streams", found=name, hint=nearest(name, STREAMS))
        if len(set(self.data.streams)) < len(self.data.streams):
            raise UsageError("a stream is named twice", field="data.streams", found=", ".join(self.data.streams))
        for name in self.data.every:
            if STREAMS[name].modality not in PICTURES:
                raise UsageError("only of pictures may some be left out", field=f"data.every.{name}")
        for name, what in DECIDED.items():
            if name in self.model.changes:
                raise UsageError("decided elsewhere", field=f"model.changes.{name}", expected=what)
        for name in self.model.external:
            if name not in EXTERNAL:
                raise UsageError(
                    "no external encoders of that", field="model.external", found=name, hint=nearest(name, EXTERNAL)
                )
        for name in self.objectives:
            if name not in NAMES:
                raise UsageError("no such objective", field=f"objectives.{name}", hint=nearest(name, NAMES))
        if not any(objective.weight > 0 for objective in self.objectives.values()):
            raise UsageError("nothing to learn: every objective weighs 0", field="objectives")
        self._taken()
        for name in AHEAD:
            if name in self.weights() and not self.data.future:
                raise UsageError(
                    "the objective needs frames behind the window",
                    field=f"objectives.{name}",
                    found="data.future = 0",
                    hint="raise data.future, or weigh the objective 0",
                )
        if self.run.batch % self.run.accumulate:
            raise UsageError(
                "the batch cannot be dealt out evenly",
                field="run.batch",
                found=f"{self.run.batch} in {self.run.accumulate} parts",
            )
        if not self.run.steps and not self.run.minutes:
            raise UsageError("no end given", field="run.steps", hint="set run.steps, run.minutes or both")

    def _taken(self) -> None:
        """
        Raises:
            UsageError: a step at which it is no objective's turn.
        """
        weighed = [objective for objective in self.objectives.values() if objective.weight > 0]
        period = math.lcm(*(objective.every for objective in weighed))
        for number in range(min(period, MOST_TURNS)):
            if not any(objective.due(number) for objective in weighed):
                raise UsageError(
                    "a step at which nothing is learnt",
                    field="objectives",
                    found=f"no objective whose turn is step {number}",
                    hint="let one of them be asked at every step: leave its `every` at 1",
                )

    @property
    def digest(self) -> str:
        """Identity of what decides the weights: a run goes on only under the same one. How long, where, and how often
        something is written may change."""
        free = ("steps", "minutes", "device", "workers", "save_every", "keep", "log_every", "accumulate", "replicas")
        kept = self.model_dump(exclude={"name"} if self.model.external else {"name": True, "model": {"external"}})
        kept["run"] = {key: value for key, value in kept["run"].items() if key not in free}
        return digest(to_json(kept))

    def weights(self) -> dict[str, float]:
        return {name: objective.weight for name, objective in self.objectives.items() if objective.weight > 0}


def nearest(word: str, known: Any) -> str:
    """A hint that names the valid word nearest to what was written."""
    near = difflib.get_close_matches(word, list(known), 1, 0.0)
    return f"did you mean {near[0]!r}?" if near else ""


def shipped() -> list[str]:
    """Names of the configs that come along."""
    folder = files("xperience.pretrain").joinpath("configs")
    return sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".toml"))


def load_config(source: str | Path, changes: dict[str, Any] | None = None) -> TrainConfig:
    """A config by name, or from a TOML file.

    Args:
        changes: dotted keys that replace what stands there, such as {"run.minutes": 15}.

    Raises:
        MissingError: neither a shipped config nor a file. FormatError: no TOML.
        UsageError: a key that does not exist (with the nearest one that does), or a value that does not fit.
    """
    name = str(source)
    if Path(name).is_file():
        place = Path(name)
        try:
            text = place.read_text("utf-8")
        except UnicodeDecodeError as error:
            raise FormatError("not TOML", file=place, found="bytes that are no UTF-8 text") from error
    elif name in shipped():
        place = Path(name)
        text = files("xperience.pretrain").joinpath("configs", f"{name}.toml").read_text("utf-8")
    else:
        raise MissingError("no such config", file=name, expected=f"a TOML file or one of {', '.join(shipped())}")
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # numbers too long to read, too, and lists in lists for ever
        raise FormatError("not TOML", file=place, found=str(error)[:300]) from error
    for key, value in (changes or {}).items():
        *path, last = key.split(".")
        owner = values
        for part in path:
            owner = owner.setdefault(part, {})
            if not isinstance(owner, dict):
                raise UsageError("not a table", field=key, hint=f"{part!r} holds a value")
        owner[last] = value
    return parse(values, place)


def parse(values: dict[str, Any], place: Path | None = None) -> TrainConfig:
    """A config from plain values; see `load_config`."""
    try:
        return TrainConfig(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = [str(part) for part in first["loc"]]
        if first["type"] == "extra_forbidden":
            owner: Any = TrainConfig
            for part in where[:-1]:
                kind = owner.model_fields[part].annotation if part in owner.model_fields else owner
                owner = kind if isinstance(kind, type) else get_args(kind)[-1]  # of a table of tables, what one is
            hint = nearest(where[-1], owner.model_fields)
            raise UsageError("no such key", file=place, field=".".join(where), hint=hint) from error
        raise UsageError(first["msg"], file=place, field=".".join(where), found=first.get("input")) from error
