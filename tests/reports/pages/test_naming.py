import pytest

from reports.pages.naming import name_environment


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
