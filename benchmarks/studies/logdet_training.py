"""Study: the ordinary against the relative gradient, from the same starts, each at several learning rates.

Gresele et al. 2020, section 5 and figure 1 (right): a two-layer network, 1,000 points in the plane, full batch, ten
starts; the relative gradient is to need no more iterations. ``moons`` is that; ``mixture`` (8 Gaussians in the plane),
``diabetes`` and ``digits`` (10 and 64 dimensions, minibatches of 100, float32) go beyond. Plain descent and Adam, each
at every rate of RATES, one grid for both gradients: which rate is a method's best is read from the record, not chosen
here. The standard profile takes minutes on two cores. Rows: see ``LogdetTraining.epoch``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.studies import images, tables
from benchmarks.studies._run import Study
from benchmarks.studies.score_training import draw_mixture

DATA = ("moons", "mixture", "diabetes", "digits")
GRADIENTS: Mapping[str, str] = {
    "ordinary": "Gresele et al. 2020, eq. 10: an explicit inverse",
    "relative": "Gresele et al. 2020, eq. 13-15",
}
# Wide enough that neither gradient's best lies at an end, in the plane, in 10 and in 64 dimensions: in the plane the
# ordinary gradient's with Adam is 1.
RATES: Mapping[str, tuple[float, ...]] = {
    "gd": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
    "adam": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0),
}
POINTS = 1000
# Samples of a step; in the plane all of them.
BATCHES = {"diabetes": 100, "digits": 100}
LAYERS = 2


@dataclass(frozen=True)
class Profile:
    """Epochs, seeds and steps of an epoch."""

    epochs: int
    seeds: int
    steps: int


PROFILES = {"smoke": Profile(2, 1, 3), "quick": Profile(10, 2, 20), "standard": Profile(50, 10, 20)}


def draw_moons(count: int, seed: int, noise: float = 0.1) -> np.ndarray:
    """Samples (count, 2) of two half circles that reach into each other, centred and of unit deviation at noise 0.1."""
    rng = np.random.default_rng(seed)
    angles = np.pi * rng.random(count)
    upper = rng.random(count) < 0.5
    x = np.where(upper, np.cos(angles), 1 - np.cos(angles))
    y = np.where(upper, np.sin(angles), 0.5 - np.sin(angles))
    points = np.stack([x, y], axis=1) + noise * rng.standard_normal((count, 2))
    return (points - [0.5, 0.25]) / [0.87, 0.5]


def draw_digits(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Training and test digits as (n, 64), standardised, with uniform noise of one grey level (they have 17)."""
    found = images.load("digits", None).first(count, None)
    rng = np.random.default_rng(0)
    train, test = (a.reshape(len(a), -1).astype(float) for a in (found.train, found.test))
    level = np.diff(np.unique(train)).min()
    train, test = (a + level * (rng.random(a.shape) - 0.5) for a in (train, test))
    mean, deviation = train.mean(0), train.std(0)
    return (train - mean) / deviation, (test - mean) / deviation


def draw_diabetes() -> tuple[np.ndarray, np.ndarray]:
    """Training and test patients as (n, 10), standardised, with uniform noise of one level: a fifth is the test."""
    split = tables.split_folds(*tables.read_bundled("diabetes"), seed=0)
    return np.concatenate([split.train, split.valid]), split.test


def prepare(profile: str, data: str, folder: str | None, epochs: int | None, seeds: int | None) -> Study:
    """The study on these data; ``epochs`` and ``seeds`` override the profile's."""
    if folder is not None:
        raise ValueError(f"folder {folder!r} given; allowed: none, {', '.join(DATA)} are built in")
    chosen = PROFILES[profile]
    # Imported here: see implicit_training.py.
    from bench_core.backends.torch import configure
    from benchmarks.studies.logdet.step import LogdetTraining, Samples, Settings

    if data in BATCHES:
        samples = Samples(*(draw_diabetes() if data == "diabetes" else draw_digits(POINTS)))
    else:
        draw = draw_moons if data == "moons" else draw_mixture
        samples = Samples(draw(POINTS, 0), draw(POINTS, 1))
    settings = Settings(L=LAYERS, batch=BATCHES.get(data, POINTS), steps=chosen.steps)
    methods = {
        f"{gradient}_{optimiser}_{rate:g}": {
            "exact": True,
            "source": f"{source}, {'Adam' if optimiser == 'adam' else 'plain descent'}",
            "settings": {"gradient": gradient, "optimiser": optimiser, "rate": rate},
        }
        for gradient, source in GRADIENTS.items()
        for optimiser, rates in RATES.items()
        for rate in rates
    }
    facts: dict[str, Any] = asdict(settings) | {
        "dtype": "float32",
        "optimiser": "plain descent and Adam",
        "train": len(samples.train),
        "test": len(samples.test),
        "d": samples.train.shape[1],
        "architecture": "square layers with a smooth leaky ReLU between them, standard normal base",
    }
    return Study(
        name="logdet-training",
        data=data,
        profile=profile,
        settings=facts,
        methods=methods,
        seeds=tuple(range(seeds or chosen.seeds)),
        epochs=epochs or chosen.epochs,
        configure=configure,
        start=lambda method, seed: LogdetTraining(methods[method]["settings"], seed, samples, settings),
        packages=("scikit-learn",) if data in BATCHES else (),
    )
