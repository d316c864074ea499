"""A results folder, or several."""

import json
import shutil

from reports.load import load


def test_of_two_folders_a_file_in_both_is_the_first_ones(small, tmp_path):
    """This machine's own results before the published ones, and nothing twice."""
    own = tmp_path / "results-local"
    shutil.copytree(small, own)
    (path, *_) = sorted(own.glob("*/sessions/*/*.session"))
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"seed": 1234}))
    one, two = load(small), load((own, small))
    assert len(two.frame) == len(one.frame)
    assert len(two.sessions) == len(one.sessions)
    assert 1234 in {session.get("seed") for session in two.sessions}
    path.unlink()
    assert 1234 not in {session.get("seed") for session in load((own, small)).sessions}
    assert len(load((own, small)).sessions) == len(one.sessions)
