"""What a team's servers are started with, and that the commands which the pages name are there."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import typer
import yaml

from benchmarks.__main__ import benchmarks
from cli.__main__ import app
from tasks.redaction.keys import load_key

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "infra/compose.yaml").read_text())
MANIFESTS = sorted((ROOT / "infra/kubernetes").glob("*.yaml"))
PAGES = [ROOT / "README.md", ROOT / "infra/README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path) -> list[str]:
    """The page's blocks of no language: command lines. An end of a block is no beginning of one."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    return [text for language, text in fenced if not language]


def commands(page: Path) -> list[list[str]]:
    """Command lines of a page's blocks, without what is piped or written."""
    joined = "\n".join(blocks(page)).replace("\\\n", " ")
    return [
        shlex.split(line.partition(" > ")[0].partition(" | ")[0], comments=True)
        for line in joined.splitlines()
        if line.strip() and not line.lstrip().startswith(("#", "{", "}", "echo"))
    ]


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_manifests_are_what_kubernetes_takes(path: Path) -> None:
    if path.name == "kustomization.yaml":
        kinds = yaml.safe_load(path.read_text())
        assert sorted(kinds["resources"]) == sorted(
            p.name for p in MANIFESTS if p.name != "kustomization.yaml"
        )
        return
    for document in yaml.safe_load_all(path.read_text()):
        assert kubernetes_validate.validate(document, "1.30", strict=True)


def test_a_misspelt_field_of_a_manifest_would_be_seen() -> None:
    document = next(yaml.safe_load_all((ROOT / "infra/kubernetes/namespace.yaml").read_text()))
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**document, "spek": {}}, "1.30", strict=True)


def test_no_password_stands_on_a_command_line() -> None:
    for name, service in COMPOSE["services"].items():
        command = str(service.get("command", ""))
        assert "PASSWORD" not in command, name
        assert "://" not in command, name
    for path in MANIFESTS:
        for line in re.findall(r"command: (.*)", path.read_text()):
            assert "PASSWORD" not in line


def test_each_server_waits_until_what_it_needs_is_healthy() -> None:
    services = COMPOSE["services"]
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"}, name
            assert "healthcheck" in services[needed], needed
        assert service["restart"] == "unless-stopped", name
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name


def test_secrets_are_ignored_by_git_and_by_the_image() -> None:
    made = ["infra/.env", "infra/redaction.key", "infra/mlflow-auth.ini"]
    made += [f"infra/kubernetes/{name}" for name in ("secrets.env", "redaction.key")]
    ignored = subprocess.run(
        ["git", "check-ignore", *made], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ignored.stdout.split() == made
    excluded = (ROOT / ".dockerignore").read_text().splitlines()
    secrets = {f"infra/**/*.{kind}" for kind in ("env", "key", "ini")}
    assert {".git", ".ratchet", *secrets} <= set(excluded)


def test_the_recipe_for_secrets_makes_what_the_code_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("openssl"):
        pytest.skip("no openssl here")
    (tmp_path / "kubernetes").mkdir()
    recipe = next(block for block in blocks(ROOT / "infra/README.md") if "openssl" in block)
    subprocess.run(["bash", "-eu", "-c", recipe], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    assert len(load_key(str(tmp_path / "redaction.key"))) >= 32
    wanted = re.findall(r"\$\{(\w+):\?", (ROOT / "infra/compose.yaml").read_text())
    lines = (tmp_path / ".env").read_text().splitlines()
    assert set(wanted) <= {line.partition("=")[0] for line in lines}
    asked = re.findall(r"name: ratchet, key: (\w+)", "".join(p.read_text() for p in MANIFESTS))
    written = (tmp_path / "kubernetes/secrets.env").read_text()
    assert set(asked) <= {line.partition("=")[0] for line in written.splitlines()}
    for path in tmp_path.rglob("*.*"):
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_command_of_a_page_exists_with_its_options(page: Path) -> None:
    root = typer.main.get_command(app)
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for words in commands(page):
        while words and re.fullmatch(r"\w+=\S*", words[0]):
            words.pop(0)
        name = words[0].removeprefix(".venv/bin/") if words else ""
        if name == "ratchet":
            parsed(root, words[1:], " ".join(words))
        elif name == "make":
            assert set(words[1:]) <= set(targets), words
        elif "benchmarks" in words:
            assert words[words.index("benchmarks") + 1] in benchmarks(), words


def parsed(command: object, words: list[str], line: str) -> None:
    """Follow groups to the command and let it read its options, without running it."""
    while hasattr(command, "commands"):
        assert words, line
        assert words[0] in command.commands, f"{line}: no command {words[0]}"
        command, words = command.commands[words[0]], words[1:]
    command.make_context(line, list(words), resilient_parsing=False)  # type: ignore[attr-defined]
