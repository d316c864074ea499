"""A submitted run's records, taken from its spool to where a run's records lie, and its ledger closed.

A machine's name stands for one kind of node. Where the jobs met several, the most frequent kind has the run's name and
each other one a name of its own, ``<machine>-<kind>``; the ledger keeps which.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from benchmarks.harness import ledger, session
from benchmarks.harness.cell import Cell, rows
from benchmarks.harness.ledger import Past
from benchmarks.harness.record import read_json
from benchmarks.harness.store import Store, sha256
from benchmarks.submit.standing import Standing
from benchmarks.submit.submission import Submission

KIND = ("cpu", "cores", "threads", "gpu")  # of a record's environment: nodes that differ in none of these are one kind
_TIMEOUT = re.compile("TIMEOUT|TIME LIMIT|DEADLINE")
_OUT_OF_MEMORY = re.compile(r"OUT_OF_ME|\boom\b|out of memory", re.IGNORECASE)

Kind = tuple[Any, ...]


def merge(submission: Submission, standings: Sequence[Standing], *, partial: bool = False) -> list[str]:
    """File what the jobs have left; what was done, a line for each machine's name.

    A session whose job ended without a record becomes one, whose rows have the outcome that the job had; in a
    ``partial`` merge it stays as it is, and the run unfinished.
    """
    found = [(each, _record(submission, each)) for each in standings if each.state == "done"]
    if not partial:
        found += [(each, _record_of_lost(submission, each)) for each in standings if each.state == "lost"]
    kinds: dict[Cell, Kind] = {each.session.cell: kind for each, record in found if (kind := _kind(record))}
    names = _names(submission, Counter(kind for _, record in found if (kind := _kind(record))))
    by_name: dict[str, list[tuple[Standing, dict[str, Any]]]] = {submission.machine: []}
    for each, record in sorted(found, key=lambda pair: pair[0].session.index):
        # A record without an environment is of its cell's other processes' kind.
        kind = _kind(record) or kinds.get(each.session.cell)
        by_name.setdefault(names[kind] if kind else submission.machine, []).append((each, record))
    said = []
    for name, records in by_name.items():
        store = submission.store(name)
        planned = {each.session.cell.name: record["processes"] for each, record in records}
        store.begin(submission.profile, lambda planned=planned: planned)
        new = sum(_file(store, each, record) for each, record in records)
        if not partial and not any(past.told for past in ledger.read_all(store.ledgers.folder) if _is_of(past, store)):
            ledger.tell(store.results / store.machine, store.run, "told", store.stem)
        nodes = sorted({each.node for each, _ in records if each.node})
        said += [f"{name}: {new} records filed in {store.folder}, of nodes {', '.join(nodes)}"] if records else []
    return said


def _is_of(past: Past, store: Store) -> bool:
    return past.ledger.run == store.run.id


def _record(submission: Submission, standing: Standing) -> dict[str, Any]:
    """The record as it is filed: with the job that left it."""
    assert standing.record is not None
    return read_json(standing.record) | _job(submission, standing)


def _record_of_lost(submission: Submission, standing: Standing) -> dict[str, Any]:
    """A record of holes only: what became of the job is what became of every row."""
    of, profile = standing.session, submission.profile
    outcome = "timeout" if _TIMEOUT.search(standing.reason) else "error"
    outcome = "oom" if _OUT_OF_MEMORY.search(standing.reason) else outcome
    known = rows(of.cell.family, of.cell.backend, profile, [dict(of.cell.sizes)], of.cell.device)
    settled = dict.fromkeys(known, (outcome, f"{standing.where()}: {standing.reason}"))
    record = session.run(of.cell, profile, settled, process=of.process)
    # Nothing of it was measured here.
    nowhere = {"commit": submission.commit, "dirty": False, "environment": {"warnings": []}}
    return record | nowhere | _job(submission, standing)


def _job(submission: Submission, standing: Standing) -> dict[str, Any]:
    return {"job": {"run": submission.run.id, "id": standing.job, "node": standing.node}}


def _file(store: Store, standing: Standing, record: dict[str, Any]) -> bool:
    """Keep a record, and add it to the run's ledger; whether it was not there."""
    cell, process = standing.session.cell, standing.session.process
    path, done = store.path(cell, process), Past.read(store.ledgers.own()).done

    def is_filed(number: int) -> bool:
        where = store.path(cell, number)
        return where.exists() and done.get((cell.name, number)) == sha256(where)

    if is_filed(process) and read_json(path) == record:
        return False
    store.save(cell, process, record)
    if process == 0:
        store.set_aside(cell, is_filed)
    store.note_done(cell, process, record, resumed=False)
    return True


def _kind(record: dict[str, Any]) -> Kind | None:
    """What a node is, as far as times depend on it; None where the record has no environment."""
    under = record["environment"]
    return tuple(under.get(name) for name in KIND) if under.get("cpu") else None


def _names(submission: Submission, kinds: Counter[Kind]) -> dict[Kind, str]:
    """The machine's name of each kind: those that the run's ledger has, and new ones, the most frequent first."""
    names = {tuple(event["kind"]): event["machine"] for event in submission.events("kind")}
    for kind, _ in kinds.most_common():
        if kind not in names:
            names[kind] = _new_name(submission.machine, kind, set(names.values()))
            submission.note("kind", machine=names[kind], kind=list(kind))
    return names


def _new_name(machine: str, kind: Kind, taken: set[str]) -> str:
    """The run's own, else one with the card or the processor in it, numbered where that is not enough."""
    cpu, _, threads, gpu = kind
    stem = f"{machine}-{re.sub('[^a-z0-9]+', '-', str(gpu or cpu).lower()).strip('-')}-{threads}-threads"
    candidates = (machine, stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in candidates if name not in taken)
