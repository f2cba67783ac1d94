"""What stands beside the weights when a run ends: metadata, inventory, report, card, and the boundary of the data."""

from __future__ import annotations

import json
import platform
import time
from pathlib import Path
from typing import Any

import torch
from torch import nn

import xperience
from xperience.pretrain import checkpoints
from xperience.pretrain.config import TrainConfig
from xperience.pretrain.distributed import Runtime
from xperience.pretrain.records import read_progress
from xperience.pretrain.trainer import Outcome
from xperience.storage import write_json, write_text


def write(run: Path, config: TrainConfig, outcome: Outcome, runtime: Runtime, learner: nn.Module, begun: float) -> None:
    """training_metadata.json, checkpoint_inventory.json, RUN_REPORT.md, MODEL_CARD.md, DATA_BOUNDARY_REPORT.md.

    Reads dataset_manifest.json, which stands there since the start.
    """
    manifest = json.loads((run / "dataset_manifest.json").read_text("utf-8"))
    lines = read_progress(run)
    metadata = {
        "name": config.name,
        "xperience": xperience.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "device": torch.cuda.get_device_name() if runtime.device.type == "cuda" else platform.machine(),
        "ranks": runtime.world,
        "replicas": runtime.replicas,
        "config": config.digest,
        "data": manifest["identity"],
        "parameters": {
            "student": sum(p.numel() for p in learner.model.parameters()),
            "trunk": sum(p.numel() for p in learner.model.trunk.parameters()),
            "objectives": sum(p.numel() for p in learner.objectives.parameters()),
        },
        "external": _external(run),
        "steps": outcome.counters.step,
        "samples": outcome.counters.samples,
        "tokens": outcome.counters.tokens,
        "skipped": outcome.counters.skipped,
        "present": outcome.counters.present,
        "seconds": outcome.counters.seconds,
        "waiting": outcome.counters.waited / max(outcome.counters.seconds, 1e-9),
        "finished": outcome.code == 0,
        "begun": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begun)),
        "ended": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "last": outcome.line,
    }
    write_json(run / "training_metadata.json", metadata)
    inventory = checkpoints.inventory(run)
    write_json(run / "checkpoint_inventory.json", inventory)
    write_text(run / "RUN_REPORT.md", run_report(config, metadata, inventory, lines))
    write_text(run / "MODEL_CARD.md", card(config, metadata, manifest))
    write_text(run / "DATA_BOUNDARY_REPORT.md", boundary(manifest))


def _external(run: Path) -> dict[str, dict[str, str]]:
    """Encoders of others in the model, by modality: type, how trained, digest."""
    model = json.loads((run / "config.json").read_text("utf-8"))["model"]
    return {m: {key: one[key] for key in ("type", "train", "digest")} for m, one in model["external"].items()}


