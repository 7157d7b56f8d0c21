"""Finders that take seconds to import: Presidio's recognisers and a spaCy pipeline."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.core.curation_settings import RedactSettings
from tasks.core.errors import StageError
from tasks.redaction import names, recognizers
from tasks.redaction.finders import Finders
from tasks.redaction.kinds import Kind
from tasks.redaction.rules import RuleSet

SETTINGS = RedactSettings(min_confidence=0.35, person_keys=("user_id",))
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("my passport is C01234567, thanks", "C01234567", "presidio-UsPassport"),
        ("NHS number: 401-023-2137.", "401-023-2137", "presidio-Nhs"),
        ("national insurance AA 12 34 56 B", "AA 12 34 56 B", "presidio-UkNino"),
        ("bank account 945456787654", "945456787654", "presidio-UsBank"),
        ("PESEL 11111111116", "11111111116", "presidio-PlPesel"),
        ("driver's license H12234567", "H12234567", "presidio-UsLicense"),
    ],
)
def test_numbers_of_a_state_are_found_behind_their_name(text: str, value: str, rule: str) -> None:
    spans = Finders(SETTINGS).find(text)
    assert [(text[s.start : s.end], s.kind, s.rule) for s in spans] == [
        (value, Kind.NATIONAL_ID, rule)
    ]


def test_a_higher_confidence_asks_presidio_for_more() -> None:
    strict = Finders(RedactSettings(min_confidence=0.9, person_keys=()))
    assert strict.find("bank account 945456787654") == ()


def test_the_six_formats_find_what_presidio_finds() -> None:
    """Own validators against Presidio's recognisers, used directly, on strings of each format."""
    from presidio_analyzer import predefined_recognizers as presidio

    texts = {
        presidio.CreditCardRecognizer(): [
            "4012888888881881",
            "3714-4963-5398-431",
            "4012888888881",
        ],
        presidio.IbanRecognizer(): ["AT61 1904 3002 3457 3201", "BE68539007547034 is", "XX00 1234"],
        presidio.IpRecognizer(): ["192.168.0.1", "684D:1111:222:3333:4444:5555:6:77", "my 192.168"],
        presidio.UsSsnRecognizer(): ["078-05-1126", "078.05.1123", "000-12-3456", "693-09.4444"],
        presidio.PhoneRecognizer(): ["(425) 882 9090", "+1 (425) 882-9090", "+44 20 7946 0958"],
    }
    find = Finders(SETTINGS).find
    differ = [
        (text, type(recogniser).__name__)
        for recogniser, several in texts.items()
        for text in several
        if any(r.score >= 0.35 for r in recogniser.analyze(text, recogniser.supported_entities))
        != bool(find(text))
    ]
    assert differ == []


