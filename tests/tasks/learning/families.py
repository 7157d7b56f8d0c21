"""Small random models of the families that teams train, each with a chat template of its kind."""

from pathlib import Path
from typing import Any, NamedTuple

CHATML = ("<|im_start|>", "<|im_end|>")
LLAMA = ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
HARMONY = (
    *("<|start|>", "<|end|>", "<|channel|>", "<|message|>", "<|call|>", "<|return|>"),
    "<|constrain|>",
)
DEEPSEEK = (
    *("<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>", "<｜tool▁calls▁begin｜>"),
    *("<｜tool▁calls▁end｜>", "<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>", "<｜tool▁sep｜>"),
)
GEMMA = (
    *("<start_of_turn>", "<end_of_turn>", "<start_function_call>", "<end_function_call>"),
    "<escape>",
)

TOOLS = "{%- for t in tools or [] -%}{{ t | tojson }}{{ '\n' }}{%- endfor -%}"
_CHATML = (
    TOOLS + "{%- for m in messages -%}{{ '<|im_start|>' + m.role + '\n' + (m.content or '') }}"
    "{%- for c in m.tool_calls or [] -%}CALL{%- endfor -%}{{ '<|im_end|>\n' }}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' }}{%- endif -%}"
)
_JSON = "{{ {'name': c.function.name, 'arguments': c.function.arguments} | tojson }}"
HERMES = _CHATML.replace("CALL", "{{ '<tool_call>' }}" + _JSON + "{{ '</tool_call>' }}")
THINKING = HERMES.replace("assistant\n' }}{%- endif", "assistant\n<think>\n' }}{%- endif")
CODER = _CHATML.replace(
    "CALL",
    "{{ '<tool_call>\n<function=' + c.function.name + '>\n' }}"
    "{%- for k, v in c.function.arguments | items -%}"
    "{{ '<parameter=' + k + '>\n' }}{{ v if v is string else v | tojson }}{{ '\n</parameter>\n' }}"
    "{%- endfor -%}{{ '</function>\n</tool_call>' }}",
)
LLAMA_JSON = (
    TOOLS + "{%- for m in messages -%}"
    "{{ '<|start_header_id|>' + m.role + '<|end_header_id|>\n\n' }}"
    "{%- if m.tool_calls -%}"
    "{%- if m.tool_calls | length > 1 -%}{{ raise_exception('one call at a time') }}{%- endif -%}"
    "{%- set c = m.tool_calls[0] -%}"
    "{{ {'name': c.function.name, 'parameters': c.function.arguments} | tojson }}"
    "{%- else -%}{{ m.content }}{%- endif -%}{{ '<|eot_id|>' }}{%- endfor -%}"
    "{%- if add_generation_prompt -%}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{%- endif -%}"
)
DEEPSEEK_V3 = (
    TOOLS + "{%- for m in messages -%}"
    "{%- if m.tool_calls -%}{{ '<｜Assistant｜><｜tool▁calls▁begin｜>' }}"
    "{%- for c in m.tool_calls -%}{{ '\n' if not loop.first }}"
    "{{ '<｜tool▁call▁begin｜>function<｜tool▁sep｜>' + c.function.name + '\n```json\n' }}"
    "{{ c.function.arguments + '\n```<｜tool▁call▁end｜>' }}{%- endfor -%}"
    "{{ '<｜tool▁calls▁end｜><｜end▁of▁sentence｜>' }}"
    "{%- elif m.role == 'assistant' -%}"
    "{{ '<｜Assistant｜>' + m.content + '<｜end▁of▁sentence｜>' }}"
    "{%- else -%}{{ '<｜User｜>' + m.content }}{%- endif -%}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<｜Assistant｜>' }}{%- endif -%}"
)
GPT_OSS = (
    TOOLS + "{%- for m in messages -%}{%- if m.tool_calls -%}{%- for c in m.tool_calls -%}"
    "{{ '<|start|>assistant to=functions.' + c.function.name + '<|channel|>commentary json' }}"
    "{{ '<|message|>' }}{{ c.function.arguments | tojson }}{{ '<|call|>' }}{%- endfor -%}"
    "{%- elif m.role == 'assistant' -%}"
    "{{ '<|start|>assistant<|channel|>final<|message|>' + m.content + '<|end|>' }}"
    "{%- else -%}{{ '<|start|>' + m.role + '<|message|>' + m.content + '<|end|>' }}{%- endif -%}"
    "{%- endfor -%}{%- if add_generation_prompt -%}{{ '<|start|>assistant' }}{%- endif -%}"
)
FUNCTION_GEMMA = (
    TOOLS + "{%- for m in messages -%}{{ '<start_of_turn>' + m.role + '\n' + (m.content or '') }}"
    "{%- for c in m.tool_calls or [] -%}{{ '<start_function_call>call:' + c.function.name + '{' }}"
    "{%- for k, v in c.function.arguments | items -%}{{ ',' if not loop.first }}{{ k + ':' }}"
    "{{ '<escape>' + v + '<escape>' if v is string else v | tojson }}{%- endfor -%}"
    "{{ '}<end_function_call>' }}{%- endfor -%}{{ '<end_of_turn>\n' }}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<start_of_turn>model\n' }}{%- endif -%}"
)


