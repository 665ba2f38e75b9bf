"""Cross-modal models that bring photos and words into one space."""