def run_report(
    config: TrainConfig, metadata: dict[str, Any], inventory: list[dict[str, Any]], lines: list[dict[str, Any]]
) -> str:
    """How the run went: figures at its start and end, alarms, what was skipped, checkpoints."""
    out = [f"# Run {config.name}", ""]
    out += [f"{'Finished' if metadata['finished'] else 'Stopped before its end; the same command goes on'}: "
            f"{metadata['steps']:,} steps, {metadata['samples']:,} samples, {metadata['tokens']:,} tokens, "
            f"{metadata['seconds'] / 60:.1f} min on {metadata['ranks']} x {metadata['device']}, "
            f"{metadata['waiting']:.1%} of them waiting for data, {metadata['skipped']} steps skipped.", ""]  # fmt: skip
    if lines:
        part = max(1, len(lines) // 20)
        out += [
            f"Losses, means of the first and the last {part} steps.",
            "",
            "| term | first | last |",
            "| --- | ---: | ---: |",
        ]
        for name in lines[-1]["terms"]:
            first, last = _mean(lines[:part], name), _mean(lines[-part:], name)
            out.append(f"| {name} | {first:.4f} | {last:.4f} |")
        panels = [line for line in lines if line.get("panel")]
        if panels:
            out += ["", "Collapse panel, first and last.", "", "| figure | first | last |", "| --- | ---: | ---: |"]
            for name, value in panels[-1]["panel"].items():
                out.append(f"| {name} | {panels[0]['panel'].get(name, float('nan')):.4f} | {value:.4f} |")
            alarms = [f"step {line['step']}: {reason}" for line in panels for reason in line.get("alarm", [])]
            out += ["", "Alarms: " + ("; ".join(alarms[:10]) if alarms else "none.")]
        probes = [line for line in lines if line.get("gradients")]
        if probes:
            out += ["", f"Gradients on the trunk at step {probes[-1]['step']}.", ""]
            out += ["| figure | value |", "| --- | ---: |"]
            out += [f"| {name} | {value:.4f} |" for name, value in probes[-1]["gradients"].items()]
    out += ["", "| checkpoint | step | MB | state |", "| --- | ---: | ---: | --- |"]
    out += [f"| {row['name']} | {row['step']} | {row['bytes'] / 1e6:.1f} | {row['state']} |" for row in inventory]
    return "\n".join(out) + "\n"


def _mean(lines: list[dict[str, Any]], term: str) -> float:
    values = [line["terms"].get(term) for line in lines]
    known = [value for value in values if isinstance(value, (int, float))]
    return sum(known) / len(known) if known else float("nan")


def card(config: TrainConfig, metadata: dict[str, Any], manifest: dict[str, Any]) -> str:
    """What the model is, what it saw, what it is not good for."""
    episodes = sum(len(folder["episodes"]) for folder in manifest["folders"])
    hours = sum(folder["hours"] for folder in manifest["folders"])
    streams = ", ".join(metadata["present"])
    guests = "".join(
        f"\n- External encoder of {modality}: {one['type']}, digest {one['digest']}; "
        + ("frozen, its weights are not in the file above: put its folder at "
           f"`external/{modality}` beside them." if one["train"] == "none"
           else f"trained ({one['train']}), its weights are in the file above; its licence holds for them.")
        for modality, one in metadata["external"].items()
    )  # fmt: skip
    return f"""# {config.name}

A model of embodied experience: six views, sound, depth, pose, hands, body, IMU and language of a window become one
representation over time.

- Size: {config.model.size}, {metadata["parameters"]["student"]:,} parameters, {metadata["parameters"]["trunk"]:,} of them in the trunk.
- Trained on: {episodes} recordings, {hours:.2f} h, {metadata["samples"]:,} windows seen; sources in DATA_BOUNDARY_REPORT.md.
- Streams: {streams}. Any of them may be absent.
- Objectives: {", ".join(f"{name} {weight:g}" for name, weight in config.weights().items())}.
- Weights: `weights.safetensors`; `teacher.` is the moving average, which is meant to be used.{guests}

Use: `xperience embed RUN EPISODE --out x.npy`, `xperience evaluate RUN --data DIR --out DIR`.

Not shown by training: how good it is. That is what `xperience evaluate` measures, on recordings that were held out.
Not meant for: identifying people, judging their work, or steering machines without a person who watches.
Known limits: it has seen the places, people and activities of its sources only; labels are as their annotators wrote them.
"""


def boundary(manifest: dict[str, Any]) -> str:
    """What data the weights saw, and what of this folder may be published."""
    out = ["# Boundary of the data", "", "What the weights saw.", ""]
    out += ["| prepared folder | side | recordings | sessions | hours | source | revision | licence |"]
    out += ["| --- | --- | ---: | ---: | ---: | --- | --- | --- |"]
    for folder in manifest["folders"]:
        for source in folder["sources"]:
            out.append(
                f"| {folder['name']} | {folder['side']} | {source['episodes']} | {len(folder['sessions'])} | "
                f"{folder['hours']:.3f} | {source['source']} | {source['revision']} | {source['licence'] or 'unknown'} |"
            )
    unknown = any(not s["licence"] or s["licence"] == "None" for f in manifest["folders"] for s in f["sources"])
    out += [
        "",
        "May be published: weights.safetensors, statistics.json, config.json, progress.jsonl, training_metadata.json, "
        "checkpoint_inventory.json, dataset_manifest.json (names of recordings, no content), the reports.",
        "",
        "May not: bad/ (batches of recordings, kept where a loss was not finite), checkpoints/ (their index is a pickle), "
        "tensorboard/, external.json (folders of this machine), prepared shards, recordings, annotations.",
        "",
        "config.json lists the labels of the training split, which are annotations in the wide sense: publish it only "
        "where the licence of the sources allows it.",
    ]
    if unknown:
        out += ["", "Some sources state no licence: ask before anything is published."]
    out += [
        "",
        "Copy what may be published to a folder of its own and run `xperience audit FOLDER`: it refuses the rest.",
    ]
    return "\n".join(out) + "\n"
