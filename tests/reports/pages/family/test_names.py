"""Names say what tells series apart, and no more."""

from dataclasses import replace

from reports.pages.family._names import (
    caption,
    describe_sizes,
    group_states,
    name_backends,
    name_group,
    name_series,
    name_shared,
    pick_sizes,
)


def test_what_differs_is_named_and_the_rest_is_said_once(make):
    shown = [
        make.series(make.sweep("relative"), backend=backend, B=100, H=H) for backend in ("torch", "jax") for H in (8, 9)
    ]
    assert [name_series(s, shown) for s in shown] == ["torch, H = 8", "torch, H = 9", "JAX, H = 8", "JAX, H = 9"]
    assert name_shared(shown) == "float32, B = 100"
    assert name_backends(shown) == "torch and JAX"
    assert name_series(shown[0], shown[:1]) == "torch"


def test_a_state_and_no_tolerance_tell_series_apart(make):
    shown = [make.series(make.sweep("jfb"), state=s, tol=tol) for s, tol in (("A", 1e-4), ("B", 1e-6))]
    shown = [replace(series, family="implicit") for series in shown]
    assert [name_series(s, shown) for s in shown] == ["torch, state A", "torch, state B"]


def test_states_share_a_panel_and_backends_stand_side_by_side(make):
    torch = [make.series(make.sweep("relative"), state=state, H=H) for H in (1, 2) for state in "AB"]
    jax = [make.series(make.sweep("relative"), backend="jax", state="A", H=H) for H in (1, 2)]
    groups = group_states(torch + jax)
    assert groups == [tuple(torch[:2]), (jax[0],), tuple(torch[2:]), (jax[1],)]
    names = [name_group(group, torch + jax) for group in groups]
    assert names[:2] == ["torch, H = 1, states A and B apart", "JAX, H = 1, state A"]


def test_sizes(make):
    series = make.series(make.sweep("relative"))
    assert describe_sizes(make.family(series), [series]) == "D = 10 to 10,000"
    assert pick_sizes([4, 1, 2, 3, 5]) == (1, 3, 5)
    assert pick_sizes([2, 1]) == (1, 2)
    assert pick_sizes([]) == ()


def test_captions_say_what_all_have_in_common(make):
    shown = [make.series(make.sweep("relative"), backend=backend, state="A", B=7) for backend in ("torch", "jax")]
    assert caption("Words", shown) == "Words (float32, B = 7, state A)"
