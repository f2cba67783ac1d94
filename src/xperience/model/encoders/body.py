"""The body about its pelvis in its own heading frame, its motion, how it stands to the headset; contacts of its joints.

The body's heading is square to its hips, so that a body without a headset can be told too.
"""

from __future__ import annotations

import torch

from xperience.model.config import ModelConfig
from xperience.model.encoders.framewise import Framewise, speeds
from xperience.model.encoders.span import Span
from xperience.model.heading import body_heading

POINTS = 22
"""Joints of the body proper; those of the hands follow them."""

PER_METRE, PELVIS_M = 2.0, 0.9
STANCE = 5
NUMBERS = {"body": 51 * 3 + 3 + (POINTS - 1) * 3 + 1 + STANCE, "contacts": 21}


class Encoder(Framewise):
    def __init__(self, config: ModelConfig, streams: tuple[str, ...]) -> None:
        super().__init__(config, streams, NUMBERS)

    def told(self, span: Span, stream: str) -> tuple[torch.Tensor, torch.Tensor]:
        if stream == "contacts":
            one = span.slots(stream)
            values = one.values.float() * 2 - 1
            return values, one.valid[..., None].expand_as(values)
        one = span.with_lead(stream)
        values = torch.nan_to_num(one.values.float(), nan=0.0, posinf=0.0, neginf=0.0)
        tracked = (values != 0).any(-1) & one.valid[..., None]  # a joint that is not finite or exactly 0 was not seen
        root = values[:, :, 0]
        per = self.config.per_block(stream)
        R = body_heading(
            values[:, 1:].unflatten(1, (span.blocks, per)), tracked[:, 1:].unflatten(1, (span.blocks, per))
        )
        R = R.repeat_interleave(per, 1)
        about = values[:, :, 1:] - root[:, :, None]
        pairs = tracked[:, :, 1:] & tracked[:, :, :1]
        place = about[:, 1:] @ R.transpose(-1, -2)
        moved, both = speeds(root, tracked[:, :, 0], one.times)
        moved = (R @ moved[..., None])[..., 0]
        quick, both_joints = speeds(about[:, :, : POINTS - 1], pairs[:, :, : POINTS - 1], one.times)
        quick = quick @ R.transpose(-1, -2)
        height = root[:, 1:, 2:] - PELVIS_M
        stance, stood = self._stance(span, R, root[:, 1:])
        there = tracked[:, 1:, :1]
        told = [place.flatten(2) * PER_METRE, moved, quick.flatten(2), height.clamp(-3, 3), stance]
        valid = [
            pairs[:, 1:, :, None].expand_as(place).flatten(2), both, both_joints.flatten(2), there,
            stood & there.expand_as(stood),
        ]  # fmt: skip
        return torch.cat(told, -1), torch.cat(valid, -1)

    def _stance(self, span: Span, R: torch.Tensor, root: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """[B, N, 5] where the pelvis is from the headset and which way the headset looks; unknown without a pose."""
        if "pose" not in span.streams or self.config.per_block("pose") != self.config.per_block("body"):
            none = torch.zeros(*root.shape[:2], STANCE, device=root.device)
            return none, none.bool()
        pose = span.slots("pose")
        apart = (root.double() - pose.values[..., 3].double()).float()
        apart = (R @ apart[..., None])[..., 0]
        look = (R @ pose.values[..., 2:3].float())[..., :2, 0]
        valid = (pose.valid & span.shown("pose")[:, None])[..., None]
        return torch.cat([apart * PER_METRE, look], -1), valid.expand(-1, -1, STANCE)
