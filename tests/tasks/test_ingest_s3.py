"""Ingest from a real S3 server: late objects, changed ones, and bodies kept apart."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.core import parts
from tasks.core.curation_settings import IngestSettings, LogSource
from tasks.core.errors import SourceError
from tasks.core.records import Invocation
from tasks.formats import bedrock_invocation
from tasks.ingest import ingest
from tasks.logs import sources

ROOT = "AWSLogs/1/BedrockModelInvocationLogs/us-east-1/2026/11/03"
REQUEST = b"7c9e6679-7425-40de-944b-e07fc1f90ae7"
TARGET = Path("data/ingested")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """An S3 server of its own."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Any:
    """A bucket of this test's own, in a workspace of its own."""
    import boto3

    monkeypatch.chdir(tmp_path)
    for name, value in (
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    name = request.node.name.replace("_", "-")[:60].strip("-")
    return boto3.resource("s3").create_bucket(Bucket=name)


def calls(*numbers: int) -> bytes:
    """A packed object with log lines of distinct calls."""
    line = bedrock_invocation.SAMPLE + b"\n"
    return gzip.compress(b"".join(line.replace(REQUEST, b"request-%d" % n) for n in numbers))


def run(uri: str, target: Path = TARGET) -> parts.Manifest:
    return ingest(IngestSettings(sources=(LogSource(uri=uri),), max_rejected=1), target)


def requests(target: Path = TARGET) -> list[str]:
    return [found.request_id for found in parts.read_parts(target, Invocation)]


def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the objects whose bytes are read from now on."""
    found: list[str] = []
    read = sources._chunks

    def noted(one: sources.LogObject) -> Iterator[bytes]:
        found.append(one.uri.rsplit("/", 1)[-1])
        return read(one)

    monkeypatch.setattr(sources, "_chunks", noted)
    return found


def state(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_late_and_changed_objects_are_found_and_no_other_is_opened(
    bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = f"s3://{bucket.name}/{ROOT}"
    bucket.put_object(Key=f"{ROOT}/05/x.json.gz", Body=calls(1))
    bucket.put_object(Key=f"{ROOT}/07/y.json.gz", Body=calls(2))
    run(uri)
    assert requests() == ["request-1", "request-2"]
    read = opened(monkeypatch)
    run(uri)
    assert read == []
    # Into an hour that was read long ago, before every key that is known and between them.
    bucket.put_object(Key=f"{ROOT}/04/late.json.gz", Body=calls(3))
    bucket.put_object(Key=f"{ROOT}/06/late.json.gz", Body=calls(4))
    run(uri)
    assert read == ["late.json.gz", "late.json.gz"]
    assert requests() == ["request-3", "request-1", "request-4", "request-2"]
    bucket.put_object(Key=f"{ROOT}/05/x.json.gz", Body=calls(1, 5))
    bucket.Object(f"{ROOT}/07/y.json.gz").delete()
    del read[:]
    run(uri)
    assert read == ["x.json.gz"]
    assert requests() == ["request-3", "request-1", "request-5", "request-4"]
    run(uri, Path("rebuilt"))
    assert state(TARGET) == state(Path("rebuilt"))


def test_a_bucket_or_prefix_without_logs_is_named(bucket: Any) -> None:
    bucket.put_object(Key="a/x.json.gz", Body=calls(1))
    with pytest.raises(SourceError, match=r"no log files under s3://.*/nothing"):
        run(f"s3://{bucket.name}/nothing")
    with pytest.raises(SourceError, match="no s3://nowhere/a"):
        run("s3://nowhere/a")


def apart(bucket: str, number: int) -> tuple[bytes, dict[str, bytes]]:
    """A log line whose bodies are kept apart, and those bodies by their keys."""
    record = json.loads(bedrock_invocation.SAMPLE.replace(REQUEST, b"request-%d" % number))
    made = {}
    for way in ("input", "output"):
        key = f"{ROOT}/05/data/{number}_{way}.json.gz"
        made[key] = gzip.compress(json.dumps(record[way].pop(f"{way}BodyJson")).encode())
        record[way][f"{way}BodyS3Path"] = f"s3://{bucket}/{key}"
    return json.dumps(record).encode() + b"\n", made


def test_bodies_kept_apart_are_read_from_their_bucket(bucket: Any) -> None:
    line, kept = apart(bucket.name, 1)
    bucket.put_object(Key=f"{ROOT}/05/x.json.gz", Body=gzip.compress(line))
    for key, content in kept.items():
        bucket.put_object(Key=key, Body=content)
    manifest = run(f"s3://{bucket.name}/{ROOT}")
    assert (manifest.counts.read, manifest.counts.accepted, manifest.info["skipped"]) == (1, 1, 2)
    bucket.put_object(Key="whole/x.json.gz", Body=calls(1))
    run(f"s3://{bucket.name}/whole", Path("whole"))
    (found,), (whole,) = (list(parts.read_parts(t, Invocation)) for t in (TARGET, Path("whole")))
    assert found.id == whole.id
    assert (found.messages, found.response) == (whole.messages, whole.response)


def test_a_body_that_comes_after_its_record_is_read_then(bucket: Any) -> None:
    line, kept = apart(bucket.name, 1)
    bucket.put_object(Key=f"{ROOT}/05/x.json.gz", Body=gzip.compress(line))
    bucket.put_object(Key=f"{ROOT}/05/y.json.gz", Body=calls(2))
    manifest = run(f"s3://{bucket.name}/{ROOT}")
    assert manifest.counts.reasons == {"body-missing": 1}
    for key, content in kept.items():
        bucket.put_object(Key=key, Body=content)
    assert run(f"s3://{bucket.name}/{ROOT}").counts.rejected == 0
    assert requests() == ["request-1", "request-2"]
    run(f"s3://{bucket.name}/{ROOT}", Path("rebuilt"))
    assert state(TARGET) == state(Path("rebuilt"))
