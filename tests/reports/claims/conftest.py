"""Sessions that many claims are judged on, written once: a test adds its studies to a copy."""

import shutil
from pathlib import Path

import pytest

from tests.reports.claims.planted import judge, plant_study, plant_sweep, write_learned


@pytest.fixture(scope="session")
def swept(synthetic, tmp_path_factory) -> Path:
    """Sessions of logdet's main sweep. Do not write into it."""
    folder = tmp_path_factory.mktemp("swept")
    plant_sweep(synthetic, folder)
    return folder


@pytest.fixture(scope="session")
def learned(synthetic, tmp_path_factory) -> Path:
    """Sessions of the learned gradients. Do not write into it."""
    return write_learned(synthetic, tmp_path_factory.mktemp("learned"))


@pytest.fixture
def judge_with(synthetic, tmp_path):
    """Judge a claim on the sessions of a folder with these study records beside them."""

    def judge_(folder, id_, *records):
        copy = shutil.copytree(folder, tmp_path / "copy", dirs_exist_ok=True)
        return judge(plant_study(synthetic, copy, *records), id_)

    return judge_
