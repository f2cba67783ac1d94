"""Future states: does the model know what it will see better than by thinking that nothing changes?"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from torch.nn import functional as F

from xperience.benchmark.samples import NotMeasurable
from xperience.evaluation.inputs import Inputs
from xperience.evaluation.resample import paired, session_interval, span_text
from xperience.evaluation.sampled import sampled
from xperience.evaluation.sections import Bench
from xperience.pretrain.objectives.future import Future, targets
from xperience.pretrain.objectives.losses import pooled
from xperience.scoring.words import Evidence, Rival, claim

TITLE = "Future states"
WINDOWS = 360
WAYS = ("model", "copy last", "mean state")


def measure(bench: Bench) -> dict[str, Any]:
    """By block ahead: smooth L1 and cosine of the forecast latent, of the last block's, and of the mean one."""
    heads = bench.viewer.restored.learner.objectives
    if "future" not in heads:
        raise NotMeasurable("the model was not trained to forecast its own states")
    guess, last, wanted, sessions = states(bench, cast(Future, heads["future"]))
    mean = wanted.mean((0, 1))
    told = {"model": guess, "copy last": last[:, None].expand_as(wanted), "mean state": mean.expand_as(wanted)}
    loss = {way: F.smooth_l1_loss(one, wanted, reduction="none").mean(-1).numpy() for way, one in told.items()}
    cosine = {way: F.cosine_similarity(one - mean, wanted - mean, dim=-1).numpy() for way, one in told.items()}
    rows = []
    for block in range(wanted.shape[1]):
        at = {way: loss[way][:, block].astype(float) for way in WAYS}
        interval = session_interval(at["model"], sessions, bench.seed)
        apart = {way: paired(at["model"], at[way], sessions, bench.seed) for way in WAYS[1:]}
        earned = claim(
            Evidence(
                score=float(at["model"].mean()), interval=interval, higher_is_better=False,
                trivial=[Rival(way, float(at[way].mean()), one.span) for way, one in apart.items()],
                windows=len(sessions), recordings=len(bench.of("test")), sessions=len(set(sessions.tolist())),
            )
        )  # fmt: skip
        copy = apart["copy last"]
        rows.append(
            [
                f"{(block + 1) * bench.viewer.model.config.block_s:g}",
                *(round(float(at[way].mean()), 4) for way in WAYS),
                span_text(interval, 4), round(copy.diff, 4), span_text(copy.span, 4), earned.word,
                *(round(float(cosine[way][:, block].mean()), 3) for way in WAYS[:2]),
            ]
        )  # fmt: skip
    return {
        "text": (
            "The readouts of the second behind a window, layer-normalised, as the model will see them, told from the window "
            "alone; against copying those of the window's last block, and against their mean. Cosines are about that "
            "mean. A negative difference means a smaller error of the model."
        ),
        "table": {
            "columns": ["s ahead", *WAYS, "95 %", "model minus copy", "95 %", "in words", "cosine", "cosine of copy"],
            "rows": rows,
        },
    }


def states(bench: Bench, head: Future) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, np.ndarray]:
    """Forecast [n, T, W], last block [n, W], wanted [n, T, W], and sessions [n]."""
    viewer = bench.viewer
    frames = viewer.restored.config.data.frames
    every = Inputs(tuple(viewer.model.streams), False)
    guesses, lasts, wanteds, sessions = [], [], [], []
    for recording, starts, batch in sampled(bench, WINDOWS, future=frames):
        state = viewer.state(batch, every)
        later = viewer.state(viewer.batch(recording.id, starts + frames), every)
        with torch.inference_mode(), viewer.cast():
            wanted = targets(later.readout)
            guesses.append(head.predict(pooled(state)).float().view(wanted.shape).cpu())
        lasts.append(targets(state.readout)[:, -1].cpu())
        wanteds.append(wanted.cpu())
        sessions.append(np.full(len(starts), recording.session))
    return torch.cat(guesses), torch.cat(lasts), torch.cat(wanteds), np.concatenate(sessions)
