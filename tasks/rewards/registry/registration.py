"""Puts a reward spec into MLflow's registry, and links it to the runs that use it.

    models:/reward-tool-calls/1    the YAML, the rewards' sources, the code that serves them
                                   tags: semver 1.0.0, sha 0ae3e6349d23..., attacks survived;
                                   alias: production; design/reward-design.html

A version is what was trained on, so it never changes: another content needs another version in
the spec. `tasks/rewards/registry/served.py` is what MLflow runs when such a model is loaded.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tasks import rewards
from tasks.core import closure
from tasks.core.errors import SettingsError
from tasks.core.records import Score
from tasks.core.tracking import EXPERIMENT
from tasks.rewards.attacks import own_rows
from tasks.rewards.attacks import survival as verdict
from tasks.rewards.registry.design import design
from tasks.rewards.specification.declared import Declaration
from tasks.rewards.specification.spec import Spec

ALIAS = "production"
"""On the newest version."""
ATTACKS = "attacks"
"""Tag of a version: whether it survived its attack suite."""
SURVIVED = "survived"

_SERVED = "tasks.rewards.registry.served"
_REQUIREMENTS = ("jsonschema", "msgspec", "pydantic", "pydantic-settings", "pyyaml", "scipy")


class RegisteredReward(NamedTuple):
    uri: str
    """As `models:/reward-tool-calls/1`."""
    version: str
    """Of the registry, counted from 1; the spec's own is its semantic version."""
    model_id: str
    """Of the LoggedModel behind it, which runs are linked to."""
    sha: str


def register(spec: Spec, *, mlflow: Any) -> RegisteredReward:
    """The registered version that holds this spec, made where there is none.

    `mlflow` is the module, pointed at its server (`tracking.connect`). No run has to be active, and
    an active one is left alone.

    Raises:
        SettingsError: the spec, or a reward in it, changed and its version did not.
    """
    client = mlflow.tracking.MlflowClient()
    name = f"reward-{spec.name}"
    known = client.search_model_versions(f"name='{name}'")
    found = next((v for v in known if v.tags.get("sha") == spec.sha), None)
    made = found is None
    if found is None:
        _refuse_same_version(spec, known)
        found = _create(spec, name, mlflow, client)
        known = [*known, found]
    newest = max(known, key=lambda version: int(version.version))
    # Set again even where nothing was made: a run may have died between the two.
    if str(client.get_registered_model(name).aliases.get(ALIAS)) != str(newest.version):
        client.set_registered_model_alias(name, ALIAS, newest.version)
    version = str(found.version)
    registered = RegisteredReward(
        f"models:/{name}/{version}", version, found.tags["model_id"], spec.sha
    )
    if made:
        log_design(registered, spec, mlflow=mlflow)
    return registered


def for_training(spec: Spec, *, mlflow: Any) -> RegisteredReward:
    """The registered version, if it may train.

    The verdict is a tag of the version. One that failed is attacked again, because a judge's server
    may have been away.

    Raises:
        SettingsError: as `register`.
        EvidenceError: the spec does not survive its attack suite.
    """
    found = register(spec, mlflow=mlflow)
    client = mlflow.tracking.MlflowClient()
    name = f"reward-{spec.name}"
    if client.get_model_version(name, found.version).tags.get(ATTACKS) != SURVIVED:
        judged = own_rows.survival(spec)
        client.set_model_version_tag(name, found.version, ATTACKS, _word(judged))
        verdict.refuse_to_train(spec, judged)
    return found


def log_design(
    registered: RegisteredReward, spec: Spec, rollouts: Sequence[Score] = (), *, mlflow: Any
) -> None:
    """Keep the design page with the version; `rollouts` are scores of the base's own replies."""
    judged = own_rows.survival(spec)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "design"
        target.mkdir()
        for name, text in design(spec, judged, rollouts).items():
            (target / name).write_text(text)
        mlflow.tracking.MlflowClient().log_model_artifacts(registered.model_id, folder)


