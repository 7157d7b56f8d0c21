"""A person's way out: a small workspace of real logs, with real DVC, git and MLflow."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.core import graph, parts, tracking, workspace
from tasks.core.closure import PROJECT
from tasks.core.errors import EvidenceError
from tasks.core.records import Example
from tasks.lineage import persons
from tasks.redaction.keys import person_hash

TOOLS = ("get_order", "cancel_order", "get_invoice")
LOST = "u-03"
MODEL = "agent-of-persons"


def line(number: int) -> str:
    """A call of one user, as OpenAI's client logs it."""
    name = TOOLS[number % 3]
    call = {"name": name, "arguments": json.dumps({"order_id": str(7000 + number)})}
    schema = {"type": "object", "properties": {"order_id": {"type": "string"}}}
    tools = [{"type": "function", "function": {"name": n, "parameters": schema}} for n in TOOLS]
    return json.dumps(
        {
            "request": {
                "model": "agent",
                "messages": [{"role": "user", "content": f"{name} for order {7000 + number} now"}],
                "tools": tools,
                "metadata": {"session_id": f"s-{number}", "user_id": f"u-{number % 20:02}"},
            },
            "response": {
                "id": f"c-{number}",
                "created": 1762000000 + number,
                "model": "agent",
                "choices": [
                    {
                        "index": 0,
                        "finish_reason": "tool_calls",
                        "message": {
                            "role": "assistant",
                            "content": None,
                            "tool_calls": [
                                {"id": f"t-{number}", "type": "function", "function": call}
                            ],
                        },
                    }
                ],
            },
        }
    )


@pytest.fixture(scope="module")
def stages(tracking_uri: str) -> Iterator[None]:
    """DVC finds `python` where these tests run, and MLflow's database is the session's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        patch.setenv("PYTHONPATH", str(PROJECT))
        patch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
        yield


@pytest.fixture(scope="module")
def home(stages: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one dataset version and one model that learnt from it."""
    params: dict[str, Any] = yaml.safe_load((PROJECT / "params.yaml").read_text())
    params["ingest"] |= {
        "sources": [{"uri": "data/landing", "format": "openai_chat"}],
        "feedback": ["data/feedback"],
    }
    params["validate"]["min_examples"] = 30
    # 20 users of three tools: whole groups are few, and each calls all of them.
    params["split"] |= {"held_out_tools": 0, "validation": 0.2, "test": 0.2}
    folder = workspace.create(tmp_path_factory.mktemp("persons") / "agent", params)
    for name in ("landing", "feedback"):
        (folder / "data" / name).mkdir(parents=True)
    lines = [line(number) for number in range(60)]
    # Call 60 goes on in session 3, and names nobody by itself.
    lines.append(line(60).replace('"s-60", "user_id": "u-00"', '"s-3"'))
    (folder / "data/landing/a.jsonl").write_text("\n".join(lines) + "\n")
    told = [
        {"session_id": f"s-{n}", "metric": "success", "value": 1, "source": "outcome",
         "timestamp": "2026-11-20T00:00:00Z"}
        for n in range(60)
    ]  # fmt: skip
    (folder / "data/feedback/f.jsonl").write_text("".join(json.dumps(t) + "\n" for t in told))
    curate(folder)
    dataset = workspace.dataset(folder)
    client = tracking.connect(tracking.tracking_uri(folder)).tracking.MlflowClient()
    client.create_registered_model(MODEL)
    tags = {"dataset.version": dataset.version, "dvc.md5": dataset.md5}
    client.create_model_version(MODEL, source=str(folder), tags=tags)
    client.create_model_version(MODEL, source=str(folder), tags=tags | {"dvc.md5": "other"})
    client.set_registered_model_alias(MODEL, "champion", "1")
    return folder


