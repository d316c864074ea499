"""The GPU while a place was measured: its clock, power and temperature, and what held its clock back."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..load import Session
from ..records import is_number


@dataclass(frozen=True)
class CardHealth:
    """The card by NVML; NaN where it did not answer.

    mhz                     lowest and highest clock after rounds, of `default_mhz`
    power_w, temperature_c  the most before or after the rounds of a session
    reasons                 (reason, sessions) of what held the clock back in rounds
    """

    mhz: tuple[float, float]
    default_mhz: float
    power_w: float
    temperature_c: float
    reasons: tuple[tuple[str, int], ...]


def examine_card(sessions: Sequence[Session]) -> CardHealth | None:
    """Over the sessions of a place; None where none of them recorded a card."""
    cards = [card for session in sessions if (card := read_card(session))]
    if not cards:
        return None
    clocks = [mhz for card in cards for mhz in list_clocks(card)]
    reasons = Counter(reason for card in cards for reason in card.get("reasons") or ())
    return CardHealth(
        mhz=(_find(min, clocks), _find(max, clocks)),
        default_mhz=_find(max, (card.get("default_sm_mhz") for card in cards)),
        power_w=_find(max, _read_ends(cards, "power_w")),
        temperature_c=_find(max, _read_ends(cards, "temperature_c")),
        reasons=tuple(sorted(reasons.items())),
    )


def read_card(session: Session) -> dict[str, Any]:
    """The card's state as a session recorded it, empty where it did not."""
    return session.get("state", "card") or {}


def list_clocks(card: dict[str, Any]) -> list[float]:
    """Its clocks after rounds, MHz."""
    given = card.get("sm_mhz_samples") or [card.get("sm_mhz")]
    return [float(mhz) for mhz in given if is_number(mhz)]


def _read_ends(cards: Iterable[dict[str, Any]], name: str) -> Iterator[Any]:
    return ((card.get(end) or {}).get(name) for card in cards for end in ("before", "after"))


def _find(pick: Any, values: Iterable[Any]) -> float:
    known = [float(value) for value in values if is_number(value)]
    return pick(known, default=float("nan"))
