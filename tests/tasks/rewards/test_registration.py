"""Against a real registry: MLflow on SQLite."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tasks import rewards, train
from tasks.core import tracking
from tasks.core.errors import EvidenceError, SettingsError
from tasks.core.records import Score
from tasks.rewards.registry import registration
from tasks.rewards.specification.spec import Spec, load_spec

SPEC = """
name: {name}
version: {version}
description: {description}
risks: [It is a test.]
components:
  - {{reward: tool_call, weight: 1.0}}
  - {{reward: decision, weight: 1.0}}
combine: weighted_sum
"""


def spec(
    folder: Path, *, name: str = "house", version: str = "1.0.0", description: str = "Right calls."
) -> Spec:
    file = folder / "spec.yaml"
    file.write_text(SPEC.format(name=name, version=version, description=description))
    return load_spec(file)


@pytest.fixture
def mlflow(tracking_uri: str) -> Any:
    return tracking.connect(tracking_uri)


def rows() -> tuple[list[dict[str, str]], list[float | None]]:
    """All rewards' cases as rows of JSON, and what the spec makes of them."""
    loaded = load_spec("specs/tool_calls.yaml")
    found, values = [], []
    for name in rewards.available():
        for case in rewards.load(name).CASES:
            prompt = case.prompt
            fields = {**prompt._asdict(), "reply": case.reply}
            found.append({key: msgspec.json.encode(v).decode() for key, v in fields.items()})
            values.append(loaded.score(prompt, case.reply).value)
    return found, values


def test_a_spec_is_registered_with_its_version_and_sha(mlflow: Any, tmp_path: Path):
    made = spec(tmp_path)
    found = registration.register(made, mlflow=mlflow)
    assert (found.uri, found.version, found.sha) == ("models:/reward-house/1", "1", made.sha)
    version = mlflow.tracking.MlflowClient().get_model_version("reward-house", "1")
    assert (version.tags["semver"], version.tags["sha"]) == ("1.0.0", made.sha)


def test_the_same_spec_is_the_same_version(mlflow: Any, tmp_path: Path):
    first = registration.register(spec(tmp_path, name="same"), mlflow=mlflow)
    again = registration.register(spec(tmp_path, name="same"), mlflow=mlflow)
    assert first == again
    found = mlflow.tracking.MlflowClient().search_model_versions("name='reward-same'")
    assert len(found) == 1


def test_a_changed_spec_needs_another_version(mlflow: Any, tmp_path: Path):
    registration.register(spec(tmp_path, name="changing"), mlflow=mlflow)
    with pytest.raises(SettingsError, match=r"changing 1\.0\.0 is registered as .*raise `version`"):
        registration.register(spec(tmp_path, name="changing", description="Other."), mlflow=mlflow)


def test_the_verdict_of_the_attack_suite_is_on_the_version(mlflow: Any, tmp_path: Path):
    made = registration.for_training(spec(tmp_path, name="sound"), mlflow=mlflow)
    client = mlflow.tracking.MlflowClient()
    assert client.get_model_version("reward-sound", made.version).tags["attacks"] == "survived"


def test_a_spec_that_pays_for_attacks_may_not_train(mlflow: Any, tmp_path: Path):
    file = tmp_path / "spec.yaml"
    options = "weight: 1.0, options: {preset: aws_tiered}"
    file.write_text(
        "name: hackable\nversion: 1.0.0\ndescription: As published.\nrisks: [none known]\n"
        f"components: [{{reward: tool_call, {options}}}]\n"
    )
    hackable = load_spec(file)
    for _ in range(2):
        with pytest.raises(EvidenceError, match="did not survive its attack suite, so nothing is"):
            registration.for_training(hackable, mlflow=mlflow)
    # An evaluation may still report it, beside ours.
    made = registration.register(hackable, mlflow=mlflow)
    version = mlflow.tracking.MlflowClient().get_model_version("reward-hackable", made.version)
    assert version.tags["attacks"].startswith("failed: ")


def test_training_asks_the_suite_first(make_job: Any, tmp_path: Path):
    job = make_job("hacked-reward")
    file = tmp_path / "spec.yaml"
    file.write_text(
        "name: hacked\nversion: 1.0.0\ndescription: As published.\nrisks: [none known]\n"
        "components: [{reward: tool_call, weight: 1.0, options: {preset: toolrl}}]\n"
    )
    params = job.params.model_copy(
        update={"reward": job.params.reward.model_copy(update={"spec": str(file)})}
    )
    with pytest.raises(EvidenceError, match=r"hacked 1\.0\.0 did not survive its attack suite"):
        train.run(job.model_copy(update={"params": params}))
    assert not (job.step_folder("train") / "model").exists()


def test_the_design_page_is_kept_with_the_version(mlflow: Any, tmp_path: Path):
    made = registration.register(spec(tmp_path, name="documented"), mlflow=mlflow)
    kept = Path(mlflow.artifacts.download_artifacts(made.uri, dst_path=str(tmp_path / "copy")))
    page = (kept / "design/reward-design.md").read_text()
    assert page.startswith("# Reward design: documented 1.0.0")
    assert (kept / "design/reward-design.html").exists()
    registration.log_design(
        made, spec(tmp_path, name="documented"), [Score(value=0.5)], mlflow=mlflow
    )
    again = Path(mlflow.artifacts.download_artifacts(made.uri, dst_path=str(tmp_path / "again")))
    assert "1 replies: mean 0.500" in (again / "design/reward-design.md").read_text()


