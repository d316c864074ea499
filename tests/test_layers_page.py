"""The programs of ``docs/layers.md``, run: they train."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).resolve().parents[1] / "docs/layers.md").read_text()
PROGRAMS = dict(re.findall(r"<!-- ([\w-]+) -->\n```python\n(.*?)```", TEXT, re.DOTALL))


def _run(name: str) -> dict:
    scope: dict = {}
    exec(compile(PROGRAMS[name], f"docs/layers.md, {name}", "exec"), scope)
    return scope


def test_the_page_has_a_program_of_each_layer_in_each_framework():
    assert set(PROGRAMS) == {"torch-relative", "jax-relative", "torch-jfb", "jax-jfb"}
    assert TEXT.count("```python") == len(PROGRAMS)


@pytest.mark.long
@pytest.mark.parametrize("name", ["torch-relative", "jax-relative"])
def test_the_likelihood_rises(name, capsys):
    scope = _run(name)
    assert scope["after"] > scope["before"] + 1  # nats
    assert f"trained {scope['after']:.2f} nats" in capsys.readouterr().out


@pytest.mark.long
@pytest.mark.parametrize("name", ["torch-jfb", "jax-jfb"])
def test_the_classifiers_loss_falls(name, capsys):
    scope = _run(name)
    assert scope["losses"][-1] < 0.5 * scope["losses"][0]
    residual = scope["residual"] if name == "jax-jfb" else scope["net"][0].residual.max()
    assert float(residual) <= 1e-4
    assert "residual" in capsys.readouterr().out
