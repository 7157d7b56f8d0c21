import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tasks.core import parts
from tasks.core.curation_settings import SplitSettings
from tasks.core.errors import StageError
from tasks.core.parts import Counts, Manifest, Part
from tasks.core.records import Call, Example, Message, Reference, Reply, Source, Tags, ToolCall
from tasks.dataset import proof
from tasks.dataset.assignments import Assignment
from tasks.dataset.proof import Crossing
from tasks.dataset.tables import LABEL
from tasks.labelling.raw_records import RawExample
from tasks.split import split
from tests.tasks.curation_logs import content, recast, stamps, table, tool

TOOLS = tuple(tool(name, "id") for name in ("get_order", "cancel_order", "get_invoice"))


def settings(**fields: Any) -> SplitSettings:
    asked: dict[str, Any] = {"held_out_tools": ("get_invoice",), "validation": 0.2, "test": 0.2}
    return SplitSettings(**{**asked, "seed": 0, **fields})


def example(session: str, called: str = "get_order", **fields: Any) -> Example:
    calls = (Call(name=called, arguments={"id": session}),) if called else ()
    reference = (
        Reference(behaviour="execute", calls=calls)
        if called
        else Reference(behaviour="refuse", text="No tool can do this.")
    )
    reply = Reply(tool_calls=tuple(ToolCall(name=c.name, arguments=c.arguments) for c in calls))
    name = fields.pop("id", f"id-{session}")
    made = Example(
        id=name,
        messages=(Message(role="user", content=f"about {session}"),),
        tools=TOOLS,
        reply=reply,
        reference=reference,
        truth_source="outcome",
        behaviour=reference.behaviour,
        tags=Tags(tools=tuple(c.name for c in calls)),
        session_id=session,
        cluster=name,
        invocations=(name,),
        sources=(Source(uri="a.jsonl", line=1, format="made"),),
    )
    return msgspec.structs.replace(made, **fields)


def validated(folder: Path, *loads: Sequence[Example]) -> Path:
    made = [parts.write_part(folder, load) for load in loads]
    tables = [parts.write_part(folder, [table(load)], label=LABEL) for load in loads]
    rows = sum(part.rows for part in made)
    counts = Counts(read=rows, accepted=rows)
    parts.commit(folder, Manifest(stage="validate", parts=(*made, *tables), counts=counts))
    return folder


def corpus(count: int = 20) -> list[Example]:
    """Sessions of their own, of which every fifth calls the tool that is held out."""
    return [
        example(f"s-{n:02}", "get_invoice" if n % 5 == 0 else "get_order") for n in range(count)
    ]


def rows(folder: Path, label: str) -> list[Example]:
    return list(parts.read_parts(folder, Example, label))


def places(folder: Path) -> dict[str, str]:
    return {a.session: a.partition for a in parts.read_parts(folder, Assignment, "assignments")}


def test_groups_are_dealt_by_the_shares_and_held_out_tools_go_to_the_test(tmp_path: Path) -> None:
    manifest = split(settings(), validated(tmp_path / "in", corpus()), tmp_path / "out")
    assert manifest.counts == Counts(read=20, accepted=20)
    # Four of twenty call the held-out tool; the shares are of the other sixteen.
    sizes = {name: manifest.info[name] for name in ("train", "validation", "test", "unlabelled")}
    assert sizes == {"train": 10, "validation": 3, "test": 7, "unlabelled": 0}
    assert (manifest.info["held_out"], manifest.info["held_out_tools"]) == (4, ["get_invoice"])
    assert manifest.info["behaviours"]["train"] == {"execute": 10}
    assert manifest.info["groups"] == {"train": 10, "validation": 3, "test": 7}


def test_held_out_tools_are_not_even_offered_in_train_and_validation(tmp_path: Path) -> None:
    split(settings(), validated(tmp_path / "in", corpus()), tmp_path / "out")
    for label in ("train", "validation"):
        offered = {tuple(tool.name for tool in row.tools) for row in rows(tmp_path / "out", label)}
        assert offered == {("get_order", "cancel_order")}
    test = rows(tmp_path / "out", "test")
    assert {len(row.tools) for row in test} == {3}
    assert [row.tags.held_out for row in test] == [
        row.tags.tools == ("get_invoice",) for row in test
    ]
    assert Counter(row.group == row.session_id for row in test) == {True: 7}


