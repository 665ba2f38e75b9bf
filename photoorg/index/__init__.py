"""Nearest-neighbour search over vectors, exact and HNSW."""
