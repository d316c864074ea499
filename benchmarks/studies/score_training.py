"""Study: networks psi of one to four hidden layers and a gradient network phi, trained on one denoising objective, and
psi on its rival, sliced score matching, whose minimum at the same noisy samples is the same score.

What Saremi 2019 proves of psi (with more than one hidden layer it cannot be a gradient, but for one feature) and says
of phi (it costs a double backpropagation) as measurements: the asymmetry of the trained Jacobians by depth, with a
control that is a gradient by construction, the time of an epoch, and the loss that is reached. Rows: see
``ScoreTraining.epoch``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.studies import images
from benchmarks.studies._run import Study

DATA = ("mixture", "digits")
METHODS: Mapping[str, str] = {
    **{f"psi_{L}": f"Saremi 2019, psi with {L} hidden layer{'s' if L > 1 else ''}" for L in (1, 2, 3, 4)},
    "psi_2_sliced": "Song et al. 2019 (SSM-VR), psi with 2 hidden layers on the sliced objective",
    "psi_diagonal": "two hidden layers with diagonal inner weights and a tied readout: a gradient by construction",
    "phi_2": "Saremi 2019, the gradient of phi with 2 hidden layers",
}
COMPONENTS, RADIUS, WIDTH = 8, 2.0, 0.2
SIGMA = 0.5


@dataclass(frozen=True)
class Profile:
    """Epochs, seeds, training samples (of the digits at most), units of a hidden layer."""

    epochs: int
    seeds: int
    train: int
    H: int


PROFILES = {
    "smoke": Profile(epochs=2, seeds=1, train=200, H=8),
    "quick": Profile(epochs=20, seeds=1, train=2000, H=64),
    "standard": Profile(epochs=100, seeds=3, train=2000, H=64),
}


def centres() -> np.ndarray:
    """Means of the mixture, on a circle."""
    angles = 2 * np.pi * np.arange(COMPONENTS) / COMPONENTS
    return RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def draw_mixture(count: int, seed: int) -> np.ndarray:
    """Samples (count, 2)."""
    rng = np.random.default_rng(seed)
    return centres()[rng.integers(COMPONENTS, size=count)] + WIDTH * rng.standard_normal((count, 2))


def score_of_mixture(y: np.ndarray, sigma: float) -> np.ndarray:
    """``grad log p(y)`` of the mixture smoothed by N(0, sigma^2): ``sum_k w_k(y) (m_k - y) / (WIDTH^2 + sigma^2)``."""
    variance = WIDTH**2 + sigma**2
    difference = centres() - y[:, None]
    logits = -(difference**2).sum(-1) / (2 * variance)
    weights = np.exp(logits - logits.max(1, keepdims=True))
    weights /= weights.sum(1, keepdims=True)
    return (weights[:, :, None] * difference).sum(1) / variance


def prepare(profile: str, data: str, folder: str | None, epochs: int | None, seeds: int | None) -> Study:
    """The study on these data; ``epochs`` and ``seeds`` override the profile's."""
    if folder is not None:
        raise ValueError(f"folder {folder!r} given; allowed: none, {' and '.join(DATA)} are built in")
    chosen = PROFILES[profile]
    # Imported here: see implicit_training.py.
    from bench_core.backends.torch import configure
    from benchmarks.studies.score.step import Samples, ScoreTraining, Settings

    if data == "mixture":
        samples = Samples(draw_mixture(chosen.train, 0), draw_mixture(1000, 1), score_of_mixture)
    else:
        found = images.load("digits", None).first(chosen.train, None)
        samples = Samples(found.train.reshape(len(found.train), -1), found.test.reshape(len(found.test), -1))
    settings = Settings(batch=100, learning_rate=3e-3, H=chosen.H, sigma=SIGMA)
    last = epochs or chosen.epochs
    facts: dict[str, Any] = asdict(settings) | {
        "dtype": "float32",
        "optimiser": "Adam",
        "train": len(samples.train),
        "test": len(samples.test),
        "d": samples.train.shape[1],
        "architecture": "hidden layers of swish units; see each method",
    }

    return Study(
        name="score-training",
        data=data,
        profile=profile,
        settings=facts,
        methods={name: {"exact": True, "source": text, "settings": {}} for name, text in METHODS.items()},
        seeds=tuple(range(seeds or chosen.seeds)),
        epochs=last,
        configure=configure,
        start=lambda method, seed: ScoreTraining(method, seed, samples, settings, last),
        packages=("scikit-learn",) if data == "digits" else (),
    )