def test_a_spec_that_includes_another_is_served_whole(mlflow: Any, tmp_path: Path):
    (tmp_path / "base.yaml").write_text(
        "name: base\nversion: 1.0.0\ndescription: Half.\nrisks: [none known]\n"
        "components: [{reward: decision, weight: 1.0}]\n"
    )
    file = tmp_path / "spec.yaml"
    file.write_text(
        "name: including\nversion: 1.0.0\ndescription: All.\nrisks: [none known]\n"
        "include: [base.yaml]\ncomponents: [{reward: tool_call, weight: 1.0, as: calls}]\n"
    )
    loaded = load_spec(file)
    made = registration.register(loaded, mlflow=mlflow)
    given, _ = rows()
    found = mlflow.pyfunc.load_model(made.uri).predict(given)
    assert {name for row in found for name in row.components} == {"decision", "calls"}


def test_production_is_the_newest_version(mlflow: Any, tmp_path: Path):
    old = registration.register(spec(tmp_path, name="newest"), mlflow=mlflow)
    new = registration.register(spec(tmp_path, name="newest", version="1.1.0"), mlflow=mlflow)
    assert registration.register(spec(tmp_path, name="newest"), mlflow=mlflow) == old
    found = mlflow.tracking.MlflowClient().get_model_version_by_alias("reward-newest", "production")
    assert (new.version, int(found.version)) == ("2", 2)


def test_an_alias_that_a_dead_run_did_not_set_is_set_by_the_next(mlflow: Any, tmp_path: Path):
    registration.register(spec(tmp_path, name="died"), mlflow=mlflow)
    client = mlflow.tracking.MlflowClient()
    client.delete_registered_model_alias("reward-died", "production")
    registration.register(spec(tmp_path, name="died"), mlflow=mlflow)
    assert int(client.get_model_version_by_alias("reward-died", "production").version) == 1


def test_a_run_is_linked_to_its_reward(mlflow: Any, tmp_path: Path):
    with mlflow.start_run() as run:
        made = registration.register(spec(tmp_path, name="linked"), mlflow=mlflow)
        registration.link(mlflow, made)
        registration.link(mlflow, made)
    found = mlflow.get_run(run.info.run_id)
    assert [used.model_id for used in found.inputs.model_inputs] == [made.model_id]
    assert found.outputs.model_outputs == []
    assert found.data.params == {"reward_uri": made.uri, "reward_sha": made.sha}


def test_the_registered_reward_gives_the_specs_scores(mlflow: Any):
    made = registration.register(load_spec("specs/tool_calls.yaml"), mlflow=mlflow)
    given, values = rows()
    found = mlflow.pyfunc.load_model(made.uri).predict(given)
    assert [row.value for row in found] == values
    assert {None, 0.0, 1.0, 0.35, -0.5} <= set(values)


def test_it_is_served_by_the_code_that_was_registered(
    mlflow: Any, tracking_uri: str, tmp_path: Path
):
    """In a process that stands outside the project, from the files in the registry alone."""
    made = registration.register(load_spec("specs/tool_calls.yaml"), mlflow=mlflow)
    given, values = rows()
    (tmp_path / "rows.json").write_bytes(msgspec.json.encode(given))
    program = (
        "import json, sys, mlflow\n"
        f"mlflow.set_tracking_uri({tracking_uri!r})\n"
        f"model = mlflow.pyfunc.load_model({made.uri!r})\n"
        "found = [row.value for row in model.predict(json.load(open('rows.json')))]\n"
        "print(json.dumps([found, sys.modules['tasks'].__file__]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    found, source = msgspec.json.decode(done.stdout.splitlines()[-1])
    assert found == values
    assert "artifacts" in source


def test_nothing_is_pickled(mlflow: Any, tmp_path: Path):
    made = registration.register(spec(tmp_path, name="plain"), mlflow=mlflow)
    folder = mlflow.artifacts.download_artifacts(made.uri, dst_path=str(tmp_path / "copy"))
    kept = [path for path in Path(folder).rglob("*") if path.is_file()]
    assert {path.suffix for path in kept} == {".py", ".yaml", ".txt", ".md", ".html", ""}
    names = {path.name for path in kept if path.suffix in ("", ".yaml")}
    assert names >= {"MLmodel", "spec.yaml"}


def test_another_code_than_the_registered_one_is_refused(mlflow: Any, tmp_path: Path):
    made = registration.register(spec(tmp_path, name="refused"), mlflow=mlflow)
    kept = Path(mlflow.artifacts.download_artifacts(made.uri, dst_path=str(tmp_path / "copy")))
    described = (kept / "MLmodel").read_text()
    (kept / "MLmodel").write_text(described.replace(made.sha, "f" * 64))
    with pytest.raises(mlflow.MlflowException, match="was registered as ffffffffffff, but"):
        mlflow.pyfunc.load_model(str(kept))
