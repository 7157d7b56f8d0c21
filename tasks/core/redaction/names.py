"""Names that only their context tells, by a spaCy model in a local folder."""

from pathlib import Path
from typing import Any

from tasks.core.errors import StageError
from tasks.core.redaction.kinds import Kind, Span

_LABELS = frozenset(("PERSON", "PER"))
"""What English and most other spaCy pipelines call a person."""


class Names:
    """Finds names in running text.

    Args:
        path: folder of a spaCy pipeline with a component that sets entities.

    Raises:
        StageError: no such folder, or spaCy cannot read it. Nothing is ever downloaded.
    """

    def __init__(self, path: str) -> None:
        import spacy

        if not (Path(path) / "meta.json").is_file():
            raise StageError(
                f"redact.ner_model = {path!r} is no folder of a spaCy model (it has no meta.json); "
                "give the path of one, or an empty text to do without"
            )
        try:
            self._model: Any = spacy.load(Path(path))
        except (OSError, ValueError) as error:
            raise StageError(f"redact.ner_model = {path!r} cannot be loaded: {error}") from error

    def find(self, text: str) -> list[Span]:
        """People in the text. A text without a letter is not given to the model."""
        if not any(c.isalpha() for c in text):
            return []
        return [
            Span(entity.start_char, entity.end_char, Kind.NAME, "model")
            for entity in self._model(text).ents
            if entity.label_ in _LABELS
        ]
