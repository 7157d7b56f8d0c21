"""Names that only their context tells, by a model on this machine: one line of params.yaml.

    redact.ner_model: en_core_web_sm     a spaCy pipeline that is installed under that name
    redact.ner_model: models/en_ner      meta.json: a spaCy pipeline in a folder
    redact.ner_model: models/gliner      gliner_config.json: a GLiNER model
    redact.ner_model: models/bert-ner    config.json: a transformers token classifier, its tokenizer

Nothing is ever downloaded. Each distinct text with a capital letter, or of a script without any, is
looked at once, in batches; its speed is that of the stage (docs/privacy.md has figures).
"""

import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from tasks.core.errors import StageError
from tasks.redaction.kinds import Kind, Span
from tasks.redaction.rules import FAULTS, FinderFailed

_LABELS = frozenset(
    ("PERSON", "PER", "NAME", "FULLNAME", "FIRSTNAME", "LASTNAME", "GIVENNAME", "SURNAME")
)
"""What models call a person; compared without prefix (`B-`), case and signs."""
_BATCH = 64
_SHARED = frozenset(("tok2vec", "transformer", "curated_transformer"))
"""Components that others read from."""
_OVERLAP = 32
"""Tokens that two windows of a long text share."""


class NameModel(Protocol):
    """What a name model answers; another kind of model is another class."""

    def find_all(self, texts: Sequence[str]) -> list[list[Span]]:
        """People in each of the texts, which are looked at together."""


def is_looked_at(text: str) -> bool:
    """Whether a model is asked about the text: only where a word could be a name.

    That is a capital letter, or a letter of a script that has none.
    """
    return any(c.isupper() or (c.isalpha() and not c.islower()) for c in text)


def load(path: str) -> NameModel:
    """The model in that folder, or the spaCy pipeline that is installed under that name.

    Raises:
        StageError: no such folder or package, of no known kind, not readable, or without a label
            for people.
    """
    folder = Path(path)
    if (folder / "meta.json").is_file() or (path.isidentifier() and find_spec(path)):
        return _Spacy(path)
    if (folder / "gliner_config.json").is_file():
        return _Gliner(folder)
    if (folder / "config.json").is_file():
        return _Transformers(folder)
    raise StageError(
        f"redact.ner_model = {path!r} is no folder of a spaCy model (it has no meta.json), of a "
        "GLiNER model (no gliner_config.json) or of a transformers model (no config.json), and no "
        "package of that name is installed; give one of these, or an empty text to do without"
    )


def version(path: str) -> str:
    """Fingerprint of the model's files by name, size and small content; empty for no path."""
    digest = hashlib.sha256()
    spec = find_spec(path) if path.isidentifier() and not Path(path).exists() else None
    if spec is not None and spec.submodule_search_locations:
        path = spec.submodule_search_locations[0]
    for file in sorted(Path(path).rglob("*")) if path else ():
        if file.is_file():
            size = file.stat().st_size
            digest.update(f"{file.relative_to(path)}\0{size}\0".encode())
            digest.update(file.read_bytes() if size < 1 << 20 else b"")
    return digest.hexdigest() if path else ""


def _is_person(label: str) -> bool:
    name = label.upper().removeprefix("B-").removeprefix("I-")
    return "".join(filter(str.isalpha, name)) in _LABELS


def _knows_people(labels: list[str], name: str) -> None:
    if not any(map(_is_person, labels)):
        raise StageError(
            f"redact.ner_model = {name!r} has no label for people among "
            f"{', '.join(sorted(labels)) or 'none'}; one must be of {', '.join(sorted(_LABELS))}"
        )


class _Spacy:
    def __init__(self, name: str) -> None:
        import spacy

        try:
            self._model: Any = spacy.load(name)
        except (OSError, ValueError) as error:
            raise StageError(f"redact.ner_model = {name!r} cannot be loaded: {error}") from error
        labels = [label for several in self._model.pipe_labels.values() for label in several]
        _knows_people(labels, name)
        # A pipeline's parser and lemmatizer cost more than its names do, and say nothing of them.
        finding = {
            pipe
            for pipe, several in self._model.pipe_labels.items()
            if any(map(_is_person, several))
        }
        kept = [p for p in self._model.pipe_names if p in finding | _SHARED]
        self._model.select_pipes(enable=kept)

    def find_all(self, texts: Sequence[str]) -> list[list[Span]]:
        """People in the texts, in batches."""
        try:
            found = [document.ents for document in self._model.pipe(texts, batch_size=_BATCH)]
        except FAULTS as error:
            raise FinderFailed("spaCy") from error
        return [
            [
                Span(entity.start_char, entity.end_char, Kind.NAME, "model")
                for entity in entities
                if _is_person(entity.label_)
            ]
            for entities in found
        ]


class _Gliner:
    def __init__(self, folder: Path) -> None:
        try:
            from gliner import GLiNER  # type: ignore[import-not-found,unused-ignore]
        except ImportError as error:
            raise StageError(
                f"redact.ner_model = {str(folder)!r} is a GLiNER model, and gliner is not "
                "installed: pip install gliner"
            ) from error
        try:
            self._model: Any = GLiNER.from_pretrained(str(folder), local_files_only=True)
        except (OSError, ValueError) as error:
            raise StageError(f"redact.ner_model = {str(folder)!r} cannot be loaded: {error}") from (
                error
            )

    def find_all(self, texts: Sequence[str]) -> list[list[Span]]:
        """People in the texts, in one batch."""
        try:
            found = self._model.batch_predict_entities(list(texts), ["person"], threshold=0.5)
        except FAULTS as error:
            raise FinderFailed("GLiNER") from error
        return [
            [Span(int(one["start"]), int(one["end"]), Kind.NAME, "model") for one in entities]
            for entities in found
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
        _knows_people(list(model.config.id2label.values()), str(folder))
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

    def find_all(self, texts: Sequence[str]) -> list[list[Span]]:
        """People in the texts; a long one is read in windows."""
        try:
            several = self._find(list(texts), batch_size=_BATCH)
        except FAULTS as error:
            raise FinderFailed("transformers") from error
        return [
            [
                Span(int(found["start"]), int(found["end"]), Kind.NAME, "model")
                for found in entities
                if _is_person(found["entity_group"]) and found["start"] < found["end"]
            ]
            for entities in several
        ]
