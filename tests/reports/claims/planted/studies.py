"""Records of the studies with a known truth."""

from __future__ import annotations

import base64
import itertools
import math
from typing import Any

import numpy as np


def implicit_study(accuracy: float = 0.0, cosine: float = 0.9, images: int = 100_000, **seconds: float) -> dict:
    """A study of three seeds and four epochs: seconds over those of jfb, jfb's accuracy beside the others', the cosine
    of every step, and images in the test.
    """
    factors = {"jfb": 1.0, "neumann_5": 1.4, "cg": 2.2, "cg_published": 5.5} | seconds
    generator, rows = np.random.default_rng(0), []
    for seed in range(3):
        for epoch in range(1, 5):
            drift = math.exp(generator.normal(0, 0.05))
            for method, factor in factors.items():
                row: dict[str, Any] = {"method": method, "seed": seed, "epoch": epoch, "process": 0}
                row |= {"seconds": factor * drift * math.exp(generator.normal(0, 0.01)), "cosine": cosine}
                row |= {"accuracy": 0.95 + 0.002 * seed + (accuracy if method == "jfb" else 0.0)}
                row |= {"contraction": 0.9}
                rows.append(row | {"vjps": 0, "jvps": 0, "evaluations": 0, "loss": 0.1})
    methods = {name: {"exact": name.startswith("cg"), "settings": {}} for name in factors}
    methods["neumann_5"]["settings"] = {"k": 5}
    settings = {"tol": 1e-4, "train": 100, "test": images, "architecture": "a block", "optimiser": "Adam", "D": 1024}
    settings |= {"batch": 10, "gamma": 0.9, "learning_rate": 1e-3, "most": 100, "parameters": 1000}
    record = {"schema": 1, "study": "implicit-training", "data": "digits", "commit": None, "settings": settings}
    return record | {"methods": methods, "rows": rows}


def score_study(data: str = "mixture", control: float = 1e-16, deep: float = 0.05) -> dict:
    """A record of the score study with a known truth: psi_L reaches the target loss after 10 L epochs."""
    rows = []
    methods = {f"psi_{L}": L for L in (1, 2, 3, 4)} | {"psi_diagonal": 2, "phi_2": 2}
    for seed in (0, 1, 2):
        for epoch in range(1, 51):
            for method, L in methods.items():
                rows.append(
                    {
                        **{"method": method, "seed": seed, "epoch": epoch, "process": 0, "position": 0},
                        **{
                            "seconds": 0.01 * L * (1 + 0.01 * seed),
                            "wall_s": 0.02,
                            "evaluations": 0,
                            "vjps": 0,
                            "jvps": 0,
                        },
                        "loss": 1 + math.exp(-epoch / (10 * L)),
                        "test_loss": 1 + math.exp(-epoch / (10 * L)),
                        "asymmetry": control if method in ("psi_diagonal", "phi_2") else deep * L / (1 + epoch),
                        "score_error": 0.3 if data == "mixture" else None,
                        "field": {"points": [[0, 0], [1, 0], [0, 1]], "g": [[1, 0]] * 3, "score": [[1, 1]] * 3}
                        if epoch == 50 and data == "mixture"
                        else None,
                    }
                )
    settings = {"batch": 100, "learning_rate": 1e-3, "optimiser": "Adam", "test": 10, "train": 20}
    settings |= {"H": 64, "d": 2, "sigma": 0.5, "architecture": "hidden layers of swish units"}
    return _record("score-training", data, settings, {name: {} for name in methods}, rows)


