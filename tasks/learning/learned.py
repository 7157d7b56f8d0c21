"""Puts a model's files into MLflow's registry, and brings them back.

    models:/agent/3    model.safetensors  config.json  tokenizer.json ...
                       tags: ratchet.run, dataset.version, dvc.md5, reward_uri, weights_sha256, ...

A version is plain files of a LoggedModel: no pickle and no code. Two aliases are set here, those
of a beginning: `champion` on the first base that a registered model ever gets, `challenger` on
what a training run made. From then on only a promotion moves them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tasks.core.errors import EvidenceError
from tasks.learning import checkpoints

CHAMPION = "champion"
CHALLENGER = "challenger"

_WEIGHTS = "weights_sha256"
_FILES = "files_sha256"
_MODEL = "model_id"


class Registered(NamedTuple):
    """One version of a registered model."""

    name: str
    version: str
    model_id: str
    """Of the LoggedModel behind it, which runs are linked to."""
    weights_sha256: str
    files_sha256: str
    """Of the tokenizer and the rest too: a changed chat template makes another model."""

    @property
    def uri(self) -> str:
        return version_uri(self.name, self.version)


def register(mlflow: Any, folder: Path, *, name: str, tags: Mapping[str, str]) -> Registered:
    """Register what the active run trained, as its output, under the alias `challenger`.

    A run that is gone through again finds the version that it made the first time: versions are
    equal where the weights and all of `tags` are.
    """
    client = mlflow.tracking.MlflowClient()
    wanted = {**tags, **_digests(folder)}
    found = _find(client, name, wanted)
    if found is None:
        found = _create(mlflow, folder, name, wanted, mlflow.active_run().info.run_id)
        mlflow.log_outputs([mlflow.entities.LoggedModelOutput(found.model_id, step=0)])
    client.set_registered_model_alias(name, CHALLENGER, found.version)
    return found


def register_base(mlflow: Any, path: str, *, name: str) -> Registered:
    """The version that holds the base, made where there is none.

    `path` is a folder, or the name of a hub model that was loaded before.

    It becomes `champion` only where the registered model has none.
    """
    client = mlflow.tracking.MlflowClient()
    folder = files_of(path)
    digests = _digests(folder)
    found = _find(client, name, digests) or _create(
        mlflow, folder, name, {**digests, "ratchet.origin": "base"}, None
    )
    if CHAMPION not in _aliases(client, name):
        client.set_registered_model_alias(name, CHAMPION, found.version)
    return found


def files_of(path: str) -> Path:
    """The folder with a model's files: the path itself, or a hub model's place in the cache."""
    if Path(path).is_dir():
        return Path(path)
    from huggingface_hub import snapshot_download

    return Path(snapshot_download(path))


def log_input(mlflow: Any, used: Registered) -> None:
    """Link a version to the active run as something it was made with."""
    run_id = mlflow.active_run().info.run_id
    model = mlflow.entities.LoggedModelInput(model_id=used.model_id)
    mlflow.tracking.MlflowClient().log_inputs(run_id, models=[model])


def by_alias(mlflow: Any, name: str, alias: str) -> Registered | None:
    """The version an alias points at, or None where there is no such alias."""
    client = mlflow.tracking.MlflowClient()
    version = _aliases(client, name).get(alias)
    return _registered(client.get_model_version(name, version)) if version else None


def version_uri(name: str, version: str) -> str:
    """As MLflow writes it: `models:/agent/3`."""
    return f"models:/{name}/{version}"


def download(uri: str, into: Path | None = None) -> Path:
    """The folder with a version's files; MLflow must point at its server (`tracking.connect`).

    Without `into`, files that MLflow keeps on this machine are used where they lie.

    Raises:
        EvidenceError: there is no such version, or its weights are not those that were registered.
    """
    import mlflow

    name, _, version = uri.removeprefix("models:/").partition("/")
    if into is not None:
        into.mkdir(parents=True, exist_ok=True)
    try:
        found = mlflow.artifacts.download_artifacts(uri, dst_path=str(into) if into else None)
        registered = _registered(mlflow.tracking.MlflowClient().get_model_version(name, version))
    except mlflow.exceptions.MlflowException as error:
        raise EvidenceError(
            f"{uri} cannot be fetched from {mlflow.get_tracking_uri()}: {error}; check name and "
            "version in MLflow's model registry"
        ) from error
    if checkpoints.folder_sha256(Path(found)) != registered.files_sha256:
        raise EvidenceError(
            f"{uri} at {found} does not hold the files that were registered "
            f"({registered.files_sha256[:12]}…): restore the artifact store from a backup"
        )
    return Path(found)


def _create(
    mlflow: Any, folder: Path, name: str, tags: Mapping[str, str], run_id: str | None
) -> Registered:
    client = mlflow.tracking.MlflowClient()
    experiment = mlflow.active_run().info.experiment_id
    model = client.create_logged_model(
        experiment, name=name, source_run_id=run_id, tags=dict(tags), model_type="agent"
    )
    client.log_model_artifacts(model.model_id, str(folder))
    client.finalize_logged_model(model.model_id, "READY")
    if not client.search_registered_models(filter_string=f"name='{name}'"):
        client.create_registered_model(name)
    made = client.create_model_version(
        name,
        source=f"models:/{model.model_id}",
        run_id=run_id,
        model_id=model.model_id,
        tags={**tags, _MODEL: model.model_id},
    )
    return _registered(made)


def _digests(folder: Path) -> dict[str, str]:
    return {
        _WEIGHTS: checkpoints.weights_sha256(folder),
        _FILES: checkpoints.folder_sha256(folder),
    }


def _find(client: Any, name: str, tags: Mapping[str, str]) -> Registered | None:
    """The newest version that carries all these tags."""
    for version in client.search_model_versions(f"name='{name}'", order_by=["version_number DESC"]):
        if tags.items() <= version.tags.items():
            return _registered(version)
    return None


def _aliases(client: Any, name: str) -> dict[str, str]:
    found = client.search_registered_models(filter_string=f"name='{name}'")
    return {alias: str(version) for alias, version in found[0].aliases.items()} if found else {}


def _registered(version: Any) -> Registered:
    return Registered(
        name=version.name,
        version=str(version.version),
        model_id=version.tags[_MODEL],
        weights_sha256=version.tags[_WEIGHTS],
        files_sha256=version.tags[_FILES],
    )
