"""Study: the two experiments of Lorraine and Hossain 2022, section 5, and the second of them in the plane.

``exp`` learns exp(x) through ``J = M M^T + eps I``, which is invertible; ``abs`` learns |x| through ``J = tanh(M)``,
whose slopes are within [-1, 1]; ``plane`` learns (|x1|, |x2|), where the result depends on the path unless J is the
Jacobian of something, and entries within [-1, 1] bound no norm. Five points in [-1, 1] (25 in the plane), 100 in
[-2, 2] to test, 64 hidden units, Adam at 0.01, 50 steps on all points. Rows: see ``LineIntegralTraining.epoch``; an
epoch is one step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.studies._run import Study

DATA = ("exp", "abs", "plane")
METHODS: Mapping[str, str] = {
    "gauss_legendre": "16 nodes of Gauss-Legendre in one batch",
    "dopri5_fixed": "Dormand and Prince's method at a fixed tolerance, with torchdiffeq",
    "dopri5_annealed": "Lorraine and Hossain 2022, section 4.4: the tolerance is halved when the loss is below it",
    "unconstrained": "J the network's output as it is, by Gauss-Legendre: the paper's control",
}
CONSTRAINTS = {"exp": "psd", "abs": "tanh", "plane": "tanh"}


@dataclass(frozen=True)
class Profile:
    """Steps and seeds."""

    epochs: int
    seeds: int


PROFILES = {"smoke": Profile(3, 1), "quick": Profile(50, 2), "standard": Profile(50, 10)}


def prepare(profile: str, data: str, folder: str | None, epochs: int | None, seeds: int | None) -> Study:
    """The study of this function; ``epochs`` and ``seeds`` override the profile's."""
    if folder is not None:
        raise ValueError(f"folder {folder!r} given; allowed: none, {', '.join(DATA)} are built in")
    chosen = PROFILES[profile]
    # Imported here: see implicit_training.py.
    from bench_core.backends.torch import configure
    from benchmarks.studies.line_integral.step import LineIntegralTraining, Settings, Target

    target = Target(1, np.exp, 1.0) if data == "exp" else Target(2 if data == "plane" else 1, np.abs, 0.0)
    points = 25 if data == "plane" else 5
    settings = Settings(H=64, learning_rate=0.01, train=points, test=100, tol_fixed=1e-5, tol_start=1.0)
    last = epochs or chosen.epochs
    facts: dict[str, Any] = asdict(settings) | {
        "dtype": "float32",
        "optimiser": "Adam",
        "batch": points,
        "d": target.d,
        "J": CONSTRAINTS[data],
        "architecture": "one hidden layer of tanh units",
    }
    return Study(
        name="line-integral-training",
        data=data,
        profile=profile,
        settings=facts,
        methods={name: {"exact": True, "source": text, "settings": {}} for name, text in METHODS.items()},
        seeds=tuple(range(seeds or chosen.seeds)),
        epochs=last,
        configure=configure,
        start=lambda method, seed: LineIntegralTraining(method, seed, target, CONSTRAINTS[data], settings, last),
        packages=("torchdiffeq",),
    )
