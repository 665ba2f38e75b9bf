"""Pre-trained CNN matrix factorisation (paper 003, section 6.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from photoorg.models.base import Observations, unit_rows
from photoorg.models.learned import Floats, LearnedModel, Sides, training_fingerprint
from photoorg.models.matrix_factorisation import (
    FactorisationConfig,
    encode_rows,
    factorise,
    take_factors,
)
from photoorg.models.preprocessing import Affine, Preprocessing, fit_scaling, standardise
from photoorg.models.watch import Watch, as_they_are

if TYPE_CHECKING:
    from collections.abc import Mapping

    from photoorg.features.storage import ModelFile
    from photoorg.models.schedule import Run
    from photoorg.models.training_data import TrainingData


@dataclass(frozen=True, slots=True, kw_only=True)
class MfPretrainedConfig(FactorisationConfig):
    """Hyperparameters; see `FactorisationConfig`.

    Attributes:
        components: principal components that visual vectors are reduced to, to save memory; 0, as
            in the paper, keeps all columns.
    """

    components: int = 0


class MfPretrained(LearnedModel[MfPretrainedConfig]):
    """Factorises stored image representations and text vectors, both standardised.

        U = f(E [v; t])                 [n, 50]      decoder: [v; t]' = D U
        V = f(E_v X_v^T)                [k, 50]      decoder: X_v^T' = D_v V
        T = f(E_t X_t^T)                [l, 50]      decoder: X_t^T' = D_t T
        X_v ~ U V^T,   X_t ~ U T^T

    trained on the sum of the mean squared errors of all five (`matrix_factorisation`). A photo that
    was not trained on needs the row encoder only; a missing modality is its mean, which is zero.
    What a photo's missing text would be is read off U T^T.

    Memory: training holds both matrices once more, standardised: 100,000 photos of 1,000 numbers
    take 400 MB (see `MfPretrainedConfig.components`).
    """

    kind: ClassVar[str] = "mf-pretrained"
    config_type: ClassVar[type[Any]] = MfPretrainedConfig

    def __init__(
        self, config: MfPretrainedConfig, sides: Sides, tensors: Mapping[str, Floats]
    ) -> None:
        super().__init__(config, sides, tensors)
        self._scaling = Preprocessing(
            Affine(tensors["visual.offset"], tensors["visual.factor"]),
            Affine(tensors["text.offset"], tensors["text.factor"]),
        )

    @property
    def dimension(self) -> int:
        return len(self.tensors["rows.encoder.0.bias"])

    @classmethod
    def fit(cls, data: TrainingData, config: MfPretrainedConfig, run: Run) -> Self:
        among = data.training_rows
        scaling = Preprocessing(
            fit_scaling(data.visual, "pca", config.components, among=among)
            if config.components
            else standardise(data.visual, among=among),
            standardise(data.text_rows, among=among),
        )
        rows = np.concatenate([among, data.validation_rows])
        v = scaling.visual(data.visual, rows)
        watch = Watch(data)
        sides = replace(Sides.of(data), visual_dimension=v.shape[1])
        plain = Preprocessing(as_they_are(v.shape[1]), scaling.text).tensors()
        tensors = factorise(
            v,
            scaling.text(data.text_rows, rows),
            len(among),
            config,
            run,
            training_fingerprint(cls.kind, data, config),
            lambda factors: watch.figures(
                cls(config, sides, {**plain, **factors}), v[len(among) :]
            ),
        )
        return cls(config, Sides.of(data), {**scaling.tensors(), **tensors})

    @classmethod
    def from_file(cls, config: MfPretrainedConfig, sides: Sides, file: ModelFile) -> Self:
        scaling = Preprocessing.take(file, sides)
        columns = {"visual": scaling.visual.dimension, "text": scaling.text.dimension}
        tensors = {**scaling.tensors(), **take_factors(file, columns, config)}
        return cls(config, sides, tensors)

    def features(self, seen: Observations) -> Floats:
        """Return row factors [n, factors] as they are; zero where nothing is known."""
        known = self.complete(seen)
        units = encode_rows(self.tensors, *self._scaling.inputs(known), self.config)
        return np.asarray(units * (known.has_visual | known.has_text)[:, None], dtype=np.float32)

    def embed_joint(self, seen: Observations) -> Floats:
        return unit_rows(self.features(seen))

    def translate_image_to_text(self, visual: Floats) -> Floats:
        """Return U T^T in the text vectors' units, [n, text dimension]."""
        units = self.features(Observations(visual=visual))
        return self._scaling.text.inverse(units @ self.tensors["text.columns"].T)

    def translate_text_to_image(self, text: Floats) -> Floats:
        """Return U V^T in the visual vectors' units, [n, visual dimension]."""
        units = self.features(Observations(text=text))
        return self._scaling.visual.inverse(units @ self.tensors["visual.columns"].T)
