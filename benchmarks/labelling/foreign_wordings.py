"""Replies in languages other than English, all our own: what each of them does is known.

    HELD_OUT["de"]["refuse"]   ("Da kann ich Ihnen leider nicht weiterhelfen.", …)

They stand in `foreign_wordings.yaml`, which says what each bank is for.
"""

from pathlib import Path

import yaml

from tasks.core.records import Behaviour

Bank = dict[str, dict[Behaviour, tuple[str, ...]]]

_BANKS = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text())


def _bank(name: str) -> Bank:
    return {
        code: {did: tuple(text.splitlines()) for did, text in replies.items()}
        for code, replies in _BANKS[name].items()
    }


HELD_OUT = _bank("held_out")
"""By language and behaviour; written before the rules."""
DEVELOPMENT = _bank("development")
"""Odd ones, on which the rules were changed."""
UNCOVERED: dict[str, tuple[str, ...]] = {
    code: tuple(text.splitlines()) for code, text in _BANKS["uncovered"].items()
}
"""In languages that no rule covers."""
