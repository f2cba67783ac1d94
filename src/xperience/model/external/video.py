"""External encoders of pictures, in place of the stem: their patches are averaged to the model's grid.

An encoder of pictures sees each picture by itself; one of video sees the pictures of a block together. VideoMAE and the
like, whose positions are of sixteen pictures, do not fit a block of a quarter second.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from xperience.errors import UsageError
from xperience.model.config import External, ModelConfig
from xperience.model.encoders.video import COLOUR, pooled
from xperience.model.external import Kind
from xperience.model.external.guest import Guest, bare, config_of

HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
NO_HEAD = {"vision_use_head": False}

KINDS = {
    "dinov2": Kind("Dinov2Model", "Dinov2Config", changes={"use_mask_token": False}),
    "dinov2_with_registers": Kind(
        "Dinov2WithRegistersModel", "Dinov2WithRegistersConfig", idle=("embeddings.mask_token",)
    ),
    "dinov3_vit": Kind("DINOv3ViTModel", "DINOv3ViTConfig", idle=("embeddings.mask_token",)),
    "vit": Kind("ViTModel", "ViTConfig", options={"add_pooling_layer": False}, resizes=True, colours=HALF),
    "siglip": Kind(
        "SiglipVisionModel", "SiglipVisionConfig", "vision_config", changes=NO_HEAD, resizes=True, colours=HALF
    ),
    "siglip_vision_model": Kind("SiglipVisionModel", "SiglipVisionConfig", changes=NO_HEAD, resizes=True, colours=HALF),
    "clip": Kind(
        "CLIPVisionModel", "CLIPVisionConfig", "vision_config", idle=("post_layernorm",), resizes=True, colours=CLIP
    ),
    "clip_vision_model": Kind(
        "CLIPVisionModel", "CLIPVisionConfig", idle=("post_layernorm",), resizes=True, colours=CLIP
    ),
    "vjepa2": Kind("VJEPA2Model", "VJEPA2Config", core="encoder"),
}


def settled(external: External) -> External:
    """With its pixels a side: those asked for, else what the folder's preprocessor says, else the encoder's own.

    Raises:
        UsageError: pixels that are no whole number of patches.
    """
    kind = KINDS[external.type]
    config = config_of(external, kind)
    patch = int(config.patch_size)
    if external.pixels % patch:
        raise UsageError(
            "pixels must be whole patches", field="model.external.video.pixels", found=external.pixels,
            expected=f"a multiple of {patch}",
        )  # fmt: skip
    pixels = external.pixels or max(1, _pixels(external, config) // patch) * patch
    about = dict(external.about)
    if external.type == "vjepa2":  # it counts its positions by this number, and turns by them
        about["crop_size"] = pixels
    found = replace(external, pixels=pixels, about=about)
    with torch.device("meta"):
        bare(found, kind)
    if int(getattr(config, "num_channels", getattr(config, "in_chans", COLOUR))) != COLOUR:
        raise ValueError("pictures have three colours")
    if len(_colours(found, kind)[0]) != COLOUR or len(_colours(found, kind)[1]) != COLOUR:
        raise ValueError("image_mean and image_std have three numbers")
    return found


def _pixels(external: External, config: Any) -> int:
    told = external.inputs
    crop = told.get("crop_size") if told.get("do_center_crop", True) else None
    size = crop or told.get("size")
    if isinstance(size, dict):
        size = size.get("height", size.get("shortest_edge"))
    own = getattr(config, "image_size", None) or config.crop_size
    return int(size or (own[0] if isinstance(own, (list, tuple)) else own))


def _colours(external: External, kind: Kind) -> tuple[tuple[float, ...], tuple[float, ...]]:
    told = external.inputs
    if not told.get("do_normalize", True):
        return (0.0,) * COLOUR, (1.0,) * COLOUR
    mean, spread = told.get("image_mean") or kind.colours[0], told.get("image_std") or kind.colours[1]
    return tuple(float(x) for x in mean), tuple(float(x) for x in spread)


class Pictures(nn.Module):
    """Pictures [n, 3 E, H, W] from 0 to 255 to [n, grid grid, D]; the E pictures of a block stand side by side.

    Args:
        each: E.
    """

    def __init__(self, config: ModelConfig, external: External, each: int) -> None:
        super().__init__()
        kind = KINDS[external.type]
        self.guest, self.grid, self.side = Guest(external, kind), config.view_grid, external.pixels
        self.mean, self.spread = _colours(external, kind)
        self.factor = float(external.inputs.get("rescale_factor") or 1 / 255)
        own = config_of(external, kind)
        self.patch = int(own.patch_size)
        self.tubelet = int(own.tubelet_size) if external.type == "vjepa2" else 0
        self.resized = kind.resizes and self.side != own.image_size
        self.numbers = int(own.hidden_size) * (-(-each // self.tubelet) if self.tubelet else each)
        self.adapter = nn.Sequential(nn.LayerNorm(self.numbers), nn.Linear(self.numbers, config.width))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        if pictures.is_meta:
            told = torch.empty(len(pictures), self.grid**2, self.numbers, device="meta")
        else:
            told = self.guest.over(self._told, pictures)
        found: torch.Tensor = self.adapter(told.float())
        return found

    def _told(self, encoder: nn.Module, pictures: torch.Tensor) -> torch.Tensor:
        """[n, grid grid, numbers] means of the patches of each cell."""
        n = len(pictures)
        x = pictures.unflatten(1, (-1, COLOUR)).float().flatten(0, 1)
        if x.shape[-2:] != (self.side, self.side):
            x = F.interpolate(x, size=(self.side, self.side), mode="bilinear", antialias=True)
        x = (x * self.factor - x.new_tensor(self.mean)[:, None, None]) / x.new_tensor(self.spread)[:, None, None]
        if self.tubelet:
            x = x.unflatten(0, (n, -1))
            lacking = -x.shape[1] % self.tubelet  # the last picture stays until the tubelet is full
            x = torch.cat([x, x[:, -1:].expand(-1, lacking, -1, -1, -1)], 1)
            tokens = encoder(pixel_values_videos=x).last_hidden_state
        else:
            options = {"interpolate_pos_encoding": True} if self.resized else {}
            tokens = encoder(pixel_values=x, **options).last_hidden_state
        h = self.side // self.patch
        if self.tubelet:
            tokens = tokens.unflatten(1, (-1, h * h)).flatten(0, 1)
        patches = tokens[:, tokens.shape[1] - h * h :].transpose(1, 2).unflatten(2, (h, h))
        cells = pooled(patches.float(), self.grid).flatten(2)
        return cells.unflatten(0, (n, -1)).permute(0, 3, 1, 2).flatten(2)
