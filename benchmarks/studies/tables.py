"""Tables whose density is learned: scikit-learn's, and those of the published comparison from a folder.

The published ones are prepared as Papamakarios et al. 2017 did (https://github.com/gpapamak/maf), whose splits and
units the figures of later papers share, from these files in the folder:

power/data.npy, miniboone/data.npy   as in their archive
hepmass/1000_train.csv, 1000_test.csv   as in their archive
gas/data.npy         the columns of their gas/ethylene_CO.pickle but Meth, Eth and Time, saved as one array
BSDS300/train.npy, validation.npy, test.npy   the three parts of their BSDS300/BSDS300.hdf5, saved as arrays
mnist/               the four idx files that ``images.py`` names: theirs are a pickle of the same

A pickle may name any function to call, and nothing else here needs HDF5: neither is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.studies import images

# Of a bundled table every fold is once the test; of what is left as large a share tells when to stop.
FOLDS = 5
# Of the published tables, to validate and of all to test.
SHARE = 0.1
CORRELATED = 0.98
REPEATED = 5
# Of MNIST's training images, the last ones: 10,000 of 60,000.
VALIDATING = 6
# Keeps the logit of a black and of a white pixel finite.
MARGIN = 1e-6


@dataclass(frozen=True)
class Split:
    """Samples (n, D) to train on, to choose a rate and an epoch by, and to judge by."""

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray


def load(data: str, folder: str | None) -> Callable[[int], Split]:
    """What makes the split of a seed; ``ValueError`` in one line where a file is missing or not what it says.

    Of a bundled table seeds 0 to 4 have the folds of one cross-validation, 5 to 9 those of another; the published
    tables have one split for all seeds.
    """
    if data in BUNDLED:
        if folder is not None:
            raise ValueError(f"folder {folder!r} given for data {data!r}, which is built in; allowed: no --folder")
        table, level = read_bundled(data)
        return lambda seed: split_folds(table, level, seed)
    if folder is None:
        raise ValueError(f"data {data!r} needs --folder, the folder with {WANTED[data]}")
    path = Path(folder)
    if not path.is_dir():
        raise ValueError(f"folder {folder!r} is not a folder; allowed: one with {WANTED[data]}")
    found = READERS[data](path)
    # Once for all trainings, in the precision that they take: a million rows are hundreds of megabytes.
    shared = Split(*(part.astype(np.float32) for part in (found.train, found.valid, found.test)))
    return lambda seed: shared


def read_bundled(data: str) -> tuple[np.ndarray, np.ndarray]:
    """A table (n, D) of scikit-learn's, and of each column the level that its values are multiples of, or near it."""
    try:
        from sklearn import datasets  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ValueError(f"data {data!r} needs scikit-learn: pip install 'jacobench[studies]'") from error
    options = {"scaled": False} if data == "diabetes" else {}
    table = np.asarray(getattr(datasets, BUNDLED[data])(**options).data, float)
    # Pixels have one level, also those that are 0 in every digit.
    level = np.ones(table.shape[1]) if data == "digits" else np.array([find_level(column) for column in table.T])
    return table, level


def find_level(column: np.ndarray) -> float:
    """The least difference between two values of a column, 0 of a constant one; rounding of decimals is none."""
    steps = np.diff(np.unique(column))
    return float(min(steps[steps > 1e-9 * np.abs(column).max()], default=0.0))


