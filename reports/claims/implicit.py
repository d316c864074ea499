"""Claims JFB1 to JFB4: Jacobian-free backpropagation (Wu Fung et al. 2022)."""

import math
from itertools import pairwise

from ..analysis import Analysis
from ..points import Ladder, Place, Point, Series
from ..statistics import Ratio, judge
from ..studies import Study, epoch_ratios, final_differences
from ..text import count, write_bytes, write_error, write_estimate, write_list, write_ratio, write_size
from ._claim import Finding, claim

WU_FUNG = "Wu Fung et al. 2022"
SWEEPS = "python -m benchmarks run --profile standard"
TRAINING = "python -m benchmarks study implicit-training --profile standard"
NO_STUDY = "no training study was loaded"
APPROXIMATE = "jfb descends at approximate fixed points"
# Against the normal equations of the paper, in the order of its public code and in a fair one; and against a solver
# that the paper does not use.
SOLVERS = {"cg_published": True, "cg": True, "gmres": False}
# A test accuracy at most one point lower is competitive: some hundred test images resolve no less.
COMPETITIVE = 0.01
# Peak memory that grows less than this does not know how deep the iteration is.
CONSTANT = 2.0


@claim(
    "JFB1",
    "implicit",
    WU_FUNG,
    "“JFB makes implicit networks faster to train and significantly easier to implement, without sacrificing test "
    "accuracy.” Time per epoch: MNIST 28.4 s to 17.6 s (1.6 ×), SVHN 92.8 s to 36.9 s (2.5 ×), CIFAR10 530.9 s to "
    "146.6 s (3.6 ×); “# of J mat-vec products”: 0.",
    "abstract and table 2",
    f"{SWEEPS}; {TRAINING}",
)
def measure_speed(analysis: Analysis) -> list[Finding]:
    """JFB1: products of `jfb`, its backward pass against exact ones, and epochs where a study was run."""
    findings = []
    for place in _list_places(analysis):
        findings.append(_judge_products(analysis, place))
        findings += [_judge_backward(analysis, place, solver, counts) for solver, counts in SOLVERS.items()]
    studies = [finding for study in _list_studies(analysis) for finding in _judge_epochs(study)]
    return findings + (
        studies or [Finding(None, "time of an epoch and test accuracy", NO_STUDY, "not run", needed=True)]
    )


def _judge_products(analysis: Analysis, place: Place) -> Finding:
    spent: dict[str, list[float]] = {}
    counted = True
    for series, size in _list_cells(analysis, place):
        for row in ("jfb", *SOLVERS):
            point = analysis.point(series, size, row)
            if point is not None and point.ok and point.products is not None:
                spent.setdefault(row, []).append(point.products.total)
                counted = counted and (row != "jfb" or point.products.counted)
    what = "products of a backward pass"
    if "jfb" not in spent:
        return Finding(None, what, "jfb never ran", "not run", place=place)
    told = [f"{row} {_span(values)}" for row, values in spent.items()]
    how = "counted by the operator" if counted else "by the formula"
    text = f"per sample, over {count(len(spent['jfb']), 'cell')}: {'; '.join(told)} (those of jfb {how})"
    verdict = "reproduced" if max(spent["jfb"]) == 0 else "contradicted"
    return Finding(None, what, text, verdict, short=f"{_span(spent['jfb'])} products", place=place)


def _judge_backward(analysis: Analysis, place: Place, solver: str, counts: bool) -> Finding:
    """Faster in every cell; one where it is slower contradicts."""
    known: list[tuple[Ratio, str]] = []
    words = []
    missing = 0
    for series, size in _list_cells(analysis, place):
        ratio = analysis.ratio(series, size, solver, "jfb")
        if ratio is None:
            missing += analysis.point(series, size, solver) is not None
            continue
        known.append((ratio, _name_cell(analysis, series, size)))
        words.append(analysis.verdict(series, size, "jfb", solver).word)
    what = f"time of a backward pass, {solver} over jfb"
    if not known:
        return Finding(None, what, "not timed side by side", "not run", counts, place=place)
    (least, _), (most, _) = min(known, key=lambda k: k[0].value), max(known, key=lambda k: k[0].value)
    text = f"{_range(known)}; jfb is faster in {words.count('faster')} of {count(len(words), 'cell')}"
    if missing:
        text += f"; {solver} did not run or did not converge in {missing} more"
    verdict = "contradicted" if "slower" in words else "reproduced" if set(words) == {"faster"} else "undetermined"
    short = f"backward pass {_short(least)} × to {_short(most)} × faster than {solver}" if counts else ""
    return Finding(None, what, text, verdict, counts, short, place=place)


