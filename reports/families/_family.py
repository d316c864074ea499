"""The descriptor of a family: what the report must be told because no measurement says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Question:
    """Something a reader wants the fastest method of: `computes` are the kinds of answer that will do, `words` name it.

    An empty `computes` stands for a gradient of any kind. `first` marks the questions that the first page answers.
    `accuracy` is the largest error of its answers where no method is exact. `rivals` compute what does as well by
    another road: no answers, and told among the speed-ups.
    """

    key: str
    words: str
    computes: tuple[str, ...] = ()
    first: bool = False
    accuracy: float = 1e-6
    rivals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Size:
    """A size of its problems: `letter` as the paper writes it, `name` as labels do ("" where the letter says it),
    `words` what it is, `kinds` its values where these are words. One that `follows` goes with another, as a tolerance
    does with the precision.
    """

    letter: str
    name: str
    words: str
    kinds: tuple[str, ...] = ()
    follows: bool = False

    @property
    def meaning(self) -> str:
        """The words, with the values that there are."""
        return f"{self.words}: {', '.join(self.kinds[:-1])} or {self.kinds[-1]}" if self.kinds else self.words


@dataclass(frozen=True)
class Retraction:
    """What is withdrawn of the family on `backend`, by patterns of methods' names, at commits made before `mended` (in
    UTC): code of which it was found later that it was not fair or not right.

    Peaks alone where `peaks` is true: times, errors and builds hold. `why` is shown where a row stood.
    """

    backend: str
    methods: tuple[str, ...]
    mended: str
    why: str
    peaks: bool = False


@dataclass(frozen=True)
class Goals:
    """Rows that something was aimed at: `row` in times of its own products, the `floor`, `step` of its copy."""

    row: str
    step: str
    floor: str


@dataclass(frozen=True)
class Qualities:
    """Answers of which more is told than an error: those that compute one of `kinds`, and any estimate whose noise is
    recorded. `title` and `words` name them. Of `samples` the worst and the hard one are told, where they are recorded.
    """

    title: str = "Estimates"
    words: str = "How biased and how noisy the estimates are"
    kinds: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Training:
    """A study of whole trainings: the method in whose times the others are told, and the `settings` that its record
    must have beside those of all. What more is made of one is its `kind`: `ascents` of a likelihood, or `densities`;
    there several rates are tried, and `baseline` is what the name of the best begins with. `uncounted` are methods of
    which records say one evaluation a sample and step too few, each with when that was mended.
    """

    name: str
    baseline: str
    settings: tuple[str, ...]
    kind: str = ""
    uncounted: tuple[tuple[str, str], ...] = ()


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

    order       its place among the families, the least first
    title       what the family is about, in a reader's words
    unit        what one call returns, as a sentence ends: "a gradient of log |det J|"
    yardstick   the row every time is also told in multiples of
    baselines   what users run today, the fairest form last; ratios on the first page are against the first that ran
    headlines   (row, baseline, what it decides) of the two ratios on the family's card
    card        rows of the card's picture, at most six
    names       what these names stand for, in a few sentences
    exponents   leading powers by swept letter and row at fixed batch; "*" stands for every other row
    questions   what can be asked, the most common first
    sizes       of its problems in the order of asv's parameters, the one that all is about first
    no_answers  what `computes` says of rows that return no gradient, or one that is no answer to what computes the
                family's: along steps of one kind alone, or from more than the problem, the last step's answer
    others      the same of gradients by other parameters than the family's: shown beside its methods
    carried     of `no_answers` those that are to rounding the gradient at the point that it is asked for
    models      kinds of gradient that belong to different models: who trains one has no use for another's
    colours     methods that have the same colour in every figure, in the order of the palette
    doubles     rows that differentiate twice, each with the one that does so once in the same way
    goals       rows that something was aimed at
    qualities   answers of which more is told than an error
    trainings   its studies
    main        fixed sizes of the family's own sweep, which its claims are about; further sweeps stand beside it
    beside      (letter, what) of the sizes that those run over, and what is told over each: `times` of the yardstick
                or `error`
    orders      rows that differ in the order of their products, which a batch beyond the dimension may turn
    work        what its methods spend by choice
    rivals      fixed sizes of the series that has other models and estimates beside the methods; a front of it is shown
                at some of its sizes, and of no other series
    contests    rows that answer a question beside one another
    notes       what a reader must know of this family, told on its page
    retracted   what was measured and is told nowhere
    """

    name: str
    order: int
    title: str
    unit: str
    yardstick: str
    baselines: tuple[str, ...]
    headlines: tuple[tuple[str, str, str], ...]
    card: tuple[str, ...]
    names: str
    questions: tuple[Question, ...]
    sizes: tuple[Size, ...]
    no_answers: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    doubles: Mapping[str, str] = field(default_factory=dict)
    goals: Goals | None = None
    qualities: Qualities = field(default_factory=Qualities)
    trainings: tuple[Training, ...] = ()
    exponents: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    main: Mapping[str, object] = field(default_factory=dict)
    beside: tuple[tuple[str, str], ...] = ()
    orders: tuple[str, ...] = ()
    work: str = "products"
    rivals: Mapping[str, float] = field(default_factory=dict)
    contests: tuple[Contest, ...] = ()
    notes: tuple[str, ...] = ()
    retracted: tuple[Retraction, ...] = ()

    @property
    def letters(self) -> tuple[str, ...]:
        """Of its sizes, in their order."""
        return tuple(size.letter for size in self.sizes)

    @property
    def apart(self) -> set[str]:
        """Letters of the sweeps that are about errors: their cells have no part in an answer."""
        return {letter for letter, what in self.beside if what == "error"}

    def size(self, letter: str) -> Size:
        """What is said of a size."""
        return next((size for size in self.sizes if size.letter == letter), Size(letter, "", ""))
