"""Study: training an implicit network, beside table 2 and figures 5 and 6 of Wu Fung et al. 2022."""

from collections.abc import Callable, Sequence

from ..digest.studies import StudyDigest, StudyMethod
from ..plots.study import draw_study
from ..statistics import Estimate
from ..text import count, write_count, write_error, write_list, write_percent, write_ratio, write_size
from .blocks import Block, Cell, Figure, Figures, Heading, Items, Table, Text, columns, tabulate
from .study_parts import Measure, describe_ends, make_panel, name_data, tell_costs, tell_origin

TITLE = "Training an implicit network"
MEASURES = (Measure("accuracy", "Test accuracy", percent=True), Measure("loss", "Training loss"))
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


def show(studies: Sequence[StudyDigest]) -> list[Block]:
    """The published table, and for each data set ours; figures of the first."""
    blocks: list[Block] = [_tabulate_published(), Items(NOTES)]
    for study in studies:
        blocks += [
            Heading(f"On {name_data(study, studies)}"),
            Text(_describe(study)),
            *(Text(line) for line in _sum_up(study)),
            _tabulate_costs(study),
            Text(_explain(study), "note"),
            *([Figures(_FIGURES, tuple(_draw(study)))] if study == studies[0] else []),
            _tabulate_gradients(study),
            Text(_GRADIENTS, "note"),
            tell_origin(study),
        ]
    return blocks


_FIGURES = "As figures 5 and 6 of Wu Fung et al. 2022: over the seconds of training"
_GRADIENTS = (
    "The extremes over all seeds and epochs: a step descends where its cosine with the exact gradient is above 0. "
    "Cosines, the norm of dT/du and the residual of w were taken in float64 on a few images after each epoch; what the "
    "solver says, the iterations and the evaluations are the training's own."
)


def _describe(study: StudyDigest) -> str:
    setting = study.settings
    return (
        f"{setting['train']:,} images, {setting['test']:,} to test; {count(study.epochs, 'epoch')} from "
        f"{count(len(study.seeds), 'seed')}, batch {setting['batch']}, {setting['optimiser']} at "
        f"{setting['learning_rate']:g}. {setting['parameters']:,} parameters, D = {write_size(setting['D'])}, gamma = "
        f"{setting['gamma']}. {setting['architecture']}. Forward and backward solves stop at a relative residual of "
        f"{setting['tol']:g} in every sample, or after {setting['most']} iterations."
    )


def _explain(study: StudyDigest) -> str:
    seeds = count(len(study.seeds), "seed")
    return (
        "Times and ratios are medians with 95 % intervals over seeds and epochs; ratios are paired by epoch, verdicts "
        f"beyond a margin of {100 * study.margin:.2g} %. Products are those of one sample in one step; a training is "
        f"one seed. Accuracy and loss are those at the end: medians and, for the accuracy, [lowest, highest] of "
        f"{seeds}; points are the difference to {study.baseline}, paired by seed."
    )


def _sum_up(study: StudyDigest) -> list[str]:
    """What the ratios say, where a verdict holds."""
    told = [
        f"**{method.name}** {write_ratio(method.ratio)} × with {method.vjps + method.jvps:.3g} products"
        f" and {_evaluations(study, method):.3g} evaluations of T a sample"
        for method in study.methods
        if method.order is None and method.verdict in ("faster", "slower")
    ]
    return [f"In times of {study.baseline}'s, an epoch takes: {write_list(told)}."] if told else []


def _evaluations(study: StudyDigest, method: StudyMethod) -> float:
    """Of T, a sample and step."""
    return method.evaluations.value / study.epochs / study.settings["train"]


def _tabulate_costs(study: StudyDigest) -> Table:
    return tabulate(
        f"study-{study.key}",
        f"As table 2, on {study.data}",
        study.methods,
        *tell_costs(study, "Method", "Time of an epoch"),
        ("products", "Products", _write_products, True),
        ("total", "of a training", lambda m: write_count(m.products), True),
        ("accuracy", "Test accuracy", _write_accuracy, True),
        ("loss", "Training loss", lambda m: f"{m.ends['loss'].value:.3g}" if "loss" in m.ends else "–", True),
    )


def _write_products(method: StudyMethod) -> Cell:
    return Cell(f"{method.vjps + method.jvps:.3g}", note=f"{method.vjps:.3g} vjps, {method.jvps:.3g} jvps")


def _write_accuracy(method: StudyMethod) -> Cell:
    behind = f"{_signed(method.behind)} points" if method.behind else ""
    return Cell(write_percent(method.ends.get("accuracy")), note=behind)


