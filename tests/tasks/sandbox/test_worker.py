import gc
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tasks.core.errors import SettingsError
from tasks.sandbox import backend, frames, seccomp, source
from tasks.sandbox.frames import packed
from tasks.sandbox.limits import Limits
from tasks.sandbox.worker import Outcome, Worker

LENGTH = "def score(completion):\n    return float(len(completion))\n"


@pytest.fixture(params=["kernel", "bubblewrap"])
def walls(request: pytest.FixtureRequest) -> backend.Backend:
    if problem := backend.lacking(request.param):
        pytest.skip(f"{request.param} does not work on this machine: {problem}")
    return request.param


def test_outcomes_come_in_the_order_of_the_rows(walls: backend.Backend):
    worker = Worker(source.read(LENGTH), Limits(), walls)
    rows = [packed({"completion": "x" * size}) for size in range(500)]
    assert worker.run(rows) == [Outcome(float(size), "") for size in range(500)]
    assert worker.started == 1
    worker.close()


def test_rows_larger_than_a_pipe_holds_go_through(walls: backend.Backend):
    worker = Worker(source.read(LENGTH), Limits(), walls)
    row = packed({"completion": "x" * 3_000_000})
    assert worker.run([row] * 4) == [Outcome(3_000_000.0, "")] * 4
    assert worker.run([]) == []
    worker.close()


def test_no_row_sees_what_another_changed(walls: backend.Backend):
    text = "def score(completion):\n    completion.append(1)\n    return float(len(completion))\n"
    worker = Worker(source.read(text), Limits(), walls)
    assert worker.run([packed({"completion": []})] * 3) == [Outcome(1.0, "")] * 3
    worker.close()


@pytest.mark.parametrize(
    ("returned", "outcome"),
    [
        ("None", Outcome(None, "no-value")),
        ("float('nan')", Outcome(None, "not-a-number: not finite")),
        ("float('inf')", Outcome(None, "not-a-number: not finite")),
        ("'1'", Outcome(None, "not-a-number: str")),
        ("[1.0]", Outcome(None, "not-a-number: list")),
        ("10 ** 400", Outcome(None, "raised OverflowError")),
        ("True", Outcome(1.0, "")),
        ("-3", Outcome(-3.0, "")),
    ],
)
def test_what_is_returned(returned: str, outcome: Outcome):
    worker = Worker(source.read(f"def score(): return {returned}"), Limits(), "kernel")
    assert worker.run([packed({})]) == [outcome]
    worker.close()


def test_grade_is_called_as_openai_calls_it():
    text = "def grade(s, i) -> float:\n    return float(s['output_text'] == i['answer'])\n"
    worker = Worker(source.read(text), Limits(), "kernel")
    row = packed({"sample": {"output_text": "Oslo"}, "item": {"answer": "Oslo"}})
    assert worker.run([row]) == [Outcome(1.0, "")]
    worker.close()


def test_what_the_source_imports_is_there_also_where_it_imports_late(walls: backend.Backend):
    text = (
        "from datetime import datetime\n"
        "from xml import etree\n"
        "def score():\n"
        "    import difflib\n"
        "    from email.mime import text\n"
        "    found = datetime.strptime('2026-11-25', '%Y-%m-%d').year\n"
        "    return found + difflib.SequenceMatcher(None, 'a', 'a').ratio()\n"
    )
    worker = Worker(source.read(text), Limits(), walls)
    assert worker.run([packed({})]) == [Outcome(2027.0, "")]
    worker.close()


def test_a_package_that_was_named_may_be_imported(walls: backend.Backend):
    text = "import numpy as np\ndef score():\n    return np.float32(np.mean([1, 2, 3]))\n"
    worker = Worker(source.read(text, packages=("numpy",)), Limits(), walls)
    assert worker.run([packed({})]) == [Outcome(2.0, "")]
    worker.close()


