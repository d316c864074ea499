"""Study: densities learned by the relative gradient, held-out, against flows from a library at equal parameters.

Gresele et al. 2020, section 5, figure 2 and table 1. In the plane the network alone, for its pictures; on the tables of
scikit-learn, and on the paper's from a folder, ``relative`` against ``lu``, the same layers with every weight
as L U, and ``maf``, a masked autoregressive flow, both of zuko's and with as many parameters. One optimiser, Adam, at
every rate of RATES: which rate and which epoch are best is read from the record, by the samples that validate, and so
is what each reaches in equal time. Rows: see ``DensityTraining.epoch``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.studies import planes, tables
from benchmarks.studies._run import Study

DATA = (*planes.DATA, *tables.DATA)
MODELS: Mapping[str, str] = {
    "relative": "Gresele et al. 2020, eq. 13-15",
    "lu": "zuko's LULinearTransform between the same activations",
    "maf": "Papamakarios et al. 2017, zuko's MAF",
}
RATES = (0.001, 0.003, 0.01, 0.03)
BATCH, POINTS = 100, 5000
# The activation's least slope: of 0.01 (the published code's), 0.1 and 0.3 what validated best on single folds of
# four bundled tables, for `relative` at a rate of 0.003. `lu` has the same.
ALPHA = 0.3
# Deviation of the hidden units at the start. The activation bends within a unit or two: a narrow start is nearly
# linear. By the samples that validate: of 1, 3 and 6 for two moons, of 1 and 3 on single folds of three tables.
SPREAD = {"plane": 3.0, "bundled": 1.0, "published": 1.0}
# Square layers have no width: in the plane depth alone makes room.
LAYERS = {"plane": 16, "bundled": 5, "published": 5}


@dataclass(frozen=True)
class Profile:
    """Epochs, seeds and steps of an epoch."""

    epochs: int
    seeds: int
    steps: int


# By kind of data: a bundled table is learned in some hundred steps, and a few too many are too many; the published
# ones have 30,000 to a million rows, and hours to learn from them.
PROFILES: Mapping[str, Mapping[str, Profile]] = {
    "plane": {"smoke": Profile(1, 1, 2), "quick": Profile(20, 1, 50), "standard": Profile(60, 2, 100)},
    "bundled": {"smoke": Profile(1, 1, 2), "quick": Profile(40, 2, 10), "standard": Profile(80, 5, 10)},
    "published": {"smoke": Profile(1, 1, 2), "quick": Profile(10, 1, 200), "standard": Profile(30, 3, 1000)},
}


def prepare(profile: str, data: str, folder: str | None, epochs: int | None, seeds: int | None) -> Study:
    """The study on these data; ``epochs`` and ``seeds`` override the profile's."""
    plane = data in planes.DATA
    kind = "plane" if plane else "bundled" if data in tables.BUNDLED else "published"
    chosen = PROFILES[kind][profile]
    if plane and folder is not None:
        raise ValueError(f"folder {folder!r} given for data {data!r}, which is drawn; allowed: no --folder")
    split = _draw(data) if plane else tables.load(data, folder)
    truth = float(-planes.SHAPES[data]().log_density(split(0).test).mean()) if plane else None
    # Imported here: see implicit_training.py.
    from bench_core.backends.torch import configure

    try:
        from benchmarks.studies.logdet.density import DensityTraining, Settings
        from benchmarks.studies.logdet.flows import find_hidden
    except ImportError as error:
        raise ValueError(f"study logdet-density needs zuko ({error}): pip install 'jacobench[studies]'") from error

    first, starts = split(0), tuple(range(seeds or chosen.seeds))
    D, last = first.train.shape[1], epochs or chosen.epochs
    settings = Settings(LAYERS[kind], BATCH, chosen.steps, last, ALPHA, SPREAD[kind])
    parameters = settings.L * (D * D + D)
    models: dict[str, dict[str, Any]] = {"relative": {"parameters": parameters}}
    if not plane:
        hidden, count = find_hidden(D, parameters)
        models |= {"lu": {"parameters": parameters}, "maf": {"parameters": count, "hidden": hidden}}
    methods = {
        f"{model}_{rate:g}": {
            "exact": True,
            "source": f"{MODELS[model]}, Adam",
            "settings": {"model": model, "rate": rate, **known},
        }
        for model, known in models.items()
        for rate in RATES
    }
    facts = asdict(settings) | {
        "dtype": "float32",
        "optimiser": "Adam",
        "train": len(first.train),
        "valid": len(first.valid),
        "test": len(first.test),
        "d": D,
        "folds": tables.FOLDS if kind == "bundled" else None,
        "truth": truth,
        "gaussian": [tables.score_gaussian(split(seed)) for seed in starts],
        "parameters": parameters,
        "architecture": "square layers with a smooth leaky ReLU between them, standard normal base",
    }
    return Study(
        name="logdet-density",
        data=data,
        profile=profile,
        settings=facts,
        methods=methods,
        seeds=starts,
        epochs=last,
        configure=configure,
        start=lambda method, seed: DensityTraining(methods[method]["settings"], seed, split(seed), settings),
        packages=("scikit-learn", "zuko") if kind == "bundled" else ("zuko",),
    )


def _draw(data: str) -> Callable[[int], tables.Split]:
    """Samples of a density in the plane, the same for all seeds."""
    shape = planes.SHAPES[data]()
    found = tables.Split(*(shape.draw(POINTS, part) for part in range(3)))
    return lambda seed: found
