"""Pictures of figures, drawn without a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from photoorg.core.errors import EnvironmentProblem

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL import Image

_INCHES = (7.0, 5.0)
_DOTS = 120


def new_figure() -> tuple[Figure, Axes]:
    """Return an empty figure with one pair of axes.

    It belongs to nobody's window: pyplot, which keeps figures alive and looks for a screen, stays
    out of it.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, dpi=_DOTS, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def save_figure(figure: Figure, folder: Path, name: str) -> str:
    """Write a figure as `<folder>/<name>.png`; return the file's name.

    Raises:
        EnvironmentProblem: the folder cannot be written.
    """
    file_name = f"{name}.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        figure.savefig(folder / file_name)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return file_name


def save_picture(picture: Image.Image, folder: Path, name: str) -> str:
    """Write a picture as `<folder>/<name>.png`; return the file's name.

    Raises:
        EnvironmentProblem: the folder cannot be written.
    """
    file_name = f"{name}.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        picture.save(folder / file_name)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return file_name


def _unwritable(folder: Path, error: OSError) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"Pictures cannot be written to {folder} ({error.strerror}).", "Choose another folder."
    )
