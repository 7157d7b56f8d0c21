from typing import Any

import pytest

from tasks.formats._exchange import tool_choice


@pytest.mark.parametrize(
    ("value", "demand"),
    [
        (None, ""),
        ("auto", ""),
        ({"auto": {}}, ""),
        ({"type": "auto", "disable_parallel_tool_use": True}, ""),
        ({"type": "allowed_tools", "mode": "auto", "tools": []}, ""),
        ("none", "none"),
        ({"type": "none"}, "none"),
        ("required", "required"),
        ("any", "required"),
        ({"any": {}}, "required"),
        ({"tool": {"name": "get_order"}}, "required"),
        ({"type": "tool", "name": "get_order"}, "required"),
        ({"type": "function", "function": {"name": "get_order"}}, "required"),
        ({"type": "allowed_tools", "mode": "required", "tools": []}, "required"),
    ],
)
def test_a_tool_choice_is_read_in_the_words_of_any_provider(value: Any, demand: str) -> None:
    assert tool_choice(value) == demand
