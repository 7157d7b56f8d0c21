"""Labels replies in languages other than English, and prints how many are right, as Markdown.

    python -m benchmarks languages

Right and wrong are of the labels that stand without a person, those of `dedup.review_below` and
above; the others go to review. The wordings are our own: `foreign_wordings` says which of them the
rules were made on.
"""

from collections import Counter

from benchmarks.labelling.foreign_wordings import DEVELOPMENT, HELD_OUT, UNCOVERED, Bank
from tasks.core.curation_settings import DedupSettings
from tasks.core.records import Behaviour, Reply
from tasks.labelling.behaviour import classify

LINE = DedupSettings(similarity=1).review_below
BEHAVIOURS: tuple[Behaviour, ...] = ("clarify", "refuse", "answer")


def counts(bank: Bank, code: str) -> dict[str, Counter[str]]:
    """By behaviour: how many replies are labelled right, wrong, or sent to review."""
    return {
        did: Counter(_verdict(text, did, code) for text in bank[code][did]) for did in BEHAVIOURS
    }


def _verdict(text: str, did: Behaviour, around: str) -> str:
    label = classify(Reply(content=text), (), around)
    if label.confidence < LINE:
        return "review"
    return "right" if label.behaviour == did else "wrong"


def main() -> None:
    """Measure and print."""
    print("| language | wordings | clarify | refuse | answer | right | wrong | to review |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for name, bank in (("held out", HELD_OUT), ("odd", DEVELOPMENT)):
        total = Counter[str]()
        for code in bank:
            found = counts(bank, code)
            cells = " | ".join(f"{found[b]['right']} of {found[b].total()}" for b in BEHAVIOURS)
            row = sum(found.values(), Counter[str]())
            total += row
            print(
                f"| {code} | {name} | {cells} | {row['right']} | {row['wrong']} | {row['review']} |"
            )
        print(f"| all | {name} | | | | {total['right']} | {total['wrong']} | {total['review']} |")
    labels = [
        (code, classify(Reply(content=text), (), code))
        for code, replies in UNCOVERED.items()
        for text in replies
    ]
    above = Counter(code for code, label in labels if label.confidence >= LINE)
    named = ", ".join(f"{code} {count}" for code, count in above.items()) or "none"
    print(f"\n{len(labels)} replies in {len(UNCOVERED)} languages without rules: labelled {named}")


if __name__ == "__main__":
    main()