def test_what_a_module_does_when_it_is_imported_is_behind_walls_too(
    walls: backend.Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):  # fmt: skip
    (tmp_path / "packages" / "greedy").mkdir(parents=True)
    (tmp_path / "private").write_text("private")
    (tmp_path / "packages" / "greedy" / "__init__.py").write_text(
        "import os, socket, subprocess\n"
        "FOUND = 0\n"
        "def tried(attempt):\n"
        "    global FOUND\n"
        "    try:\n"
        "        attempt()\n"
        "        FOUND += 1\n"
        "    except OSError:\n"
        "        pass\n"
        f"tried(lambda: open({str(tmp_path / 'private')!r}))\n"
        f"tried(lambda: open({str(tmp_path / 'packages' / 'made')!r}, 'w'))\n"
        "tried(lambda: open('/etc/passwd'))\n"
        "tried(lambda: socket.socket())\n"
        "tried(lambda: subprocess.run(['/bin/true']))\n"
        "tried(lambda: os.kill(os.getppid(), 0))\n"
    )
    monkeypatch.syspath_prepend(tmp_path / "packages")
    monkeypatch.setattr(backend, "places", lambda packages: (str(tmp_path / "packages"),))
    program = source.read("import greedy\ndef score(): return greedy.FOUND", packages=("greedy",))
    worker = Worker(program, Limits(), walls)
    assert worker.run([packed({})]) == [Outcome(0.0, "")]
    worker.close()
    assert sorted(path.name for path in (tmp_path / "packages").iterdir()) == ["greedy"]


def test_a_set_of_strings_has_one_order_in_all_workers():
    text = "def score():\n    return float(list({'a', 'b', 'c', 'd', 'e'}).index('c'))\n"
    found = set()
    for _ in range(3):
        worker = Worker(source.read(text), Limits(), "kernel")
        found.add(worker.run([packed({})])[0])
        worker.close()
    assert len(found) == 1


def test_a_program_that_fails_when_it_is_loaded_is_an_error_with_its_line(walls: backend.Backend):
    worker = Worker(source.read("def score(): return 1\nboom()\n", name="mine.py"), Limits(), walls)
    with pytest.raises(
        SettingsError, match=r"mine\.py fails when it is loaded: NameError in line 2"
    ):
        worker.run([packed({})])


def test_the_top_level_runs_behind_the_walls_too(walls: backend.Backend):
    text = "FOUND = open('/etc/passwd').read()\ndef score(): return 1\n"
    with pytest.raises(SettingsError, match="loaded: PermissionError in line 1"):
        Worker(source.read(text), Limits(), walls).run([packed({})])


def test_a_worker_that_is_forgotten_leaves_no_process(walls: backend.Backend):
    worker = Worker(source.read("def score(): return 1"), Limits(), walls)
    worker.run([packed({})])
    process = worker._process
    assert process is not None
    pid = process._child.pid
    del worker, process
    gc.collect()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_killed_parent_leaves_no_process():
    text = (
        "import os, time\n"
        "from tasks.sandbox import frames, source\n"
        "from tasks.sandbox.limits import Limits\n"
        "from tasks.sandbox.worker import Worker\n"
        "worker = Worker(source.read('def score(): return 1'), Limits(), 'kernel')\n"
        "worker.run([frames.packed({})])\n"
        "print(worker._process._child.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", text],
        capture_output=True,
        text=True,
        check=False,
        cwd=backend.PROJECT,
    )
    pid = int(done.stdout)
    # The orphan reads the end of its pipe; who takes it over then waits for it.
    status = Path(f"/proc/{pid}/stat")
    for _ in range(200):
        try:
            if status.read_text().rpartition(")")[2].split()[0] == "Z":
                return
        except (FileNotFoundError, ProcessLookupError):
            return
        time.sleep(0.05)
    pytest.fail(f"process {pid} still runs")


def test_without_a_sandbox_it_refuses_and_says_the_way_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(backend, "lacking", lambda name: "not here")
    with pytest.raises(SettingsError, match="unsafe_without_sandbox") as refused:
        backend.choose("auto")
    assert "bubblewrap: not here; kernel: not here" in str(refused.value)
    assert backend.choose("auto", unsafe=True) == "unsafe"


def test_the_filter_is_whole_for_each_architecture():
    for architecture in seccomp._ARCHITECTURES.values():
        assert len(set(architecture.allowed)) == len(architecture.allowed) == 40
        code = seccomp.program(architecture.audit, architecture.allowed)
        assert len(code) == 8 * (4 + 40 + 2)


def test_answers_are_short():
    assert len(frames.answer(1, frames.RAISED, "x" * 10_000)) < frames.MAX_BODY
