"""Cross-modal contrastive alignment: which pictures, sounds and words belong to this motion?

Motion against sight, block by block: among all blocks of the batch, on whatever rank they are, and among those of the
same recording alone, which are the hard negatives; there neither the person nor the place gives the answer away. Sound
stands on the side of the motion and on that of the pictures in turn, so that it is learnt to fit both. Language against
everything but language. Temperatures are learnt, one a pair, since noisier pairs want softer ones (Girdhar et al. 2023).
"""

from __future__ import annotations

import hashlib

import torch
from torch import nn

from xperience.model.config import ModelConfig
from xperience.prepare.streams import STREAMS
from xperience.pretrain.objectives.losses import contrast, head, pooled, pooled_width, touch
from xperience.pretrain.step import Step, Term

MOTION = tuple(s.name for s in STREAMS.values() if s.modality in ("pose", "hands", "body", "imu"))
SIGHT = tuple(s.name for s in STREAMS.values() if s.modality in ("video", "depth"))
SOUND = ("audio",)
WIDTH = 64
START = 2.7
"""Log of the inverse temperature at the start: 15."""


class Alignment(nn.Module):
    """See the module."""

    name = "alignment"

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        wide = config.width * config.readouts
        self.motion, self.sight = head(wide, WIDTH), head(wide, WIDTH)
        self.window = head(pooled_width(config.width, config.readouts), 2 * WIDTH)
        self.words = nn.Linear(config.text_width, 2 * WIDTH)
        self.scales = nn.Parameter(torch.full((2,), START))

    def reset_parameters(self) -> None:
        nn.init.constant_(self.scales, START)

    def embed(self, side: str, readout: torch.Tensor) -> torch.Tensor:
        """[B, T, E] of a side ("motion" or "sight") from its readouts [B, T, R, D]."""
        found: torch.Tensor = getattr(self, side)(readout.flatten(2))
        return found

    def forward(self, step: Step) -> dict[str, Term]:
        with_motion = step.number % 2 == 0
        motion = step.seen("motion", (*MOTION, *SOUND) if with_motion else MOTION)
        sight = step.seen("sight", SIGHT if with_motion else (*SIGHT, *SOUND))
        m, v = self.embed("motion", motion.readout), self.embed("sight", sight.readout)
        both = motion.seen.any(1)[:, None] & sight.seen.any(1)[:, None]  # whether each side has anything
        blocks = m.shape[1]
        known = both.expand(-1, blocks).flatten()
        close, foreign = overlap(step, blocks), _foreign(step, blocks)
        m, v = m.flatten(0, 1), v.flatten(0, 1)
        terms = {
            "motion_sight": contrast(step, m, v, self.scales[0], known, close),
            "same_recording": contrast(step, m, v, self.scales[0], known, close | foreign),
            "words": self._words(step),
        }
        zero = touch([self]) + 0 * self.scales.sum()
        return {name: Term(found.total + zero, found.count) for name, found in terms.items()}

    def _words(self, step: Step) -> Term:
        """Texts against windows that did not see them."""
        texts = step.captions
        blind = step.dropped_language & torch.tensor([bool(t) for t in texts], device=step.dropped_language.device)
        window = self.window(pooled(step.masked))
        words = self.words(step.model.text.embed(texts))
        which = torch.tensor([_number(text) for text in texts], device=window.device)
        same = which[:, None] == step.gathered(which)[None]
        return contrast(step, words, window, self.scales[1], blind, same)


def _number(text: str) -> int:
    """The same on all ranks, and of this text alone."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little", signed=True)


def overlap(step: Step, blocks: int) -> torch.Tensor:
    """[n, m] True where a block of this rank and one of any lie over each other in time (false negatives), itself too."""
    batch = step.batch
    device = step.dropped_language.device
    per = batch.frames / blocks
    start = torch.as_tensor(batch.start_frame, device=device)[:, None] + per * torch.arange(blocks, device=device)
    starts = start.flatten()
    return ((starts[:, None] - step.gathered(starts)[None]).abs() < per) & ~_foreign(step, blocks)


def _foreign(step: Step, blocks: int) -> torch.Tensor:
    """[n, m] True where a block of this rank and one of any are of different recordings."""
    batch = step.batch
    recording = torch.as_tensor(batch.episode + 1_000_003 * batch.source, device=step.dropped_language.device)
    recording = recording.repeat_interleave(blocks)
    return recording[:, None] != step.gathered(recording)[None]
