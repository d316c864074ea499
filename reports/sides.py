"""The machines side by side, as Markdown: the rule that each has, and whether it holds on the others."""

from collections.abc import Iterator
from pathlib import Path

from .digest import Digest, FamilyDigest
from .digest.about import Machine
from .digest.series import Measured
from .digest.transfers import Transfer
from .families import FAMILIES, Question
from .pages.index import describe_machine
from .pages.naming import capital, name_backend
from .pages.rules import find_rule, say_ranges, say_transfer
from .text import count, write_size

_LEAD = (
    "Nothing of one machine is compared in seconds with another. What can be compared is the choice: a rule *holds* on "
    "another machine where following it there loses at most 10 % to whatever is fastest, *may hold* where more is not "
    "sure, and does not where that is (95 %)."
)


def write_sides(digest: Digest, folder: Path | None = None) -> str:
    """The machines, linked to their reports where these lie in the folder, and a table a family: the rules of each for
    what is asked first, followed on the others.
    """
    tables = "".join(_write_family(family) for family in digest.families)
    machines = "".join(f"- {_name(machine, folder)}\n" for machine in digest.about.machines)
    return f"# Does a rule hold on another machine?\n\n{_LEAD}\n\n{machines}{tables}"


def _name(machine: Machine, folder: Path | None) -> str:
    report = f"{machine.name}/index.md"
    name = f"[{machine.name}]({report})" if folder and (folder / report).exists() else machine.name
    return f"{name}: {describe_machine(machine)}"


def _write_family(family: FamilyDigest) -> str:
    """Its table; "" where no rule can be judged elsewhere."""
    if not family.card or not family.card.panels:
        return ""
    facts, shown = FAMILIES[family.name], family.find(family.card.panels[0][0])
    asked = [question for question in facts.questions if question.first]
    followed = [(question, transfer) for question in asked for transfer in _list_transfers(family, question, shown)]
    lines = [_write_line(family, question, transfer) for question, transfer in followed if transfer.covers]
    if not lines:
        return ""
    unknown = len(followed) - len(lines)
    fixed = ", ".join(f"{letter} = {write_size(value)}" for letter, value in shown.fixed)
    rows = [("What for", "Backend", "Rule of", "Use", "Followed on", "There it"), ("---",) * 6, *lines]
    # Where one thing is asked it need not be said what for.
    table = "".join(f"| {' | '.join(row[len(asked) < 2 :])} |\n" for row in rows)
    more = f"\nOf {count(unknown, 'more pair')} too few processes are known to judge.\n" if unknown else ""
    return f"\n## {facts.title} ({fixed}, {shown.place.dtype})\n\n{table}{more}"


def _list_transfers(family: FamilyDigest, question: Question, shown: Measured) -> Iterator[Transfer]:
    """Those of the setting and precision that the family's card shows, on every machine that has a rule for it."""
    for transfer in family.transfers:
        rule = family.find(transfer.rule)
        same = (rule.fixed, rule.place.dtype) == (shown.fixed, shown.place.dtype)
        if transfer.question == question.key and same:
            yield transfer


def _write_line(family: FamilyDigest, question: Question, transfer: Transfer) -> tuple[str, ...]:
    rule, place = family.find(transfer.rule), family.find(transfer.series).place
    told = find_rule(family, question, [rule])
    same = place.device == rule.place.device
    here, there = (each.machine if same else f"{each.machine}, {each.device}" for each in (rule.place, place))
    return (
        capital(question.words),
        name_backend(place.backend),
        here + (f" (state {rule.state})" if rule.state else ""),
        say_ranges(told, family.axis) if told else "",
        there,
        say_transfer([transfer], family.axis),
    )
