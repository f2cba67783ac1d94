"""What training on a corpus takes: storage, decoding, network and GPU days, with every assumption named.

`plan(request)` gives a Plan: lines with their formulas, the assumptions behind them with unit, source and origin, and
the published planning ranges beside them. Nothing here trains or downloads; `measure` takes two rates from this machine.
"""

from xperience.corpus.planner.plan import Plan, Request, plan

__all__ = ["Plan", "Request", "plan"]