def _draw(study: StudyDigest) -> list[Figure]:
    exact = [method for method in study.methods if method.exact]
    series = sorted((m for m in study.methods if m.order is not None), key=lambda m: m.order or 0)
    terms = {method.name: f"k = {method.order}" for method in series if method.order}
    shown = (
        ("solvers", _entitle(study, exact), [study.baseline, *(m.name for m in study.methods if m.order is None)], {}),
        ("series", _entitle_series(study, series), [*(m.name for m in series), *(m.name for m in exact[-1:])], terms),
    )
    figures = []
    for end, title, methods, names in shown:
        panels = [make_panel(study, measure, methods=methods, names=names) for measure in MEASURES]
        panels = [panel for panel in panels if len(panel.lines) > 1]
        if panels:
            name = f"study-{study.key}-{end}"
            alt = f"On {study.data}, over seconds of training. {describe_ends(panels)}."
            figures.append(Figure(name, title, draw_study(name, alt, panels), alt))
    return figures


def _entitle(study: StudyDigest, exact: Sequence[StudyMethod]) -> str:
    """How much longer an epoch takes with a solver, where that is sure of each."""
    ours = study.baseline
    if _are_slower(study, exact):
        return f"An epoch takes {_say_times(exact)} as long with a solver as with `{ours}`"
    return f"`{ours}` and solvers of the linear system"


def _entitle_series(study: StudyDigest, series: Sequence[StudyMethod]) -> str:
    terms, ours = [method for method in series if method.order], study.baseline
    if _are_slower(study, terms):
        orders = _span([method.order or 0 for method in terms], "{}".format)
        return f"An epoch takes {_say_times(terms)} as long with {orders} terms of the Neumann series as with `{ours}`"
    return f"k terms of the Neumann series (`{ours}` is k = 0)"


def _are_slower(study: StudyDigest, methods: Sequence[StudyMethod]) -> bool:
    """Whether all are certainly slower than the baseline: then a title may say so."""
    return bool(methods) and all(m.verdict == "slower" for m in methods if m.name != study.baseline)


def _say_times(methods: Sequence[StudyMethod]) -> str:
    return f"{_span([m.ratio.value for m in methods if m.ratio is not None], '{:.2g}'.format)} times"


def _span(values: Sequence[float], write: Callable[[float], str]) -> str:
    least, most = write(min(values)), write(max(values))
    return least if least == most else f"{least} to {most}"


def _tabulate_gradients(study: StudyDigest) -> Table:
    """Whether the solvers reached the tolerance, and what the method's gradient has in common with the exact one."""
    return tabulate(
        f"study-{study.key}-gradients",
        "The gradients after each epoch: solved to the tolerance? a descent direction?",
        study.methods,
        ("row", "Method", lambda m: m.name),
        ("cosine", "Smallest cosine", _write_cosine, True),
        ("latent", "of T and Q alone", lambda m: _write(m.extremes.get("cosine_latent"), ".4f"), True),
        ("contraction", "Largest norm of dT/du", lambda m: _write(m.extremes.get("contraction"), ".3f"), True),
        ("residual", "Largest residual", lambda m: write_error(m.extremes.get("probe_residual")), True),
        ("reported", "as the solver says", lambda m: _write_reported(study, m), True),
        ("iterations", "Most iterations", lambda m: _write(m.extremes.get("iterations"), "g"), True),
        ("evaluations", "Evaluations of T", lambda m: f"{_evaluations(study, m):.3g}", True),
        folded=True,
    )


def _write_cosine(method: StudyMethod) -> Cell:
    cosine = method.extremes.get("cosine")
    return Cell(_write(cosine, ".4f"), tone="bad" if cosine is not None and cosine <= 0 else "")


def _write_reported(study: StudyDigest, method: StudyMethod) -> Cell:
    missed = f"{count(method.missed, 'sample')} above {study.settings['tol']:g}" if method.missed else ""
    return Cell(write_error(method.extremes.get("residual")), "bad" if missed else "", missed)


def _tabulate_published() -> Table:
    theirs = {(data, kind): seconds for data, kind, seconds, _, _ in PUBLISHED}
    rows = [
        {
            "row": Cell(f"{kind}, {data}"),
            "seconds": Cell(f"{seconds:g} s"),
            "ratio": Cell(f"{seconds / theirs[data, 'JFB']:.2g} ×" if kind != "JFB" else "1"),
            "products": Cell(f"{matvecs:.1e}" if matvecs else "0"),
            "accuracy": Cell(f"{accuracy:g} %"),
        }
        for data, kind, seconds, matvecs, accuracy in PUBLISHED
    ]
    heads = columns(
        ("row", "Method and data"),
        ("seconds", "Time of an epoch", True),
        ("ratio", "Over JFB", True),
        ("products", "“# of J mat-vec products”", True),
        ("accuracy", "Accuracy", True),
    )
    return Table("published-table-2", "Table 2 as published (Wu Fung et al. 2022)", heads, tuple(rows))


def _signed(value: Estimate) -> str:
    if value.undetermined:
        return f"{100 * value.value:+.1f}"
    return f"{100 * value.value:+.1f} [{100 * value.low:+.1f}, {100 * value.high:+.1f}]"


def _write(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
