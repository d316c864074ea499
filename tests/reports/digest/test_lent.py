"""The digest says who lends the spread that its bounds rest on."""

import json

from reports.digest import write_json
from reports.digest.lent import LentFrom
from reports.lenders import find_lender, read_lenders


def test_series_answers_and_rules_of_one_process_a_cell(alone_digest):
    family, lenders = alone_digest.family("logdet"), read_lenders()
    for series in family.series:
        lent, where = series.lent_from, (series.place.backend, series.place.device)
        (lender,) = (x for x in lenders if (x.machine, x.family, x.backend) == (lent.machine, "logdet", where[0]))
        assert lent == LentFrom(lender.machine, lender.processor, lender.ruler, lender.cells, lender.processes)
        assert find_lender(lenders, "logdet", *where, lender.ruler, lender.policy) == lender
    told = [answer for answer in family.answers if answer.pick is not None]
    assert {answer.processes for answer in told} == {1}
    known = [answer for answer in told if answer.regret >= 0]
    assert len(known) > 0.8 * len(told)
    assert {family.find(rule.series).place.backend for rule in family.rules} == {"torch", "jax"}


def test_it_is_in_the_file(alone_digest):
    (family,) = json.loads(write_json(alone_digest))["families"]
    for series in family["series"]:
        assert set(series["lent_from"]) == {"machine", "processor", "ruler", "cells", "processes"}


def test_a_run_with_several_processes_borrows_nothing(digest):
    assert all(series.lent_from is None for family in digest.families for series in family.series)
