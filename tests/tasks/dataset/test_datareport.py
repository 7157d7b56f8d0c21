import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tasks.core import parts, step
from tasks.core.errors import StageError
from tasks.core.parts import Counts, Manifest
from tasks.core.records import Call, Example, Message, Reference, Reply, Tags
from tasks.dataset import dataview, sliced
from tasks.dataset.datareport import write_report

SECRET = "the words of a caller"
COUNTS = {
    "ingest": Counts(
        read=41_009,
        accepted=41_003,
        rejected=4,
        duplicate=2,
        reasons={"torn": 4, "redelivered": 2},
    ),
    "redact": Counts(read=41_003, accepted=41_003),
    "dedup": Counts(read=41_003, accepted=11, duplicate=40_992, reasons={"retry": 40_992}),
    "validate": Counts(read=11, accepted=11),
    "split": Counts(read=11, accepted=11),
}
SIZES = {"train": 5, "validation": 2, "test": 3, "unlabelled": 1}
INFO: dict[str, dict[str, Any]] = {
    "ingest": {"sessions": {"records": 9, "named": 7, "nameless": 1, "keys": {}}},
    "redact": {
        "redacted": {"email": 7_654, "person": 12},
        "persons": {"records": 9, "named": 6, "keys": {"user_id": 5}},
    },
    "split": {
        **SIZES,
        "held_out_tools": ["void_invoice"],
        "behaviours": {
            "train": {"execute": 5},
            "validation": {"execute": 2},
            "test": {"execute": 2, "refuse": 1},
            "unlabelled": {"answer": 1},
        },
        "intents": {
            "train": {"get_invoice": 4, "other": 1},
            "validation": {"get_invoice": 2},
            "test": {"get_invoice": 2, "void_invoice": 1},
            "unlabelled": {"closing": 1},
        },
        "difficulties": {
            "train": {"easy": 3, "hard": 2},
            "validation": {"medium": 2},
            "test": {"easy": 3},
            "unlabelled": {"easy": 1},
        },
        "groups": {"train": 4, "validation": 2, "test": 3},
        "proof": {"sessions": 0, "clusters": 0, "persons": 0, "held_out_tools": 0},
    },
}


def example(name: str, label: str, tool: str = "get_invoice") -> Example:
    call = Call(name=tool, arguments={})
    labelled = label != "unlabelled"
    return Example(
        id=name,
        messages=(Message(role="user", content=SECRET),),
        tools=(),
        reply=Reply(),
        reference=Reference(behaviour="execute", calls=(call,)) if labelled else None,
        truth_source="outcome" if labelled else "none",
        tags=Tags(turns=3),
        session_id=name,
        invocations=(name,),
        sources=(),
    )


def dataset(data: Path, **without: str) -> Path:
    """All stages; `split="proof"` leaves that fact out of the split's manifest."""
    for stage, folder in step.FOLDERS.items():
        sizes = SIZES if stage == "split" else {"": 1}
        made = tuple(
            parts.write_part(
                data / folder, [example(f"{label}-{n}", label) for n in range(size)], label=label
            )
            for label, size in sizes.items()
        )
        info = {k: v for k, v in INFO.get(stage, {}).items() if k != without.get(stage)}
        manifest = Manifest(stage=stage, parts=made, counts=COUNTS[stage], info=info)
        parts.commit(data / folder, manifest)
    return data


def page(data: Path) -> str:
    out = data / "report" / "v1.0.html"
    write_report(data, out)
    return out.read_text()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page(dataset(tmp_path_factory.mktemp("data")))


