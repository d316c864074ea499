"""What a claim is: a sentence of a paper, the function that tests it, and the findings that it returns."""

from collections.abc import Callable
from dataclasses import dataclass

from ..analysis import Analysis
from ..points import Place, Series

VERDICTS = ("reproduced", "contradicted", "undetermined", "not run")


@dataclass(frozen=True)
class Finding:
    """What one series, or all series of a `place`, or a study says about a claim.

    `counts` is False for evidence that the paper's sentence is not about; `needed` is True for a part without which
    the sentence is not settled; `short` is the number for the scoreboard; `study` names the data it was trained on.
    """

    series: Series | None
    what: str
    measured: str
    verdict: str
    counts: bool = True
    short: str = ""
    needed: bool = False
    place: Place | None = None
    study: str = ""


@dataclass(frozen=True)
class Claim:
    """A sentence of a paper and how it is tested. `figure` says where it stands; `command` runs it again."""

    id: str
    family: str
    paper: str
    words: str
    figure: str
    command: str
    measure: Callable[[Analysis], list[Finding]]

    def find(self, analysis: Analysis) -> list[Finding]:
        """Findings of this run; `not run` where the family was not measured."""
        findings = self.measure(analysis) if self.family in analysis.families else []
        return findings or [Finding(None, "", "no result of this family", "not run")]


CLAIMS: list[Claim] = []


def claim(id_: str, family: str, paper: str, words: str, figure: str, command: str):
    """Register a function as the test of a claim."""

    def register(measure: Callable[[Analysis], list[Finding]]) -> Callable[[Analysis], list[Finding]]:
        CLAIMS.append(Claim(id_, family, paper, words, figure, command, measure))
        return measure

    return register


def sum_up(findings: list[Finding]) -> str:
    """The verdict of several findings: contradicted by any, reproduced only by all and with every part it needs."""
    counted = [finding for finding in findings if finding.counts]
    verdicts = {finding.verdict for finding in counted}
    if "contradicted" in verdicts:
        return "contradicted"
    ran = verdicts - {"not run"}
    missing = any(finding.needed and finding.verdict == "not run" for finding in counted)
    return "not run" if not ran else "reproduced" if ran == {"reproduced"} and not missing else "undetermined"
