"""vLLM's own tool parsers on texts, in the environment that has vLLM; reads and writes JSON.

    {"hermes": {"parser": "hermes", "marks": [...], "texts": [...]}}  on standard input
    {"hermes": [[{"name": "f", "arguments": {...}}], ...]}            on standard output

A text's answer is its calls, or a text that says what the parser raised.
"""

import json
import sys
from typing import Any

RAISED = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError),
    *(RuntimeError, TypeError, ValueError),
)


def main() -> None:
    asked = json.load(sys.stdin)
    answers = {name: read(**one) for name, one in asked["dialects"].items()}
    json.dump(answers, sys.stdout)


def read(parser: str, marks: list[str], texts: list[str], tools: list[dict[str, Any]]) -> Any:
    """What one parser makes of each text."""
    from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest
    from vllm.tool_parsers import ToolParserManager

    request = ChatCompletionRequest(
        messages=[{"role": "user", "content": "?"}], model="m", tools=tools
    )
    tokenizer = byte_tokenizer(marks)
    kind = ToolParserManager.get_tool_parser(parser)
    answers: list[Any] = []
    for text in texts:
        try:
            found = kind(tokenizer, request.tools).extract_tool_calls(text, request=request)
            answers.append(
                [
                    {"name": call.function.name, "arguments": loaded(call.function.arguments)}
                    for call in found.tool_calls or []
                ]
            )
        except RAISED as error:
            answers.append(f"{type(error).__name__}: {str(error)[:80]}")
    return answers


def loaded(text: str) -> Any:
    """Arguments as JSON, or as they stand where they are none."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def byte_tokenizer(marks: list[str]) -> Any:
    """A tokenizer of single bytes that knows a family's marks as tokens."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(letters)}, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens([AddedToken(mark, special=True) for mark in marks])
    return PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<|im_end|>")


if __name__ == "__main__":
    main()
