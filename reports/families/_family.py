"""The descriptor of a family: what the report must be told because no measurement says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Question:
    """Something a reader wants the fastest method of: `computes` are the kinds of answer that will do, `words` name it.

    An empty `computes` stands for a gradient of any kind. `first` marks the questions that the first page answers.
    `accuracy` is the largest error of its answers where no method is exact.
    """

    key: str
    words: str
    computes: tuple[str, ...] = ()
    first: bool = False
    accuracy: float = 1e-6


@dataclass(frozen=True)
class Contest:
    """Rows that are told beside one another: `heads` are what those of a line are, the first what the others' times are
    held to, `lines` their names. `equal` says that they spend equal products: which errs least is told.
    """

    key: str
    words: str
    heads: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    equal: bool = False


@dataclass(frozen=True)
class Family:
    """A family's facts.

    title       what the family is about, in a reader's words
    unit        what one call returns, as a sentence ends: "a gradient of log |det J|"
    yardstick   the row every time is also told in multiples of
    baselines   what users run today, the fairest form last; ratios on the first page are against the first that ran
    headlines   (row, baseline, what it decides) of the two ratios on the family's card
    card        rows of the card's picture, at most six
    names       what these names stand for, in a few sentences
    exponents   leading powers by swept letter and row at fixed batch; "*" stands for every other row
    questions   what can be asked, the most common first
    main        fixed sizes of the family's own sweep, which its claims are about; further sweeps stand beside it
    beside      (letter, what) of the sizes that those run over, and what is told over each: `times` of the yardstick
                or `error`
    orders      rows that differ in the order of their products, which a batch beyond the dimension may turn
    work        what its methods spend by choice
    rivals      fixed sizes of the series that has other models and estimates beside the methods; a front of it is shown
                at some of its sizes, and of no other series
    contests    rows that answer a question beside one another
    notes       what a reader must know of this family, told on its page
    """

    name: str
    title: str
    unit: str
    yardstick: str
    baselines: tuple[str, ...]
    headlines: tuple[tuple[str, str, str], ...]
    card: tuple[str, ...]
    names: str
    questions: tuple[Question, ...]
    exponents: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    main: Mapping[str, object] = field(default_factory=dict)
    beside: tuple[tuple[str, str], ...] = ()
    orders: tuple[str, ...] = ()
    work: str = "products"
    rivals: Mapping[str, float] = field(default_factory=dict)
    contests: tuple[Contest, ...] = ()
    notes: tuple[str, ...] = ()
