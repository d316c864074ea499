"""Small images in the files that their authors publish, and a small study on them."""

from __future__ import annotations

import gc
import gzip
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest


def write_idx(path: Path, array: np.ndarray) -> None:
    """An idx file of unsigned bytes."""
    header = bytes((0, 0, 8, array.ndim)) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    raw = header + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)


def write_mnist(folder: Path, train: int = 60, test: int = 20, side: int = 8, ending: str = "") -> Path:
    """Four idx files of noise with a bright column that tells the label."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for part, count in (("train", train), ("t10k", test)):
        labels = np.arange(count) % 4
        pixels = rng.integers(0, 60, (count, side, side))
        pixels[np.arange(count), :, 2 * labels] += 190
        write_idx(folder / f"{part}-images-idx3-ubyte{ending}", pixels)
        write_idx(folder / f"{part}-labels-idx1-ubyte{ending}", labels)
    return folder


class PicklerOfPython2(pickle._Pickler):
    """Writes text as Python 2 wrote its strings, as bytes without a name of their own: so are CIFAR-10's files."""

    def save(self, value: Any, save_persistent_id: bool = True) -> None:
        if type(value) in (str, bytes):
            raw = value if type(value) is bytes else value.encode()
            self.write(b"T" + len(raw).to_bytes(4, "little") + raw)
        else:
            super().save(value, save_persistent_id)


def write_cifar10(folder: Path, count: int = 3, pickler: Any = PicklerOfPython2) -> Path:
    """Six batches of ``count`` images; labels count on from batch to batch."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate([*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]):
        pixels = np.full((count, 3072), number, np.uint8)
        labels = [(number * count + j) % 10 for j in range(count)]
        with open(folder / name, "wb") as stream:
            pickler(stream, protocol=2).dump({b"data": pixels, b"labels": labels, b"batch_label": b"a batch"})
    return folder


@pytest.fixture(autouse=True)
def _young() -> None:
    """Trainings collect their garbage before they time: not once more what a whole process of tests has piled up."""
    gc.freeze()


@pytest.fixture(scope="session")
def writers():
    """The writers of small files in the original formats."""

    class Writers:
        idx = staticmethod(write_idx)
        mnist = staticmethod(write_mnist)
        cifar10 = staticmethod(write_cifar10)

    return Writers
