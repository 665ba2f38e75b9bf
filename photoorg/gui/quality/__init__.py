"""How good suggestions are, and making them better: the list of tags, and the review."""
