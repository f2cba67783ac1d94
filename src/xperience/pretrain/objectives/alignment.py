"""Cross-modal contrastive alignment: which pictures, sounds and words belong to this motion?

Motion against sight, block by block, so that the neighbouring quarter seconds of the same window are negatives; the
span behind the window adds hard negatives from a second later in the same episode. Language against everything but
language. Temperatures are learnt, one a pair, since noisier pairs want softer ones (Girdhar et al. 2023).
"""

from __future__ import annotations

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
        self.motion, self.sight, self.sound = head(wide, WIDTH), head(wide, WIDTH), head(wide, WIDTH)
        self.window = head(pooled_width(config.width, config.readouts), 2 * WIDTH)
        self.words = nn.Linear(config.text_width, 2 * WIDTH)
        self.scales = nn.Parameter(torch.full((3,), START))

    def reset_parameters(self) -> None:
        nn.init.constant_(self.scales, START)

    def embed(self, side: str, readout: torch.Tensor) -> torch.Tensor:
        """[B, T, E] of a side ("motion", "sight" or "sound") from its readouts [B, T, R, D]."""
        found: torch.Tensor = getattr(self, side)(readout.flatten(2))
        return found

    def forward(self, step: Step) -> dict[str, Term]:
        batch = step.batch
        motion, sight = step.seen("motion", MOTION), step.seen("sight", SIGHT)
        later = step.seen("sight", SIGHT, part="future") if batch.future >= batch.frames else None
        m, v = self.embed("motion", motion.readout), self.embed("sight", sight.readout)
        both = motion.seen.any(1)[:, None] & sight.seen.any(1)[:, None]  # whether each side has anything
        blocks = m.shape[1]
        known = both.expand(-1, blocks).flatten()
        others = v.flatten(0, 1)
        if later is not None:
            others = torch.cat([others, self.embed("sight", later.readout).flatten(0, 1)])
        terms = {
            "motion_sight": contrast(
                m.flatten(0, 1), others, self.scales[0], known, _overlap(step, blocks, len(others))
            )
        }
        sound = step.seen("sound", SOUND)
        a = self.embed("sound", sound.readout)
        heard = (sound.seen.any(1) & sight.seen.any(1))[:, None].expand(-1, blocks).flatten()
        terms["sound_sight"] = contrast(
            a.flatten(0, 1), v.flatten(0, 1), self.scales[1], heard, _overlap(step, blocks, blocks * len(v))
        )
        terms["words"] = self._words(step)
        zero = touch([self]) + 0 * self.scales.sum()
        return {name: Term(found.total + zero, found.count) for name, found in terms.items()}

    def _words(self, step: Step) -> Term:
        """Texts against windows that did not see them."""
        texts = step.captions
        blind = step.dropped_language & torch.tensor([bool(t) for t in texts], device=step.dropped_language.device)
        window = self.window(pooled(step.masked))
        words = self.words(step.model.text.embed(texts))
        index = {text: k for k, text in enumerate(dict.fromkeys(texts))}
        which = torch.tensor([index[text] for text in texts], device=window.device)
        same = which[:, None] == which[None]
        return contrast(
            words, window, self.scales[2], blind, same & ~torch.eye(len(texts), dtype=torch.bool, device=window.device)
        )


def _overlap(step: Step, blocks: int, columns: int) -> torch.Tensor:
    """[B T, columns] True where two blocks of different samples lie over each other in time (false negatives)."""
    batch = step.batch
    device = step.dropped_language.device
    episode = torch.as_tensor(batch.episode, device=device) + 1_000_003 * torch.as_tensor(batch.source, device=device)
    per = batch.frames / blocks
    start = torch.as_tensor(batch.start_frame, device=device)[:, None] + per * torch.arange(blocks, device=device)
    rows_e, rows_t = episode[:, None].expand(-1, blocks).flatten(), start.flatten()
    cols_e, cols_t = rows_e, rows_t
    if columns > len(rows_t):
        cols_e, cols_t = torch.cat([rows_e, rows_e]), torch.cat([rows_t, rows_t + batch.frames])
    close = (rows_t[:, None] - cols_t[None]).abs() < per
    return (rows_e[:, None] == cols_e[None]) & close & ~torch.eye(len(rows_t), columns, dtype=torch.bool, device=device)
