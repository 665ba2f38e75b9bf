"""What the small networks of papers 000 and 001 have in common.

Each of them sees a photo's visual vector and the vector of its tags, brought to zero mean, and is
trained by one loss on rows of both. A model says which parameters it has, how its loss follows from
them, and what it reads off its layers; all else is here.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

import numpy as np

from photoorg.features.storage import ModelFile, take_tensor
from photoorg.models.arrays import Initialisation, initial_parameters
from photoorg.models.base import Observations, unit_rows
from photoorg.models.learned import Floats, LearnedModel, Sides, training_fingerprint
from photoorg.models.preprocessing import Affine, Preprocessing
from photoorg.models.watch import Watch, as_they_are

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from photoorg.models.schedule import Run, Schedule
    from photoorg.models.training_data import TrainingData


class NetworkConfig(Protocol):
    """What each network's configuration says, beside what is its own."""

    @property
    def initialisation(self) -> Initialisation: ...

    @property
    def schedule(self) -> Schedule: ...


ConfigT = TypeVar("ConfigT", bound=NetworkConfig)


class FusingConfig(NetworkConfig, Protocol):
    """What the configuration of a network that needs both modalities says besides."""

    @property
    def ridge(self) -> float: ...


FusingT = TypeVar("FusingT", bound=FusingConfig)


