"""Programs that try to do harm: each must fail behind walls, and does harm where there are none."""

import os
import resource
import socket
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.sandbox import backend, source
from tasks.sandbox.frames import packed
from tasks.sandbox.limits import Limits
from tasks.sandbox.worker import Outcome, Worker

QUICK = Limits(wall_seconds=20.0, cpu_seconds=0.3, memory_mb=512)

HARM = {
    "read-a-file": "return float(len(open('/etc/passwd').read()) > 0)",
    "read-the-project": "return float(len(open(FILE).read()) > 0)",
    "list-a-folder": "import os; return float(len(os.listdir('/')) > 0)",
    "look-whether-a-file-is-there": "import os; return float(os.path.exists('/etc/passwd'))",
    "see-the-environment": (
        "import os; found = open(f'/proc/{os.getppid()}/environ', 'rb').read(); "
        "return float(b'RATCHET_SECRET' in found)"
    ),
    "write-a-file": "open(FOLDER + '/made', 'w').close(); return 1.0",
    "delete-a-file": "import os; os.unlink(FILE); return 1.0",
    "connect": "import socket; socket.create_connection(('127.0.0.1', PORT), 1); return 1.0",
    "send-a-datagram": (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
        "s.sendto(b'x', ('127.0.0.1', PORT)); return 1.0"
    ),
    "open-a-unix-socket": "import socket; socket.socket(socket.AF_UNIX); return 1.0",
    "signal-the-parent": "import os; os.kill(os.getppid(), 0); return 1.0",
    "signal-everybody": "import os; os.kill(-1, 0); return 1.0",
    "read-the-parents-memory": (
        "import os; open(f'/proc/{os.getppid()}/mem', 'rb').close(); return 1.0"
    ),
    "run-a-program": "import os; os.posix_spawn('/bin/true', ['true'], {}); return 1.0",
    "make-memory-with-a-name": "import os; os.memfd_create('x'); return 1.0",
    "call-the-kernel-by-number": (
        "import ctypes; libc = ctypes.CDLL(None); "
        "return float(libc.syscall(39) > 0 and libc.syscall(2, b'/etc/passwd', 0) >= 0)"
    ),
}
"""Name to the body of a function; 1.0 where it worked."""


@pytest.fixture(params=["kernel", "bubblewrap"])
def walls(request: pytest.FixtureRequest) -> backend.Backend:
    if problem := backend.lacking(request.param):
        pytest.skip(f"{request.param} does not work on this machine: {problem}")
    return request.param


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def score(
    body: str, walls: backend.Backend, limits: Limits = QUICK, rows: int = 1
) -> list[Outcome]:
    text = "def score(**row):\n" + textwrap.indent(body, "    ") + "\n"
    worker = Worker(source.read(text), limits, walls)
    try:
        return worker.run([packed({"completion": {}})] * rows)
    finally:
        worker.close()


def attack(name: str, tmp_path: Path, listener: socket.socket) -> str:
    (tmp_path / "file").write_text("private")
    known = {
        "FILE": repr(str(tmp_path / "file")),
        "FOLDER": repr(str(tmp_path)),
        "PORT": str(listener.getsockname()[1]),
    }
    body = HARM[name]
    for word, value in known.items():
        body = body.replace(word, value)
    return body


