"""Names that only their context tells, by a model in a local folder.

    redact.ner_model: models/en_ner      meta.json: a spaCy pipeline with a component for entities
    redact.ner_model: models/bert-ner    config.json: a transformers token classifier, its tokenizer

Nothing is ever downloaded. A model reads every text, so its speed is that of the stage: measured
with random weights, 140 records a second and core for a small spaCy pipeline, 2 for BERT-base.
"""

import hashlib
from pathlib import Path
from typing import Any, Protocol

from tasks.core.errors import StageError
from tasks.redaction.kinds import Kind, Span
from tasks.redaction.rules import FAULTS, FinderFailed

_LABELS = frozenset(
    ("PERSON", "PER", "NAME", "FULLNAME", "FIRSTNAME", "LASTNAME", "GIVENNAME", "SURNAME")
)
"""What models call a person; compared without prefix (`B-`), case and signs."""
_OVERLAP = 32
"""Tokens that two windows of a long text share."""


class NameModel(Protocol):
    """What a name model answers; a third kind of model is a third class."""

    def find(self, text: str) -> list[Span]:
        """People in the text."""


def load(path: str) -> NameModel:
    """The model in that folder.

    Raises:
        StageError: no such folder, of neither kind, not readable, or without a label for people.
    """
    folder = Path(path)
    if (folder / "meta.json").is_file():
        return _Spacy(folder)
    if (folder / "config.json").is_file():
        return _Transformers(folder)
    raise StageError(
        f"redact.ner_model = {path!r} is no folder of a spaCy model (it has no meta.json) and of "
        "no transformers model (no config.json); give the path of one, or an empty text to do "
        "without"
    )


def version(path: str) -> str:
    """Fingerprint of the folder's files by name, size and small content; empty for no path."""
    digest = hashlib.sha256()
    for file in sorted(Path(path).rglob("*")) if path else ():
        if file.is_file():
            size = file.stat().st_size
            digest.update(f"{file.relative_to(path)}\0{size}\0".encode())
            digest.update(file.read_bytes() if size < 1 << 20 else b"")
    return digest.hexdigest() if path else ""


def _is_person(label: str) -> bool:
    name = label.upper().removeprefix("B-").removeprefix("I-")
    return "".join(filter(str.isalpha, name)) in _LABELS


def _knows_people(labels: list[str], folder: Path) -> None:
    if not any(map(_is_person, labels)):
        raise StageError(
            f"redact.ner_model = {str(folder)!r} has no label for people among "
            f"{', '.join(sorted(labels)) or 'none'}; one must be of {', '.join(sorted(_LABELS))}"
        )


class _Spacy:
    def __init__(self, folder: Path) -> None:
        import spacy

        try:
            self._model: Any = spacy.load(folder)
        except (OSError, ValueError) as error:
            raise StageError(f"redact.ner_model = {str(folder)!r} cannot be loaded: {error}") from (
                error
            )
        labels = [label for name in self._model.pipe_labels.values() for label in name]
        _knows_people(labels, folder)

    def find(self, text: str) -> list[Span]:
        """People in the text. A text without a letter is not given to the model."""
        if not any(c.isalpha() for c in text):
            return []
        try:
            entities = self._model(text).ents
        except FAULTS as error:
            raise FinderFailed("spaCy") from error
        return [
            Span(entity.start_char, entity.end_char, Kind.NAME, "model")
            for entity in entities
            if _is_person(entity.label_)
        ]


class _Transformers:
    def __init__(self, folder: Path) -> None:
        from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

        try:
            tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model: Any = AutoModelForTokenClassification.from_pretrained(
                folder, local_files_only=True
            )
        except (OSError, ValueError) as error:
            raise StageError(f"redact.ner_model = {str(folder)!r} cannot be loaded: {error}") from (
                error
            )
        _knows_people(list(model.config.id2label.values()), folder)
        longest = getattr(model.config, "max_position_embeddings", None)
        if longest:
            tokenizer.model_max_length = min(tokenizer.model_max_length, longest)
        self._find: Any = pipeline(
            "token-classification",
            model=model,
            tokenizer=tokenizer,
            aggregation_strategy="simple",
            stride=min(_OVERLAP, tokenizer.model_max_length // 4),
        )

    def find(self, text: str) -> list[Span]:
        """People in the text, which is read in windows where it is long."""
        if not any(c.isalpha() for c in text):
            return []
        try:
            several = self._find(text)
        except FAULTS as error:
            raise FinderFailed("transformers") from error
        return [
            Span(int(found["start"]), int(found["end"]), Kind.NAME, "model")
            for found in several
            if _is_person(found["entity_group"]) and found["start"] < found["end"]
        ]
