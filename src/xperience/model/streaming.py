"""Windows as they come: the same outputs as in one pass over all of them, in memory that does not grow."""

from __future__ import annotations

import torch

from xperience.model.model import Past, State, XperienceModel
from xperience.prepare.batch import Batch


class Streamer:
    """Feeds windows of the same recordings, one behind the other, to a model.

    What is kept is the last window and, of each layer, keys and values of `context_s` seconds.
    """

    def __init__(self, model: XperienceModel) -> None:
        self.model = model
        self.past: Past | None = None

    @torch.no_grad()
    def feed(
        self, batch: Batch, start_s: torch.Tensor, language: tuple[list[str], torch.Tensor] | None = None
    ) -> State:
        """The state of the next window.

        Args:
            start_s: [B] float64 seconds of the window's first frame on the recordings' clocks. The window must begin
            where the one before ended.
        """
        start = start_s.double()
        if self.past is None:
            self.zero = start
            past = Past(torch.zeros_like(start))
        else:
            assert self.past.batch is not None
            past = Past(
                start - self.zero, self.past.blocks, self.past.batch, start - self.zero - self.past.start,
                self.past.cache,
            )  # fmt: skip
        state: State = self.model(batch, language=language, past=past, keep=True)
        self.past = Past(past.start, past.blocks + state.readout.shape[1], batch, None, state.cache)
        return state