@pytest.mark.parametrize("name", HARM)
def test_harm_is_refused(
    name: str, walls: backend.Backend, tmp_path: Path, listener: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    monkeypatch.setenv("RATCHET_SECRET", "x")
    (outcome,) = score(attack(name, tmp_path, listener), walls)
    assert outcome.value in (None, 0.0)
    if outcome.value is None:
        assert outcome.reason.startswith(("raised PermissionError", "raised OSError"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc here")
@pytest.mark.parametrize("name", sorted(set(HARM) - {"run-a-program", "see-the-environment"}))
def test_the_same_attack_works_without_walls(
    name: str, tmp_path: Path, listener: socket.socket
):  # fmt: skip
    if name == "read-the-parents-memory" and os.getuid() != 0:
        pytest.skip("another process's memory is closed to this user anyway")
    if name == "call-the-kernel-by-number" and os.uname().machine != "x86_64":
        pytest.skip("the numbers are those of x86_64")
    (outcome,) = score(attack(name, tmp_path, listener), "unsafe")
    assert outcome == Outcome(1.0, "")


def test_the_environment_is_empty(walls: backend.Backend, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RATCHET_SECRET", "x")
    body = "import os; return float(len(os.environ) + len(os.environb))"
    assert score(body, walls) == [Outcome(0.0, "")]


def test_a_fork_bomb_does_not_go_off(walls: backend.Backend):
    body = """
        import os
        made = 0
        for _ in range(500):
            try:
                if os.fork() == 0:
                    os._exit(0)
                made += 1
            except OSError:
                pass
        return made
    """
    assert score(textwrap.dedent(body), walls) == [Outcome(0.0, "")]


def test_no_thread_starts(walls: backend.Backend):
    body = "import threading; threading.Thread(target=print).start(); return 1.0"
    (outcome,) = score(body, walls)
    assert outcome.reason == "raised RuntimeError in line 2"


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_200_mb_of_output_go_nowhere(walls: backend.Backend, stream: str):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    body = f"import sys\nfor _ in range(200): sys.{stream}.write('x' * 1_000_000)\nreturn 1.0"
    assert score(body, walls, QUICK._replace(cpu_seconds=10)) == [Outcome(1.0, "")]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_200_mb_into_our_own_pipe_are_no_answer(walls: backend.Backend):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    body = """
        import os
        for pipe in range(3, 16):
            try:
                while True:
                    os.write(pipe, b'x' * 1_000_000)
            except OSError:
                pass
        return 1.0
    """
    assert score(textwrap.dedent(body), walls, rows=2) == [Outcome(None, "bad-answer")] * 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_an_answer_forged_for_the_next_row_is_found_out(walls: backend.Backend):
    body = """
        import os, struct
        for pipe in range(3, 16):
            try:
                os.write(pipe, struct.pack('<IIBd', 13, 7, 0, 1.0))
            except OSError:
                pass
        return 0.5
    """
    assert score(textwrap.dedent(body), walls) == [Outcome(None, "bad-answer")]


def test_memory_has_an_end(walls: backend.Backend):
    body = "kept = bytearray(4 << 30); return float(len(kept))"
    assert score(body, walls) == [Outcome(None, "out-of-memory")]


def test_a_limit_cannot_be_raised(walls: backend.Backend):
    body = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))\nreturn 1.0"
    (outcome,) = score(body, walls)
    assert outcome.reason.startswith("raised")


def test_the_disk_cannot_be_filled(walls: backend.Backend):
    body = "import tempfile; tempfile.TemporaryFile().write(b'x' * (1 << 28)); return 1.0"
    (outcome,) = score(body, walls)
    assert outcome.value is None


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "import re; return float(bool(re.match('(a+)+$', 'a' * 40 + 'b')))",
        "return float(len(str(10 ** 10 ** 9)))",
    ],
)
def test_work_without_end_is_ended(walls: backend.Backend, body: str):
    assert score(body, walls) == [Outcome(None, "out-of-cpu")]


def test_sleep_without_end_is_ended(walls: backend.Backend):
    limits = Limits(wall_seconds=1.0)
    assert score("import time; time.sleep(1e6); return 1.0", walls, limits) == [
        Outcome(None, "timeout")
    ]


def test_a_program_that_shields_itself_from_its_clock_is_ended_from_outside(
    walls: backend.Backend,
):  # fmt: skip
    body = """
        import signal
        for which in (signal.ITIMER_REAL, signal.ITIMER_PROF):
            signal.setitimer(which, 0)
        while True:
            pass
    """
    limits = Limits(wall_seconds=1.0)
    assert score(textwrap.dedent(body), walls, limits) == [Outcome(None, "timeout")]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("import os; os._exit(0)", "worker-died"),
        ("import ctypes; ctypes.string_at(0)", "worker-died"),
        ("import sys; sys.exit(0)", "raised SystemExit in line 2"),
        ("return score('break')", "raised RecursionError in line 2"),
        ("raise ValueError(completion)", "raised ValueError in line 2"),
    ],
)
def test_what_breaks_costs_its_own_row_alone(
    walls: backend.Backend, statement: str, reason: str
):  # fmt: skip
    text = f"def score(completion):\n    if completion == 'break': {statement}\n    return 1.0\n"
    worker = Worker(source.read(text), QUICK, walls)
    rows = [
        packed({"completion": "fine"}),
        packed({"completion": "break"}),
        packed({"completion": "fine"}),
    ]
    assert worker.run(rows) == [Outcome(1.0, ""), Outcome(None, reason), Outcome(1.0, "")]
    assert worker.started == (2 if reason == "worker-died" else 1)
    worker.close()
