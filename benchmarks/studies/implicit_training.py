"""Study: the implicit ResNet trained by JFB, by truncated Neumann series and by exact solvers, all else equal.

The set-up of Wu Fung et al. 2022, figures 5 and 6 and table 2, at small scale on real images. What the published
comparison varied is held fixed: one architecture for all methods (`implicit/network.py`), one tolerance for the forward
iteration and every solver, one limit on their iterations; all but ``jfb_anderson`` find the fixed point by Picard's.
Rows: see ``ImplicitTraining.epoch``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import bench_core
from benchmarks.studies import images
from benchmarks.studies._run import Study

DATA = images.DATA
# Methods of the implicit family, backward and forward: figure 5's two schemes, the second by three solvers, figure 6's
# series, and what the paper leaves for future work, JFB with an accelerated fixed point.
METHODS = {
    **{
        name: (name, "forward_picard")
        for name in ("jfb", "neumann_1", "neumann_5", "neumann_10", "cg", "cg_published", "bicgstab")
    },
    "jfb_anderson": ("jfb", "forward_anderson"),
}
GAMMA, TOL, MOST = 0.9, 1e-4, 100
BATCH, LEARNING_RATE = 100, 5e-3
LARGE = 10_000
# The published MNIST network has 32 channels; digits of 8 x 8 pixels need fewer.
CHANNELS = {"digits": 16, "mnist": 32, "svhn": 32, "cifar10": 32}


@dataclass(frozen=True)
class Profile:
    """Epochs and seeds, images, channels.

    epochs_large  where there are LARGE training images or more: an hour or more in the standard profile
    train, test   images at most (None: all)
    channels      of the latent state (None: as the images need)
    """

    epochs: int
    epochs_large: int
    seeds: int
    train: int | None = None
    test: int | None = None
    channels: int | None = None


PROFILES = {
    "smoke": Profile(epochs=2, epochs_large=2, seeds=1, train=200, test=100, channels=4),
    "quick": Profile(epochs=4, epochs_large=1, seeds=1),
    "standard": Profile(epochs=15, epochs_large=3, seeds=3),
}


def prepare(profile: str, data: str, folder: str | None, epochs: int | None, seeds: int | None) -> Study:
    """The study on these images; ``epochs`` and ``seeds`` override the profile's."""
    chosen = PROFILES[profile]
    found = images.load(data, folder).first(chosen.train, chosen.test)
    # Imported here: wrong input is refused without waiting for torch. The folder has no __init__.py, because asv
    # imports every module of every package below benchmarks/, whatever commit of bench_core it has installed.
    from bench_core.backends.torch import configure
    from benchmarks.studies.implicit.network import ImplicitResNet
    from benchmarks.studies.implicit.step import ImplicitTraining, Settings

    settings = Settings(BATCH, LEARNING_RATE, chosen.channels or CHANNELS[data], GAMMA, TOL, MOST)
    net = ImplicitResNet(found.shape, found.classes, settings.channels, settings.gamma)
    channels, height, width = net.latent
    facts: dict[str, Any] = asdict(settings) | {
        "dtype": "float32",
        "optimiser": "Adam",
        "train": len(found.train),
        "test": len(found.test),
        "image": list(found.shape),
        "classes": found.classes,
        "D": channels * height * width,
        "parameters": sum(p.numel() for p in net.parameters()),
        "architecture": (
            f"Q: two convolutions{f' around max-pooling by {net.pool}' if net.pool > 1 else ''}; T: gamma / 2 times a "
            "residual block of two 3 x 3 convolutions of norm at most 1 with leaky ReLU, on "
            f"{channels} x {height} x {width}; S: 2 x 2 pooling, linear; no batch normalisation"
        ),
    }
    methods = {
        name: bench_core.method("implicit", backward, backend="torch") for name, (backward, _) in METHODS.items()
    }
    return Study(
        name="implicit-training",
        data=data,
        profile=profile,
        settings=facts,
        methods={
            name: {"exact": m.exact, "source": m.source, "settings": m.settings, "forward": METHODS[name][1]}
            for name, m in methods.items()
        },
        seeds=tuple(range(seeds or chosen.seeds)),
        epochs=epochs or (chosen.epochs if len(found.train) < LARGE else chosen.epochs_large),
        configure=configure,
        start=lambda method, seed: ImplicitTraining(METHODS[method], seed, found, settings),
        packages=("scikit-learn",) if data == "digits" else (),
        inputs=found.digest(),
    )
