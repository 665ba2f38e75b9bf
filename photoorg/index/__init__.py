"""Nearest neighbours among vectors: exact below a size, HNSW above it, and snapshots on disk."""

from photoorg.index.keeper import IndexKeeper, Target
from photoorg.index.snapshot import IndexProblem
from photoorg.index.vector_index import VectorIndex

__all__ = ["IndexKeeper", "IndexProblem", "Target", "VectorIndex"]