def logdet_study(
    data: str = "moons",
    more: float = 1.0,
    spread: float = 0.02,
    diverges: bool = False,
    stalled: tuple[str, int] = ("", 0),
    slower: float = 1.0,
    rates: tuple[float, ...] = (0.01, 0.1),
) -> dict:
    """A record of the study of both gradients with a known truth: the loss falls from 4 to 3 as exp(-iterations / 50)
    at the best rate, 0.1, slower at others; the relative gradient needs `more` times the iterations, each `slower`, or
    leaves the numbers. From so many starts the `stalled` gradient comes half of the way only.
    """
    generator, rows, steps = np.random.default_rng(0), [], 10
    methods = {
        f"{gradient}_{optimiser}_{rate:g}": {"gradient": gradient, "optimiser": optimiser, "rate": rate}
        for gradient in ("ordinary", "relative")
        for optimiser in ("gd", "adam")
        for rate in rates
    }
    for seed in range(10):
        for method, chosen in methods.items():
            pace = 50 * (1 if chosen["rate"] == 0.1 else 3) * math.exp(generator.normal(0, spread))
            pace *= more if chosen["gradient"] == "relative" else 1
            losses: list[float | None] = [3 + math.exp(-steps * epoch / pace) for epoch in range(31)]
            if chosen["gradient"] == stalled[0] and seed < stalled[1]:
                losses = [max(loss or 0, 3.5 if chosen["rate"] == 0.1 else 3.6) for loss in losses]
            if diverges and chosen["gradient"] == "relative":
                losses = [losses[0], *[None] * 30]
            for epoch, (before, after) in enumerate(itertools.pairwise(losses), 1):
                rows.append({"method": method, "seed": seed, "epoch": epoch, "process": 0, "position": 0})
                rows[-1] |= {
                    "seconds": 0.01 * (slower if chosen["gradient"] == "relative" else 1),
                    "wall_s": 0.02,
                    "evaluations": 0,
                    "vjps": 0,
                    "jvps": 0,
                }
                rows[-1] |= {"before": before, "loss": after, "test_loss": after}
    settings = {"batch": 1000, "optimiser": "plain descent and Adam", "steps": steps, "test": 1000, "train": 1000}
    return _record("logdet-training", data, settings | {"L": 2, "d": 2, "architecture": "two layers"}, methods, rows)


def density_study(
    data: str = "wine", ahead: float = 0.05, spread: float = 0.01, slower: float = 4.0, parameters: int = 910
) -> dict:
    """A record of the density study with a known truth. Of three epochs the second validates best, at a rate of 0.01;
    the flows' held-out log-likelihood is then -1 a dimension, ours `ahead` more, both 0.04 more and less in turn with
    the seed, and each method's own by a `spread`. A flow's epoch takes `slower` times ours. In the plane there is ours
    alone, and its picture: a ridge along x = y.
    """
    plane, d = data in ("moons", "rings"), 2 if data in ("moons", "rings") else 13
    models = {"relative": 910} if plane else {"relative": 910, "lu": 910, "maf": parameters}
    methods = {
        f"{model}_{rate:g}": {"model": model, "rate": rate, "parameters": count}
        for model, count in models.items()
        for rate in (0.003, 0.01)
    }
    generator, rows = np.random.default_rng(0), []
    for seed in range(5):
        common = 0.04 * (-1) ** seed
        for method, chosen in methods.items():
            ours, best = chosen["model"] == "relative", chosen["rate"] == 0.01
            level = -1 + common + (ahead if ours else 0.0) + generator.normal(0, spread)
            for epoch in (1, 2, 3):
                worse = {1: 0.5, 2: 0.0, 3: 0.3}[epoch] + (0.0 if best else 0.1)
                rows.append({"method": method, "seed": seed, "epoch": epoch, "process": 0, "position": 0})
                rows[-1] |= {"seconds": 0.01 if ours else 0.01 * slower, "wall_s": 0.02}
                rows[-1] |= {"evaluations": 0, "vjps": 0, "jvps": 0, "loss": 1.0 - 0.1 * epoch}
                # The test would choose the first epoch: it has no say.
                rows[-1] |= {"valid_loss": d * (worse - level), "test_loss": d * ((worse if epoch > 1 else -1) - level)}
                rows[-1]["picture"] = _plant_picture() if plane and seed == 0 and epoch == 3 else None
    settings = {"architecture": "square layers", "batch": 100, "folds": None if plane else 5, "optimiser": "Adam"}
    settings |= {"truth": 1.8 if plane else None, "parameters": 910, "steps": 25, "L": 5, "d": d}
    settings |= {"alpha": 0.3, "spread": 3.0}
    settings |= {"gaussian": [1.2 * d] * 5, "test": 36, "train": 114, "valid": 28}
    return _record("logdet-density", data, settings, methods, rows)