def curate(folder: Path) -> str:
    """All stages and a tag, as the flow makes them."""
    command = [sys.executable, "-m", "dvc", "repro", "-q"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return workspace.tag_dataset(folder).version


def everybody(folder: Path) -> set[str]:
    here = folder / "data" / "split"
    labels = ("train", "validation", "test", "unlabelled")
    return {p for n in labels for row in parts.read_parts(here, Example, n) for p in row.persons}


def test_a_person_is_followed_forward_and_leaves_the_next_version(home: Path) -> None:
    key = bytes.fromhex((home / ".ratchet/redaction.key").read_text().strip())
    theirs = person_hash(key, LOST)
    assert theirs in everybody(home)
    seen = persons.find(home, ["U-03 "])
    assert (seen.hashes, seen.erased) == ((theirs,), False)
    # Calls 3, 23 and 43 of the log, counted from 0.
    assert [(Path(s.uri).name, s.lines) for s in seen.logs] == [("a.jsonl", (4, 24, 44, 61))]
    (data,) = seen.datasets
    assert data.version == "dataset-v1.0"
    assert sum(data.examples.values()) == (0 if data.sealed else 4)
    (model,) = seen.models
    assert (model.model, model.aliases) == (f"models:/{MODEL}/1", ("champion",))

    told = persons.erase(home, [LOST])
    assert told.erased and told.datasets == seen.datasets and told.models == seen.models
    register = (home / "annotations/erased.jsonl").read_text()
    assert LOST not in register and theirs in register
    assert workspace.git(home, "log", "-1", "--format=%s").strip() == "Erase a person"
    assert workspace.git(home, "status", "--porcelain") == ""

    assert curate(home) == "dataset-v1.1"
    assert graph.found("dedup", home)["rejected"] == 4
    assert theirs not in everybody(home)
    assert len(everybody(home)) == 19
    # The old version, from DVC's cache, is still found by who asks; the new one does not hold them.
    later = persons.find(home, [LOST])
    assert [version.version for version in later.datasets] == ["dataset-v1.0"]
    assert later.erased and later.logs == seen.logs and later.models == seen.models


def test_a_value_that_names_nobody_is_refused_and_not_written_down(home: Path) -> None:
    with pytest.raises(EvidenceError, match="no record of this workspace names this person"):
        persons.erase(home, ["u-99"])
    assert not persons.find(home, ["u-99"]).models
    with pytest.raises(EvidenceError, match=r"names this person: give the value .* \(user_id, cus"):
        persons.known(home, ["u-99"])


def test_one_of_several_values_that_names_nobody_is_told_by_its_place(home: Path) -> None:
    before = workspace.revision(home)
    with pytest.raises(
        EvidenceError, match=r"names the person of --person number 2: .*; nothing was written"
    ):
        persons.erase(home, ["u-04", "u-99"])
    assert workspace.revision(home) == before
    assert not persons.known(home, ["u-04"]).erased


def test_after_a_rotation_the_erased_are_named_again_and_old_versions_still_found(
    home: Path,
) -> None:
    old = json.loads((home / "annotations/erased.jsonl").read_text())
    params = yaml.safe_load((home / "params.yaml").read_text())
    params["redact"]["key_rotation"] = 1
    (home / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    command = [sys.executable, "-m", "dvc", "repro", "-q"]
    stopped = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
    assert "Run `ratchet erase` for each of them again" in stopped.stderr

    told = persons.erase(home, [LOST])
    assert [version.version for version in told.datasets] == ["dataset-v1.0"]
    assert told.logs[0].lines == (4, 24, 44, 61)
    new = json.loads((home / "annotations/erased.jsonl").read_text())
    assert new["key_id"] != old["key_id"] and new["person"] != old["person"]

    assert curate(home) == "dataset-v2.0"
    assert new["person"] not in everybody(home)
    assert len(everybody(home)) == 19
    again = persons.known(home, [LOST])
    assert [version.version for version in again.datasets] == ["dataset-v1.0"]
    # Without the key that a version was made under, nobody can be told to be in it or not.
    (home / f".ratchet/redaction.key.{old['key_id']}").rename(home / "away")
    with pytest.raises(EvidenceError, match=f"bring the key back as redaction.key.{old['key_id']}"):
        persons.known(home, [LOST])
