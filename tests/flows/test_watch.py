"""A log file is announced until Prefect has made a run for it."""

from pathlib import Path

import pytest
from prefect import flow
from prefect.client.orchestration import get_client

from flows import watch
from flows.watch import Announced, Seen

ONE = Seen("data/landing/one.jsonl", "a")
TWO = Seen("data/landing/two.jsonl", "b")


@flow(name="curate")
def curate() -> None:
    """Stands in for the flow that the deployment runs; never run here."""


@pytest.fixture(scope="module")
def deployment(prefect: None) -> str:
    """The deployment that the watcher follows, registered without its trigger."""
    with get_client(sync_client=True) as client:
        made = client.create_deployment(client.create_flow(curate), name="new-logs")
    return str(made)


def again_at_once(pending: Announced | None) -> Announced:
    assert pending is not None
    return pending._replace(at=pending.at - watch.AGAIN_S)


def test_nothing_new_asks_the_server_nothing(tmp_path: Path) -> None:
    with get_client(sync_client=True) as client:
        assert watch.follow(client, tmp_path, frozenset(), None) is None


def test_an_object_is_followed_until_a_run_is_made(deployment: str, tmp_path: Path) -> None:
    with get_client(sync_client=True) as client:
        first = watch.follow(client, tmp_path, frozenset({ONE}), None)
        assert first is not None
        assert first.objects == {ONE}
        assert watch.follow(client, tmp_path, frozenset(), first) == first
        second = watch.follow(client, tmp_path, frozenset(), again_at_once(first))
        assert second is not None
        assert second.objects == {ONE}
        assert second.at >= first.at
        client.create_flow_run_from_deployment(deployment)
        assert watch.follow(client, tmp_path, frozenset(), again_at_once(second)) is None


def test_what_arrives_meanwhile_is_followed_too(deployment: str, tmp_path: Path) -> None:
    with get_client(sync_client=True) as client:
        first = watch.follow(client, tmp_path, frozenset({ONE}), None)
        both = watch.follow(client, tmp_path, frozenset({TWO}), first)
        assert both is not None
        assert both.objects == {ONE, TWO}
        client.create_flow_run_from_deployment(deployment)
        third = watch.follow(client, tmp_path, frozenset({ONE}), both)
        assert third is not None
        assert third.objects == {ONE}