def _judge_epochs(study: Study) -> list[Finding]:
    """Epochs with each solver of the linear system against those with JFB, and what JFB costs in test accuracy."""
    findings = []
    differences = final_differences(study, "accuracy")
    for method, ratio in epoch_ratios(study).items():
        if not study.exact(method):
            continue
        # Of a ratio above 1 the verdict on the solver is `slower`.
        verdict = {"slower": "reproduced", "faster": "contradicted"}.get(judge(ratio).word, "undetermined")
        counts = SOLVERS.get(method, False)
        text = f"{write_ratio(ratio)} ×, paired by epoch"
        short = f"epoch {write_ratio(ratio)} × of {method}" if counts else ""
        what = f"time of an epoch, {method} over jfb"
        findings.append(Finding(None, what, text, verdict, counts, short, study=study.data))
        if method in differences:
            findings.append(_judge_accuracy(study, method, -differences[method].value, counts))
    return findings


def _judge_accuracy(study: Study, method: str, difference: float, counts: bool) -> Finding:
    """Within COMPETITIVE of the other method's, or better; seeds are too few for an interval to judge by."""
    text = f"{100 * difference:+.2f} points (median over {count(len(study.seeds), 'seed')})"
    verdict = "reproduced" if difference >= -COMPETITIVE else "contradicted"
    if len(study.seeds) < 2:
        verdict = "undetermined"
    what = f"test accuracy at the end, jfb minus {method}"
    short = f"accuracy {100 * difference:+.1f} points against {method}" if counts else ""
    return Finding(None, what, text, verdict, counts, short, study=study.data)


@claim(
    "JFB2",
    "implicit",
    WU_FUNG,
    "The step p of JFB “is a descent direction for ℓ(y_d, N_Θ(d)) with respect to Θ” (theorem 0.2); “JFB yields "
    "descent even for approximate fixed points” (corollary 0.1).",
    "theorem 0.2 and corollary 0.1",
    f"{SWEEPS}; {TRAINING}",
)
def measure_descent(analysis: Analysis) -> list[Finding]:
    """JFB2: `<p, g>` above 0 in every cell, over gamma and T; at approximate fixed points in a training study."""
    findings = []
    for place in _list_places(analysis):
        findings.append(_judge_descent(analysis, place))
        findings.append(_judge_others(analysis, place))
    studies = [_judge_training(study) for study in _list_studies(analysis)]
    return findings + (studies or [Finding(None, APPROXIMATE, NO_STUDY, "not run", needed=True)])


def _judge_descent(analysis: Analysis, place: Place) -> Finding:
    known = []
    for series, size in _list_cells(analysis, place):
        point = analysis.point(series, size, "jfb")
        if point is not None and not math.isnan(_descend(point)):
            known.append((_descend(point), point, _name_cell(analysis, series, size)))
    what = "jfb descends at exact fixed points"
    if not known:
        return Finding(None, what, "no cosine or descent was recorded", "not run", place=place)
    least, point, cell = min(known, key=lambda k: k[0])
    below = [k for k in known if k[0] <= 0]
    text = (
        f"smallest {_say_descent(point)} ({cell}); above 0 in {len(known) - len(below)} of {count(len(known), 'cell')}"
    )
    if below:
        # Assumption 0.4, a condition number of at most 1 / gamma, is not measured; remark 0.2 calls it unnecessary.
        text += "; the theorem's assumption 0.4 is not checked here"
    short = f"smallest {'descent' if math.isnan(point.quality.cosine) else 'cosine'} {least:.3g}"
    return Finding(None, what, text, "contradicted" if below else "reproduced", short=short, place=place)


