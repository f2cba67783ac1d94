"""Many recordings: catalogue, labels, selection, splits, leakage, planning."""
