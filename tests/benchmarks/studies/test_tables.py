"""Tables: folds of scikit-learn's, the published ones from small files, and one line about files that are not."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from benchmarks.studies import images, tables
from benchmarks.studies.tables import FOLDS, Split, find_level, load, score_gaussian, split_folds

ROWS = 200


def _write(folder: Path, name: str, table: np.ndarray) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    np.save(folder / name, table)


def _write_csv(path: Path, table: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = ",".join(["# label", *(f"f{j}" for j in range(table.shape[1] - 1))])
    np.savetxt(path, table, delimiter=",", header=header, comments="")


@pytest.fixture
def published(tmp_path):
    """Small tables in the published forms."""
    rng = np.random.default_rng(0)
    _write(tmp_path, "power/data.npy", rng.standard_normal((ROWS, 8)) * 5 + 3)
    close = rng.standard_normal((ROWS, 4))
    _write(tmp_path, "gas/data.npy", np.column_stack([close, close[:, 1] + 1e-3 * close[:, 2]]))
    _write(tmp_path, "miniboone/data.npy", rng.standard_normal((ROWS, 6)) * 2 - 1)
    for part, count in (("train", 100), ("validation", 20), ("test", 30)):
        _write(tmp_path, f"BSDS300/{part}.npy", rng.standard_normal((count, 7)).astype(np.float32))
    for part, count, more in (("train", ROWS, 0), ("test", 60, 1)):
        known = rng.standard_normal((count, 5 + more))
        known[:, 2] = np.maximum(known[:, 2], 0)  # its least value recurs
        _write_csv(tmp_path / "hepmass" / f"1000_{part}.csv", np.column_stack([np.arange(count) % 2, known]))
    return tmp_path


@pytest.mark.parametrize(
    ("data", "shapes"),
    [
        ("power", [(162, 6), (18, 6), (20, 6)]),
        ("gas", [(162, 4), (18, 4), (20, 4)]),
        ("hepmass", [(90, 4), (10, 4), (30, 4)]),
        ("miniboone", [(162, 6), (18, 6), (20, 6)]),
        ("bsds300", [(100, 7), (20, 7), (30, 7)]),
    ],
)
def test_published_tables_are_split_as_published(published, data, shapes):
    split_of = load(data, str(published))
    split = split_of(0)
    assert split is split_of(3), "one split for all seeds"
    assert [part.shape for part in (split.train, split.valid, split.test)] == shapes
    by = {
        "power": [split.train, split.valid],
        "gas": [split.train, split.valid, split.test],
        "hepmass": [split.train, split.valid],
        "miniboone": [split.train, split.valid],
    }.get(data)
    if by is None:
        np.testing.assert_array_equal(split.test, np.load(published / "BSDS300/test.npy"))
    else:
        np.testing.assert_allclose(np.concatenate(by).mean(0), 0, atol=1e-6)
        np.testing.assert_allclose(np.concatenate(by).std(0), 1, rtol=0.01)


def test_miniboone_keeps_its_order_and_power_is_shuffled(published):
    table = np.load(published / "miniboone/data.npy")
    split = load("miniboone", str(published))(0)
    scale = table[:180].std(0)
    np.testing.assert_allclose(split.test * scale + table[:180].mean(0), table[180:], rtol=1e-4, atol=1e-5)
    power = np.load(published / "power/data.npy")[:, [0, 2, 4, 5, 6, 7]]
    last = load("power", str(published))(0).test[:, 5]  # the time, to which nothing is added
    assert np.corrcoef(last, power[180:, 5])[0, 1] < 0.9
    assert len(np.unique(last)) == 20


def test_mnist_is_learned_as_logits_of_its_pixels_with_noise(tmp_path, writers):
    """Every pixel comes back, spread over its level, and no two are alike; the last sixth of the training validates."""
    writers.mnist(tmp_path / "mnist", side=28)
    split_of = load("mnist", str(tmp_path))
    split = split_of(0)
    assert [part.shape for part in (split.train, split.valid, split.test)] == [(50, 784), (10, 784), (20, 784)]
    train, _, test, _ = images.read_mnist(tmp_path / "mnist")
    whole = np.concatenate([split.train, split.valid, split.test]).astype(float)
    pixels = 256 * (1 / (1 + np.exp(-whole)) - 1e-6) / (1 - 2e-6)
    noise = pixels - np.concatenate([train, test]).reshape(80, 784)
    assert np.abs(noise - 0.5).max() < 0.5 + 1e-3
    assert noise.mean() == pytest.approx(0.5, abs=0.01)
    assert noise.std() == pytest.approx(12**-0.5, abs=0.01)
    assert np.isfinite(whole).all()
    assert np.isfinite(score_gaussian(Split(*(part[:, :5] for part in (split.train, split.valid, split.test)))))


def test_of_columns_that_go_together_the_later_stays(published):
    table = np.load(published / "gas/data.npy")
    found = load("gas", str(published))(0)
    whole = np.concatenate([found.train, found.valid, found.test])
    kept = [int(np.argmax([abs(np.corrcoef(column, other)[0, 1]) for other in table.T])) for column in whole.T]
    assert kept == [0, 2, 3, 4]


@pytest.mark.parametrize(
    ("data", "spoil", "says"),
    [
        ("power", None, "data 'power' needs --folder, the folder with power/data.npy"),
        ("power", "folder", "is not a folder; allowed: one with power/data.npy"),
        ("miniboone", "empty", "has no file miniboone/data.npy"),
        ("hepmass", "empty", "has no file hepmass/1000_train.csv"),
        ("bsds300", "empty", "has no file BSDS300/train.npy"),
        ("mnist", "empty", "has no file train-images-idx3-ubyte"),
        ("mnist", "small", "has images (5, 1, 8, 8) and (2, 1, 8, 8); allowed: one size, from 6 and 1"),
        ("gas", "pickle", "has gas/ethylene_CO.pickle, which is not opened; allowed: gas/data.npy, saved by "),
        ("bsds300", "hdf5", "has BSDS300/BSDS300.hdf5, which is not opened; allowed: train.npy, validation.npy and "),
        ("power", "narrow", "power/data.npy has 3 columns; allowed: 8"),
        ("power", "text", "power/data.npy is not an array of NumPy's"),
        ("power", "objects", "power/data.npy is not an array of NumPy's"),
        ("miniboone", "nan", "miniboone/data.npy holds numbers that are not finite"),
        ("hepmass", "words", "1000_train.csv is not a table of 2 numbers a line"),
    ],
)
def test_what_is_missing_or_wrong_is_one_line(tmp_path, writers, data, spoil, says):
    folder = tmp_path / "data"
    folder.mkdir()
    if spoil == "pickle":
        (folder / "gas").mkdir()
        (folder / "gas/ethylene_CO.pickle").write_bytes(b"")
    elif spoil == "hdf5":
        (folder / "BSDS300").mkdir()
        (folder / "BSDS300/BSDS300.hdf5").write_bytes(b"")
    elif spoil == "narrow":
        _write(folder, "power/data.npy", np.zeros((ROWS, 3)))
    elif spoil == "objects":
        _write(folder, "power/data.npy", np.array([[print] * 8] * ROWS, object))
    elif spoil == "text":
        (folder / "power").mkdir()
        (folder / "power/data.npy").write_text("no array")
    elif spoil == "nan":
        _write(folder, "miniboone/data.npy", np.full((ROWS, 3), np.nan))
    elif spoil == "small":
        writers.mnist(folder / "mnist", train=5, test=2)
    elif spoil == "words":
        (folder / "hepmass").mkdir()
        for part in ("train", "test"):
            (folder / "hepmass" / f"1000_{part}.csv").write_text("# label,f0\n1,one\n")
    with pytest.raises(ValueError, match=re.escape(says)) as raised:
        load(data, None if spoil is None else "/nowhere" if spoil == "folder" else str(folder))
    assert "\n" not in str(raised.value)


def test_every_row_is_tested_once_in_a_cross_validation():
    rng = np.random.default_rng(0)
    table = np.column_stack([np.arange(53.0), rng.standard_normal(53)])
    none = np.zeros(2)
    splits = [split_folds(table, none, seed) for seed in range(2 * FOLDS)]
    for first in (0, FOLDS):
        seen = []
        for split in splits[first : first + FOLDS]:
            whole = np.concatenate([split.train, split.valid, split.test])
            order = np.argsort(np.argsort(whole[:, 0]))  # which row of the table each is
            assert sorted(order) == list(range(53))
            seen += list(order[-len(split.test) :])
            np.testing.assert_allclose(split.train.mean(0), 0, atol=1e-12)
            np.testing.assert_allclose(split.train.std(0), 1)
        assert sorted(seen) == list(range(53))
    assert (splits[0].test[:, 0] != splits[FOLDS].test[:, 0]).any()


def test_a_gaussian_is_scored_as_scipy_does():
    rng = np.random.default_rng(0)
    parts = [rng.standard_normal((count, 3)) @ rng.standard_normal((3, 3)) for count in (80, 10, 40)]
    law = multivariate_normal(parts[0].mean(0), np.cov(parts[0].T))
    assert score_gaussian(Split(*parts)) == pytest.approx(-law.logpdf(parts[2]).mean())


def test_levels_get_noise_of_their_width():
    column = np.array([0.1, 0.3, 0.1 + 0.2, 0.7] * 10)
    assert find_level(column) == pytest.approx(0.2)
    assert find_level(np.ones(4)) == 0
    table = np.column_stack([column, np.full(40, 3.0)])
    level = np.array([0.2, 1.0])
    split = split_folds(table, level, 0)
    whole = np.concatenate([split.train, split.valid, split.test])
    assert all(len(np.unique(values)) == 40 for values in whole.T), "a constant column has noise, too"
    assert split_folds(table, np.zeros(2), 0).train[:, 1].tolist() == [0.0] * len(split.train)


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        ("digits", (1797, 64)),
        ("breast_cancer", (569, 30)),
        ("wine", (178, 13)),
        ("diabetes", (442, 10)),
        ("iris", (150, 4)),
    ],
)
def test_bundled_tables(data, shape):
    pytest.importorskip("sklearn")
    table, level = tables.read_bundled(data)
    assert table.shape == shape
    assert (level > 0).all()
    assert (level <= np.ptp(table, axis=0) + 1).all()
    split = load(data, None)(0)
    for column in split.train.T:
        assert len(np.unique(column)) == len(column)
