"""What the tracking server says of models and runs, as lineage reads it: typed, and read alone.

Registry(workspace).model("models:/agent@champion")
-> ModelVersion(name="agent", version="3", aliases=("champion",), tags={"dataset.version": ...})
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tasks.core import tracking
from tasks.core.errors import EvidenceError


class ModelVersion(NamedTuple):
    """One registered version of a model, or of a reward."""

    name: str
    version: str
    aliases: tuple[str, ...]
    tags: dict[str, str]
    run_id: str
    """Of the run that registered it; empty for what came from a file."""


class Run(NamedTuple):
    """What a step's run was recorded with."""

    run_id: str
    params: dict[str, str]
    tags: dict[str, str]
    metrics: dict[str, float]
    """The last value of each."""


class Registry:
    """The tracking server of a workspace."""

    def __init__(self, workspace: Path) -> None:
        mlflow = tracking.connect(tracking.tracking_uri(workspace))
        self._client = mlflow.tracking.MlflowClient()
        self._error: type[Exception] = mlflow.exceptions.MlflowException

    def model(self, uri: str) -> ModelVersion:
        """The version at `models:/NAME@ALIAS` or `models:/NAME/VERSION`.

        Raises:
            EvidenceError: there is none.
        """
        name, at, alias = uri.removeprefix("models:/").partition("@")
        try:
            if at:
                return _version(self._client.get_model_version_by_alias(name, alias))
            name, _, number = name.partition("/")
            return _version(self._client.get_model_version(name, number))
        except self._error as error:
            raise EvidenceError(
                f"{uri} is not in the registry ({error}); expected models:/NAME@ALIAS or "
                "models:/NAME/VERSION"
            ) from error

    def versions(self) -> Iterator[ModelVersion]:
        """All versions of all models, with their aliases."""
        token = None
        while True:
            page = self._client.search_model_versions(page_token=token)
            for found in page:
                # A search leaves aliases out.
                yield _version(self._client.get_model_version(found.name, found.version))
            token = page.token
            if not token:
                return

    def aliases(self, name: str) -> dict[str, str]:
        """Alias to version of a model; none where it was never registered."""
        models = self._client.search_registered_models(filter_string=f"name='{name}'")
        return {alias: str(n) for alias, n in sorted(models[0].aliases.items())} if models else {}

    def run(self, run_id: str) -> Run:
        """What was recorded of a run.

        Raises:
            EvidenceError: there is none.
        """
        try:
            found = self._client.get_run(run_id)
        except self._error as error:
            raise EvidenceError(f"run {run_id} is not in the tracking server ({error})") from error
        data = found.data
        return Run(found.info.run_id, dict(data.params), dict(data.tags), dict(data.metrics))


def _version(found: Any) -> ModelVersion:
    return ModelVersion(
        name=found.name,
        version=str(found.version),
        aliases=tuple(sorted(found.aliases)),
        tags=dict(found.tags),
        run_id=found.run_id or "",
    )