def _plant_picture() -> dict[str, Any]:
    side, depth = 16, 12.0
    line = (np.arange(side) + 0.5) * 6 / side - 3
    y, x = np.meshgrid(line, line, indexing="ij")
    cells = np.clip(255 * (1 - ((x - y) ** 2) / depth), 0, 255).round().astype(np.uint8)
    points = np.array([[0, 0], [255, 255], [128, 128]], np.uint8)
    cells, points = (base64.b64encode(found.tobytes()).decode() for found in (cells, points))
    return {"limit": 3.0, "side": side, "top": -2.0, "depth": depth, "cells": cells, "points": points}


def integral_study(data: str = "exp", slope: float = 0.1, annealed: float = 0.5) -> dict:
    """A record of the line_integral study with a known truth."""
    rows = []
    methods = {"gauss_legendre": 0.2, "dopri5_fixed": 1.0, "dopri5_annealed": annealed, "unconstrained": 0.15}
    x = np.linspace(-2, 2, 9)
    for seed in range(10):
        drift = math.exp(0.05 * math.sin(seed))
        for epoch in range(1, 51):
            for method, cost in methods.items():
                free = method == "unconstrained"
                ends: dict[str, Any] = {"slope_min": -0.2 if free else slope, "slope_max": 0.9}
                if data != "plane":
                    inverse = None if free or data == "abs" else np.log(np.exp(x)).tolist()
                    known = inverse is not None
                    ends |= {"x": x.tolist(), "y": np.exp(x).tolist(), "inverse": inverse}
                    ends |= {"round_trip": 1e-9 if known else None, "inverse_error": 0.02 if known else None}
                rows.append(
                    {
                        **{"method": method, "seed": seed, "epoch": epoch, "process": 0, "position": 0},
                        **{"seconds": 0.01 * cost * drift, "wall_s": 0.02, "vjps": 0, "jvps": 0},
                        "evaluations": 16 if cost < 0.3 else round(100 * cost),
                        **{"loss": math.exp(-epoch / 20), "test_loss": math.exp(-epoch / 30)},
                        "tol": 1e-5 if method == "dopri5_fixed" else 0.5 if "dopri5" in method else None,
                        **{"slope_min": ends["slope_min"], "slope_max": ends["slope_max"]},
                        "path_gap": 0.1 if data == "plane" else None,
                        "initial": ends if epoch == 1 else None,
                        "final": ends if epoch == 50 else None,
                    }
                )
    settings = {"architecture": "", "batch": 5, "learning_rate": 0.01, "optimiser": "Adam", "test": 100, "train": 5}
    settings |= {"H": 64, "J": "psd", "d": 2 if data == "plane" else 1, "tol_fixed": 1e-5, "tol_start": 1.0}
    return _record("line-integral-training", data, settings, {name: {} for name in methods}, rows)


def _record(study: str, data: str, settings: dict, methods: dict[str, dict], rows: list) -> dict:
    """Of these methods' settings."""
    return {
        **{"schema": 1, "study": study, "data": data, "profile": "standard", "machine": "m", "commit": None},
        **{"dirty": False, "command": "python -m benchmarks study", "elapsed_s": 60.0, "processes": []},
        **{"started_at": "2026-11-21T08:00:00Z", "finished_at": "2026-11-21T08:01:00Z", "settings": settings},
        "methods": {name: {"exact": True, "source": "", "settings": dict(chosen)} for name, chosen in methods.items()},
        "rows": rows,
    }
