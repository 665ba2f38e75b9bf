"""Text vectors: what a person's tags and captions say, as vectors learnt or brought along."""
