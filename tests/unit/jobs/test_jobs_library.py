"""What an open library asks of the process that it is in."""

from __future__ import annotations

from pathlib import Path

from threadpoolctl import ThreadpoolController, threadpool_limits

from photoorg.core.paths import CatalogPaths
from photoorg.jobs.library import Library


def blas_threads() -> set[int]:
    libraries = ThreadpoolController().select(user_api="blas")
    return {library["num_threads"] for library in libraries.info()}


def test_matrix_products_take_one_thread_while_a_library_is_open(tmp_path: Path) -> None:
    with threadpool_limits(2, user_api="blas"):
        library = Library.open(CatalogPaths(tmp_path / "catalog"), background=False)
        assert blas_threads() == {1}
        library.close()
        library.close()
        assert blas_threads() == {2}
