"""Makes a tiny Llama whose attention can copy before its first training step.

Trained from ordinary random weights, a model this small did not learn within 600 steps to copy an
argument out of the request. So two circuits known from trained transformers are written in:

- layer 0, heads 0 to 2: attend one, two and three tokens back, whatever stands there (RoPE with
  biases of q and k), and leave what they saw in a subspace of the residual stream of their own;
- layers 1 and 2: induction heads (Olsson et al. 2022, "In-context learning and induction heads",
  arXiv:2209.11895): find where the present token stood before, and copy what came next. Those of
  layer 2 look for the two tokens before it, which tells `get_invoice(` from `send_invoice(`.

The residual stream of width d is split: token in the first d/2, the three tokens before it in a
third of the rest each. All that is not named here starts small and is learnt.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Size(NamedTuple):
    vocabulary: int
    width: int = 128
    layers: int = 4
    heads: int = 4
    hidden: int = 384
    """Width of the feed-forward layers."""

    @property
    def memory(self) -> int:
        """Numbers that are kept of each token before the present one."""
        return self.width // 2 // BACK


BACK = 3
"""Tokens before the present one that layer 0 leaves in its place."""

ROPE_THETA = 1e6
"""1e4 turns the slow dimensions too fast to match content at 32 dimensions a head."""
EMBEDDING_STD = 0.15
MATCH_GAIN = 1.8
COPY_GAIN = 2.0
POSITION_GAIN = 6.5
BACKGROUND = 0.1
"""What the ordinary random weights are multiplied with."""


def make(
    size: Size,
    *,
    eos: int,
    pad: int,
    alike: Mapping[int, Sequence[int]] | None = None,
    seed: int = 0,
) -> Any:
    """A `LlamaForCausalLM` with biases on q, k and v; o_proj's bias is zero and not trained.

    `alike` names tokens that start between others: vectors of words that mean the same lie close.

    It is typed as Llama because AutoTokenizer replaces the tokenizer of a folder typed `qwen2` by
    Qwen's own, silently; Qwen2 with the same weights computes the same logits.
    """
    import torch
    from transformers import LlamaForCausalLM

    torch.manual_seed(seed)
    model = LlamaForCausalLM(_config(size, eos, pad))
    with torch.no_grad():
        embedding = model.get_input_embeddings().weight
        embedding.copy_(vectors(size.vocabulary, size.width))
        for word, others in (alike or {}).items():
            embedding[word] = embedding[list(others)].sum(0) / math.sqrt(len(others))
        for layer in model.model.layers:
            layer.self_attn.o_proj.bias.zero_().requires_grad_(False)
        sketch = torch.linalg.qr(torch.randn(size.width // 2, size.memory))[0].T
        _write_previous_token_heads(model.model.layers[0].self_attn, size, sketch)
        token = _Subspace(0, sketch)
        before, two_before, three_before = (
            _Subspace(size.width // 2 + number * size.memory, torch.eye(size.memory))
            for number in range(BACK)
        )
        first, second = (model.model.layers[number].self_attn for number in (1, 2))
        _write_induction_heads(first, size, ((token, before),))
        _write_induction_heads(second, size, ((before, two_before), (two_before, three_before)))
    return model


def vectors(count: int, width: int, generator: Any = None) -> Any:
    """Fresh embeddings, shape [count, width]: random in the first half, nothing in the other."""
    import torch

    found = torch.zeros(count, width)
    found[:, : width // 2].normal_(0, EMBEDDING_STD, generator=generator)
    return found


class _Subspace(NamedTuple):
    """Where something stands in the residual stream, and how `Size.memory` numbers are read off."""

    start: int
    read: Any
    """Matrix [Size.memory, length of the subspace]."""


def _config(size: Size, eos: int, pad: int) -> Any:
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=size.vocabulary,
        hidden_size=size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.heads,
        intermediate_size=size.hidden,
        max_position_embeddings=512,
        rope_parameters={"rope_type": "default", "rope_theta": ROPE_THETA},
        tie_word_embeddings=True,
        attention_bias=True,
        bos_token_id=None,
        eos_token_id=eos,
        pad_token_id=pad,
        attn_implementation="eager",
    )


def _frequencies(head: int) -> Any:
    """RoPE's radians per token for each pair of a head's dimensions, shape [head / 2]."""
    import torch

    return ROPE_THETA ** (-torch.arange(0, head, 2).float() / head)


def _quieten(attention: Any) -> None:
    for projection in (attention.q_proj, attention.k_proj, attention.v_proj):
        projection.weight.mul_(BACKGROUND)
        projection.bias.zero_()
    attention.o_proj.weight.mul_(BACKGROUND)


def _write_previous_token_heads(attention: Any, size: Size, sketch: Any) -> None:
    """With q and k constant, RoPE makes the score at distance t a sum of cos(f * (t - back))."""
    import torch

    _quieten(attention)
    head, memory = size.width // size.heads, size.memory
    frequency = _frequencies(head)
    fast = (frequency > 0.05).float() * POSITION_GAIN
    for number in range(BACK):
        rows = slice(number * head, (number + 1) * head)
        for projection in (attention.q_proj, attention.k_proj, attention.v_proj):
            projection.weight[rows] = 0
        turn = frequency * (number + 1)
        attention.q_proj.bias[rows] = torch.cat([fast * torch.cos(turn), -fast * torch.sin(turn)])
        attention.k_proj.bias[rows] = torch.cat([fast, torch.zeros(head // 2)])
        into = slice(number * head, number * head + memory)
        attention.v_proj.weight[into, : size.width // 2] = sketch
        attention.o_proj.weight[:, rows] = 0
        start = size.width // 2 + number * memory
        attention.o_proj.weight[start : start + memory, into] = torch.eye(memory) * (
            EMBEDDING_STD / math.sqrt(2)
        )


def _write_induction_heads(
    attention: Any, size: Size, matches: Sequence[tuple[_Subspace, _Subspace]]
) -> None:
    """Match each first here with its second there, in dimensions RoPE hardly turns; copy the token.

    Several matches share these dimensions, so that a head attends to where all of them agree.
    """
    import torch

    _quieten(attention)
    head, half = size.width // size.heads, size.width // 2
    slow = [i for i, f in enumerate(_frequencies(head).tolist()) if f * 64 < 0.6]
    shares = [slow[number :: len(matches)] for number in range(len(matches))]
    share = half // size.heads
    for number in range(size.heads):
        for (query, key), own in zip(matches, shares, strict=True):
            dims = [*own, *(i + head // 2 for i in own)]
            mix = torch.linalg.qr(torch.randn(size.memory, size.memory))[0][: len(dims)]
            rows = [number * head + d for d in dims]
            for weight, space in ((attention.q_proj.weight, query), (attention.k_proj.weight, key)):
                weight[rows] = 0
                wide = space.read.shape[1]
                weight[rows, space.start : space.start + wide] = MATCH_GAIN * (mix @ space.read)
        into = slice(number * head, number * head + share)
        part = slice(number * share, (number + 1) * share)
        attention.v_proj.weight[into] = 0
        attention.v_proj.weight[into, part] = torch.eye(share)
        attention.o_proj.weight[:, number * head : (number + 1) * head] *= BACKGROUND
        attention.o_proj.weight[part, into] = torch.eye(share) * COPY_GAIN * EMBEDDING_STD
