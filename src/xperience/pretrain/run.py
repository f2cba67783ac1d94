"""One run from a config and prepared data to a folder of weights and reports; and back from that folder.

Everything that can be wrong is looked at first: config, data, model, memory, what stands in the folder. Only then does
training start.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from xperience import extras
from xperience.episode.layout import NOMINAL_FPS
from xperience.errors import CorruptError, LimitError, MissingError, UsageError
from xperience.prepare.batch import Batch
from xperience.prepare.streams import STREAMS
from xperience.pretrain import checkpoints, distributed, objectives, reports, weights
from xperience.pretrain.batches import Batches
from xperience.pretrain.config import TrainConfig, parse
from xperience.pretrain.corpus import Corpus
from xperience.pretrain.learner import Learner, on_device
from xperience.pretrain.step import Texts
from xperience.pretrain.trainer import Outcome, dealt_evenly, train
from xperience.storage import digest, write_json, write_text

if TYPE_CHECKING:
    from xperience.model.config import ModelConfig, StreamShape
    from xperience.model.language import Tokenizer
    from xperience.model.model import XperienceModel

CALIBRATED = 512
"""Windows on which the size of the inputs is measured."""

PLANNED_PIXELS = 224
"""Height and width of pictures where no data says."""


def model_config(config: TrainConfig, batches: Batches) -> ModelConfig:
    """What the model is: the size, what the config changes of it, and what the data decides (windows and streams).

    Raises:
        UsageError: no such size or field. What `model.external.folder.look` raises.
    """
    from xperience.model.config import StreamShape

    streams = {
        name: StreamShape(layout.window, layout.shape, layout.step_s) for name, layout in batches.layouts.items()
    }
    return _shape(config, streams)


def _shape(config: TrainConfig, streams: dict[str, StreamShape]) -> ModelConfig:
    from xperience.model.external import folder
    from xperience.model.sizes import size

    seconds = {"window_s": config.data.frames / NOMINAL_FPS, "horizon_s": config.data.future / NOMINAL_FPS}
    external = folder.look(config.model.external)
    return size(config.model.size, streams, external, **(seconds | config.model.changes))


def build(
    config: TrainConfig,
    shape: ModelConfig,
    texts: Texts,
    tokenizer: Tokenizer,
    times: Mapping[str, np.ndarray] | None = None,
) -> Learner:
    """The learner without storage: names, shapes and types of all its weights. times: see `Learner`; only training needs
    them."""
    with torch.device("meta"):
        model, heads = _modules(config, shape, tokenizer)
        return Learner(model, heads, texts, config.masking, times or {}, config.objectives)


def fresh(config: TrainConfig, shape: ModelConfig, tokenizer: Tokenizer, corpus: Corpus) -> dict[str, torch.Tensor]:
    """What a new run begins with, by name in the learner: weights of student and objectives, the same for the same seed,
    and the sizes of inputs, measured on the first windows of the order."""
    torch.manual_seed(config.run.seed)
    model, heads = _modules(config, shape, tokenizer)
    count = min(CALIBRATED, corpus.windows)
    parts = [np.arange(k, min(k + 32, count)) for k in range(0, count, 32)]
    model.calibrate([on_device(corpus.batches.batch(k), torch.device("cpu")) for k in parts])
    return dict(nn.ModuleDict({"model": model, "objectives": nn.ModuleDict(heads)}).state_dict())


def _modules(
    config: TrainConfig, shape: ModelConfig, tokenizer: Tokenizer
) -> tuple[XperienceModel, dict[str, nn.Module]]:
    """The student and the objectives."""
    from xperience.model.model import XperienceModel

    model = XperienceModel(shape, tokenizer)
    return model, objectives.build(tuple(config.weights()), shape, model.channels)


def token_times(shape: ModelConfig, batch: Batch) -> dict[str, np.ndarray]:
    """[N] seconds of each stream's tokens in the window, as the encoders place them in a batch of one sample.

    Weights do not matter to it, so the thinnest model of that shape is asked.
    """
    from xperience.model.language import Tokenizer
    from xperience.model.model import XperienceModel

    tokenizer = Tokenizer.learn([], 0)
    model = XperienceModel(replace(_thin(shape), vocabulary=len(tokenizer)), tokenizer)
    with torch.no_grad():
        tokens = model.encode(on_device(batch, torch.device("cpu"))).tokens
    return {name: tokens.time[0, place].double().numpy() for name, place in tokens.places.items() if name in STREAMS}


def _thin(shape: ModelConfig) -> ModelConfig:
    """The thinnest model with the same tokens."""
    return replace(
        shape, width=8, heads=1, kv_heads=1, layers=1, text_width=8, text_layers=1, writer_layers=1, external={}
    )


def _counter(config: TrainConfig, shape: ModelConfig, learner: Learner, tokenizer: Tokenizer) -> Learner:
    """A thin learner that counts the same elements as this one does."""
    model, heads = _modules(config, _thin(shape), tokenizer)
    return Learner(model, heads, learner.texts, config.masking, learner.times, config.objectives)


def pretrain(
    config: TrainConfig, folders: list[Path], out: Path, say: Callable[[str], None] = lambda text: None
) -> Outcome:
    """Trains to the end of the config, or on from what stands in `out`; writes weights and reports.

    Raises:
        XperienceError: what is wrong with config, data, device or folder, before training starts.
    """
    from xperience.model.external import folder, guest

    begun = time.time()
    if config.model.external:
        extras.require("omni", "an external encoder")
    runtime = distributed.start(config.run.device, config.run.replicas)
    speak = say if runtime.first else _silent
    _check_folder(out, config, folders)
    dealt_evenly(config, runtime)
    corpus = Corpus(folders, config.data, config.run.seed)
    shape = model_config(config, corpus.batches)
    if shape.attention == "flex" and runtime.device.type == "cpu":
        raise UsageError("no training with it on a CPU", field="model.changes.attention", found="flex", expected="auto")
    _fits(config, shape, runtime)
    texts = corpus.texts()
    tokenizer = _tokenizer(out, corpus, shape, runtime)
    learner = build(config, shape, texts, tokenizer, token_times(shape, corpus.batches.batch(np.arange(1))))
    guest.ready(learner)
    speak(
        f"{sum(p.numel() for p in learner.model.parameters()):,} parameters, {corpus.windows:,} windows, "
        f"{runtime.world} x {runtime.device.type}"
    )
    if runtime.first:
        out.mkdir(parents=True, exist_ok=True)
        folder.note(out, shape, begun=checkpoints.latest(out)[0] is not None)
        write_json(
            out / "config.json",
            {"train": config.model_dump(mode="json"), "model": shape.to_json(), "texts": dict(texts.labels)},
        )
        write_text(out / "tokenizer.json", tokenizer.text)
        write_json(out / "statistics.json", corpus.statistics())
        write_json(out / "dataset_manifest.json", corpus.manifest())
    runtime.wait()
    begin = partial(fresh, config, shape, tokenizer, corpus)
    marks = {"tokenizer": digest(tokenizer.text)}
    counter = _counter(config, shape, learner, tokenizer) if config.run.accumulate > 1 else None
    outcome = train(config, learner, corpus, out, runtime, speak, marks, begin, counter)
    trained = weights.whole(learner, runtime)
    if runtime.first:
        from safetensors.torch import save_file

        from xperience.storage import replacing

        with replacing(out / "weights.safetensors") as temporary:
            save_file(trained, str(temporary))
        reports.write(out, config, outcome, runtime, learner, begun)
    runtime.wait()
    return outcome


def _tokenizer(out: Path, corpus: Corpus, shape: ModelConfig, runtime: distributed.Runtime) -> Tokenizer:
    """The run's own, or a new one from the texts of the training split; the same on all ranks."""
    from xperience.model.language import Tokenizer

    text = None
    if runtime.first:
        kept = out / "tokenizer.json"
        known = kept.is_file()
        text = _read_tokenizer(kept).text if known else Tokenizer.learn(corpus.sentences(), shape.vocabulary).text
    return Tokenizer(runtime.told(text))


