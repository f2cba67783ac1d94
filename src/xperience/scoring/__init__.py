"""What a score is worth: the one place that turns numbers into words."""
