"""Makes the tiny model's tokenizer: whole words, digits by pairs, runs of JSON punctuation.

    get_invoice(month)  ->  get_ | invoice | ( | month | )
    {"month": "may"}    ->  {" | month | ": " | may | "}

A word is one token wherever it stands, with no second form for a leading space, so that copying an
argument out of the request is the identity. A tool's verb takes its underscore along: one token
nearer to what follows, it tells tools of the same noun apart.
"""

import random
from collections.abc import Iterator
from typing import Any

from tasks import dialects
from tasks.demo import lexicon, world

END = "<|im_end|>"
PAD = "<|endoftext|>"
START = "<|im_start|>"

# The '\n' stand inside expressions: Jinja strips a bare newline behind a block tag.
# System messages are left out: the model was made with its tools as the only system text.
CHAT_TEMPLATE = (
    "{%- if tools -%}{{ '<|im_start|>system\n' }}"
    "{%- for t in tools -%}"
    "{{ t.function.name + '(' + (t.function.parameters.properties.keys() | join(',')) + ')' }}"
    "{%- if not loop.last -%}{{ '\n' }}{%- endif -%}"
    "{%- endfor -%}{{ '<|im_end|>\n' }}{%- endif -%}"
    "{%- for m in messages if m.role != 'system' -%}"
    "{{ '<|im_start|>' + m.role + '\n' + (m.content or '') }}"
    "{%- for c in m.tool_calls or [] -%}"
    "{{ '\n' if m.content or not loop.first }}"
    "{{ '<tool_call>' }}"
    "{{ {'name': c.function.name, 'arguments': c.function.arguments} | tojson }}"
    "{{ '</tool_call>' }}"
    "{%- endfor -%}{{ '<|im_end|>\n' }}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' }}{%- endif -%}"
)

RESPONSE_TEMPLATE: dict[str, Any] = {
    "defaults": {"role": "assistant"},
    "start_anchor": "<|im_start|>assistant\n",
    "fields": {
        "tool_calls": {
            "open_pattern": r"\s*<tool_call>",
            "close": "</tool_call>",
            "repeats": True,
            "content": "json",
            "transform": {"type": "function", "function": "{content}"},
        },
        "content": {"close_pattern": r"\s*(?:<\|im_end\|>|<\|endoftext\|>)", "content": "text"},
    },
}
"""Lets `transformers serve` turn what the model writes into OpenAI tool calls."""

_PIECES = rf"(?:{'|'.join(lexicon.VERBS)})_|[A-Za-z]+|[0-9]{{1,2}}|_| |[^A-Za-z0-9_ ]+ ?(?:\"|\{{)*"


def build(*, vocabulary: int = 4000, examples: int = 4000, seed: int = 0) -> Any:
    """Train the tokenizer on the world's own text; takes about a second.

    Returns a `PreTrainedTokenizerFast` with chat and response template. `vocabulary` is an upper
    bound: the world has fewer words. The same arguments give the same tokenizer.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE(unk_token=None, byte_fallback=False))
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, START, END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
        min_frequency=2,
    )
    core.train_from_iterator(_corpus(examples, seed), trainer)
    # Not special: a decoder that skips special tokens would drop the call's tags.
    tags = [AddedToken(t, special=False, normalized=False) for t in (dialects.OPEN, dialects.CLOSE)]
    core.add_tokens(tags)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        eos_token=END,
        pad_token=PAD,
        extra_special_tokens=[START],
        padding_side="left",
        model_max_length=512,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.response_template = RESPONSE_TEMPLATE
    return tokenizer


def synonyms(tokenizer: Any) -> dict[int, list[int]]:
    """The token of each verb of a tool's name, and those of the words that users say for it."""
    ids = tokenizer.convert_tokens_to_ids
    return {ids(f"{verb}_"): [ids(word) for word in said] for verb, said in lexicon.VERBS.items()}


def _corpus(examples: int, seed: int) -> Iterator[str]:
    """Requests, tools and replies of both worlds, and every word of the unseen one as a value."""
    rng = random.Random(seed)
    for number in range(examples):
        task = world.draw("pretrain" if number % 2 else "production", rng, world.Shape())
        tools = "\n".join(f"{tool.name}({','.join(tool.required())})" for tool in task.tools)
        reply = dialects.write(world.right_reply(task))
        loose = " ".join(rng.choice(lexicon.values()) for _ in range(8))
        roles = f"system\n{tools}\nuser\n{task.messages[0].content}\nassistant\n"
        yield loose + roles + reply.removeprefix(dialects.OPEN).removesuffix(dialects.CLOSE)
