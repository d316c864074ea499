"""Images from files in their authors' formats, and one line about files that are not."""

from __future__ import annotations

import io
import os
import pickle
import shutil
import tarfile
import zlib

import numpy as np
import pytest

from benchmarks.studies import images


def test_digits_are_split_once_and_standardised():
    pytest.importorskip("sklearn")
    found = images.load("digits", None)
    assert found.shape == (1, 8, 8)
    assert found.classes == 10
    assert (len(found.train), len(found.test)) == (1437, 360)
    assert found.train.dtype == np.float32
    assert found.train.mean() == pytest.approx(0, abs=1e-4)
    assert found.train.std() == pytest.approx(1, abs=1e-4)
    again = images.load("digits", None)
    assert np.array_equal(found.test, again.test)
    # Every class is tested.
    assert np.bincount(found.test_labels).min() > 20
    assert found.digest() == again.digest()
    again.train_labels[7] += 1
    assert found.digest() != again.digest()


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_mnist(tmp_path, writers, ending):
    writers.mnist(tmp_path, train=12, test=5, side=10, ending=ending)
    found = images.load("mnist", str(tmp_path))
    assert found.train.shape == (12, 1, 10, 10)
    assert found.test.shape == (5, 1, 10, 10)
    assert found.train_labels.tolist() == [0, 1, 2, 3] * 3
    bright = found.train[2, 0, 0]
    assert bright.argmax() == 4


def test_svhn(tmp_path):
    savemat = pytest.importorskip("scipy.io").savemat
    rng = np.random.default_rng(0)
    pixels = {name: rng.integers(0, 256, (32, 32, 3, count), np.uint8) for name, count in (("train", 6), ("test", 4))}
    for name, X in pixels.items():
        labels = np.arange(10, 10 - X.shape[3], -1, dtype=np.uint8)[:, None]
        savemat(tmp_path / f"{name}_32x32.mat", {"X": X, "y": labels})
    found = images.load("svhn", str(tmp_path))
    assert found.train.shape == (6, 3, 32, 32)
    assert found.train_labels.tolist() == [0, 9, 8, 7, 6, 5]
    # Channel, row and column are where they were.
    X = pixels["train"].astype(float)
    wanted = (X[3, 5, 1, 2] - X[:, :, 1].mean()) / X[:, :, 1].std()
    assert found.train[2, 1, 3, 5] == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("place", ["folder", "subfolder", "archive"])
def test_cifar10(tmp_path, writers, place):
    folder = tmp_path if place == "folder" else tmp_path / "cifar-10-batches-py"
    writers.cifar10(folder)
    if place == "archive":
        with tarfile.open(tmp_path / "cifar-10-python.tar.gz", "w:gz") as tar:
            tar.add(folder, arcname=folder.name)
        for path in folder.iterdir():
            path.unlink()
    found = images.load("cifar10", str(tmp_path))
    assert found.train.shape == (15, 3, 32, 32)
    assert found.train_labels.tolist() == [j % 10 for j in range(15)]
    assert found.test_labels.tolist() == [5, 6, 7]
    assert (np.diff(found.train[::3, 0, 0, 0]) > 0).all()
    if place == "archive":
        assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == ["cifar-10-python.tar.gz"]


def test_cifar10_as_python_3_writes_it(tmp_path, writers):
    writers.cifar10(tmp_path, pickler=pickle._Pickler)
    assert images.load("cifar10", str(tmp_path)).train.shape == (15, 3, 32, 32)


def test_a_pickle_cannot_run_anything(tmp_path, writers):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made"),)

    writers.cifar10(tmp_path)
    (tmp_path / "data_batch_3").write_bytes(pickle.dumps({b"data": Evil(), b"labels": []}, protocol=2))
    with pytest.raises(ValueError, match=r"data_batch_3 is not a batch of CIFAR-10 .*it would call \w+\.mkdir"):
        images.load("cifar10", str(tmp_path))
    assert not (tmp_path / "made").exists()


def test_what_is_missing_is_one_line(tmp_path, writers):
    for data in ("mnist", "svhn", "cifar10"):
        with pytest.raises(ValueError, match=f"data '{data}' needs --folder, the folder with "):
            images.load(data, None)
        with pytest.raises(ValueError, match="folder '/nowhere' is not a folder; allowed: one with "):
            images.load(data, "/nowhere")
        with pytest.raises(ValueError, match=r"folder '.*' has no file ") as caught:
            images.load(data, str(tmp_path))
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="which is built in; allowed: no --folder"):
        images.load("digits", str(tmp_path))
    writers.mnist(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(ValueError, match="has no file t10k-labels-idx1-ubyte or t10k"):
        images.load("mnist", str(tmp_path))


def test_files_that_are_something_else_are_one_line(tmp_path, writers):
    writers.mnist(tmp_path)
    images_path, labels_path = tmp_path / "train-images-idx3-ubyte", tmp_path / "train-labels-idx1-ubyte"
    whole = images_path.read_bytes()
    images_path.write_bytes(whole[:-1])
    with pytest.raises(ValueError, match="holds 3839 bytes; its header says 60 x 8 x 8"):
        images.load("mnist", str(tmp_path))
    images_path.write_bytes(labels_path.read_bytes())
    with pytest.raises(ValueError, match="does not begin as an idx file of unsigned bytes in 3 dimensions"):
        images.load("mnist", str(tmp_path))
    images_path.write_bytes(whole)
    writers.idx(labels_path, np.zeros(59))
    with pytest.raises(ValueError, match="60 images with 59 labels"):
        images.load("mnist", str(tmp_path))
    (tmp_path / "train_32x32.mat").write_bytes(b"not MATLAB")
    with pytest.raises(ValueError, match=r"train_32x32\.mat is not a MATLAB file with X and y"):
        images.load("svhn", str(tmp_path))
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(b"not an archive")
    with pytest.raises(ValueError, match="is not the archive of CIFAR-10"):
        images.load("cifar10", str(tmp_path))


def test_what_is_damaged_within_its_packing_is_one_line(tmp_path, writers):
    """Not cut off, which is an end of file: bytes that are no block of deflate."""
    writers.mnist(tmp_path, ending=".gz")
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:10] + 20 * b"\xff")  # after gzip's header
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte\.gz cannot be read: Error -3 "):
        images.load("mnist", str(tmp_path))
    folder = writers.cifar10(tmp_path / "cifar-10-batches-py", count=100)
    plain, packer = io.BytesIO(), zlib.compressobj(wbits=31)
    with tarfile.open(fileobj=plain, mode="w") as tar:
        tar.add(folder, arcname=folder.name)
    shutil.rmtree(folder)
    # Within the first batch, beyond what is read at once.
    whole = packer.compress(plain.getvalue()[:300_000]) + packer.flush(zlib.Z_FULL_FLUSH)
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(whole + 20 * b"\xff")
    with pytest.raises(ValueError, match="is not the archive of CIFAR-10"):
        images.load("cifar10", str(tmp_path))


@pytest.mark.parametrize(
    "content",
    [
        {b"data": np.zeros((2, 3072), np.uint8), b"labels": [1]},
        {b"data": np.zeros((1, 3072)), b"labels": [1]},
        {b"data": [1], b"labels": [1]},
        {b"labels": [1]},
        [],
    ],
)
def test_batches_of_another_shape_are_one_line(tmp_path, writers, content):
    writers.cifar10(tmp_path)
    (tmp_path / "test_batch").write_bytes(pickle.dumps(content, protocol=2))
    with pytest.raises(ValueError, match=r"^test_batch "):
        images.load("cifar10", str(tmp_path))
