"""The Models page: what is trained, training, comparing."""
