"""Makes an untrained model that reads real prompts, to prove the training path at their length.

    python -m tasks.demo.random_model --data data/split --out .ratchet/random-model

Its tokenizer is trained on the dataset's own prompts and its chat template shows system text,
tools as JSON and tool turns, as Qwen2.5's does. Its weights are random: it can be trained on
prompts of many thousand tokens on one core, and it is good for nothing else.
"""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from tasks import dialects
from tasks.core.records import Example
from tasks.evidence import held_out

START = "<|im_start|>"
END = "<|im_end|>"
PAD = "<|endoftext|>"
LONGEST = 32_768
"""Positions that the model can tell apart, in tokens."""

# The '\n' stand inside expressions: Jinja strips a bare newline behind a block tag.
CHAT_TEMPLATE = (
    "{%- set system = messages[0].content if messages[0].role == 'system' else '' -%}"
    "{%- if system or tools -%}{{ '<|im_start|>system\n' + system }}"
    "{%- if tools -%}{{ '\n\n# Tools\n\n<tools>' }}"
    "{%- for tool in tools -%}{{ '\n' }}{{ tool | tojson }}{%- endfor -%}{{ '\n</tools>' }}"
    "{%- endif -%}{{ '<|im_end|>\n' }}{%- endif -%}"
    "{%- for m in messages -%}"
    "{%- if m.role == 'tool' -%}"
    "{{ '<|im_start|>user\n<tool_response>\n' + m.content + '\n</tool_response><|im_end|>\n' }}"
    "{%- elif not (loop.first and m.role == 'system') -%}"
    "{{ '<|im_start|>' + m.role + '\n' + (m.content or '') }}"
    "{%- for c in m.tool_calls or [] -%}"
    "{{ '\n' if m.content or not loop.first }}{{ '<tool_call>' }}"
    "{{ {'name': c.function.name, 'arguments': c.function.arguments} | tojson }}"
    "{{ '</tool_call>' }}{%- endfor -%}{{ '<|im_end|>\n' }}"
    "{%- endif -%}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' }}{%- endif -%}"
)


def make(
    out: Path,
    texts: Iterable[str],
    *,
    vocab_size: int = 4000,
    layers: int = 2,
    hidden: int = 64,
    seed: int = 0,
) -> Path:
    """Train a tokenizer on `texts` and save it with a random Llama under `out`; returns `out`.

    `vocab_size` is an upper bound in tokens, `hidden` the width (two heads share it). The same
    arguments give the same bytes.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _tokenizer(texts, vocab_size)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=LONGEST,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        LlamaForCausalLM(config).save_pretrained(out)
    tokenizer.save_pretrained(out)
    return out


def texts_of(examples: Iterable[Example]) -> Iterator[str]:
    """What a prompt of each example is made of: its messages, its tools and its reply."""
    for example in examples:
        yield msgspec.json.encode(example.messages).decode()
        yield msgspec.json.encode(example.tools).decode()
        yield dialects.write(example.reply)


def _tokenizer(texts: Iterable[str], vocab_size: int) -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[PAD, START, END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    # Not special: a decoder that skips special tokens would drop the call's tags.
    tags = [AddedToken(t, special=False, normalized=False) for t in (dialects.OPEN, dialects.CLOSE)]
    core.add_tokens(tags)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        eos_token=END,
        pad_token=PAD,
        extra_special_tokens=[START],
        padding_side="left",
        model_max_length=LONGEST,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that split wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--vocab-size", type=int, default=4000)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    examples = held_out.read_split(options.data, "train")
    made = make(
        options.out,
        texts_of(examples),
        vocab_size=options.vocab_size,
        layers=options.layers,
        hidden=options.hidden,
        seed=options.seed,
    )
    print(f"random model with a tokenizer of {len(examples)} training prompts: {made}")


if __name__ == "__main__":
    main()
