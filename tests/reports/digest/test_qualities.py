"""Qualities: told at the largest size where most of a series' curls or inverses ran."""

from reports.analysis import Analysis
from reports.digest.qualities import digest_qualities
from reports.digest.series import digest_series
from reports.load import load


def test_probes_are_told_at_the_largest_size_where_they_ran(synthetic, tmp_path):
    for d in (16, 64):
        record = synthetic.make_session(64, rounds=8, rows=("relative",))
        row = record["rows"].pop("relative")
        record["cell"] |= {"family": "score", "sizes": {"d": d, "H": 64, "L": 2, "B": 128}}
        quality = {"mean": 1.01, "spread": 0.2}
        curl = {"method": "curl_jvp_vjp", "computes": "curl_difference", "quality": quality}
        record["rows"] = {"psi": row | {"method": "psi", "computes": "psi"}, "curl_jvp_vjp": row | curl}
        synthetic.write_session(tmp_path, record, "direct")
    analysis = Analysis(load(tmp_path))
    (worth,) = digest_qualities(analysis, "score", digest_series(analysis, "score", "psi"))
    assert (worth.row, worth.size, worth.mean, worth.spread) == ("curl_jvp_vjp", 64.0, 1.01, 0.2)