def _read_tokenizer(file: Path) -> Tokenizer:
    """
    Raises:
        CorruptError: it is none.
    """
    from xperience.model.language import Tokenizer

    try:
        found = Tokenizer(file.read_text("utf-8"))
        len(found)
    except Exception as error:  # the library raises nothing narrower
        raise CorruptError("the tokenizer cannot be read", file=file, found=str(error)[:300]) from error
    return found


def planned_shape(config: TrainConfig, folders: list[Path]) -> ModelConfig:
    """The model's shape before there is data (folders empty: all streams, views of 224 pixels), or for given data."""
    from xperience.model.config import StreamShape

    if folders:
        return model_config(config, Corpus(folders, config.data, config.run.seed).batches)
    streams = {}
    for name, stream in STREAMS.items():
        every = config.data.every.get(name, 1)
        slots = (
            -(-config.data.frames // every) if stream.per_frame else stream.capacity(config.data.frames / NOMINAL_FPS)
        )
        shape = tuple(PLANNED_PIXELS if item is None else item for item in stream.shape)
        streams[name] = StreamShape(slots, shape, every / stream.rate_hz)
    return _shape(config, streams)


def _silent(text: str) -> None:
    return


OURS = ("statistics.json", "tokenizer.json", "dataset_manifest.json", "weights.safetensors", "progress.jsonl")
"""Files of a run that are written only after its config.json."""


def _check_folder(out: Path, config: TrainConfig, folders: list[Path]) -> None:
    """That the folder is of this run, or holds nothing that a new one would write over."""
    if out.exists() and any(folder.exists() and out.samefile(folder) for folder in folders):
        raise UsageError(
            "the run would write into its data", field="--out", found=str(out), hint="give it its own folder"
        )
    foreign = [name for name in OURS if (out / name).exists()]
    if foreign and not (out / "config.json").exists():
        raise UsageError(
            "the folder is not of a run",
            file=out,
            found=foreign[0],
            expected="config.json too",
            hint="give another --out",
        )
    if (out / "config.json").is_file():
        try:
            old = parse(json.loads((out / "config.json").read_text("utf-8"))["train"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise CorruptError("the run's config cannot be read", file=out / "config.json") from error
        if old.digest != config.digest and checkpoints.latest(out)[0] is not None:
            raise UsageError(
                "the run was begun with another config",
                file=out / "config.json",
                found=_difference(old, config),
                hint="use what it was begun with, or another --out",
            )


def _difference(old: TrainConfig, new: TrainConfig) -> str:
    """The first key in which two configs differ."""

    def flat(value: Any, above: str = "") -> dict[str, Any]:
        if not isinstance(value, dict):
            return {above: value}
        return {k: v for name, item in value.items() for k, v in flat(item, f"{above}.{name}".strip(".")).items()}

    a, b = flat(old.model_dump(mode="json")), flat(new.model_dump(mode="json"))
    keys = [key for key in (*a, *b) if a.get(key) != b.get(key) and key != "name"]
    return f"{keys[0]} was {a.get(keys[0])}, is {b.get(keys[0])}" if keys else ""


def _fits(config: TrainConfig, shape: ModelConfig, runtime: distributed.Runtime) -> None:
    """That weights, gradients, moments and activations have room.

    Raises:
        LimitError: they need more memory than the device has.
    """
    from xperience.pretrain.costs import training

    need = training(config, shape).memory(runtime.world).total
    if runtime.device.type == "cuda":
        have, where = float(torch.cuda.get_device_properties(runtime.device).total_memory), "the GPU"
    else:
        each = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        have = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / each
        where = "this machine's share for a rank"
    if need > have:
        raise LimitError(
            "the run does not fit",
            field="model.size",
            found=f"{need / 1e9:.1f} GB a rank",
            expected=f"at most {have / 1e9:.1f} GB, {where}",
            hint="more ranks, a smaller size, smaller run.batch, more run.accumulate, or run.recompute = true",
        )


@dataclass(frozen=True)
class Restored:
    """A trained run: `learner` holds student, teacher and objectives, in evaluation mode."""

    learner: Learner
    config: TrainConfig
    shape: ModelConfig
    texts: Texts
    statistics: dict[str, Any]

    @property
    def model(self) -> XperienceModel:
        """The teacher: the moving average of the student, which is what is evaluated and published."""
        found: Any = self.learner.teacher
        return found


def restore(run: Path, device: str = "cpu") -> Restored:
    """Opens what `pretrain` wrote.

    Raises:
        MissingError: no finished run there, or its frozen encoder is gone. CorruptError: files that cannot be read.
            UsageError: weights of another model.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from xperience.model.config import ModelConfig
    from xperience.model.external import folder, guest

    for name in ("config.json", "statistics.json", "tokenizer.json", "weights.safetensors"):
        if not (run / name).is_file():
            raise MissingError(
                "no trained model here", file=run, field=name, hint="run `xperience pretrain` to its end first"
            )
    try:
        about = json.loads((run / "config.json").read_text("utf-8"))
        statistics = json.loads((run / "statistics.json").read_text("utf-8"))
        config = parse(about["train"], run / "config.json")
        shape = ModelConfig.from_json(about["model"])
        texts = Texts({kind: tuple(labels) for kind, labels in about["texts"].items()})
        tokenizer = _read_tokenizer(run / "tokenizer.json")
        values = load_file(str(run / "weights.safetensors"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, SafetensorError) as error:
        raise CorruptError("the run cannot be read", file=run, found=str(error)[:300]) from error
    shape = folder.placed(shape, run)
    learner = build(config, shape, texts, tokenizer)
    guest.ready(learner)
    try:
        learner.load_state_dict(values, assign=True)
    except RuntimeError as error:
        raise UsageError(
            "the weights are of another model", file=run / "weights.safetensors", found=str(error)[:300]
        ) from error
    return Restored(learner.to(device).eval(), config, shape, texts, statistics)
