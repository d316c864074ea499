"""Libraries are cited with the version that is installed."""

from __future__ import annotations

import numpy as np

from bench_core.peers import cite


def test_a_library_is_cited_with_its_version_where_it_is_installed():
    assert cite("numpy") == f"numpy {np.__version__}"
    assert cite("no-such-package-here") == "no-such-package-here"
