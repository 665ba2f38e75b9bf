"""Matrix products on one thread, and the setting put back afterwards."""

from __future__ import annotations

from threadpoolctl import ThreadpoolController, threadpool_limits

from photoorg.core.blas import SingleThreadedBlas


def blas_threads():
    libraries = ThreadpoolController().select(user_api="blas")
    return {library["num_threads"] for library in libraries.info()}


def test_contexts_that_overlap_leave_it_as_it_was() -> None:
    with threadpool_limits(2, user_api="blas"):
        one, other = SingleThreadedBlas(), SingleThreadedBlas()
        one.__enter__()
        other.__enter__()
        one.__exit__(None, None, None)
        assert blas_threads() == {1}
        other.__exit__(None, None, None)
        assert blas_threads() == {2}
