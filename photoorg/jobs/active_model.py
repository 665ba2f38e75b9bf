"""The model that search and suggestions use: the starter, or one that was trained here."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from photoorg.catalog.catalog import Catalog
from photoorg.core.errors import EnvironmentProblem, ModelFileProblem, PhotoorgError
from photoorg.core.ids import ModelKey
from photoorg.core.modelling import STARTER_ID
from photoorg.features.text import TextEncoder, create_text_encoder
from photoorg.index import IndexKeeper, Target, VectorIndex
from photoorg.jobs.model_store import features_of
from photoorg.models.personal import PersonalModel
from photoorg.models.starter import StarterModel
from photoorg.search.engine import SearchEngine
from photoorg.search.personal import PersonalSuggester
from photoorg.search.personal_looks import LearnedLooks
from photoorg.search.ports import TagSuggester
from photoorg.search.spelling import Spelling
from photoorg.search.suggest import Suggester

if TYPE_CHECKING:
    from photoorg.models.registry import TrainedModel

logger = logging.getLogger(__name__)

JOINT, ALIKE = "joint", "alike"
MODELS = "models"
"""Folder, below that of the indexes, of those that belong to trained models."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What answers questions, all of it or what could be had of it.

    Attributes:
        model_id: the model in use.
        engine: answers the search box.
        suggester: suggests tags; None where there is no model.
        keepers: keep the indexes in step with the catalog: the starter's first, which look-alike
            search always needs.
        vocabulary: words to complete what is typed.
        problem: why the starter or its text encoder is not there, or None.
        starter: the starter model, where it could be read.
        encoder: its text encoder, where it could be read.
        looks: finds photos of the person's own tags by the starter.
        trained: the model in use, where it is not the starter.
    """

    model_id: str
    engine: SearchEngine
    suggester: TagSuggester | None
    keepers: tuple[IndexKeeper, ...]
    vocabulary: tuple[str, ...]
    problem: PhotoorgError | None
    starter: StarterModel | None = None
    encoder: TextEncoder | None = None
    looks: LearnedLooks | None = None
    trained: TrainedModel | None = None


def assemble_starter(catalog: Catalog, learned: Callable[[], PersonalModel | None]) -> Parts:
    """Load the starter model with its indexes; what cannot be read is left out and said.

    Args:
        catalog: of the library.
        learned: returns what was learned of the person's own tags, if anything was.
    """
    model: StarterModel | None = None
    encoder: TextEncoder | None = None
    problem: PhotoorgError | None = None
    try:
        model = StarterModel.load()
        encoder = create_text_encoder()
    except (ModelFileProblem, EnvironmentProblem) as error:
        logger.warning("search by meaning is not possible: %s", error)
        problem = error
    if model is None:
        nothing = VectorIndex(1, model_key=ModelKey(""))
        keeper = IndexKeeper(catalog, ModelKey(""), (), None)
        engine = SearchEngine(catalog, nothing, nothing, None, None, None)
        return Parts(STARTER_ID, engine, None, (keeper,), (), problem)
    made_by = f"{model.visual_key}|{model.kind}-{model.digest}"
    targets = (
        Target(JOINT, model.dimension, ModelKey(f"{made_by}|joint"), model.embed_images),
        Target(ALIKE, model.similarity_dimension, ModelKey(f"{made_by}|alike"), model.similarity),
    )
    keeper = IndexKeeper(catalog, model.visual_key, targets, catalog.paths.index)
    _log_problems(keeper)

    def taught() -> frozenset[str]:
        newest = learned()
        return frozenset() if newest is None else newest.taught

    looks = LearnedLooks(catalog, model, keeper.indexes[JOINT], learned)
    engine = SearchEngine(
        catalog,
        keeper.indexes[JOINT],
        keeper.indexes[ALIKE],
        model,
        encoder,
        model,
        looks=looks,
        spelling=Spelling(catalog, model.vocabulary),
    )
    return Parts(
        STARTER_ID,
        engine,
        PersonalSuggester(catalog, model, Suggester(catalog, model, encoder, taught), learned),
        (keeper,),
        model.vocabulary,
        problem,
        model,
        encoder,
        looks,
    )


def assemble_trained(catalog: Catalog, base: Parts, model_id: str, trained: TrainedModel) -> Parts:
    """Put a trained model in the starter's place; look-alike search stays with the starter.

    The index is loaded from its snapshot, or empty: `IndexKeeper.catch_up` fills it.
    """
    from photoorg.search.trained import TrainedSearchModel, TrainedSuggester, TrainedTextEncoder

    model = trained.model
    target = Target(
        JOINT,
        model.dimension,
        ModelKey(f"{model.visual_key}|{model_id}|joint"),
        model.embed_images,
    )
    keeper = IndexKeeper(catalog, model.visual_key, (target,), index_folder(catalog, model_id))
    _log_problems(keeper)
    vocabulary = tuple(dict.fromkeys((*trained.tags.names, *base.vocabulary)))
    alike = base.keepers[0].indexes.get(ALIKE, VectorIndex(1, model_key=ModelKey("")))
    engine = SearchEngine(
        catalog,
        keeper.indexes[JOINT],
        alike,
        TrainedSearchModel(trained),
        TrainedTextEncoder(trained),
        base.starter,
        notice=_lacking(base, trained, keeper.indexes[JOINT]),
        spelling=Spelling(catalog, vocabulary),
    )
    return replace(
        base,
        model_id=model_id,
        engine=engine,
        suggester=TrainedSuggester(catalog, trained, model_id),
        keepers=(base.keepers[0], keeper),
        vocabulary=vocabulary,
        trained=trained,
    )


def index_folder(catalog: Catalog, model_id: str) -> Path:
    """Return where the snapshots of a trained model's indexes are."""
    return catalog.paths.index / MODELS / model_id


def forget_indexes(catalog: Catalog, model_id: str) -> None:
    """Delete the snapshots of a model that is deleted."""
    shutil.rmtree(index_folder(catalog, model_id), ignore_errors=True)


def _lacking(base: Parts, trained: TrainedModel, joint: VectorIndex) -> Callable[[], str]:
    """Return what tells how many photos the model cannot find, for want of their vectors.

    Every photo gets the starter's vectors when it is indexed, those of other kinds when asked for.
    """
    features = features_of(trained.manifest)
    looked_at = base.keepers[0].indexes.get(JOINT, ())

    def notice() -> str:
        lacking = len(looked_at) - len(joint)
        if base.starter is None or trained.model.visual_key == base.starter.visual_key:
            lacking = 0
        if lacking <= 0:
            return ""
        return (
            f"Photos that were not looked at with {features} yet: {lacking:,}. The model in use"
            f" finds them after: photoorg index FOLDER --features {features}"
        )

    return notice


def _log_problems(keeper: IndexKeeper) -> None:
    for message in keeper.problems:
        logger.info("the search index is made anew: %s", message)