def test_ordinary_text_imports_neither_presidio_nor_spacy() -> None:
    code = (
        "import sys\n"
        "from tasks.redaction.finders import Finders\n"
        "from tasks.core.curation_settings import RedactSettings\n"
        "find = Finders(RedactSettings(min_confidence=0.35, person_keys=())).find\n"
        "assert find('mail mia@example.com, 4111 1111 1111 1111, call +49 30 901820')\n"
        "print(sorted({'presidio_analyzer', 'spacy', 'torch', 'prefect'} & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert shown.stdout == "[]\n"


def test_a_local_model_finds_names_that_nothing_else_gives_away(tmp_path: Path) -> None:
    import spacy

    model = spacy.blank("en")
    ruler = model.add_pipe("entity_ruler")
    ruler.add_patterns(
        [
            {"label": "PERSON", "pattern": "Quillon Marsh"},
            {"label": "GPE", "pattern": "Oslo"},
        ]
    )
    model.to_disk(tmp_path / "model")
    settings = RedactSettings(
        min_confidence=0.35, person_keys=(), ner_model=str(tmp_path / "model")
    )
    text = "I met Quillon Marsh in Oslo."
    assert [(text[s.start : s.end], s.kind, s.rule) for s in Finders(settings).find(text)] == [
        ("Quillon Marsh", Kind.NAME, "model")
    ]
    assert Finders(SETTINGS).find(text) == ()


def test_texts_are_read_in_batches_and_found_as_each_alone(tmp_path: Path) -> None:
    import spacy

    model = spacy.blank("en")
    ruler = model.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PERSON", "pattern": "Quillon Marsh"}])
    model.to_disk(tmp_path / "model")
    texts = [f"I met Quillon Marsh at gate {number}." for number in range(100)]
    ahead, alone = Finders(with_model(tmp_path / "model")), Finders(with_model(tmp_path / "model"))
    ahead.look_ahead([*texts, *texts, "no name here", "12 34"])
    assert len(ahead._named) == 100
    assert [ahead.find(text) for text in texts] == [alone.find(text) for text in texts]
    assert ahead._named == {}


def test_a_model_that_is_neither_a_folder_nor_installed_is_refused() -> None:
    with pytest.raises(StageError, match="no package of that name is installed"):
        Finders(with_model(Path("no_such_pipeline")))


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A token classifier of a few weights that calls every token a person."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "I", "met", "Quillon", "Marsh"]
    tokenizer = Tokenizer(models.WordLevel({w: n for n, w in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_max_length=16
    )
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=16,
        id2label={0: "O", 1: "B-PER"},
        label2id={"O": 0, "B-PER": 1},
    )
    torch.manual_seed(0)
    model = BertForTokenClassification(config)
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.copy_(torch.tensor([0.0, 9.0]))
    folder = tmp_path_factory.mktemp("classifier")
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def with_model(folder: Path) -> RedactSettings:
    return RedactSettings(min_confidence=0.35, person_keys=(), ner_model=str(folder))


def test_a_transformers_classifier_is_asked_about_every_text(classifier: Path) -> None:
    find = Finders(with_model(classifier)).find
    text = "met Quillon"
    assert {text[s.start : s.end] for s in find(text)} <= {"met", "Quillon", text}
    assert {span.rule for span in find(text)} == {"model"}
    assert find("12 34 56") == ()


def test_a_classifier_reads_a_long_text_to_its_end(classifier: Path) -> None:
    text = " ".join(["met Quillon"] * 40)
    assert max(span.end for span in Finders(with_model(classifier)).find(text)) == len(text)


def test_a_model_answers_though_this_process_has_threads_that_no_fork_has(classifier: Path) -> None:
    """Without care the fork would wait for ever for the team that multiplied here."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        large = torch.ones(1_000, 1_000)
        assert float((large @ large).sum() + torch.sigmoid(large).sum()) > 1e9
        settings = with_model(classifier).model_copy(update={"timeout_s": 60.0})
        assert Finders(settings).find(" ".join(["met Quillon"] * 40))
    finally:
        torch.set_num_threads(before)


def test_a_model_without_people_is_refused(classifier: Path, tmp_path: Path) -> None:
    shutil.copytree(classifier, tmp_path / "places")
    config = tmp_path / "places" / "config.json"
    config.write_text(config.read_text().replace("B-PER", "B-LOC"))
    with pytest.raises(StageError, match="no label for people among B-LOC, O"):
        Finders(with_model(tmp_path / "places"))


def test_a_model_that_changes_makes_another_version(classifier: Path, tmp_path: Path) -> None:
    shutil.copytree(classifier, tmp_path / "copy")
    assert names.version(str(tmp_path / "copy")) == names.version(str(classifier))
    (tmp_path / "copy" / "config.json").write_text("{}")
    assert names.version(str(tmp_path / "copy")) != names.version(str(classifier))
    assert names.version("") == ""


def test_with_a_model_no_message_is_passed_on_unread(classifier: Path) -> None:
    assert not Finders(with_model(classifier)).nothing_in(b'{"content":"I met Quillon"}')


@pytest.mark.parametrize("path", ["en_core_web_sm", "/nowhere/model"])
def test_a_model_that_is_not_there_is_never_fetched(path: str) -> None:
    with pytest.raises(StageError, match="is no folder of a spaCy model"):
        Finders(RedactSettings(min_confidence=0.35, person_keys=(), ner_model=path))


TEXTS = [
    "mail mia@example.com or +1 202-555-0181",
    "4111 1111 1111 1111",
    "DE89 3704 0044 0532 0130 00",
    "from 10.20.30.40",
    "2a02:8109::17",
    "ssn 078-05-1126",
    "order 123456789",
    "2026-10-11",
    "\u0662\u0660\u0662 555 0181",
    "12:30:00",
    "a.b@c",
    "tel 020 7946 0958, 030 901820",
    "no",
]


@pytest.mark.parametrize("name", recognizers.GATES)
def test_a_plugged_recogniser_finds_behind_its_gate_what_it_finds_alone(name: str) -> None:
    alone = recognizers.recogniser(name)
    (rule,) = recognizers.rules([name], 0)
    behind = RuleSet([rule])
    found = 0
    for text in TEXTS:
        results = alone.analyze(text, alone.supported_entities, None) or []
        wanted = sorted((r.start, r.end) for r in results)
        assert sorted((s.start, s.end) for s in behind.find(text)) == wanted, text
        found += len(wanted)
    assert found


def test_a_plugged_recogniser_is_used_and_an_unknown_one_refused() -> None:
    own = RedactSettings(
        min_confidence=0, person_keys=(), recognizers=("UsBankRecognizer", "EmailRecognizer")
    )
    (span,) = Finders(own).find("it is 945456787654")
    assert (span.kind, span.rule) == (Kind.NATIONAL_ID, "presidio-UsBankRecognizer")
    for name in ("NoSuchRecognizer", "no.such.Thing"):
        with pytest.raises(StageError, match=f"{name!r} is no recogniser"):
            recognizers.rules([name], 0)
