"""Libraries stand beside ours with both errors, and solvers with what both reached."""

from dataclasses import replace

from reports.digest.libraries import Beside, Further
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


def test_what_both_reached_is_told_where_they_stop_at_a_residual(make):
    series = make.series(make.sweep("gmres"), make.sweep("peer", role="peer"), tol=1e-6)
    plain = Beside(series.key, 100.0, "peer", "gmres", make.about(3.0), 1e-7, 1e-6, make.about(2.5), "slower")
    near = replace(plain, residual=9e-7, ours_residual=8e-7, looser_residual=2e-6)
    far = replace(near, residual=2e-8)
    section = libraries.build(make.family(series, libraries=(near, far, plain)))
    (table,) = make.tables(section)
    assert [column.key for column in table.columns][-2:] == ["residual", "ours_residual"]
    assert [line["residual"].text for line in table.rows] == ["9.0e-7", "2.0e-8", "–"]
    assert table.rows[0]["ours_residual"].text == "8.0e-7"
    # Of a library that goes far below the tolerance the page says that less would not do.
    assert [line["residual"].note for line in table.rows] == ["", "2.0e-6 with the next looser setting", ""]
    assert "Residual" in make.texts(section)[0]
    counted = make.family(series, libraries=(near,), further=Further(1461, 45, 45))
    assert make.texts(libraries.build(counted))[0].endswith(
        "Of 1,461 timed points of libraries, 45 end below a third of the tolerance; of all of these the next looser "
        "setting misses."
    )
    (without,) = make.tables(libraries.build(make.family(series, libraries=(plain,))))
    assert "residual" not in without.rows[0]
    assert "Residual" not in make.texts(libraries.build(make.family(series, libraries=(plain,))))[0]