def _judge_others(analysis: Analysis, place: Place) -> Finding:
    """The other approximate gradients: the paper says that Neumann-RBP does not guarantee descent."""
    least: dict[str, tuple[float, str]] = {}
    for series, size in _list_cells(analysis, place):
        for row in analysis.approximate_rows(series):
            point = analysis.point(series, size, row)
            if row.partition(":")[0] != "jfb" and point is not None and not math.isnan(_descend(point)):
                found = _descend(point), _name_cell(analysis, series, size)
                least[row] = min(least.get(row, found), found)
    what = "other approximate gradients descend"
    if not least:
        return Finding(None, what, "no cosine or descent was recorded", "not run", counts=False, place=place)
    bad = sorted((value, row, cell) for row, (value, cell) in least.items() if value <= 0)
    if bad:
        told = [f"{row} {value:.3g} ({cell})" for value, row, cell in bad]
        return Finding(None, what, f"not {write_list(told)}", "contradicted", counts=False, place=place)
    row = min(least, key=lambda name: least[name])
    text = f"all {len(least)}; the smallest cosine or descent is {least[row][0]:.3g} of {row} ({least[row][1]})"
    return Finding(None, what, text, "reproduced", counts=False, place=place)


def _descend(point: Point) -> float:
    """The cosine, or where only that was recorded `<p, g> / |g|^2`: the sign is the same."""
    return point.quality.descent if math.isnan(point.quality.cosine) else point.quality.cosine


def _say_descent(point: Point) -> str:
    parts = [(name, getattr(point.quality, name)) for name in ("cosine", "descent")]
    return write_list([f"{name} {value:.3g}" for name, value in parts if not math.isnan(value)])


def _judge_training(study: Study) -> Finding:
    rows = study.of("jfb") if "jfb" in study.methods else []
    known = [row["cosine"] for row in rows if row.get("cosine") is not None]
    if not known:
        return Finding(None, APPROXIMATE, "no cosine was recorded", "not run", study=study.data)
    tolerance = study.setting("tol")
    text = (
        f"smallest cosine {min(known):.3g} with the gradient at the exact fixed point, over "
        f"{count(len(known), 'epoch')}{f', forward solves to {tolerance:g}' if tolerance else ''}"
    )
    verdict = "reproduced" if min(known) > 0 else "contradicted"
    short = f"cosine in training at least {min(known):.3g}"
    return Finding(None, APPROXIMATE, text, verdict, short=short, study=study.data)


@claim(
    "JFB3",
    "implicit",
    WU_FUNG,
    "“Plots show faster training with fewer terms (fastest with JFB, i.e. k = 0) and competitive test accuracy.”",
    "figure 6",
    f"{SWEEPS}; {TRAINING}",
)
def measure_terms(analysis: Analysis) -> list[Finding]:
    """JFB3: a backward pass with fewer Neumann terms is faster; epochs and accuracy by k where a study was run."""
    findings = [finding for place in _list_places(analysis) for finding in _judge_terms(analysis, place)]
    studies = [finding for study in _list_studies(analysis) for finding in _judge_orders(study)]
    return findings + (studies or [Finding(None, "epochs and test accuracy by k", NO_STUDY, "not run", needed=True)])


def _judge_terms(analysis: Analysis, place: Place) -> list[Finding]:
    """Each k against the next in every cell, and the error that the terms buy."""
    words, known, errors = [], [], []
    for series, size in _list_cells(analysis, place):
        orders = {row: analysis.facts(series, row).settings.get("k", 0) for row in analysis.rows(series)}
        terms = [row for row in orders if row.startswith("neumann_") and ":" not in row]
        rows = ["jfb", *sorted(terms, key=lambda row: orders[row])]
        ran = [(row, p) for row in rows if (p := analysis.point(series, size, row)) is not None and p.ok]
        if len(ran) < 2 or ran[0][0] != "jfb":
            continue
        words += [analysis.verdict(series, size, a, b).word for (a, _), (b, _) in pairwise(ran)]
        last = ran[-1][0]
        ratio = analysis.ratio(series, size, last, "jfb")
        if ratio is not None:
            known.append((ratio, f"{last}, {_name_cell(analysis, series, size)}"))
        errors.append(([(row, p.error) for row, p in ran], _name_cell(analysis, series, size)))
    what = "a backward pass with fewer terms is faster"
    if not known:
        return [Finding(None, what, "no truncated series was timed beside jfb", "not run", place=place)]
    (least, _), (most, _) = (pick(known, key=lambda k: k[0].value) for pick in (min, max))
    text = (
        f"the most terms over jfb {_range(known)}; of {count(len(words), 'step')} from one k to the next "
        f"{words.count('faster')} cost time by verdict, {words.count('slower')} save it"
    )
    ends = all(ratio.low > 1 + analysis.margin(place) for ratio, _ in known)
    verdict = "contradicted" if "slower" in words else "reproduced" if ends else "undetermined"
    short = f"{_short(least)} × to {_short(most)} × from k = 0 to the most terms"
    told, cell = errors[-1]
    by_k = ", ".join(f"{row} {write_error(error)}" for row, error in told)
    falls = all(before >= after for run, _ in errors for (_, before), (_, after) in pairwise(run))
    bought = "reproduced" if falls else "undetermined"
    return [
        Finding(None, what, text, verdict, short=short, place=place),
        Finding(None, "more terms buy accuracy", f"{by_k} ({cell})", bought, counts=False, place=place),
    ]


