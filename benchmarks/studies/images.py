"""Labelled images: scikit-learn's digits, and MNIST, SVHN and CIFAR-10 in the files that their authors publish.

MNIST     http://yann.lecun.com/exdb/mnist: train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-..., each .gz or not
SVHN      http://ufldl.stanford.edu/housenumbers, format 2: train_32x32.mat, test_32x32.mat
CIFAR-10  https://www.cs.toronto.edu/~kriz/cifar.html, python version: cifar-10-python.tar.gz or its unpacked batches
"""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import pickle
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

DIGITS_TEST = 360  # a fifth of the 1,797; they come without a split


@dataclass(frozen=True)
class Images:
    """Images (N, C, H, W) as float32, standardised by the training images' mean and deviation of each channel, and
    labels (N,) from 0 as int64.
    """

    train: np.ndarray
    train_labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width."""
        channels, height, width = self.train.shape[1:]
        return channels, height, width

    @property
    def classes(self) -> int:
        return int(max(self.train_labels.max(), self.test_labels.max())) + 1

    def digest(self) -> str:
        """SHA-256 of all images and labels: files of one name and number of images may be others."""
        total = hashlib.sha256()
        for array in (self.train, self.train_labels, self.test, self.test_labels):
            total.update(array.tobytes())
        return total.hexdigest()

    def first(self, train: int | None, test: int | None) -> Images:
        """Only so many of each."""
        return replace(
            self,
            train=self.train[:train],
            train_labels=self.train_labels[:train],
            test=self.test[:test],
            test_labels=self.test_labels[:test],
        )


def load(data: str, folder: str | None) -> Images:
    """The images of this name; ``ValueError`` in one line where the folder or a file is missing or not what it says."""
    if data == "digits":
        if folder is not None:
            raise ValueError(f"folder {folder!r} given for data 'digits', which is built in; allowed: no --folder")
        return standardise(*read_digits())
    if folder is None:
        raise ValueError(f"data {data!r} needs --folder, the folder with {WANTED[data]}")
    path = Path(folder)
    if not path.is_dir():
        raise ValueError(f"folder {folder!r} is not a folder; allowed: one with {WANTED[data]}")
    return standardise(*READERS[data](path))


def standardise(train: np.ndarray, train_labels: Any, test: np.ndarray, test_labels: Any) -> Images:
    """From pixels of any range to mean 0 and deviation 1 of each channel over the training images."""
    for pixels, labels in ((train, train_labels), (test, test_labels)):
        if len(pixels) != len(labels) or not len(pixels):
            raise ValueError(f"{len(pixels)} images with {len(labels)} labels; allowed: as many of each, from 1")
    mean = train.mean(axis=(0, 2, 3), keepdims=True, dtype=np.float64).astype(np.float32)
    deviation = train.std(axis=(0, 2, 3), keepdims=True, dtype=np.float64).astype(np.float32)
    scale = np.where(deviation > 0, deviation, np.float32(1))
    scaled = [(pixels.astype(np.float32) - mean) / scale for pixels in (train, test)]
    return Images(scaled[0], np.asarray(train_labels, np.int64), scaled[1], np.asarray(test_labels, np.int64))


def read_digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """1,797 digits of 8 x 8 pixels; the last fifth of one fixed permutation is the test."""
    try:
        from sklearn.datasets import load_digits  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ValueError("data 'digits' needs scikit-learn: pip install 'jacobench[studies]'") from error
    digits: Any = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))
    pixels, labels = digits.images[order, None], digits.target[order]
    return pixels[:-DIGITS_TEST], labels[:-DIGITS_TEST], pixels[-DIGITS_TEST:], labels[-DIGITS_TEST:]


def read_mnist(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The four idx files."""
    found = []
    for part in ("train", "t10k"):
        for name, dimensions in ((f"{part}-images-idx3-ubyte", 3), (f"{part}-labels-idx1-ubyte", 1)):
            found.append(read_idx(_find(folder, name, f"{name}.gz"), dimensions))
    train, train_labels, test, test_labels = found
    return train[:, None], train_labels, test[:, None], test_labels


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """An idx file of unsigned bytes: two zeros, type 8, number of dimensions, each as a big-endian int32, the bytes."""
    with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as stream:
        try:
            raw = stream.read()
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{path} cannot be read: {error}") from error
    start = 4 + 4 * dimensions
    if len(raw) < start or raw[:4] != bytes((0, 0, 8, dimensions)):
        raise ValueError(f"{path} does not begin as an idx file of unsigned bytes in {dimensions} dimensions")
    shape = tuple(int(n) for n in np.frombuffer(raw, ">i4", dimensions, offset=4))
    if len(raw) - start != math.prod(shape):
        raise ValueError(f"{path} holds {len(raw) - start} bytes; its header says {' x '.join(map(str, shape))}")
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)