class Words(HTMLParser):
    """Each piece of text of a page, and each tag that was opened and not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_data(self, data: str) -> None:
        self.found += [data.strip()] if data.strip() else []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open += [] if tag == "meta" else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_headline_has_the_dataset_s_counts(report: str) -> None:
    assert "<h1>11 examples from 41,009 logged calls</h1>" in report
    assert "40,994 duplicates and 4 rejects are left out" in report


def test_each_stage_stands_in_the_table_with_its_reasons(report: str) -> None:
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall("<tr>(.*?)</tr>", report)]
    assert ["ingest", "41,009", "41,003", "2", "4", "redelivered 2, torn 4"] in rows
    assert ["dedup", "41,003", "11", "40,992", "0", "retry 40,992"] in rows
    assert ["split", "11", "11", "0", "0", "none"] in rows


def test_every_partition_has_its_tile(report: str) -> None:
    tiles = re.findall(r'<dt>(\w+)</dt><dd class="n">([\d,]+)</dd>', report)
    assert tiles == [("train", "5"), ("validation", "2"), ("test", "3"), ("unlabelled", "1")]


def test_pictures_hold_their_numbers_as_text(report: str) -> None:
    words = Words(report).found
    assert words[words.index("get_invoice") + 1] == "7"
    assert words[words.index("email") + 1] == "7,654"
    assert words[words.index("void_invoice") + 1 :][:2] == [
        "0",
        "held out: proved calls are sealed",
    ]
    assert "45%, 4 groups" in words


def test_of_hundreds_of_held_out_tools_the_first_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"tool_{number:03}" for number in range(264)]
    monkeypatch.setitem(INFO, "split", {**INFO["split"], "held_out_tools": names})
    said = " ".join(Words(page(dataset(tmp_path))).found)
    assert "264 tools held out (tool_000, tool_001," in said
    assert "tool_029 and 234 more, all in data/split/manifest.json)" in said
    assert said.count("tool_029") == 2  # named, and a bar of its own
    assert "tool_030" not in said
    assert "234 more tools with 0 calls." in said


def test_intents_and_difficulty_are_tables_by_partition(report: str) -> None:
    said = " ".join(Words(report).found)
    assert (
        "intent train validation test unlabelled get_invoice 4 2 2 0 void_invoice 0 0 1 0" in said
    )
    assert "closing 0 0 0 1 other 1 0 0 0" in said
    assert "easy 3 0 3 1 medium 0 2 0 0 hard 2 0 0 0" in said


def test_many_intents_are_grouped_by_their_verb() -> None:
    many = {f"cancel_{n}": 2 for n in range(sliced.MOST)} | {"get_order": 3, "other": 1, "⅛": 1}
    found = Words(sliced.section({"train": many}, {}, ["train"])).found
    said = " ".join(found)
    assert f"cancel … {2 * sliced.MOST} get … 3 ⅛ 1 other 1" in said
    assert f"The {sliced.MOST + 3} intents are grouped by verb." in said


def test_the_proof_is_a_table_of_zeros(report: str) -> None:
    proof = report[report.index("Proof that nothing leaks") :]
    assert re.findall(r"<td>(.*?)</td>", proof) == []
    assert re.findall(r"<td class=t>(\d+)</td></tr>", proof) == ["0", "0", "0", "0"]


def test_the_page_stands_alone(report: str) -> None:
    assert not re.search(r"https?:|<script|<link|<img|@import|src=", report)
    assert Words(report).open == []
    names = re.findall(r'\sid="([^"]+)"', report)
    assert len(names) == len(set(names))


def test_no_words_of_a_record_are_on_the_page(report: str) -> None:
    assert SECRET not in report
    assert "train-0" not in report


def test_the_same_dataset_gives_the_same_bytes(tmp_path: Path, report: str) -> None:
    assert page(dataset(tmp_path)) == report


def test_sealed_rows_are_not_opened(tmp_path: Path, report: str) -> None:
    data = dataset(tmp_path)
    (sealed,) = parts.require_manifest(data / "split").labelled("test")
    parts.part_path(data / "split", sealed).unlink()
    assert page(data) == report


def test_a_missing_open_part_is_an_error(tmp_path: Path) -> None:
    data = dataset(tmp_path)
    (train,) = parts.require_manifest(data / "split").labelled("train")
    parts.part_path(data / "split", train).unlink()
    with pytest.raises(StageError, match="is named by the manifest but missing"):
        page(data)
    assert not (data / "report").exists()


def test_what_waits_for_a_persons_label_is_told_beside_the_proofs(tmp_path: Path) -> None:
    data = dataset(tmp_path)
    assert "wait for a person" not in page(data)
    split = data / step.FOLDERS["split"]
    doubtful = replace(example("doubtful", "unlabelled"), truth_source="outcome")
    part = parts.write_part(split, [doubtful], label="unlabelled")
    manifest = parts.require_manifest(split)
    parts.commit(split, replace(manifest, parts=(*manifest.parts, part)))
    assert "1 example of these, proved as they are, wait for a person&#x27;s label" in page(data)


@pytest.mark.parametrize("folder", step.FOLDERS.values())
def test_a_missing_stage_is_an_error(tmp_path: Path, folder: str) -> None:
    data = dataset(tmp_path)
    (data / folder / "manifest.json").unlink()
    with pytest.raises(StageError, match=rf"{folder}/manifest\.json is missing: stage "):
        page(data)


@pytest.mark.parametrize(
    ("stage", "fact", "gone"),
    [
        ("redact", "redacted", "Redacted values by type"),
        ("redact", "persons", "that name a person"),
        ("ingest", "sessions", "by user_id"),
        ("split", "behaviours", "Behaviours by partition"),
        ("split", "intents", ">difficulty</th>"),
        ("split", "proof", "on two sides</th>"),
    ],
)
def test_a_fact_that_no_manifest_has_is_left_out_and_said(
    tmp_path: Path, report: str, stage: str, fact: str, gone: str
) -> None:
    without = page(dataset(tmp_path, **{stage: fact}))
    assert gone in report and gone not in without
    assert without.count("The manifest of this stage does not hold") == 1


def test_a_tool_s_name_is_text_and_never_markup(tmp_path: Path) -> None:
    data = dataset(tmp_path)
    name = "<script>$x^2$</script>"
    made = parts.write_part(data / "split", [example("one", "train", name)], label="train")
    manifest = parts.require_manifest(data / "split")
    parts.commit(data / "split", msgspec.structs.replace(manifest, parts=(made,)))
    found = page(data)
    assert name in Words(found).found
    assert "<script" not in found


def test_a_leak_is_said_loudly(tmp_path: Path) -> None:
    data = dataset(tmp_path)
    manifest = parts.require_manifest(data / "split")
    info = {**manifest.info, "proof": {"persons": 2}}
    parts.commit(data / "split", msgspec.structs.replace(manifest, info=info))
    assert "Something stands on two sides: do not train." in page(data)


def test_a_large_dataset_is_looked_at_in_a_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = dataset(tmp_path)
    monkeypatch.setattr(dataview, "MOST_ROWS", 4)
    found = dataview.look(data / "split", parts.require_manifest(data / "split"))
    # Half of each part, rounded up: 3 of 5, 1 of 2, 1 of 1.
    assert (found.rows, found.looked) == (8, 5)
    assert found.truth == {"outcome": 4, "none": 1}
    assert found.characters == (len(SECRET),) * 5
    assert "A sample of 5 of 8 open examples" in page(data)
