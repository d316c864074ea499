"""Section: what whole trainings cost and what they reach, beside the papers' own numbers."""

from dataclasses import replace

from ..analysis import Analysis
from ..load import shorten
from ..statistics import Estimate, judge
from ..studies import (
    BASELINE,
    Study,
    epoch_ratios,
    final,
    final_differences,
    products,
)
from ..text import count, write_count, write_error, write_list, write_percent, write_ratio, write_seconds, write_size
from . import study_line_integral, study_score
from .blocks import Block, Cell, Figure, Figures, Heading, Items, Section, Table, Text, columns, missing, spread
from .common import MOST_LINES
from .training_curves import Measure, cost_cells, draw_curves

ID, TITLE = "studies", "Studies"
CURVES = (Measure("accuracy", "test accuracy", percent=True), Measure("loss", "training loss"))
TONES = {"faster": "good", "slower": "bad", "same": "", "undetermined": "undecided"}
# Table 2 of Wu Fung et al. 2022: data, seconds of an epoch, "# of J mat-vec products", accuracy in percent.
PUBLISHED = (
    ("MNIST", "Jacobian based", 28.4, 6.0e6, 99.2),
    ("SVHN", "Jacobian based", 92.8, 1.4e7, 90.1),
    ("CIFAR-10", "Jacobian based", 530.9, 9.7e8, 87.9),
    ("MNIST", "JFB", 17.6, 0.0, 99.4),
    ("SVHN", "JFB", 36.9, 0.0, 94.1),
    ("CIFAR-10", "JFB", 146.6, 0.0, 93.67),
)
NOTES = (
    (
        "The published column of products counts iterations times samples, one a CG iteration: MNIST's 6.0e6 is 60,000 "
        "images x 100 epochs x one iteration (tolerance 0.1, absolute). The public code applies the operator and its "
        "transpose three times each in an iteration, and a gradient after one iteration is not exact."
    ),
    (
        "The published pairs differ in more than the method: with JFB the latent space has batch normalisation, with "
        "the Jacobian-based method it has none; on CIFAR-10 the tolerances are 1e-1 for the one and 1e-4 for the other."
    ),
    "Here the architecture, the tolerances, the limit on iterations and the order of the images are the same for all.",
    "The published seconds are a GPU's (TITAN X), of larger images and networks: compare the ratios, not the seconds.",
)


def build(analysis: Analysis) -> Section:
    """Every study that was found, one after the other."""
    studies = analysis.run.studies
    if not studies:
        return missing(ID, TITLE, "No study was run: `python -m benchmarks study implicit-training`.")
    blocks: list[Block] = []
    several = len({study.machine for study in studies}) > 1
    shown: set[str] = set()
    for study in studies:
        key = f"{study.data}-{study.machine}" if several else study.data
        blocks += SHOWN[study.name](study, key, study.name not in shown)
        blocks.append(Text(_tell_origin(study), "note"))
        shown.add(study.name)
    return Section(ID, TITLE, tuple(blocks))


def _show_training(study: Study, key: str, first: bool) -> list[Block]:
    """The implicit training study: table 2, figures 5 and 6, and how good the gradients were."""
    exact = [m for m in study.methods if study.exact(m)]
    series = sorted((m for m in study.methods if study.order(m) is not None), key=lambda m: study.order(m) or 0)
    panels = [
        ("figure-5", f"As figure 5: {BASELINE} against solvers of the linear system, over time", [BASELINE, *exact]),
        ("figure-6", "As figure 6: k terms of the Neumann series (JFB is k = 0) over time", [*series, *exact[-1:]]),
    ]
    return [
        Heading(f"Training an implicit network on {study.data}, machine {study.machine}"),
        Text(_describe(study)),
        *(Text(line) for line in _sum_up(study)),
        _tabulate_costs(study, key),
        Text(_explain(study), "note"),
        # The paper's numbers stand beside the first study's.
        *([_tabulate_published(), Items(NOTES)] if first else []),
        *(
            Figures(caption, tuple(_draw(study, f"study-{key}-{name}", methods)))
            for name, caption, methods in panels
            if len([m for m in methods if m in study.methods]) > 1
        ),
        Text(
            (
                "The extremes over all seeds and epochs: a step descends where its cosine with the exact gradient is "
                "above 0. Cosines, the norm of dT/du and the residual of w were taken in float64 on a few images after "
                "each epoch; what the solver says, the iterations and the evaluations are the training's own."
            ),
            "note",
        ),
        _tabulate_gradients(study, key),
    ]


