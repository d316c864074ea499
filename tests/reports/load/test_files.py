"""Foreign, newer and broken files: each is one line in the problems, and the rest is read."""

import gzip
import json
import lzma
import shutil

import pytest

from reports.families import TRAININGS
from reports.load import load
from reports.load.pile import Pile
from reports.studies import SETTINGS
from tests.reports.finders import asv_path

NOT_ONES = {
    "empty": (b"", "not valid JSON"),
    "cut short": (b'{"schema": 1, "cell": {"family": "logd', "not valid JSON"),
    "not UTF-8": (b'{"schema": 1, "cell": "\xff\xfe"}', "not valid JSON"),
    "a list": (b"[1, 2]", "holds a list, not an object"),
}
# Of a session record, of asv's results and of a study.
NEWER = {
    "session": (b'{"schema": 99, "cell": null}', "schema 99 is not 1"),
    "study": (b'{"schema": 99}', "schema 99 is not 1"),
}
FOREIGN = {
    "session": (b'{"name": "somebody", "age": 7}', "schema None is not 1"),
    "asv": (b'{"name": "somebody", "results": [1, 2]}', "not an asv result file"),
    "study": (b'{"name": "somebody"}', "schema None is not 1"),
}
PLACES = {
    "session": "sessions/abc-direct/logdet-torch-cpu-float32-D7-B100-L2.p0.session",
    "asv": "abc-direct.json",
    "study": "studies/abc/implicit-training-digits.study",
}
CASES = [
    *((kind, raw, line) for kind in PLACES for raw, line in NOT_ONES.values()),
    *((kind, *case) for cases in (NEWER, FOREIGN) for kind, case in cases.items()),
]


@pytest.fixture(scope="module")
def whole(synthetic, tmp_path_factory):
    """A results folder without a fault. Tests take away what they add."""
    return synthetic.write_results(tmp_path_factory.mktemp("whole"), sizes=(16,), processes=1, cuda=False, rounds=8)


def read_with(whole, synthetic, name, raw):
    path = whole / synthetic.MACHINE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    try:
        return load(whole)
    finally:
        path.unlink()


@pytest.fixture(scope="module")
def before(whole):
    """What it holds."""
    return load(whole)


@pytest.mark.parametrize(("kind", "raw", "line"), CASES)
def test_one_line_and_the_rest_is_read(whole, before, synthetic, kind, raw, line):
    run = read_with(whole, synthetic, PLACES[kind], raw)
    (problem,) = run.problems
    assert problem.startswith(f"{synthetic.MACHINE}/{PLACES[kind]}: ")
    assert line in problem
    assert "\n" not in problem
    assert len(run.frame) == len(before.frame)
    assert len(run.sessions) == len(before.sessions)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"process": "first"}, "process must be a whole number, got 'first'"),
        ({"ruler": "new"}, "ruler must be a whole number, got 'new'"),
        ({"commit": 7}, "commit must be digits or null, got 7"),
        ({"profile": ["quick"]}, "profile must be a word and environment an object"),
        ({"environment": "Linux"}, "profile must be a word and environment an object"),
        ({"rows": {"relative": {"outcome": "ok", "reason": [1]}}}, "row relative: reason must be words, got [1]"),
        ({"rows": {"relative": {"outcome": "ok", "samples_s": 7}}}, "not a session record (TypeError"),
        ({"rows": {"relative": {"outcome": "ok", "cost": [1]}}}, "not a session record (AttributeError"),
        ({"rows": {"relative": {"outcome": "ok", "rounds": ["a"]}}}, "not a session record (ValueError"),
    ],
)
def test_a_record_with_a_field_of_another_kind(whole, synthetic, change, line):
    record = synthetic.make_session(64, rounds=8) | change
    run = read_with(whole, synthetic, PLACES["session"], json.dumps(record).encode())
    (problem,) = run.problems
    assert line in problem
    assert len(run.sessions) == 2


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"methods": {"phi": 1}}, "methods must be an object of objects"),
        ({"settings": None}, "the settings lack"),
        ({"rows": [{"method": []}]}, "row 0: the method must be one of phi"),
        ({"rows": [7]}, "row 0: the method must be one of phi"),
        ({"study": ["score-training"]}, "unknown study"),
    ],
)
def test_a_study_with_a_field_of_another_kind(whole, synthetic, change, line):
    settings = dict.fromkeys((*SETTINGS, *TRAININGS["score-training"].settings), 1)
    record = {"schema": 1, "study": "score-training", "data": "digits", "methods": {"phi": {}}, "settings": settings}
    run = read_with(whole, synthetic, PLACES["study"], json.dumps(record | {"rows": [{}]} | change).encode())
    (problem,) = run.problems
    assert line in problem
    assert run.studies == ()


@pytest.mark.parametrize("name", ["machine.json", "../benchmarks.json"])
@pytest.mark.parametrize(("raw", "line"), NOT_ONES.values(), ids=list(NOT_ONES))
def test_a_broken_index_or_machine_file(whole, synthetic, tmp_path, name, raw, line):
    folder = shutil.copytree(whole, tmp_path / "results")
    (folder / synthetic.MACHINE / name).resolve().write_bytes(raw)
    run = load(folder)
    assert sum(line in problem for problem in run.problems) == 1
    assert len(run.sessions) == 2


def test_a_short_list_of_samples(synthetic, tmp_path):
    """Fewer samples than cells: asv's file is left out whole."""
    folder = synthetic.write_results(tmp_path / "results", sizes=(16, 64), processes=1, cuda=False, rounds=8)
    path = asv_path(folder)
    data = json.loads(path.read_text())
    (name, *_) = (name for name in data["results"] if name.endswith("track_seconds"))
    data["results"][name][data["result_columns"].index("samples")] = [[0.1]]
    path.write_text(json.dumps(data))
    (problem,) = load(folder).problems
    assert "not an asv result file (IndexError" in problem


@pytest.mark.parametrize("library", [gzip, lzma])
def test_a_packed_file_is_read_and_a_damaged_one_is_a_line(tmp_path, library):
    path = tmp_path / "here/studies/aaaaaaaa/toy.study"
    path.parent.mkdir(parents=True)
    path.write_bytes(library.compress(json.dumps({"rows": [1] * 1000}).encode()))
    pile = Pile((tmp_path,))
    assert pile.read(tmp_path, path, "study") == {"rows": [1] * 1000}
    path.write_bytes(path.read_bytes()[:-12])
    assert pile.read(tmp_path, path, "study") is None
    (problem,) = pile.problems
    assert problem.startswith("here/studies/aaaaaaaa/toy.study: a damaged packed file")
