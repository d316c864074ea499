"""Libraries stand beside ours with both errors."""

from reports.digest.libraries import Beside
from reports.pages.family import libraries


def test_a_library_is_told_in_times_of_ours(make):
    series = make.series(make.sweep("relative"), make.sweep("peer", role="peer"))
    beside = Beside(series.key, 100.0, "peer", "relative", make.about(3.0), 1e-3, 1e-6, make.about(2.5), "slower")
    (table,) = make.tables(libraries.build(make.family(series, libraries=(beside,))))
    (line,) = table.rows
    assert (line["ratio"].text, line["ratio"].tone) == ("2.500 [2.475, 2.525] ×", "bad")
    assert (line["error"].text, line["ours_error"].text) == ("1.0e-3", "1.0e-6")


def test_where_no_library_was_timed_a_line_says_so(make):
    section = libraries.build(make.family(make.series(make.sweep("relative"))))
    (told,) = section.blocks
    assert (section.id, told.tone) == ("libraries", "note")
    assert told.text == "No library was timed as a row of its own."
    ended = make.series(make.row("relative", make.cell(10.0, None)))
    assert libraries.build(make.family(ended)) is None