class Network(LearnedModel[ConfigT]):
    """A network between two modalities, v (visual, [n, dv]) and t (text, [n, dt])."""

    def __init__(self, config: ConfigT, sides: Sides, tensors: Mapping[str, NDArray[Any]]) -> None:
        super().__init__(config, sides, tensors)
        self._preprocessing = Preprocessing(
            Affine(tensors["visual.offset"], tensors["visual.factor"]),
            Affine(tensors["text.offset"], tensors["text.factor"]),
        )

    # -- what a model says of itself --------------------------------------------------------------

    @classmethod
    @abstractmethod
    def preprocess(cls, data: TrainingData, config: ConfigT) -> Preprocessing:
        """Fit the maps from stored vectors to v and t, on the training photos."""

    @classmethod
    @abstractmethod
    def shapes(cls, visual: int, text: int, config: ConfigT) -> Mapping[str, tuple[int, ...]]:
        """Return the parameters' shapes for v of `visual` numbers and t of `text`."""

    @classmethod
    @abstractmethod
    def loss(
        cls,
        parameters: Mapping[str, torch.Tensor],
        v: torch.Tensor,
        t: torch.Tensor,
        config: ConfigT,
        generator: torch.Generator | None,
    ) -> torch.Tensor:
        """Return the mean loss of photos [n]; without a generator nothing is left to chance."""

    @abstractmethod
    def activations(
        self, v: Floats, t: Floats, has_visual: NDArray[np.bool_], has_text: NDArray[np.bool_]
    ) -> Floats:
        """Return the hidden activations that represent photos, [n, dimension].

        v and t are zero where they are missing.
        """

    @abstractmethod
    def text_from(self, v: Floats) -> Floats:
        """Predict t from v."""

    @abstractmethod
    def visual_from(self, t: Floats) -> Floats:
        """Predict v from t."""

    @classmethod
    def start(
        cls, shapes: Mapping[str, tuple[int, ...]], v: Floats, t: Floats, config: ConfigT, seed: int
    ) -> dict[str, Floats]:
        """Return the parameters that training begins with, given the training photos."""
        del v, t
        return initial_parameters(shapes, config.initialisation, seed)

    @classmethod
    def derived(
        cls, parameters: Mapping[str, Floats], v: Floats, t: Floats, config: ConfigT
    ) -> dict[str, Floats]:
        """Return what is computed from the training photos once the parameters are learned."""
        del parameters, v, t, config
        return {}

    @classmethod
    def derived_shapes(
        cls, visual: int, text: int, config: ConfigT
    ) -> Mapping[str, tuple[int, ...]]:
        """Return the shapes of what `derived` returns."""
        del visual, text, config
        return {}

    # -- what follows from it ---------------------------------------------------------------------

    @classmethod
    def fit(cls, data: TrainingData, config: ConfigT, run: Run) -> Self:
        import torch

        from photoorg.models.training import as_arrays, optimise, trainable

        preprocessing = cls.preprocess(data, config)
        # Only photos with words are learned from, so only they are brought to the network.
        split = len(data.training_rows)
        rows = np.concatenate([data.training_rows, data.validation_rows])
        v_rows, t_rows = (
            preprocessing.visual(data.visual, rows),
            preprocessing.text(data.text_rows, rows),
        )
        v, t = torch.from_numpy(v_rows), torch.from_numpy(t_rows)
        shapes = cls.shapes(preprocessing.visual.dimension, preprocessing.text.dimension, config)
        start = cls.start(shapes, v_rows[:split], t_rows[:split], config, run.seed)
        parameters = trainable(start)
        derived = cls.derived({}, v_rows[:split], t_rows[:split], config)
        watch = Watch(data)

        def tensors(visual: Affine) -> dict[str, Floats]:
            """Return the model's as it is now, for photos that some map brings to v."""
            maps = Preprocessing(visual, preprocessing.text)
            return {**maps.tensors(), **as_arrays(parameters), **derived}

        def loss(chosen: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
            return cls.loss(parameters, v[chosen], t[chosen], config, generator)

        def held_out() -> Mapping[str, float]:
            return {"loss": float(cls.loss(parameters, v[split:], t[split:], config, None))}

        def measure() -> Mapping[str, float]:
            sides = replace(Sides.of(data), visual_dimension=v_rows.shape[1])
            model = cls(config, sides, tensors(as_they_are(v_rows.shape[1])))
            return watch.figures(model, v_rows[split:])

        optimise(
            parameters,
            loss,
            np.arange(split),
            config.schedule,
            run,
            validate=held_out if split < len(rows) else None,
            measure=measure if split < len(rows) else None,
            fingerprint=training_fingerprint(cls.kind, data, config),
        )
        return cls(config, Sides.of(data), tensors(preprocessing.visual))

    @classmethod
    def from_file(cls, config: ConfigT, sides: Sides, file: ModelFile) -> Self:
        preprocessing = Preprocessing.take(file, sides)
        dimensions = preprocessing.visual.dimension, preprocessing.text.dimension
        shapes = {
            **cls.shapes(*dimensions, config),
            **cls.derived_shapes(*dimensions, config),
        }
        parameters = {name: take_tensor(file, name, shape) for name, shape in shapes.items()}
        return cls(config, sides, {**preprocessing.tensors(), **parameters})

    def features(self, seen: Observations) -> Floats:
        """Return the hidden activations as they are, [n, dimension]: what papers call features.

        Rows are zero where nothing at all is known.
        """
        known = self.complete(seen)
        v, t = self._preprocessing.inputs(known)
        found = self.activations(v, t, known.has_visual, known.has_text)
        return np.asarray(found * (known.has_visual | known.has_text)[:, None], dtype=np.float32)

    def embed_joint(self, seen: Observations) -> Floats:
        return unit_rows(self.features(seen))

    def translate_image_to_text(self, visual: Floats) -> Floats:
        """Predict text vectors [n, text dimension]; a row of zeros gives a row of zeros."""
        known = self.complete(Observations(visual=visual))
        v, _ = self._preprocessing.inputs(known)
        expected = self._preprocessing.text.inverse(self.text_from(v))
        return np.asarray(expected * known.has_visual[:, None], dtype=np.float32)

    def translate_text_to_image(self, text: Floats) -> Floats:
        """Predict visual vectors [n, visual dimension]; a row of zeros gives a row of zeros."""
        known = self.complete(Observations(text=text))
        _, t = self._preprocessing.inputs(known)
        expected = self._preprocessing.visual.inverse(self.visual_from(t))
        return np.asarray(expected * known.has_text[:, None], dtype=np.float32)

    def expand(self, seen: Observations) -> Observations:
        """Fill in the modality that is missing by translating the other (001, section 3.2).

        Where nothing is known at all, nothing is filled in.
        """
        known = self.complete(seen)
        expected_text = self.translate_image_to_text(known.visual)
        expected_visual = self.translate_text_to_image(known.text)
        either = known.has_visual | known.has_text
        return Observations(
            visual=np.where(known.has_visual[:, None], known.visual, expected_visual),
            text=np.where(known.has_text[:, None], known.text, expected_text),
            has_visual=either,
            has_text=either,
        )


class FusingNetwork(Network[FusingT]):
    """A network that learns from both modalities together and knows nothing of their absence.

    It would take a missing modality's zeros for the mean of all photos, and answer accordingly. So
    what is missing is what a ridge regression on the training photos expects in its place:

        t^ = R v,  R = argmin |T - V R^T|^2 / n + rho |R|^2         [dim t, dim v]

    and v^ from t likewise. With both modalities present the network is the paper's own.
    """

    @abstractmethod
    def encode(self, v: Floats, t: Floats) -> Floats:
        """Return the hidden activations [n, dimension]."""

    @abstractmethod
    def decode(self, activations: Floats) -> Floats:
        """Return [v'; t'], [n, dim v + dim t], from hidden activations."""

    @classmethod
    def derived(
        cls, parameters: Mapping[str, Floats], v: Floats, t: Floats, config: FusingT
    ) -> dict[str, Floats]:
        del parameters
        return {
            "expected.text": ridge_regression(v, t, config.ridge),
            "expected.visual": ridge_regression(t, v, config.ridge),
        }

    @classmethod
    def derived_shapes(
        cls, visual: int, text: int, config: FusingT
    ) -> Mapping[str, tuple[int, ...]]:
        del config
        return {"expected.text": (text, visual), "expected.visual": (visual, text)}

    def activations(
        self, v: Floats, t: Floats, has_visual: NDArray[np.bool_], has_text: NDArray[np.bool_]
    ) -> Floats:
        return self.encode(
            np.where(has_visual[:, None], v, t @ self.tensors["expected.visual"].T),
            np.where(has_text[:, None], t, v @ self.tensors["expected.text"].T),
        )

    def text_from(self, v: Floats) -> Floats:
        activations = self.encode(v, v @ self.tensors["expected.text"].T)
        return self.decode(activations)[:, v.shape[1] :]

    def visual_from(self, t: Floats) -> Floats:
        activations = self.encode(t @ self.tensors["expected.visual"].T, t)
        return self.decode(activations)[:, : -t.shape[1]]


def ridge_regression(inputs: Floats, targets: Floats, penalty: float) -> Floats:
    """Return R [k, d] that minimises |targets - inputs R^T|^2 / n + penalty |R|^2.

    Args:
        inputs: [n, d], of zero mean.
        targets: [n, k], of zero mean.
        penalty: above 0.
    """
    n = len(inputs)
    gram = np.asarray(inputs.T @ inputs, dtype=np.float64) / n
    gram[np.diag_indices_from(gram)] += penalty
    cross = np.asarray(inputs.T @ targets, dtype=np.float64) / n
    return np.ascontiguousarray(np.linalg.solve(gram, cross).T, dtype=np.float32)