def test_a_wish_for_a_held_out_tool_is_not_named_in_train_and_validation(tmp_path: Path) -> None:
    in_vain = [
        example(f"s-{n:02}", "", tags=Tags(intent="get_invoice" if n % 2 else "get_order"))
        for n in range(20, 40)
    ]
    split(settings(), validated(tmp_path / "in", [*corpus(), *in_vain]), tmp_path / "out")
    found = {
        label: Counter(
            row.tags.intent for row in rows(tmp_path / "out", label) if not row.tags.tools
        )
        for label in ("train", "validation", "test")
    }
    assert found["train"].keys() == found["validation"].keys() == {"other", "get_order"}
    assert sum(sum(count.values()) for count in found.values()) == 20
    assert found["test"].keys() == {"get_invoice", "get_order"}


def test_a_group_with_a_held_out_call_anywhere_goes_whole_to_the_test(tmp_path: Path) -> None:
    call = ToolCall(name="get_invoice", arguments={"id": "1"})
    context = (
        Message(role="user", content="Send my invoice"),
        Message(role="assistant", tool_calls=(call,)),
        Message(role="tool", content="sent"),
    )
    tied = [
        example("t-1", messages=context),
        example("t-1", id="other", persons=("p-1",)),
        example("t-2", persons=("p-1",)),
        example("t-3", called="", tools=TOOLS[2:]),
        example("t-4", reference=None, truth_source="none", reply=Reply(tool_calls=(call,))),
        example("t-4", id="third"),
    ]
    split(settings(), validated(tmp_path / "in", corpus(), tied), tmp_path / "out")
    found = places(tmp_path / "out")
    assert {found[name] for name in ("t-1", "t-2", "t-3", "t-4")} == {"test"}
    # The row before the call offers other tools; it is tied and not about the held-out one.
    about = {row.id: row.tags.held_out for row in rows(tmp_path / "out", "test")}
    assert about["id-t-3"] is True
    assert (about["id-t-1"], about["other"], about["third"]) == (False, False, False)


def test_rows_without_a_reference_are_kept_apart(tmp_path: Path) -> None:
    unproved = [example("s-21", reference=None, truth_source="none"), example("s-21", id="two")]
    made = split(settings(), validated(tmp_path / "in", corpus(), unproved), tmp_path / "out")
    assert [row.id for row in rows(tmp_path / "out", "unlabelled")] == ["id-s-21"]
    assert made.info["unlabelled"] == 1
    assert made.info["behaviours"]["unlabelled"] == {"execute": 1}


def test_behaviours_are_spread_as_the_shares_say(tmp_path: Path) -> None:
    load = [example(f"s-{n:03}", "" if n % 4 == 0 else "get_order") for n in range(200)]
    made = split(settings(held_out_tools=0), validated(tmp_path / "in", load), tmp_path / "out")
    assert made.info["behaviours"] == {
        "train": {"execute": 90, "refuse": 30},
        "validation": {"execute": 30, "refuse": 10},
        "test": {"execute": 30, "refuse": 10},
        "unlabelled": {},
    }


def test_a_place_holds_for_ever(tmp_path: Path) -> None:
    first = corpus(20)
    split(settings(), validated(tmp_path / "in", first), tmp_path / "out")
    before = places(tmp_path / "out")
    more = [example(f"a-{n:02}") for n in range(40)]
    # Other shares and another seed give places to what is new alone.
    later = settings(seed=7, test=0.4, validation=0.3)
    split(later, validated(tmp_path / "in", more, first), tmp_path / "out")
    after = places(tmp_path / "out")
    assert {session: after[session] for session in before} == before
    assert len(after) == 60


