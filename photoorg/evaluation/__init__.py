"""Measuring how good encoders and models are."""