def split_folds(table: np.ndarray, level: np.ndarray, seed: int) -> Split:
    """The seed's fold of a table in a random order, with uniform noise of one level, standardised by its training part.

    A density of what has levels is unbounded without noise; the noise is the same for all folds of one
    cross-validation.
    """
    if len(table) < 2 * FOLDS:
        raise ValueError(f"the table has {len(table)} rows; allowed: from {2 * FOLDS}")
    rng = np.random.default_rng(seed // FOLDS)
    noisy = table + level * (rng.random(table.shape) - 0.5)
    folds = np.array_split(rng.permutation(len(table)), FOLDS)
    first = seed % FOLDS
    rest = np.concatenate([folds[(first + step) % FOLDS] for step in range(1, FOLDS)])
    count = len(rest) // FOLDS
    return _standardise(noisy[rest[count:]], noisy[rest[:count]], noisy[folds[first]])


def _standardise(train: np.ndarray, valid: np.ndarray, test: np.ndarray, by: np.ndarray | None = None) -> Split:
    """Columns of mean 0 and deviation 1 over ``by``, the training samples where nothing else is given."""
    by = train if by is None else by
    mean, deviation = by.mean(0), by.std(0)
    deviation = np.where(deviation > 0, deviation, 1.0)
    return Split(*((part - mean) / deviation for part in (train, valid, test)))


def score_gaussian(split: Split) -> float:
    """Negative mean log-likelihood of the test samples in nats, by the normal density with the mean and the covariance
    of the training samples: what a density without any structure reaches.
    """
    train, test = split.train.astype(float), split.test.astype(float)
    factor = np.linalg.cholesky(np.cov(train, rowvar=False))
    z = np.linalg.solve(factor, (test - train.mean(0)).T)
    return float(0.5 * (z**2).sum(0).mean() + np.log(np.diag(factor)).sum() + 0.5 * len(z) * np.log(2 * np.pi))


def split_published(table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The last tenth to test, the last tenth of the rest to validate."""
    count = int(SHARE * len(table))
    rest, test = table[: len(table) - count], table[len(table) - count :]
    count = int(SHARE * len(rest))
    return rest[: len(rest) - count], rest[len(rest) - count :], test


def read_power(folder: Path) -> Split:
    """Eight columns, shuffled; two left out, noise below the instruments' resolution added to all but the time."""
    table = _read_array(folder / "power" / "data.npy", 8)
    rng = np.random.RandomState(42)  # the published split
    rng.shuffle(table)
    table = np.delete(table, [1, 3], axis=1)
    count = len(table)
    voltage, gap, meters = 0.01 * rng.rand(count, 1), 0.001 * rng.rand(count, 1), rng.rand(count, 3)
    train, valid, test = split_published(table + np.hstack([gap, voltage, meters, np.zeros((count, 1))]))
    return _standardise(train, valid, test, np.concatenate([train, valid]))


def read_gas(folder: Path) -> Split:
    """Of the columns that go with another, the first is left out, until none does; standardised over all rows."""
    name = "gas/data.npy"
    if not (folder / name).is_file() and (folder / "gas" / "ethylene_CO.pickle").is_file():
        raise ValueError(
            f"folder '{folder}' has gas/ethylene_CO.pickle, which is not opened; allowed: {name}, saved by numpy.save("
            "'data.npy', pandas.read_pickle('ethylene_CO.pickle').drop(columns=['Meth', 'Eth', 'Time']))"
        )
    table = _read_array(folder / name, None)
    while (close := (np.corrcoef(table, rowvar=False) > CORRELATED).sum(0) > 1).any():
        table = np.delete(table, int(np.argmax(close)), axis=1)
    table = (table - table.mean(0)) / table.std(0, ddof=1)
    return Split(*split_published(table))


def read_hepmass(folder: Path) -> Split:
    """Signal alone (label 1), without the columns whose least value recurs: standardised by the training rows."""
    paths = [folder / "hepmass" / f"1000_{part}.csv" for part in ("train", "test")]
    width = len(_open_header(paths[0]))
    tables = [_read_csv(path, width) for path in paths]
    rest, test = (table[table[:, 0] == 1, 1:] for table in tables)
    if not len(rest) or not len(test):
        raise ValueError(f"{paths[0].parent} has {len(rest)} and {len(test)} rows of label 1; allowed: from 1 of each")
    recurring = np.array([np.count_nonzero(column == column.min()) > REPEATED for column in rest.T])
    rest, test = rest[:, ~recurring], test[:, ~recurring]
    mean, deviation = rest.mean(0), rest.std(0, ddof=1)
    rest, test = (rest - mean) / deviation, (test - mean) / deviation
    count = int(SHARE * len(rest))
    return Split(rest[: len(rest) - count], rest[len(rest) - count :], test)


def read_miniboone(folder: Path) -> Split:
    """In the order of the file, standardised by what is not test."""
    train, valid, test = split_published(_read_array(folder / "miniboone" / "data.npy", None))
    return _standardise(train, valid, test, np.concatenate([train, valid]))


def read_bsds300(folder: Path) -> Split:
    """The three parts as they are."""
    place = folder / "BSDS300"
    if (place / "BSDS300.hdf5").is_file() and not (place / "train.npy").is_file():
        raise ValueError(
            f"folder '{folder}' has BSDS300/BSDS300.hdf5, which is not opened; allowed: train.npy, validation.npy and "
            "test.npy beside it, each saved by numpy.save('train.npy', h5py.File('BSDS300.hdf5')['train'])"
        )
    train, valid, test = (_read_array(place / f"{part}.npy", None) for part in ("train", "validation", "test"))
    if not train.shape[1] == valid.shape[1] == test.shape[1]:
        raise ValueError(f"{place} holds parts of {train.shape[1]}, {valid.shape[1]} and {test.shape[1]} columns")
    return Split(train, valid, test)


def read_mnist(folder: Path) -> Split:
    """Images as (n, 784): pixels with uniform noise of one level, as shares of white, in logits, as they are."""
    train, _, test, _ = images.read_mnist(folder / "mnist")
    if train.shape[1:] != test.shape[1:] or min(len(train) // VALIDATING, len(test)) < 1:
        raise ValueError(
            f"{folder / 'mnist'} has images {train.shape} and {test.shape}; allowed: one size, from 6 and 1"
        )
    rng, parts = np.random.RandomState(42), []  # of the published seed
    count = len(train) // VALIDATING
    for pixels in (train[: len(train) - count], train[len(train) - count :], test):
        flat = pixels.reshape(len(pixels), -1)
        share = MARGIN + (1 - 2 * MARGIN) * (flat + rng.rand(*flat.shape)) / 256
        parts.append(np.log(share / (1 - share)))
    return Split(*parts)


def _read_array(path: Path, width: int | None) -> np.ndarray:
    """A table (n, D) of finite numbers; nothing of the file is run."""
    _find(path)
    try:
        table = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(f"{path} is not an array of NumPy's ({type(error).__name__}: {error})") from error
    if not isinstance(table, np.ndarray) or table.ndim != 2 or table.dtype.kind not in "fiu" or len(table) < 10:
        raise ValueError(f"{path} is no table; allowed: (n, D) numbers, n from 10")
    if width is not None and table.shape[1] != width:
        raise ValueError(f"{path} has {table.shape[1]} columns; allowed: {width}")
    table = table.astype(float)
    if not np.isfinite(table).all():
        raise ValueError(f"{path} holds numbers that are not finite")
    return table


def _open_header(path: Path) -> list[str]:
    with open(_find(path), encoding="utf-8", errors="replace") as stream:
        return stream.readline().rstrip().rstrip(",").split(",")


def _read_csv(path: Path, width: int) -> np.ndarray:
    """The first columns of a file of numbers after its header; the test's file has one more than the training's."""
    try:
        return np.loadtxt(_find(path), delimiter=",", skiprows=1, usecols=range(width), ndmin=2)
    except ValueError as error:
        raise ValueError(f"{path} is not a table of {width} numbers a line ({error})") from error


def _find(path: Path) -> Path:
    if not path.is_file():
        folder, name = path.parents[1], f"{path.parent.name}/{path.name}"
        raise ValueError(f"folder '{folder}' has no file {name}")
    return path


# By scikit-learn's functions.
BUNDLED: Mapping[str, str] = {
    "digits": "load_digits",
    "breast_cancer": "load_breast_cancer",
    "wine": "load_wine",
    "diabetes": "load_diabetes",
    "iris": "load_iris",
}
READERS: Mapping[str, Callable[[Path], Split]] = {
    "power": read_power,
    "gas": read_gas,
    "hepmass": read_hepmass,
    "miniboone": read_miniboone,
    "bsds300": read_bsds300,
    "mnist": read_mnist,
}
WANTED: Mapping[str, str] = {
    "power": "power/data.npy",
    "gas": "gas/data.npy",
    "hepmass": "hepmass/1000_train.csv and hepmass/1000_test.csv",
    "miniboone": "miniboone/data.npy",
    "bsds300": "BSDS300/train.npy, validation.npy and test.npy",
    "mnist": f"mnist/, {images.WANTED['mnist']}",
}
DATA = (*BUNDLED, *READERS)
