"""Past one device as plain values: what was planted in the record is found."""

import pytest

from reports.digest.devices import digest_devices


@pytest.fixture(scope="module")
def found(sharded):
    (digest,) = digest_devices(sharded)
    return digest


def test_only_what_exchanges_a_whole_weight_gathers(found):
    for spread in found.measured:
        assert spread.gathers == (spread.method == "inverse" and spread.devices > 1)


def test_memory_is_told_beside_one_devices(found):
    saved = {(s.method, s.devices): s.saved for s in found.measured if (s.backend, s.size) == ("jax", 8192)}
    assert saved["relative", 1] == 1
    assert saved["relative", 8] == pytest.approx(8)
    # A part of 4 squares, and 4 whole ones: 8 / 4.5.
    assert saved["inverse", 8] == pytest.approx(8 / 4.5)


def test_the_largest_case_stands_beside_a_quarter_of_the_devices(found):
    grown = {(g.backend, g.method): g for g in found.grown}
    assert set(grown) == {(backend, method) for backend in ("jax", "torch") for method in ("relative", "inverse")}
    relative, inverse = grown["jax", "relative"], grown["jax", "inverse"]
    assert (relative.size, relative.devices, found.astray) == (16384, 8, 0)
    assert relative.peak_ratio == pytest.approx(1)
    assert inverse.peak_ratio == pytest.approx(4 * (4 / 8 + 4) / (4 / 2 + 4))
    assert (relative.wire_ratio, inverse.wire_ratio) == (pytest.approx(2 * 7 / 4), pytest.approx(4 * 7 / 4))


def test_what_does_not_fit_has_no_time(found):
    model = {(m.method, m.size, m.devices): m for m in found.modelled}
    # 2 s of memory traffic over 8, and 1 ms on the links; between nodes links are slower by 450 to 400.
    assert model["relative", 50_000, 8].seconds == pytest.approx(2 / 8 + 1e-3)
    assert model["relative", 50_000, 64].seconds == pytest.approx(2 / 64 + 1.125e-3)
    assert model["relative", 50_000, 8].bound == "memory"
    assert model["inverse", 50_000, 64].bound == "products"
    large = model["relative", 1_000_000, 64]
    assert (large.fits, large.seconds) == (False, None)
    assert model["relative", 1_000_000, 512].fits
    assert not model["inverse", 1_000_000, 512].fits
