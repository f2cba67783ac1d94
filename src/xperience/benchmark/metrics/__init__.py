"""The published metrics, one family a file, each with the conventions that change the number.

Families offer, beside their metrics, additive statistics: an array [U, K] with one row for each resampling unit, whose
sum over units determines the primary metric. A bootstrap then needs no second pass over the predictions.
"""
