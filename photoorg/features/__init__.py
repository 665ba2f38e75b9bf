"""Encoders that turn photos and words into vectors."""
