"""Photos on disk with what is known of them: own tables, and public sets as they are published.

`open_dataset` recognises a folder's layout; `read_captions` and `read_labels` read the own tables
alone.
"""

from photoorg.models.datasets.dataset import DEV, TEST, TRAIN, Dataset
from photoorg.models.datasets.opening import LAYOUTS, open_dataset
from photoorg.models.datasets.tables import (
    CAPTIONS,
    LABELS,
    CaptionedPhotos,
    LabelledPhotos,
    dataset_folder,
    read_captions,
    read_categories,
    read_labels,
)

__all__ = [
    "CAPTIONS",
    "DEV",
    "LABELS",
    "LAYOUTS",
    "TEST",
    "TRAIN",
    "CaptionedPhotos",
    "Dataset",
    "LabelledPhotos",
    "dataset_folder",
    "open_dataset",
    "read_captions",
    "read_categories",
    "read_labels",
]
