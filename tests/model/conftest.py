"""A small model over simulated recordings."""

from __future__ import annotations

import numpy as np
import pytest

from xperience.model.config import StreamShape
from xperience.model.language import Tokenizer
from xperience.model.model import XperienceModel
from xperience.model.sizes import size
from xperience.prepare.shards.reader import Prepared
from xperience.pretrain.batches import Batches
from xperience.pretrain.sampling import BatchRecipe, Mix


@pytest.fixture(scope="session")
def loader(prepared_path):
    return Batches([Prepared.open(prepared_path)], [Mix(stride=20, future=20)], BatchRecipe(), seed=0)


@pytest.fixture(scope="session")
def tokenizer():
    words = (
        "Pick up the red mug. Pour water into the kettle. Walk to the counter. Fold the towel. true false null 0.1 0.9"
    )
    return Tokenizer.learn([words, "The right hand is holding the screwdriver."], 400)


@pytest.fixture(scope="session")
def shapes(loader):
    return {name: StreamShape(layout.window, layout.shape, layout.step_s) for name, layout in loader.layouts.items()}


@pytest.fixture(scope="session")
def model(shapes, tokenizer):
    import torch

    torch.manual_seed(0)
    return XperienceModel(size("nano", shapes, width=64, layers=2, heads=2, kv_heads=2), tokenizer).eval()


@pytest.fixture
def batch(loader):
    return loader.batch(np.arange(4))