def test_what_new_data_ties_to_the_test_is_dropped_from_train_and_counted(tmp_path: Path) -> None:
    first = corpus(20)
    split(settings(), validated(tmp_path / "in", first), tmp_path / "out")
    found = places(tmp_path / "out")
    trained = next(session for session, place in found.items() if place == "train")
    tested = next(session for session, place in found.items() if place == "test")
    chosen = next(session for session, place in found.items() if place == "validation")
    tie = [
        example("z-1", cluster=f"id-{trained}", persons=("p-1",)),
        example("z-2", cluster=f"id-{tested}", persons=("p-1",)),
        example("z-3", cluster=f"id-{chosen}", id="third"),
    ]
    made = split(settings(), validated(tmp_path / "in", first, tie), tmp_path / "out")
    assert made.counts == Counts(read=23, accepted=22, rejected=1, reasons={"tied-to-test": 1})
    (reject,) = (reject for part in made.parts for reject in part.rejects)
    assert (reject.id, reject.reason) == (f"id-{trained}", "tied-to-test")
    after = places(tmp_path / "out")
    assert (after["z-1"], after["z-2"], after["z-3"]) == ("test", "test", "validation")
    assert after[trained] == "train"
    assert {row.session_id for row in rows(tmp_path / "out", "test")} >= {tested, "z-1", "z-2"}
    assert trained not in {row.session_id for row in rows(tmp_path / "out", "train")}


def test_a_train_session_that_calls_a_held_out_tool_later_is_dropped(tmp_path: Path) -> None:
    first = corpus(20)
    split(settings(), validated(tmp_path / "in", first), tmp_path / "out")
    found = places(tmp_path / "out")
    trained = next(session for session, place in found.items() if place == "train")
    later = example(trained, "get_invoice", id="later")
    made = split(settings(), validated(tmp_path / "in", first, [later]), tmp_path / "out")
    assert made.counts.reasons == {"tied-to-test": 2}
    assert trained not in {row.session_id for row in rows(tmp_path / "out", "test")}


def test_the_order_of_parts_changes_no_byte(tmp_path: Path) -> None:
    load = corpus(40)
    split(settings(), validated(tmp_path / "in", load[:20], load[20:]), tmp_path / "out")
    split(settings(), validated(tmp_path / "in2", load[20:], load[:20]), tmp_path / "out2")
    assert content(tmp_path / "out") == content(tmp_path / "out2")


def test_a_second_run_writes_nothing(tmp_path: Path) -> None:
    source = validated(tmp_path / "in", corpus())
    split(settings(), source, tmp_path / "out")
    before = stamps(tmp_path / "out")
    split(settings(), source, tmp_path / "out")
    assert stamps(tmp_path / "out") == before


def test_new_data_rewrites_no_part_that_it_does_not_touch(tmp_path: Path) -> None:
    load = corpus(20)
    before = split(settings(), validated(tmp_path / "in", load), tmp_path / "out")
    more = [example(f"z-{n}") for n in range(10)]
    after = split(settings(), validated(tmp_path / "in", load, more), tmp_path / "out")
    kept = [p for p in before.parts if p.label != "assignments"]
    assert len(kept) == 6
    assert all(part in after.parts for part in kept)


def test_a_lost_part_is_written_again(tmp_path: Path) -> None:
    source = validated(tmp_path / "in", corpus())
    made = split(settings(), source, tmp_path / "out")
    before = content(tmp_path / "out")
    parts.part_path(tmp_path / "out", made.labelled("train")[0]).unlink()
    split(settings(), source, tmp_path / "out")
    assert content(tmp_path / "out") == before


