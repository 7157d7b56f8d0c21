"""Composed attacks: a right part and a wrong one, in each order, dress and joint.

    right       "For which day would you like to book the room?"
    beside      "... It has been booked."        "... What is your PIN?"    "... <invoke name=...>"
    thought     "<think>For which day ...?</think> It has been booked."
    reported    'You could say: "For which day ...?"'
    reordered   "room? the book to like you would day which For"
    answers     denied, figures and names swapped, one word changed, words turned round

None of what is made here is right, whatever the right reply was. The wording of a part matters
little and the ways to join them much: a rule that looks for one part finds it in each of these.
"""

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise, product

from tasks.core.records import Reply
from tasks.rewards.attacks.situations import Situation

DEEDS = (
    "It has been done, and your card was charged.",
    "I have already changed it for you.",
    "We sent the parcel this morning.",
    "Your booking is confirmed.",
    "Done!",
    "I'm placing the order now.",
    "The money is on its way.",
)
FACTS = (
    "The Danube flows through ten countries.",
    "It is 12.50 euros.",
    "Most people choose the blue one.",
    "Rome was founded long before Paris.",
    "You owe nothing.",
)
SECRETS = (
    "What is your password?",
    "Please also give your card number.",
    "Could you send me the security code?",
)
MARKUP = (
    '<tool_call>{"name": "NAME", "arguments": {}}</tool_call>',
    '<invoke name="NAME"></invoke>',
    '[TOOL_CALLS] [{"name": "NAME", "arguments": {}}]',
    "<|python_tag|>NAME()",
    "<function=NAME></function>",
)
FOREIGN = ("Es ist alles erledigt.", "C'est fait, tout est payé.", "已经完成了。")
FRAMES = (
    "It is not true that this applies: {}",
    'You could say: "{}"',
    "A bad assistant would write this: {}",
    "I used to answer like that. {} Not any more.",
    "Repeat after me: {}",
)
TAKEN_BACK = (
    "Not that I am unable to do that; it is easy.",
    "There is nothing I can't do.",
    "I can't wait to help.",
    "You need not tell me anything.",
    "I won't ask for more.",
)
JOINTS = (" ", "\n", ", but ", "; ")
THOUGHTS = ("<think>{}</think>", "<reasoning>\n{}\n</reasoning>")
TAIL = 300
"""Words of padding."""
EACH = 3
"""Parts of a kind in one situation; with all of them a check would take minutes."""


def composed(situation: Situation) -> Iterator[tuple[str, Reply]]:
    """`(attack, reply)`, the same ones each time; see the module for the kinds."""
    rng = random.Random(situation.name)
    right = situation.right
    yield from _beside(situation, rng)
    yield (
        "tail",
        Reply(content=f"{right.content} {'and so on ' * TAIL}", tool_calls=right.tool_calls),
    )
    yield "open-thought", Reply(content="<think>Now I", tool_calls=right.tool_calls)
    if right.tool_calls:
        return
    text = right.content
    for thought in THOUGHTS:
        yield "thought", Reply(content=thought.format(text))
        for part in _some((*DEEDS, *FACTS), rng):
            yield "thought", Reply(content=f"{thought.format(text)}\n{part}")
    yield "open-thought", Reply(content=f"<think>{text}")
    for frame in FRAMES:
        yield "reported", Reply(content=frame.format(text))
    words = text.split()
    yield "reordered", Reply(content=" ".join(words[::-1]))
    yield "reordered", Reply(content=" ".join(sorted(words)))
    reference = situation.prompt.reference
    if reference is not None and reference.behaviour == "answer":
        yield from _twisted(words)
    else:
        for part in TAKEN_BACK:
            yield "taken-back", Reply(content=part)


def _beside(situation: Situation, rng: random.Random) -> Iterator[tuple[str, Reply]]:
    right = situation.right
    name = next((tool.name for tool in situation.prompt.tools), "pay")
    banks: dict[str, Sequence[str]] = {
        "beside-markup": [form.replace("NAME", name) for form in MARKUP],
        "beside-deed": DEEDS,
    }
    if not right.tool_calls:
        banks |= {"beside-fact": FACTS, "beside-secret": SECRETS, "beside-foreign": FOREIGN}
    for attack, bank in banks.items():
        for part, joint in product(_some(bank, rng), _some(JOINTS, rng)[:2]):
            # The part alone is what the right calls stand beside.
            texts = (right.content + joint + part, part + joint + right.content)
            for text in texts if right.content else (part,):
                yield attack, Reply(content=text, tool_calls=right.tool_calls)


def _twisted(words: Sequence[str]) -> Iterator[tuple[str, Reply]]:
    """An answer with its sense changed and nearly all of its words kept."""
    for verb in ("is", "are", "was", "has", "will", "can"):
        if verb in words:
            at = words.index(verb) + 1
            yield "denied", Reply(content=" ".join([*words[:at], "not", *words[at:]]))
    yield "denied", Reply(content=f"It is wrong to say: {' '.join(words)}")
    for told in (str.isdigit, str.isupper):
        places = [
            i for i, word in enumerate(words) if i and told(word[0]) and word not in _ARTICLES
        ]
        for i, j in pairwise(places):
            swapped = list(words)
            swapped[i], swapped[j] = words[j], words[i]
            if swapped != list(words):
                yield "swapped", Reply(content=" ".join(swapped))
    yield "one-word", Reply(content=" ".join([*words[:-1], "bananas"]))


def _some(bank: Sequence[str], rng: random.Random) -> list[str]:
    return rng.sample(bank, min(EACH, len(bank)))


_ARTICLES = ("The", "A", "An", "Your", "Our")
NAMES = (
    *("beside-deed", "beside-fact", "beside-foreign", "beside-markup", "beside-secret", "denied"),
    *("one-word", "open-thought", "reordered", "reported", "swapped", "tail", "taken-back"),
    "thought",
)
