import pytest

from reports.pages.naming import capital, name_environment


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ("plain-BENCH_DEVICEcpu-BENCH_PROFILEstandard", "without asv"),
        ("direct", "without asv"),
        ("plain-py3.11-BENCH_DEVICEcpu-BENCH_PROFILEpatient", "without asv py3.11"),
        ("checkout-py3.11-BENCH_DEVICEcuda-BENCH_PROFILEcard", "checkout-py3.11"),
        ("virtualenv-py3.12-numpy2.4", "virtualenv-py3.12-numpy2.4"),
    ],
)
def test_an_environment_is_called_without_its_device_and_profile(environment, told):
    assert name_environment(environment) == told


@pytest.mark.parametrize(
    ("words", "told"),
    [("a tied ψ", "A tied ψ"), ("ψ, a network", "ψ, a network"), ("φ, a network", "φ, a network"), ("gamma", "Gamma")],
)
def test_a_symbol_is_the_same_at_the_beginning_of_a_line(words, told):
    assert capital(words) == told