@pytest.mark.parametrize(
    ("label", "row", "crossing"),
    [
        ("validation", example("s-1", id="x"), Crossing("sessions", ("train", "validation"), ())),
        ("test", example("s-9", cluster="id-s-1"), Crossing("clusters", ("train", "test"), ())),
        ("test", example("s-9", persons=("p-1",)), Crossing("persons", ("train", "test"), ())),
        ("test", example("s-9", group="g-1"), Crossing("groups", ("train", "test"), ())),
        ("validation", example("s-9", "get_invoice"), Crossing("tools", ("validation",), ())),
        (
            "validation",
            example("s-9", tools=TOOLS[:2], tags=Tags(intent="get_invoice")),
            Crossing("tools", ("validation",), ()),
        ),
    ],
)
def test_a_planted_leak_is_found(label: str, row: Example, crossing: Crossing) -> None:
    bare = TOOLS[:2]
    ours = example("s-1", persons=("p-1",), group="g-1", tools=bare)
    row = row if crossing.kind == "tools" else msgspec.structs.replace(row, tools=bare)
    made = [
        Part(
            sha256=name,
            rows=1,
            label=name,
            info=proof.witness(recast([found], RawExample), ["get_invoice"]),
        )
        for name, found in (("train", ours), (label, row))
    ]
    (found,) = proof.crossings(made, ["get_invoice"])
    assert (found.kind, found.between, len(found.found)) == (*crossing[:2], 1)


def test_a_leak_in_what_was_written_stops_the_stage(tmp_path: Path) -> None:
    source = validated(tmp_path / "in", corpus())
    made = split(settings(), source, tmp_path / "out")
    path = tmp_path / "out" / "manifest.json"
    manifest = json.loads(path.read_bytes())
    # A part changed by hand: what stood in train stands in validation too.
    trained = next(part for part in manifest["parts"] if part["label"] == "train")
    chosen = next(part for part in manifest["parts"] if part["label"] == "validation")
    chosen["info"]["sessions"] = trained["info"]["sessions"]
    manifest["info"]["key"] = ""
    path.write_text(json.dumps(manifest))
    names = {row.session_id for row in rows(tmp_path / "out", "train")}
    with pytest.raises(StageError, match="the split leaks: sessions s-") as refusal:
        split(settings(), source, tmp_path / "out")
    assert "(10 in all) in train and validation" in str(refusal.value)
    assert sum(name in str(refusal.value) for name in names) == 5
    assert made.info["proof"]["sessions"] == 0


def test_a_near_neighbour_that_no_cluster_names_stops_the_stage(tmp_path: Path) -> None:
    words = "please look into the parcel that was promised for last week since it is lost"
    said = tuple(Message(role="user", content=f"{words} {end}") for end in ("today", "again"))
    load = [example(f"s-{n}", messages=(said[n % 2],), reply=Reply()) for n in range(8)]
    # Each of a cluster of its own, as if nobody had looked.
    with pytest.raises(StageError, match="the split leaks: near neighbours s-") as refusal:
        split(settings(held_out_tools=0), validated(tmp_path / "in", load), tmp_path / "out")
    assert "in train and test" in str(refusal.value)
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_one_group_alone_is_refused_with_what_ties_it(tmp_path: Path) -> None:
    load = [example(f"s-{n}", persons=("p-1",)) for n in range(20)]
    with pytest.raises(StageError) as refusal:
        split(settings(held_out_tools=0), validated(tmp_path / "in", load), tmp_path / "out")
    assert str(refusal.value).startswith(
        "nothing for validation, test: expected examples in each of train, validation, test, but "
        "20 examples with a reference form 1 groups (the largest of 1 groups holds 20 of 20 "
        "sessions, 20 of them through person p-1)"
    )
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_held_out_tool_that_nothing_proves_is_refused(tmp_path: Path) -> None:
    load = [example(f"s-{n:02}") for n in range(20)]
    with pytest.raises(StageError, match="nothing for held_out: expected"):
        split(settings(), validated(tmp_path / "in", load), tmp_path / "out")


def test_a_prompt_that_names_a_held_out_tool_is_told(tmp_path: Path) -> None:
    system = Message(role="system", content="Use get_invoice for invoices.")
    load = [msgspec.structs.replace(row, messages=(system, *row.messages)) for row in corpus()]
    made = split(settings(), validated(tmp_path / "in", load), tmp_path / "out")
    # One in the part of train, the same one in that of validation.
    assert made.info["prompts_naming_held_out_tools"] == 2