SHOWN = {
    "implicit-training": _show_training,
    "line-integral-training": study_line_integral.show,
    "score-training": study_score.show,
}


def _describe(study: Study) -> str:
    setting = study.setting
    return (
        f"{setting('train'):,} images, {setting('test'):,} to test; {count(study.epochs, 'epoch')} from "
        f"{count(len(study.seeds), 'seed')}, batch {setting('batch')}, {setting('optimiser')} at "
        f"{setting('learning_rate'):g}. {setting('parameters'):,} parameters, D = {write_size(setting('D'))}, gamma = "
        f"{setting('gamma')}. {setting('architecture')}. Forward and backward solves stop at a relative residual of "
        f"{setting('tol'):g} in every sample, or after {setting('most')} iterations."
    )


def _explain(study: Study) -> str:
    """How to read the table of costs."""
    seeds = count(len(study.seeds), "seed")
    return (
        "Times and ratios are medians with 95 % intervals over seeds and epochs; ratios are paired by epoch. Products "
        "are those of one sample in one step; a training is one seed. Accuracy and loss are those at the end: medians "
        f"and, for the accuracy, [lowest, highest] of {seeds}; points are the difference to {BASELINE}, paired by seed."
    )


def _sum_up(study: Study) -> list[str]:
    """What the ratios say, where a verdict holds."""
    lines = []
    for method, ratio in epoch_ratios(study).items():
        if study.exact(method) and judge(ratio).word in ("faster", "slower"):
            vjps, jvps, _ = products(study, method)
            lines.append(
                f"An epoch with **{method}** takes {write_ratio(ratio)} × that of {BASELINE}, with "
                f"{vjps + jvps:.3g} products a sample and step."
            )
    return lines


def _tabulate_costs(study: Study, key: str) -> Table:
    ratios, differences, rows = epoch_ratios(study), final_differences(study, "accuracy"), []
    for method in study.methods:
        ratio, (vjps, jvps, total) = ratios.get(method), products(study, method)
        verdict = judge(ratio).word if ratio else ""
        accuracy, loss = final(study, method, "accuracy"), final(study, method, "loss")
        costs = cost_cells(study, method, ratio, BASELINE)
        behind = differences.get(method)
        rows.append(
            {
                "row": Cell(
                    method, {"study": study.name, "data": study.data, "machine": study.machine, "method": method}
                ),
                "seconds": costs["seconds"],
                "ratio": replace(
                    costs["ratio"],
                    data={**costs["ratio"].data, "verdict": verdict or None},
                    tone=TONES.get(verdict, ""),
                    note=verdict,
                ),
                "products": Cell(
                    f"{vjps + jvps:.3g}", {"vjps": vjps, "jvps": jvps}, "", f"{vjps:.3g} vjps, {jvps:.3g} jvps"
                ),
                "total": Cell(write_count(total), {"products_of_a_training": total}),
                "accuracy": Cell(
                    write_percent(accuracy),
                    spread("accuracy", accuracy) | spread("accuracy_minus_baseline", behind),
                    "",
                    f"{_signed(behind)} points" if behind else "",
                ),
                "loss": Cell(f"{loss.value:.3g}" if loss else "–", spread("loss", loss)),
            }
        )
    heads = columns(
        ("row", "Method"),
        ("seconds", "Time of an epoch", True),
        ("ratio", f"Over {BASELINE}", True),
        ("products", "Products", True),
        ("total", "of a training", True),
        ("accuracy", "Test accuracy", True),
        ("loss", "Training loss", True),
    )
    caption = f"As table 2, on {study.data}"
    return Table(f"study-{key}-table-2", caption, heads, tuple(rows))


def _draw(study: Study, prefix: str, methods: list[str]) -> list[Figure]:
    shown = [method for method in dict.fromkeys(methods) if method in study.methods][:MOST_LINES]
    return draw_curves(study, prefix, CURVES, shown, lambda method: _label(study, method))


