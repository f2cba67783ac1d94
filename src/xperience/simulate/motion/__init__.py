"""A scenario in continuous motion: the person's body and hands, the things they move, and the sounds they make."""

from __future__ import annotations

from xperience.simulate.motion.animated import AnimatedWorld
from xperience.simulate.script import Scenario

__all__ = ["AnimatedWorld", "animate"]


def animate(scenario: Scenario) -> AnimatedWorld:
    """The scenario as a continuous world; a pure function of it. Takes 5 to 10 ms for each second of it."""
    return AnimatedWorld(scenario)