def _judge_orders(study: Study) -> list[Finding]:
    ratios, differences = epoch_ratios(study), final_differences(study, "accuracy")
    orders = sorted((k, m) for m in study.methods if (k := study.order(m)) and m in ratios)
    if not orders:
        return []
    told = [f"k = {k} {write_ratio(ratios[m])} ×" for k, m in orders]
    words = [judge(ratios[m]).word for _, m in orders]
    verdict = "contradicted" if "faster" in words else "reproduced" if set(words) == {"slower"} else "undetermined"
    k, most = orders[-1]
    short = f"epoch with k = {k} {write_ratio(ratios[most])} × that of jfb"
    findings = [
        Finding(None, "time of an epoch by k, over jfb", "; ".join(told), verdict, short=short, study=study.data)
    ]
    behind = {m: differences[m].value for _, m in orders if m in differences}
    if behind:
        best = max(behind, key=lambda m: behind[m])
        findings.append(_judge_accuracy(study, best, -behind[best], True))
    return findings


@claim(
    "JFB4",
    "implicit",
    WU_FUNG,
    "“… implicit networks are trained using constant memory costs with respect to depth”; of feedforward networks the "
    "“memory requirements scale linearly with depth”.",
    "section “Why Implicit Networks?” and abstract",
    SWEEPS,
)
def measure_memory(analysis: Analysis) -> list[Finding]:
    """JFB4: peak bytes of an unrolled iteration by its depth K; those of implicit methods by their iterations."""
    found = [_judge_unrolled(analysis, place) + _judge_constancy(analysis, place) for place in _list_places(analysis)]
    # A place where large sizes alone were measured, and nothing unrolled, has nothing to say beside another.
    told = [findings for findings in found if {f.verdict for f in findings} != {"not run"}]
    return [finding for findings in told or found for finding in findings]


def _judge_unrolled(analysis: Analysis, place: Place) -> list[Finding]:
    """The plain unrolled iteration with the largest states where most depths ran; the checkpointed one beside it."""
    findings = []
    for stem, counts in (("unrolled", True), ("unrolled_checkpointed", False)):
        climbed = [
            (size * (series.size("B") or 1), series, size, ladder)
            for series in analysis.series("implicit")
            if series.place == place
            for ladder, size in analysis.climbs(series)
            if ladder.stem == stem
        ]
        what = f"peak memory of {stem} by depth"
        if not climbed:
            findings.append(Finding(None, what, "fewer than three depths ran", "not run", counts, place=place))
            continue
        _, series, size, ladder = max(climbed, key=lambda c: c[0])
        findings.append(_judge_growth(analysis, series, size, ladder, what, counts))
    return findings


def _judge_growth(analysis: Analysis, series: Series, size: float, ladder: Ladder, what: str, counts: bool) -> Finding:
    ran = [(value, p.peak_bytes) for value, p in analysis.climb(series, size, ladder) if p.peak_bytes > 0]
    place = series.place
    if len(ran) < 2:
        return Finding(None, what, "no peak memory was recorded", "not run", counts, place=place)
    (first, below), (last, above) = ran[0], ran[-1]
    law = analysis.ladder_memory(series, size, ladder)
    known = law is not None and not law.estimate.undetermined
    fitted = f", as K^p with p = {write_estimate(law.estimate)}" if law is not None and known else ""
    text = (
        f"{write_bytes(below)} at K = {write_size(first)} to {write_bytes(above)} at K = {write_size(last)}{fitted} "
        f"({_name_cell(analysis, series, size)})"
    )
    jfb = analysis.point(series, size, "jfb")
    if jfb is not None and jfb.peak_bytes > 0:
        text += f"; jfb {write_bytes(jfb.peak_bytes)}"
    # A peak below the grain of the instrument says nothing of growth.
    verdict = "reproduced" if above > CONSTANT * below else "undetermined"
    short = f"unrolled {write_bytes(below)} to {write_bytes(above)} from K = {write_size(first)} to {write_size(last)}"
    return Finding(None, what, text, verdict, counts, short if counts else "", place=place)