def read_svhn(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The two MATLAB files: X (32, 32, 3, N), y (N, 1) with 10 for the digit 0."""
    from scipy.io import loadmat

    parts = []
    for name in ("train_32x32.mat", "test_32x32.mat"):
        path = _find(folder, name)
        try:
            content = loadmat(path, variable_names=("X", "y"))
            pixels, labels = content["X"], content["y"]
        except Exception as error:  # a damaged file may raise anything
            raise ValueError(f"{path} is not a MATLAB file with X and y ({type(error).__name__}: {error})") from error
        if pixels.ndim != 4 or pixels.shape[2] != 3:
            raise ValueError(f"{path} has X of shape {pixels.shape}; allowed: (32, 32, 3, N)")
        parts += [np.ascontiguousarray(pixels.transpose(3, 2, 0, 1)), labels.ravel().astype(np.int64) % 10]
    return parts[0], parts[1], parts[2], parts[3]


def read_cifar10(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Five training batches and one of tests, in the folder, in its cifar-10-batches-py, or still in the archive."""
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    batches = [_read_batch(name, raw) for name, raw in _open_cifar10(folder, names)]
    pixels = [data.reshape(-1, 3, 32, 32) for data, _ in batches]
    labels = [np.asarray(found, np.int64) for _, found in batches]
    return np.concatenate(pixels[:5]), np.concatenate(labels[:5]), pixels[5], labels[5]


def _open_cifar10(folder: Path, names: list[str]) -> list[tuple[str, bytes]]:
    """The batches' names and bytes."""
    for place in (folder, folder / "cifar-10-batches-py"):
        if (place / names[0]).is_file():
            return [(name, _find(place, name).read_bytes()) for name in names]
    archive = _find(folder, "cifar-10-python.tar.gz")
    try:
        # Read where they are: nothing of an archive is unpacked into the file system.
        with tarfile.open(archive) as tar:
            members = {Path(member.name).name: member for member in tar.getmembers() if member.isfile()}
            return [(name, tar.extractfile(members[name]).read()) for name in names]  # type: ignore[union-attr]
    except (KeyError, OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise ValueError(f"{archive} is not the archive of CIFAR-10 ({type(error).__name__}: {error})") from error


def _read_batch(name: str, raw: bytes) -> tuple[np.ndarray, list[int]]:
    try:
        content = _Unpickler(io.BytesIO(raw), encoding="bytes").load()
        data, labels = content[b"data"], content[b"labels"]
    except Exception as error:  # a damaged file may raise anything
        raise ValueError(f"{name} is not a batch of CIFAR-10 ({type(error).__name__}: {error})") from error
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.shape != (len(labels), 3 * 32 * 32):
        raise ValueError(f"{name} has images that are not {len(labels)} x 3072 bytes, as many as its labels")
    return data, labels


class _Unpickler(pickle.Unpickler):
    """A pickle may name any function to call; this one knows only the four that an array of numbers needs."""

    def find_class(self, module: str, name: str) -> Any:
        allowed: dict[tuple[str, str], Callable] = {
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
            ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
            ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
            ("_codecs", "encode"): _encode,
        }
        if (module, name) not in allowed:
            raise pickle.UnpicklingError(f"it would call {module}.{name}; allowed: arrays, lists and numbers")
        return allowed[module, name]


def _reconstruct(kind: type, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """The empty array that a pickle then fills."""
    return np.ndarray.__new__(np.ndarray, shape, dtype)


def _encode(text: str, encoding: str) -> bytes:
    """How Python 3 writes bytes for Python 2."""
    return text.encode({"latin1": "latin1", b"latin1": "latin1"}[encoding])


def _find(folder: Path, *names: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise ValueError(f"folder '{folder}' has no file {' or '.join(names)}")


READERS = {"mnist": read_mnist, "svhn": read_svhn, "cifar10": read_cifar10}
WANTED = {
    "mnist": "the four idx files, train-images-idx3-ubyte and so on",
    "svhn": "train_32x32.mat and test_32x32.mat",
    "cifar10": "cifar-10-python.tar.gz or cifar-10-batches-py",
}
DATA = ("digits", *READERS)