def link(mlflow: Any, registered: RegisteredReward) -> None:
    """Make the reward an input of the active run.

    Said twice, because runs cannot be searched by an input model: as a link, and as params.
    """
    run_id = mlflow.active_run().info.run_id
    model = mlflow.entities.LoggedModelInput(model_id=registered.model_id)
    mlflow.tracking.MlflowClient().log_inputs(run_id, models=[model])
    mlflow.log_params({"reward_uri": registered.uri, "reward_sha": registered.sha})


def _refuse_same_version(spec: Spec, known: Any) -> None:
    for version in known:
        if version.tags.get("semver") == spec.version:
            raise SettingsError(
                f"{spec.path}: {spec.name} {spec.version} is registered as "
                f"{version.tags.get('sha', '')[:12]} ({version.name} version {version.version}), "
                f"but now it is {spec.sha[:12]}: the spec or the code of a reward in it changed; "
                "raise `version` in the spec"
            )


def _create(spec: Spec, name: str, mlflow: Any, client: Any) -> Any:
    active = mlflow.active_run()
    experiment = (
        active.info.experiment_id
        if active
        else mlflow.get_experiment_by_name(EXPERIMENT).experiment_id
    )
    tags = {"semver": spec.version, "sha": spec.sha, ATTACKS: _word(own_rows.survival(spec))}
    tags |= _facts(spec)
    # By hand, because `log_model` would make the reward an output of the active run.
    model = client.create_logged_model(experiment, name=name, tags=tags, model_type="reward")
    with tempfile.TemporaryDirectory() as folder:
        client.log_model_artifacts(model.model_id, str(_save(spec, mlflow, Path(folder))))
    client.finalize_logged_model(model.model_id, "READY")
    if not client.search_registered_models(filter_string=f"name='{name}'"):
        client.create_registered_model(name, description=spec.declared.description)
    return client.create_model_version(
        name,
        source=f"models:/{model.model_id}",
        model_id=model.model_id,
        tags={**tags, "model_id": model.model_id},
        description=spec.declared.description,
    )


def _word(judged: verdict.Verdict) -> str:
    return SURVIVED if judged.survived else f"failed: {len(judged.findings)} findings"


def _facts(spec: Spec) -> dict[str, str]:
    """What a component was made with beside its options, as a judge's model and prompt."""
    return {
        f"{one.name}.{name}": str(value)
        for one in spec.scorers
        for name, value in getattr(rewards.load(one.reward), "facts", lambda _: {})(
            one.settings
        ).items()
    }


def _save(spec: Spec, mlflow: Any, folder: Path) -> Path:
    target = folder / "model"
    mlflow.pyfunc.save_model(
        str(target),
        python_model=str(Path(__file__).with_name("served.py")),
        artifacts={"spec": str(_whole(spec, folder))},
        model_config={"sha": spec.sha},
        code_paths=_sources(spec, folder / "code"),
        pip_requirements=requirements(spec),
    )
    return target


def requirements(spec: Spec) -> list[str]:
    """Packages without which the spec cannot score in an environment of its own."""
    found = set(_REQUIREMENTS)
    for one in spec.scorers:
        found.update(getattr(rewards.load(one.reward), "REQUIRES", ()))
    return sorted(found)


def _whole(spec: Spec, folder: Path) -> Path:
    """The spec's file, or where it includes or names others, one that says the same by itself."""
    import yaml

    path = spec.path.resolve()
    if Declaration.model_validate(yaml.safe_load(path.read_text())) == spec.declared:
        return path
    said = spec.declared.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    whole = folder / path.name
    whole.write_text(yaml.safe_dump(said, sort_keys=False, allow_unicode=True))
    return whole


def _sources(spec: Spec, folder: Path) -> list[str]:
    """The code that scores, copied without anything else; a list of its top-level folders."""
    names = {component.reward for component in spec.declared.components}
    closure.copy([_SERVED, *map(rewards.module_name, names)], folder)
    return [str(path) for path in sorted(folder.iterdir())]
