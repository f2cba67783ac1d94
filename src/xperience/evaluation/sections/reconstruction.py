"""Masked modelling on recordings never trained on: how much of what is hidden can be told from the rest?"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, cast

import numpy as np
import torch

from xperience.benchmark.samples import NotMeasurable
from xperience.evaluation.resample import session_interval, span_text
from xperience.evaluation.sampled import sampled
from xperience.evaluation.sections import Bench
from xperience.prepare.streams import STREAMS
from xperience.pretrain import masking
from xperience.pretrain.config import Masking
from xperience.pretrain.objectives.masked import LATENT, Masked, error

TITLE = "Reconstruction of what is hidden"
WINDOWS = 240
HIDING = Masking(hide=0.4, drop=0.0, drop_contacts=0.0, drop_language=1.0)


def measure(bench: Bench) -> dict[str, Any]:
    """By stream: error on hidden tokens beside that of always saying the mean token."""
    heads = bench.viewer.restored.learner.objectives
    if "masked" not in heads:
        raise NotMeasurable("the model was not trained to reconstruct")
    rows = []
    for stream, (model, mean, sessions) in errors(bench, cast(Masked, heads["masked"])).items():
        if not len(model):
            continue
        apart = session_interval(1 - model / max(float(mean.mean()), 1e-9), sessions, bench.seed)
        kind = "latent" if STREAMS[stream].modality in LATENT else "numbers"
        share = 1 - float(model.mean()) / max(float(mean.mean()), 1e-9)
        rows.append([stream, kind, len(model), round(float(model.mean()), 4), round(float(mean.mean()), 4),
                     round(share, 3), span_text(apart)])  # fmt: skip
    return {
        "text": (
            "Two fifths of each stream's tokens are hidden, and told from all that is left, without language. Error: smooth "
            "L1; pictures, sound and depth as the model itself sees them whole, everything else as standardised "
            "numbers. Explained: one minus the error over that of always saying the mean token of these windows."
        ),
        "table": {
            "columns": ["stream", "target", "hidden tokens", "model", "mean token", "explained", "95 %"],
            "rows": rows,
        },
    }


def errors(bench: Bench, head: Masked) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """By stream: error of the model [n], of the mean token [n], and the session [n] of each hidden token."""
    viewer = bench.viewer
    told: dict[str, list[tuple[torch.Tensor, ...]]] = defaultdict(list)
    sessions: dict[str, list[np.ndarray]] = defaultdict(list)
    for recording, starts, batch in sampled(bench, WINDOWS):
        with torch.inference_mode(), viewer.cast():
            encoded = viewer.model.encode(batch)
            places = {name: place for name, place in encoded.tokens.places.items() if name in STREAMS}
            times = {name: encoded.tokens.time[0, place].cpu().numpy() for name, place in places.items()}
            hidden = masking.draw(np.asarray(starts, np.uint64) + np.uint64(bench.seed), times, HIDING).hidden
            moved = {name: torch.from_numpy(one).to(viewer.device) for name, one in hidden.items()}
            state, whole = viewer.model.fuse(encoded, hidden=moved), viewer.model.fuse(encoded)
            for stream in head.heads:
                if stream not in places:
                    continue
                guess, wanted, valid = head.told(stream, state, whole, viewer.model, batch)
                asked = moved[stream] & whole.seen[:, places[stream]] & valid.any(-1)
                told[stream].append((guess[asked].float(), wanted[asked].float(), valid[asked]))
                sessions[stream].append(np.full(int(asked.sum()), recording.session))
    found = {}
    for stream, parts in told.items():
        guess, wanted, valid = (torch.cat([part[k] for part in parts]) for k in range(3))
        mean = (wanted * valid).sum(0) / valid.sum(0).clamp(min=1)
        both = [error(one, wanted, valid).cpu().numpy() for one in (guess, mean.expand_as(wanted))]
        found[stream] = (both[0], both[1], np.concatenate(sessions[stream]))
    return found