def _tabulate_gradients(study: Study, key: str) -> Table:
    """Whether the solvers reached the tolerance, and what the method's gradient has in common with the exact one."""
    rows = []
    for method in study.methods:
        found = study.of(method)
        contraction, residual = (_extreme(found, name, max) for name in ("contraction", "probe_residual"))
        reported, missed = _extreme(found, "residual", max), sum(row.get("missed") or 0 for row in found)
        cosines = [_extreme(found, name, min) for name in ("cosine", "cosine_latent")]
        iterations = _extreme(found, "iterations", max)
        evaluations = sum(row["evaluations"] for row in found) / len(found) / study.setting("train")
        rows.append(
            {
                "row": Cell(method, {"method": method}),
                "cosine": Cell(
                    _write(cosines[0], ".4f"), {"smallest_cosine": cosines[0]}, "" if (cosines[0] or 0) > 0 else "bad"
                ),
                "latent": Cell(_write(cosines[1], ".4f"), {"smallest_cosine_latent": cosines[1]}),
                "contraction": Cell(_write(contraction, ".3f"), {"largest_contraction": contraction}),
                "residual": Cell(write_error(residual), {"largest_residual": residual}),
                "reported": Cell(
                    write_error(reported) if reported is not None else "–",
                    {"largest_reported_residual": reported, "missed": missed},
                    "bad" if missed else "",
                    f"{count(missed, 'sample')} above {study.setting('tol'):g}" if missed else "",
                ),
                "iterations": Cell(_write(iterations, "g"), {"most_iterations": iterations}),
                "evaluations": Cell(f"{evaluations:.3g}", {"evaluations": evaluations}),
            }
        )
    heads = columns(
        ("row", "Method"),
        ("cosine", "Smallest cosine", True),
        ("latent", "of T and Q alone", True),
        ("contraction", "Largest norm of dT/du", True),
        ("residual", "Largest residual", True),
        ("reported", "as the solver says", True),
        ("iterations", "Most iterations", True),
        ("evaluations", "Evaluations of T", True),
    )
    caption = "The gradients after each epoch: solved to the tolerance? a descent direction?"
    return Table(f"study-{key}-gradients", caption, heads, tuple(rows), folded=True)


def _tabulate_published() -> Table:
    ours = {(data, kind): seconds for data, kind, seconds, _, _ in PUBLISHED}
    rows = []
    for data, kind, seconds, matvecs, accuracy in PUBLISHED:
        ratio = seconds / ours[(data, "JFB")]
        rows.append(
            {
                "row": Cell(f"{kind}, {data}", {"data": data, "method": kind}),
                "seconds": Cell(f"{seconds:g} s", {"seconds": seconds}),
                "ratio": Cell(f"{ratio:.2g} ×" if kind != "JFB" else "1", {"ratio": ratio}),
                "products": Cell(f"{matvecs:.1e}" if matvecs else "0", {"published_mat_vecs": matvecs}),
                "accuracy": Cell(f"{accuracy:g} %", {"accuracy": accuracy / 100}),
            }
        )
    heads = columns(
        ("row", "Method and data"),
        ("seconds", "Time of an epoch", True),
        ("ratio", "Over JFB", True),
        ("products", "“# of J mat-vec products”", True),
        ("accuracy", "Accuracy", True),
    )
    return Table("published-table-2", "Table 2 as published (Wu Fung et al. 2022)", heads, tuple(rows))


def _tell_origin(study: Study) -> str:
    record = study.record
    processes = record.get("processes") or []
    environment = processes[0].get("environment", {}) if processes else {}
    versions = environment.get("packages", {})
    resumed = f", resumed {count(len(processes) - 1, 'time')}" if len(processes) > 1 else ""
    dirty = " with changes" if record.get("dirty") else ""
    words = [
        f"`{record.get('command', '')}`, profile {record.get('profile', '')}",
        f"commit {shorten(study.commit)}{dirty}{resumed}",
        f"seeds {write_list([str(seed) for seed in study.seeds])}",
        f"{count(environment.get('threads', 0), 'thread')} on {environment.get('cpu', 'an unnamed processor')}",
        f"torch {versions.get('torch', '?')}",
        f"{write_seconds(record.get('elapsed_s'))} in all, tests and probes included",
        f"record {study.path}",
    ]
    return "; ".join(words) + "."


def _label(study: Study, method: str) -> str:
    order = study.order(method)
    return method if not order else f"k = {order}"


def _signed(value: Estimate) -> str:
    if value.undetermined:
        return f"{100 * value.value:+.1f}"
    return f"{100 * value.value:+.1f} [{100 * value.low:+.1f}, {100 * value.high:+.1f}]"


def _extreme(rows: list[dict], name: str, pick) -> float | None:
    known = [row[name] for row in rows if row.get(name) is not None]
    return pick(known) if known else None


def _write(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
