"""Fronts: nobody on one is beaten in both, nobody beaten is on one."""

from reports.analysis import Analysis
from reports.digest.fronts import MOST_KINDS, digest_fronts
from reports.load import load


def test_a_front_holds_what_no_other_method_beats(implicit_digest):
    family = implicit_digest.family("implicit")
    assert family.fronts
    for front in family.fronts:
        methods = [t for t in front.trades if t.role == "method"]
        for trade in front.trades:
            ours = trade.error, trade.seconds.value
            beaten = any(
                (m.error, m.seconds.value) != ours and m.error <= ours[0] and m.seconds.value <= ours[1]
                for m in methods
            )
            assert trade.front == (trade.role == "method" and not beaten)
    assert any(t.role == "peer" for front in family.fronts for t in front.trades)


def test_a_few_kinds_of_problem_of_each_place_far_apart(implicit_digest):
    family = implicit_digest.family("implicit")
    for backend in ("torch", "jax"):
        kinds = [dict(family.find(f.series).fixed) for f in family.fronts if f"-{backend}-" in f.series]
        assert len(kinds) == MOST_KINDS
        assert len({(kind["T"], kind["gamma"]) for kind in kinds}) == MOST_KINDS


def test_where_all_methods_are_exact_there_is_none(implicit_digest):
    assert implicit_digest.family("logdet").fronts == ()


def test_methods_with_a_sweep_of_their_own_have_fronts_of_their_own(synthetic, tmp_path):
    """Beside those at the size of most kinds, where they were not tried; a size with nothing new has none."""
    rows = ("jfb", "neumann_5", "neumann")
    for D, batch in ((512, 64), (400, 100), (320, 64)):
        for T in ("random", "symmetric") if D > 320 else ("random",):
            record = synthetic.make_implicit_session(D, batch, 0.9, T, rows=rows)
            if D == 400:
                record["rows"]["gmres_5"] = record["rows"]["neumann_5"] | {"method": "gmres_5"}
            synthetic.write_session(tmp_path, record, "direct")
    fronts = digest_fronts(Analysis(load(tmp_path)), "implicit")
    assert [front.size for front in fronts] == [512, 512, 400, 400]
    assert all(("gmres_5" in {t.row for t in front.trades}) == (front.size == 400) for front in fronts)
