"""What every part of a plan reads and gives."""

from __future__ import annotations

from dataclasses import dataclass

from xperience.corpus.planner.assumptions import Assumptions
from xperience.corpus.planner.corpora import Corpus
from xperience.corpus.planner.recipes import ShardRecipe
from xperience.corpus.planner.training import Training


@dataclass(frozen=True)
class Line:
    """One number of the plan.

    Attributes:
        key: stable name in JSON.
        value, unit: "bytes", "days", "cores", ...
        meaning: in words.
        formula: how it comes from the assumptions.
    """

    key: str
    value: float
    unit: str
    meaning: str
    formula: str


@dataclass(frozen=True)
class Inputs:
    """All that a plan depends on."""

    corpus: Corpus
    size: Training
    recipe: ShardRecipe
    gpus: int
    assumptions: Assumptions
