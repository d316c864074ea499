"""The arithmetic as JavaScript: what would mean something else there, or nothing, does not reach a page."""

from types import SimpleNamespace

import pytest
from pscript import JSError

from reports import translate


def plant(monkeypatch, tmp_path, line):
    path = tmp_path / "arithmetic.py"
    path.write_text(f"import math\n\nLIMIT = 3.0\n\n\ndef count(sizes):\n    {line}\n", encoding="utf-8")
    monkeypatch.setattr(translate, "arithmetic", SimpleNamespace(__file__=str(path)))


def test_functions_and_constants_are_there(monkeypatch, tmp_path):
    plant(monkeypatch, tmp_path, "return math.log(LIMIT)")
    script = translate.translate()
    assert "LIMIT = 3.0;" in script
    assert "return { write_size, LIMIT, count };" in script


def test_a_call_of_what_the_page_has_not_is_refused(monkeypatch, tmp_path):
    plant(monkeypatch, tmp_path, "return math.floor(bisect(sizes, LIMIT))")
    with pytest.raises(NameError, match=r"^the page has no bisect, math.floor \(it has: math.log, .*write_size\)$"):
        translate.translate()


def test_python_that_cannot_be_translated_is_refused(monkeypatch, tmp_path):
    plant(monkeypatch, tmp_path, "return {size: 1 for size in sizes}")
    with pytest.raises(JSError, match="DictComp"):
        translate.translate()
