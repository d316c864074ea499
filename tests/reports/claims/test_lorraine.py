"""Claims JN1 to JN4 against synthetic truth."""

from __future__ import annotations

import re

import pytest

from reports.claims import list_claims
from tests.reports.claims.planted import integral_study, judge, parts, write_learned


@pytest.mark.parametrize(("id_", "data"), [("JN1", "exp"), ("JN2", "abs"), ("JN3", "exp")])
def test_claims_of_the_experiments(judge_with, learned, id_, data):
    assert judge(learned, id_).verdict == "not run"
    assert judge_with(learned, id_, integral_study(data)).verdict == "reproduced"
    wrong = integral_study(data, slope={"JN1": -0.01, "JN2": -1.2}.get(id_, 0.1), annealed=2.0)
    assert judge_with(learned, id_, wrong).verdict == "contradicted"


def test_what_an_experiment_could_not_tell_is_undetermined(judge_with, learned):
    """A network whose inverse was not found has no round trip: that contradicts nothing and reproduces nothing."""
    record = integral_study("exp")
    for row in record["rows"]:
        if row["final"]:
            row["final"] |= {"round_trip": None, "inverse_error": None}
    digest = judge_with(learned, "JN1", record)
    assert digest.verdict == "undetermined"
    assert {p.what.split(" on ")[0]: p.verdict for p in digest.parts if p.counts} == {
        "smallest slope": "reproduced",
        "largest |x(y(x)) − x|": "undetermined",
        "error of the learned inverse against log": "undetermined",
    }


@pytest.mark.parametrize(("close", "verdict"), [(10, "reproduced"), (6, "undetermined"), (0, "contradicted")])
def test_the_learned_inverse_by_its_median_seed(judge_with, learned, close, verdict):
    record = integral_study("exp")
    for row in record["rows"]:
        if row["final"] and row["final"].get("inverse_error") is not None and row["seed"] >= close:
            row["final"]["inverse_error"] = 1.5
    (part,) = parts(judge_with(learned, "JN1", record), "learned inverse")
    assert part.verdict == verdict


def test_an_inverse_of_some_seeds_alone_settles_nothing(judge_with, learned):
    """Those that were not found are not the nearest ones."""
    record = integral_study("exp")
    for row in record["rows"]:
        if row["final"] and row["seed"] >= 8:
            row["final"]["inverse_error"] = None
    (part,) = parts(judge_with(learned, "JN1", record), "learned inverse")
    assert part.verdict == "undetermined"


def test_the_losses_beside_the_times_are_medians_as_on_the_page_of_studies(judge_with, learned):
    record = integral_study("exp")
    for row in record["rows"]:
        row["test_loss"] = 0.1 * (row["seed"] + 1)
    told = [part.measured for part in judge_with(learned, "JN3", record).parts]
    assert told
    assert all("test loss at the end 0.55 against 0.55" in text for text in told)


def test_the_plane_is_told_beside_the_claim(judge_with, learned):
    digest = judge_with(learned, "JN2", integral_study("abs"), integral_study("plane", slope=1.3))
    assert (digest.verdict, digest.assumption_met) == ("reproduced", True)
    (plane,) = parts(digest, "plane")
    assert (plane.verdict, plane.counts, plane.effect.value) == ("contradicted", False, 1.3)


def test_tanh_bounds_nothing_in_more_dimensions(judge_with, learned):
    record = integral_study("abs")
    record["settings"]["d"] = 2
    digest = judge_with(learned, "JN2", record)
    assert (digest.verdict, digest.assumption_met) == ("undetermined", False)
    assert "is not met here" in digest.decided


def test_kronecker_inverses(synthetic, learned, tmp_path):
    digest = judge(learned, "JN4")
    assert (digest.verdict, digest.assumption_met) == ("reproduced", True)
    (lu,) = parts(digest, "by lu")
    assert lu.effect.value == pytest.approx(20, rel=0.05)
    # Factors that are slower: then inverting J is no bottleneck that they remove.
    digest = judge(write_learned(synthetic, tmp_path, kronecker=3.0), "JN4")
    assert (digest.verdict, digest.assumption_met) == ("undetermined", False)
    assert {part.verdict for part in digest.parts} == {"contradicted"}


def test_commands_name_every_data_set_they_read():
    wanted = {"JN1": {"exp"}, "JN2": {"abs", "plane"}, "JN3": {"exp", "abs"}, "GN1": {"mixture", "digits"}}
    commands = {claim.id: claim.command for claim in list_claims()}
    assert {id_: set(re.findall(r"--data (\w+)", commands[id_])) for id_ in wanted} == wanted
