"""Which of all measurements are reported."""

import pytest

from reports.load import LoadError, load


def test_newest_commit_is_chosen_and_older_ones_by_name(results, analysis, synthetic):
    assert {part.commit for part in analysis.run.parts} == {synthetic.COMMIT}
    old = load(results, synthetic.OLD_COMMIT[:6])
    assert {part.commit for part in old.parts} == {synthetic.OLD_COMMIT}
    assert set(old.frame["recorded_by"]) == {"asv"}
    assert analysis.run.history["commit"].nunique() == 2


def test_more_thorough_profile_supersedes(small, synthetic):
    quick = synthetic.make_session(256, "torch", "cpu", rounds=6) | {"profile": "quick"}
    synthetic.write_session(small, quick, "direct")
    run = load(small)
    assert run.superseded == 1
    assert set(run.frame["environment"]) == {run.parts[0].environment}


@pytest.mark.parametrize("through_asv", ["checkout-py3.11-BENCH_PROFILEstandard", "virtualenv-py3.11"])
def test_of_one_commit_and_profile_what_asv_ran_is_kept(synthetic, tmp_path, through_asv):
    """Whatever its environment is called."""
    for environment in (through_asv, "plain-BENCH_PROFILEstandard", "direct"):
        synthetic.write_session(tmp_path, synthetic.make_session(256, rounds=6), environment)
    run = load(tmp_path)
    assert set(run.frame["environment"]) == {through_asv}
    assert run.superseded == 2


def test_every_profile_is_told_once_and_the_most_thorough_last(synthetic, tmp_path):
    """Of parts that have several, too."""
    for size, profile in ((64, "standard"), (128, "quick"), (256, "mine")):
        session = synthetic.make_session(size, rounds=6) | {"profile": profile}
        synthetic.write_session(tmp_path, session, "direct")
    more = synthetic.make_session(64, "jax", rounds=6) | {"commit": "f" * 40}
    synthetic.write_session(tmp_path, more, "plain-BENCH_PROFILEstandard")
    assert load(tmp_path).profile == "mine, quick, standard"


def test_a_newer_ruler_supersedes_every_cell_of_its_family(small, synthetic):
    """And not those of another family, measured before."""
    other = synthetic.make_implicit_session(64) | {"started_at": "2020-01-01T00:00:00Z"}
    synthetic.write_session(small, other, "direct")
    before = load(small)
    newer = synthetic.make_session(256, rounds=6) | {"ruler": 2, "profile": "quick"}
    synthetic.write_session(small, newer, "direct")
    run = load(small)
    logdet = run.frame[run.frame["family"] == "logdet"]
    assert before.frame["cell"].nunique() > 2
    assert set(logdet["cell"]) == {"logdet-torch-cpu-float32-B100-D256-L2"}
    assert set(logdet["profile"]) == {"quick"}
    assert run.superseded == before.frame["cell"].nunique() - 1
    assert set(run.frame["family"]) == {"logdet", "implicit"}


def test_a_curve_is_not_hidden_by_a_later_run_of_another(small, synthetic):
    """Of its own family, at another L; one of its own it is hidden by."""
    (part,) = load(small).parts
    one, two = (
        synthetic.make_session(256, "torch", "cpu", rounds=6)
        | {"commit": digit * 40, "started_at": f"{year}-01-01T00:00:00Z"}
        for digit, year in (("e", 2030), ("f", 2031))
    )
    one["cell"] = one["cell"] | {"sizes": one["cell"]["sizes"] | {"L": 7}}
    synthetic.write_session(small, one, part.environment)
    run = load(small)
    assert {part.commit for part in run.parts} == {synthetic.COMMIT, "e" * 40}
    synthetic.write_session(small, two, part.environment)
    hidden = load(small).frame
    torch = hidden[hidden["backend"] == "torch"]
    assert set(torch["commit"]) == {"e" * 40, "f" * 40}
    assert set(hidden["commit"]) == {synthetic.COMMIT, "e" * 40, "f" * 40}


def test_a_family_is_not_hidden_by_a_later_run_of_another(small, synthetic):
    """In one environment, at two commits."""
    (part,) = load(small).parts
    environment = part.environment
    later = synthetic.make_implicit_session(64) | {"commit": "f" * 40, "started_at": "2030-01-01T00:00:00Z"}
    synthetic.write_session(small, later, environment)
    run = load(small)
    assert {(part.commit, part.environment) for part in run.parts} == {
        (synthetic.COMMIT, environment),
        ("f" * 40, environment),
    }
    assert set(run.frame["family"]) == {"logdet", "implicit"}


def test_ambiguous_commit(results):
    with pytest.raises(LoadError, match="give more digits"):
        load(results, "")
