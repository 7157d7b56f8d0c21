import gzip
import hashlib
import os
from pathlib import Path

import fsspec
import pytest

from tasks.core.errors import SourceError
from tasks.logs import sources
from tasks.logs.gzip_stream import Limits
from tasks.logs.sources import Line, LogObject


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: str, content: bytes = b"{}\n") -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def uris(uri: str) -> list[str]:
    return [found.uri for found in sources.objects_below(uri)]


def lines(content: bytes, limits: Limits = sources.LIMITS) -> list[Line]:
    write("logs/a", content)
    (found,) = sources.objects_below("logs/a")
    return list(sources.read_lines(found, hashlib.sha256(), limits))


def test_every_file_below_a_folder_is_found_in_order() -> None:
    for name in ("logs/b.jsonl", "logs/2026/11/a.json.gz", "logs/a"):
        write(name)
    assert uris("logs") == ["logs/2026/11/a.json.gz", "logs/a", "logs/b.jsonl"]


def test_hidden_names_are_passed_over() -> None:
    for name in ("logs/.a.swp", "logs/_SUCCESS", "logs/.git/a", "logs/_tmp/a", "logs/a"):
        write(name)
    assert uris("logs") == ["logs/a"]


@pytest.mark.parametrize(
    "form", ["logs", "./logs/", "logs/../logs", "{here}/logs", "file://{here}/logs"]
)
def test_a_uri_does_not_depend_on_how_the_folder_was_named(form: str) -> None:
    write("logs/a")
    form = form.format(here=Path.cwd())
    assert sources.canonical(form) == "logs"
    assert uris(form) == ["logs/a"]


def test_a_file_outside_of_the_workspace_keeps_its_full_path(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    other = tmp_path_factory.mktemp("other") / "a"
    other.write_bytes(b"{}\n")
    assert uris(str(other)) == [str(other)]


def test_links_and_pipes_below_a_folder_are_refused() -> None:
    target = write("secret/a")
    write("logs/a")
    Path("logs/link").symlink_to(target.resolve())
    Path("logs/folder").symlink_to(target.parent.resolve())
    os.mkfifo("logs/pipe")
    found = {one.uri: one.fault for one in sources.objects_below("logs")}
    assert found == {
        "logs/a": "",
        "logs/folder": "symlink",
        "logs/link": "symlink",
        "logs/pipe": "not-a-regular-file",
    }


def test_the_folder_itself_may_be_a_link() -> None:
    write("disk/a")
    Path("logs").symlink_to("disk")
    assert uris("logs") == ["logs/a"]


def test_a_file_that_became_a_link_is_not_followed() -> None:
    file = write("logs/a")
    (found,) = sources.objects_below("logs")
    write("secret")
    file.unlink()
    file.symlink_to(Path("secret").resolve())
    with pytest.raises(SourceError, match="logs/a cannot be read"):
        sources.sha256(found)


def test_a_file_that_became_a_pipe_is_not_waited_for() -> None:
    file = write("logs/a")
    (found,) = sources.objects_below("logs")
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(SourceError, match="was replaced while it was read"):
        sources.sha256(found)


def test_a_missing_folder_is_named_with_the_cure() -> None:
    with pytest.raises(SourceError, match=r"no nowhere/logs: expected .* params\.yaml"):
        sources.objects_below("nowhere/logs")


def test_an_empty_folder_holds_nothing() -> None:
    Path("logs").mkdir()
    assert sources.objects_below("logs") == []


def test_an_unknown_kind_of_store_is_refused() -> None:
    with pytest.raises(SourceError, match=r"nfs9://host/logs cannot be opened"):
        sources.canonical("nfs9://host/logs")


def test_the_etag_changes_with_the_content_and_not_without() -> None:
    file = write("logs/a", b"{}\n")
    first = sources.objects_below("logs")
    assert sources.objects_below("logs") == first
    file.write_bytes(b"[]\n")
    assert sources.objects_below("logs")[0].etag != first[0].etag


def test_lines_have_their_numbers_and_blank_ones_are_left_out() -> None:
    assert lines(b"a\n\n \r\nb\nc") == [
        Line(1, b"a"),
        Line(4, b"b"),
        Line(5, b"c", ended=False),
    ]


def test_an_empty_file_has_no_lines() -> None:
    assert lines(b"") == []


def test_gzip_is_read_whatever_its_name() -> None:
    assert lines(gzip.compress(b"a\nb\n")) == [Line(1, b"a"), Line(2, b"b")]


def test_a_byte_order_mark_is_no_content() -> None:
    assert lines(b"\xef\xbb\xbf{}\n") == [Line(1, b"{}")]


def test_a_line_across_many_chunks_is_one_line() -> None:
    long = b"x" * (3 * sources.CHUNK + 5)
    assert lines(b"a\n" + long + b"\nb\n") == [Line(1, b"a"), Line(2, long), Line(3, b"b")]


@pytest.mark.parametrize("size", [11, 3 * sources.CHUNK])
def test_a_line_that_is_too_long_is_passed_over(size: int) -> None:
    found = lines(b"a\n" + b"x" * size + b"\nb\n", Limits(line=10))
    detail = "expected at most 10 bytes"
    assert found == [Line(1, b"a"), Line(2, b"", True, "line-too-long", detail), Line(3, b"b")]


def test_torn_gzip_gives_its_lines_and_then_the_fault() -> None:
    packed = gzip.compress(b"".join(b"%d\n" % n for n in range(5000)))
    found = lines(packed[: len(packed) // 2])
    assert found[0] == Line(1, b"0")
    assert [line.fault for line in found if line.fault] == ["torn-gzip"]
    assert found[-1].fault == "torn-gzip"


def test_the_digest_is_of_the_bytes_as_stored_even_of_a_torn_object() -> None:
    for content in (gzip.compress(b"a\nb\n"), gzip.compress(os.urandom(600_000))[:-5], b"a\n"):
        write("logs/a", content)
        (found,) = sources.objects_below("logs")
        digest = hashlib.sha256()
        assert list(sources.read_lines(found, digest))
        assert digest.hexdigest() == sources.sha256(found) == hashlib.sha256(content).hexdigest()


def test_other_stores_are_read_through_fsspec() -> None:
    store = fsspec.filesystem("memory")
    store.pipe("/bucket/logs/2026/a.gz", gzip.compress(b"a\nb\n"))
    store.pipe("/bucket/logs/_tmp/b", b"no\n")
    (found,) = sources.objects_below("memory://bucket/logs")
    assert found.uri == "memory:///bucket/logs/2026/a.gz"
    assert [line.content for line in sources.read_lines(found, hashlib.sha256())] == [b"a", b"b"]
    assert [o.uri for o in sources.objects_below(found.uri)] == [found.uri]
    before = found.etag
    store.pipe("/bucket/logs/2026/a.gz", gzip.compress(b"a\n"))
    (after,) = sources.objects_below("memory://bucket/logs")
    assert after.etag != before
    store.rm("/bucket", recursive=True)
    with pytest.raises(SourceError, match="no memory:///bucket/logs/2026/a"):
        sources.sha256(after)


def test_objects_are_values() -> None:
    file = write("logs/a")
    os.utime(file, (1000, 1000))
    (found,) = sources.objects_below("logs")
    place = str(file.resolve())
    assert found == LogObject("logs/a", found.etag, place, None, size=3, modified=1000)
