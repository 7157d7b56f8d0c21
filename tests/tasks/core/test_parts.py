import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.core import parts
from tasks.core.errors import StageError
from tasks.core.parts import Counts, Manifest, Part
from tasks.core.records import Message, Rejected, Source, encode

A, B = Message(role="user", content="a"), Message(role="user", content="b")
LINE_A = b'{"content":"a","role":"user"}\n'


def commit(folder: Path, *made: Part, read: int | None = None) -> Manifest:
    rows = sum(part.rows for part in made)
    counts = Counts(read=rows if read is None else read, accepted=rows)
    manifest = Manifest(stage="test", parts=made, counts=counts)
    parts.commit(folder, manifest)
    return manifest


def state(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_part_is_named_by_the_hash_of_its_bytes(tmp_path: Path) -> None:
    part = parts.write_part(tmp_path, [A], key="k", label="train")
    assert part.sha256 == hashlib.sha256(LINE_A).hexdigest()
    assert (part.rows, part.key, part.label) == (1, "k", "train")
    assert parts.part_path(tmp_path, part).read_bytes() == LINE_A


def test_a_copied_part_is_the_part_under_its_own_key(tmp_path: Path) -> None:
    part = parts.write_part(tmp_path / "from", [A, B], key="k", label="train")
    made = parts.copy_part(tmp_path / "from", part, tmp_path / "to", key="other")
    assert made == Part(sha256=part.sha256, rows=2, key="other")
    assert list(parts.read_part(tmp_path / "to", made, Message)) == [A, B]
    assert not parts.part_path(tmp_path / "to", made).samefile(
        parts.part_path(tmp_path / "from", part)
    )


def test_the_same_records_are_the_same_part(tmp_path: Path) -> None:
    first, again = (parts.write_part(tmp_path, [A, B]) for _ in range(2))
    assert first == again
    assert len(list((tmp_path / "parts").iterdir())) == 1


def test_nothing_is_visible_before_the_commit(tmp_path: Path) -> None:
    parts.write_part(tmp_path, [A])
    assert parts.read_manifest(tmp_path) is None
    with pytest.raises(StageError, match=r"manifest\.json is missing: run the stage"):
        list(parts.read_parts(tmp_path, Message))


def test_what_was_committed_is_read_back_in_the_manifests_order(tmp_path: Path) -> None:
    made = [parts.write_part(tmp_path, [one]) for one in (B, A)]
    manifest = commit(tmp_path, *made)
    assert parts.read_manifest(tmp_path) == manifest
    assert list(parts.read_parts(tmp_path, Message)) == [B, A]


def test_only_parts_of_the_label_are_read(tmp_path: Path) -> None:
    commit(tmp_path, parts.write_part(tmp_path, [A]), parts.write_part(tmp_path, [B], label="x"))
    assert list(parts.read_parts(tmp_path, Message, label="x")) == [B]
    assert list(parts.read_parts(tmp_path, Message)) == [A]


def test_a_commit_collects_the_parts_that_nobody_names(tmp_path: Path) -> None:
    commit(tmp_path, parts.write_part(tmp_path, [A]))
    (tmp_path / "parts" / ".99.tmp").write_bytes(b"half")
    kept = parts.write_part(tmp_path, [B])
    commit(tmp_path, kept)
    assert [path.name for path in (tmp_path / "parts").iterdir()] == [f"{kept.sha256}.jsonl"]


def test_rejects_are_written_beside_the_parts(tmp_path: Path) -> None:
    reject = Rejected(id="1", reason="torn-line", source=Source(uri="a", line=3, format="x"))
    part = parts.write_part(tmp_path, [], rejects=(reject,))
    counts = Counts(read=1, rejected=1, reasons={"torn-line": 1})
    parts.commit(tmp_path, Manifest(stage="test", parts=(part,), counts=counts))
    assert json.loads((tmp_path / "rejected.jsonl").read_bytes()) == {
        "id": "1",
        "reason": "torn-line",
        "source": {"uri": "a", "line": 3, "format": "x"},
    }


def test_counts_that_do_not_add_up_are_not_committed(tmp_path: Path) -> None:
    commit(tmp_path, parts.write_part(tmp_path, [A]))
    before = state(tmp_path)
    with pytest.raises(StageError, match="read 5 records but accounts for 1 accepted"):
        commit(tmp_path, parts.write_part(tmp_path, [A]), read=5)
    assert state(tmp_path) == before


def test_counts_add_up_by_reason() -> None:
    one = Counts(read=3, accepted=1, rejected=1, duplicate=1, reasons={"a": 1, "b": 1})
    two = Counts(read=2, accepted=1, rejected=1, reasons={"a": 1})
    both = Counts(read=5, accepted=2, rejected=2, duplicate=1, reasons={"a": 2, "b": 1})
    assert one + two == two + one == both


@pytest.mark.parametrize("content", [LINE_A + LINE_A, b'{"content":"x","role":"user"}\n', b""])
def test_a_part_that_was_changed_is_found_out(tmp_path: Path, content: bytes) -> None:
    part = parts.write_part(tmp_path, [A])
    parts.part_path(tmp_path, part).write_bytes(content)
    with pytest.raises(StageError, match="was changed after it was written"):
        list(parts.read_part(tmp_path, part, Message))


def test_a_part_of_another_kind_names_the_line(tmp_path: Path) -> None:
    part = parts.write_part(tmp_path, [A, Counts(read=1)])
    with pytest.raises(StageError, match=r"\.jsonl:2 is no Message"):
        list(parts.read_part(tmp_path, part, Message))


def test_a_part_that_is_gone_is_named(tmp_path: Path) -> None:
    part = parts.write_part(tmp_path, [A])
    parts.part_path(tmp_path, part).unlink()
    with pytest.raises(
        StageError, match="named by the manifest but missing: bring it back with `dvc"
    ):
        list(parts.read_part(tmp_path, part, Message))


def test_a_manifest_of_another_version_is_refused_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / parts.MANIFEST).write_text('{"stage": "test", "watermark": 3}')
    with pytest.raises(StageError, match=r"is no manifest of this version .*delete the folder"):
        parts.read_manifest(tmp_path)


def test_a_stage_that_fails_while_writing_leaves_the_old_state(tmp_path: Path) -> None:
    commit(tmp_path, parts.write_part(tmp_path, [A]))
    before = state(tmp_path)

    def broken() -> Iterator[Message]:
        yield B
        raise ValueError("the source broke")

    with pytest.raises(ValueError, match="the source broke"):
        parts.write_part(tmp_path, broken())
    after = {name: found for name, found in state(tmp_path).items() if not name.endswith(".tmp")}
    assert after == before
    commit(tmp_path, parts.write_part(tmp_path, [A]))
    assert state(tmp_path) == before


def test_writing_what_stands_there_touches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    parts.replace(path, b"{}")
    inode = path.stat().st_ino
    parts.replace(path, b"{}")
    assert path.stat().st_ino == inode
    parts.replace(path, b"[]")
    assert path.read_bytes() == b"[]"
    assert path.stat().st_ino != inode


def test_a_folder_has_one_writer(tmp_path: Path) -> None:
    folder = tmp_path / "stage"
    code = (
        "import sys; from pathlib import Path; from tasks.core import parts\n"
        "with parts.single_writer(Path(sys.argv[1])):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(parts.__file__).parents[2])},
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(StageError, match="another run is writing"), parts.single_writer(folder):
            pass
        other.kill()
    with parts.single_writer(folder):
        held = True
    assert held


def test_a_record_is_written_in_one_way_only() -> None:
    assert encode(Message(content="a", role="user")) + b"\n" == LINE_A