class Family(NamedTuple):
    architecture: str
    """Name of the model's class in transformers, without what it is for."""
    dialect: str
    template: str
    specials: tuple[str, ...]
    end: str
    changes: dict[str, Any] = {}
    """Of the small config."""


MOE = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
FAMILIES = {
    "qwen3": Family("Qwen3", "hermes", THINKING, CHATML, "<|im_end|>"),
    "qwen3_moe": Family("Qwen3Moe", "qwen3_coder", CODER, CHATML, "<|im_end|>", MOE),
    "llama": Family("Llama", "llama3_json", LLAMA_JSON, LLAMA, "<|eot_id|>"),
    "smollm": Family("Llama", "hermes", HERMES, CHATML, "<|im_end|>"),
    "deepseek_distill": Family(
        "Qwen2", "deepseek_v3", DEEPSEEK_V3, DEEPSEEK, "<｜end▁of▁sentence｜>"
    ),
    "gpt_oss": Family(
        "GptOss",
        "harmony",
        GPT_OSS,
        HARMONY,
        "<|return|>",
        {"num_local_experts": 4, "num_experts_per_tok": 2},
    ),
    "gemma": Family("Gemma3", "functiongemma", FUNCTION_GEMMA, GEMMA, "<end_of_turn>"),
}
_SMALL = {
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 32,
    "max_position_embeddings": 4096,
}


def make(name: str, folder: Path) -> Path:
    """The family's model with random weights, always the same, and its tokenizer."""
    import torch
    import transformers

    family = FAMILIES[name]
    words = tokenizer(family)
    words.save_pretrained(folder)
    text = "TextConfig" if name == "gemma" else "Config"
    ends = [words.eos_token_id]
    if name == "gpt_oss":
        ends.append(words.convert_tokens_to_ids("<|call|>"))
    config = getattr(transformers, f"{family.architecture}{text}")(
        **{**_SMALL, **family.changes},
        vocab_size=len(words),
        eos_token_id=ends,
        pad_token_id=words.pad_token_id,
        bos_token_id=None,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = getattr(transformers, f"{family.architecture}ForCausalLM")(config)
    model.save_pretrained(folder)
    return folder


def tokenizer(family: Family) -> Any:
    """Single bytes, and the family's marks as special tokens."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(letters)}, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens([AddedToken(mark, special=True) for mark in family.specials])
    made = PreTrainedTokenizerFast(
        tokenizer_object=core,
        eos_token=family.end,
        pad_token="<|pad|>",
        extra_special_tokens=[mark for mark in family.specials if mark != family.end],
        padding_side="left",
    )
    made.chat_template = family.template
    return made
