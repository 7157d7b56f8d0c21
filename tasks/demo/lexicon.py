"""The words of the made world: verbs with their phrasings, and three vocabularies of nouns.

The production catalogue and the unseen one share the verbs and no other word.
"""

import random
from functools import cache
from typing import Literal, NamedTuple

WorldName = Literal["pretrain", "production", "unseen"]

VERBS = {
    "get": ("get", "show", "fetch"),
    "cancel": ("cancel", "abort", "stop"),
    "create": ("create", "add", "open"),
    "update": ("update", "change", "edit"),
    "delete": ("delete", "remove", "drop"),
    "send": ("send", "mail", "forward"),
    "book": ("book", "reserve"),
    "check": ("check", "verify"),
    "list": ("list", "enumerate"),
    "pay": ("pay", "settle"),
    "export": ("export", "download"),
    "assign": ("assign", "give"),
}
"""The verb in a tool's name, and how users put it."""


class Words(NamedTuple):
    nouns: tuple[str, ...]
    params: tuple[str, ...]


@cache
def vocabulary(world: WorldName) -> Words:
    """What the tools of one catalogue may be about, and what their parameters may be called."""
    if world == "production":
        return Words(PRODUCTION_NOUNS, PRODUCTION_PARAMS)
    if world == "unseen":
        return Words(UNSEEN_NOUNS, UNSEEN_PARAMS)
    pretrain = _pretrain_words()
    return Words(pretrain, pretrain)


@cache
def values() -> tuple[str, ...]:
    """Every word that an argument's value may be, those of the unseen catalogue included."""
    return tuple(sorted({*_pretrain_words(), *UNSEEN_NOUNS, *UNSEEN_PARAMS}))


def domain(noun: str) -> str:
    """Business area of a noun of the production or the unseen catalogue."""
    return next(name for name, nouns in _AREAS.items() if noun in " ".join(nouns).split())


def _pretrain_words() -> tuple[str, ...]:
    """Words that a tool's name or parameters may have in pretraining: known ones and made ones."""
    pairs = [a + b for a in "bcdfghjklmnprstvwz" for b in "aeiou"]
    pairs += [b + a for b in "aeiou" for a in "lmnrst"]
    rng = random.Random(42)
    made = {rng.choice(pairs) + rng.choice(pairs) for _ in range(420)} - set(_PLAIN)
    known = {*PRODUCTION_NOUNS, *PRODUCTION_PARAMS, *_PLAIN, *sorted(made)[:300]}
    return tuple(sorted(known - {*UNSEEN_NOUNS, *UNSEEN_PARAMS}))


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_AREAS = {
    "commerce": (
        "order parcel coupon account wallet budget expense salary",
        "invoice refund shipment loan mortgage portfolio dividend",
    ),
    "travel": (
        "ticket route visa passport menu table recipe playlist",
        "booking flight hotel meeting festival museum",
    ),
    "home": (
        "lamp sensor alert garden tractor crop reminder tenant",
        "camera thermostat elevator locker",
    ),
    "work": (
        "course exam server backup domain vaccine clinic nurse ward patient",
        "contract license warranty policy badge",
    ),
}
"""Business area to nouns of the production catalogue, then those of the unseen one."""

PRODUCTION_NOUNS = _split(" ".join(known for known, _ in _AREAS.values()))
UNSEEN_NOUNS = _split(" ".join(unseen for _, unseen in _AREAS.values()))
PRODUCTION_PARAMS = _split(
    "color size amount day owner title target level region code reason phone label zone limit"
)
UNSEEN_PARAMS = _split(
    "month currency airline priority branch vendor deadline gender brand quantity"
)
_PLAIN = _split(
    "paris rome oslo lima cairo delhi tokyo red blue green gold fast slow late early north south "
    "east west alpha beta gamma delta"
)
