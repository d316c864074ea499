"""Fronts: nobody on one is beaten in both, nobody beaten is on one."""

from reports.digest.fronts import MOST_KINDS


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