def _judge_constancy(analysis: Analysis, place: Place) -> list[Finding]:
    """Peak bytes of methods that iterate, between cells of one size where they need few and many iterations."""
    group = next(group for group in analysis.groups("implicit") if group.place == place)
    findings = []
    # Only what solves for parameters of the same shapes can be compared: a convolution has others than a matrix.
    shapes: dict[float, list[Series]] = {}
    for series in group.series:
        jfb = analysis.point(series, group.size, "jfb")
        if jfb is not None and jfb.formula_peak_bytes > 0:
            shapes.setdefault(jfb.formula_peak_bytes, []).append(series)
    alike = max(shapes.values(), key=len, default=[])
    # gmres keeps a basis: by design its memory knows its iterations, up to a restart.
    for row, counts in (("neumann", True), ("cg_published", True), ("cg", True), ("gmres", False)):
        found = [p for s in alike if (p := analysis.point(s, group.size, row)) is not None and p.peak_bytes > 0]
        what = f"peak memory of {row} by its iterations"
        deep = [p.quality.iterations_max for p in found if p.quality.iterations_max > 0]
        if len(deep) < 2:
            findings.append(Finding(None, what, "fewer than two cells of one size ran", "not run", counts, place=place))
            continue
        peaks = [p.peak_bytes for p in found]
        text = f"{write_bytes(min(peaks))} to {write_bytes(max(peaks))} over {min(deep):g} to {max(deep):g} iterations"
        if {p.peak_instrument for p in found} == {"memory_analysis"}:
            # What a compiled program reserves for a loop is the same however often it turns: constant by construction.
            text += ", by the compiled program, which cannot know how often its loop turns"
            counts = False
        steady = max(peaks) <= CONSTANT * min(peaks)
        verdict = "contradicted" if not steady else "reproduced" if max(deep) > CONSTANT * min(deep) else "undetermined"
        short = f"{row} {text}" if row == "neumann" else ""
        findings.append(Finding(None, what, text, verdict, counts, short, place=place))
    return findings


def _list_places(analysis: Analysis) -> list[Place]:
    return list(dict.fromkeys(series.place for series in analysis.series("implicit")))


def _list_studies(analysis: Analysis) -> list[Study]:
    return [study for study in analysis.run.studies if study.name == "implicit-training"]


def _list_cells(analysis: Analysis, place: Place) -> list[tuple[Series, float]]:
    series = [s for s in analysis.series("implicit") if s.place == place]
    return [(s, size) for s in series for size in analysis.sizes(s)]


def _name_cell(analysis: Analysis, series: Series, size: float) -> str:
    """`D = 512, gamma = 0.9`: the size and what tells the series apart."""
    told = [f"{letter} = {write_size(series.size(letter))}" for letter in analysis.letters(series.family)]
    return ", ".join([f"{series.axis} = {write_size(size)}", *told])


def _find_ladder(analysis: Analysis, series: Series, stem: str) -> Ladder | None:
    return next((ladder for ladder in analysis.ladders(series) if ladder.stem == stem), None)


def _short(ratio: Ratio) -> str:
    return f"{ratio.value:,.0f}" if ratio.value >= 100 else f"{ratio.value:.2g}"


def _range(known: list[tuple[Ratio, str]]) -> str:
    """The smallest and the largest of ratios, and where they are."""
    (least, at_least), (most, at_most) = (pick(known, key=lambda k: k[0].value) for pick in (min, max))
    first = f"{write_ratio(least)} × ({at_least})"
    return first if len(known) == 1 else f"{first} to {write_ratio(most)} × ({at_most})"


def _span(values: list[float]) -> str:
    least, most = min(values), max(values)
    return write_size(least) if least == most else f"{write_size(least)} to {write_size(most)}"
