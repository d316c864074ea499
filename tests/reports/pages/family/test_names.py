"""Names say what tells series apart, and no more."""

from reports.pages.family._names import describe_sizes, name_backends, name_series, name_shared, pick_sizes


def test_what_differs_is_named_and_the_rest_is_said_once(make):
    shown = [
        make.series(make.sweep("relative"), backend=backend, B=100, H=H) for backend in ("torch", "jax") for H in (8, 9)
    ]
    assert [name_series(s, shown) for s in shown] == ["torch, H = 8", "torch, H = 9", "JAX, H = 8", "JAX, H = 9"]
    assert name_shared(shown) == "float32, machine, B = 100"
    assert name_backends(shown) == "torch and JAX"
    assert name_series(shown[0], shown[:1]) == "torch"


def test_a_state_and_no_tolerance_tell_series_apart(make):
    shown = [make.series(make.sweep("relative"), state=s, tol=tol) for s, tol in (("A", 1e-4), ("B", 1e-6))]
    assert [name_series(s, shown) for s in shown] == ["torch, state A", "torch, state B"]


def test_sizes(make):
    series = make.series(make.sweep("relative"))
    assert describe_sizes(make.family(series), [series]) == "D = 10 to 10,000"
    assert pick_sizes([4, 1, 2, 3, 5]) == (1, 3, 5)
    assert pick_sizes([2, 1]) == (1, 2)
    assert pick_sizes([]) == ()
