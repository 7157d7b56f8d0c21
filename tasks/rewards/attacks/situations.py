"""The contexts in which a spec is attacked, each with the right reply and what a base may reply.

    user       Which rooms are free on 2026-03-04 for 6 people?
    right      find_rooms(day="2026-03-04", seats=6)
    base       a wrong day, a needless question, another tool, ...

Beside these a spec is attacked on rows of the user's own, where there are some.
"""

from typing import NamedTuple

from tasks.core.records import Call, Message, Reference, Reply, Tool, ToolCall
from tasks.rewards import Prompt


class Situation(NamedTuple):
    """One context to attack in."""

    name: str
    prompt: Prompt
    right: Reply
    base: tuple[Reply, ...] = ()
    """What a model may reply before training: some right, most not."""


def _tool(name: str, about: str, /, **parameters: str) -> Tool:
    return Tool(
        name=name,
        description=about,
        parameters={
            "type": "object",
            "properties": {parameter: {"type": kind} for parameter, kind in parameters.items()},
            "required": list(parameters),
        },
    )


_ROOMS = _tool("find_rooms", "Find free meeting rooms.", day="string", seats="integer")
_BOOK = _tool("book_room", "Book a meeting room.", room="string", day="string")
_CANCEL = _tool("cancel_booking", "Cancel a booking.", booking="string")
_PEOPLE = _tool("find_person", "Look up a colleague.", name="string")
_NOTIFY = Tool(
    name="send_notice",
    description="Send a notice to some colleagues.",
    parameters={
        "type": "object",
        "properties": {
            "to": {"type": "array", "items": {"type": "string"}},
            "notice": {
                "type": "object",
                "properties": {"title": {"type": "string"}, "urgent": {"type": "boolean"}},
            },
        },
        "required": ["to", "notice"],
    },
)
TOOLS = (_ROOMS, _BOOK, _CANCEL, _PEOPLE, _NOTIFY)


def _asked(text: str) -> tuple[Message, ...]:
    system = "You help with meeting rooms. Use the tools; never guess what the user did not say."
    return (Message(role="system", content=system), Message(role="user", content=text))


def _made(*calls: ToolCall) -> Reply:
    return Reply(tool_calls=calls)


def _call(name: str, /, **arguments: object) -> ToolCall:
    return ToolCall(name=name, arguments=arguments)


def _execute(name: str, text: str, *calls: ToolCall, base: tuple[Reply, ...]) -> Situation:
    wanted = tuple(Call(name=call.name, arguments=call.arguments) for call in calls)
    prompt = Prompt(_asked(text), TOOLS, Reference(behaviour="execute", calls=wanted))
    return Situation(name, prompt, _made(*calls), base)


_FREE = _call("find_rooms", day="2026-03-04", seats=6)
_BIRCH = _call("book_room", room="Birch", day="2026-03-04")
_NOTICE = _call(
    "send_notice", to=["Ada", "Bo"], notice={"title": "The lift is out", "urgent": True}
)
_ADA, _BO = _call("find_person", name="Ada Lind"), _call("find_person", name="Bo Ek")
_WHICH_DAY = Reply(content="For which day would you like to book the room?")
_CANNOT = Reply(content="I am sorry, I cannot do that: none of my tools can order food.")
_HOURS = "The office is open from 7 to 19 on weekdays."

SITUATIONS = (
    _execute(
        "read",
        "Which rooms are free on 2026-03-04 for 6 people?",
        _FREE,
        base=(
            _made(_FREE),
            _made(_FREE),
            _made(_call("find_rooms", day="2026-04-03", seats=6)),
            _made(_call("find_rooms", day="2026-03-04", seats=4)),
            _made(_call("find_person", name="free")),
        ),
    ),
    _execute(
        "change",
        "Book Birch for me on 2026-03-04.",
        _BIRCH,
        base=(
            _made(_BIRCH),
            _made(_BIRCH),
            _made(_call("book_room", room="Birch", day="4 March")),
            _made(_call("book_room", room="birch room", day="2026-03-04")),
            _WHICH_DAY,
        ),
    ),
    _execute(
        "parallel",
        "Look up Ada Lind and Bo Ek for me.",
        _ADA,
        _BO,
        base=(_made(_ADA, _BO), _made(_ADA), _made(_ADA), _made(_call("find_person", name="Ada"))),
    ),
    _execute(
        "nested",
        "Tell Ada and Bo that the lift is out. It is urgent.",
        _NOTICE,
        base=(
            _made(_NOTICE),
            _made(
                _call(
                    "send_notice",
                    to=["Ada", "Bo"],
                    notice={"title": "Lift out", "urgent": True},
                )
            ),
            _made(_call("send_notice", to=["Ada"], notice={"title": "The lift is out"})),
        ),
    ),
    Situation(
        "clarify",
        Prompt(
            _asked("Book Birch for me."),
            TOOLS,
            Reference(behaviour="clarify", missing=("day",), text=_WHICH_DAY.content),
        ),
        _WHICH_DAY,
        (_WHICH_DAY, _made(_BIRCH), Reply(content="Which room would you like?"), _WHICH_DAY),
    ),
    Situation(
        "refuse",
        Prompt(
            _asked("Order pizza for 6 people."),
            TOOLS,
            Reference(behaviour="refuse", text=_CANNOT.content),
        ),
        _CANNOT,
        (_CANNOT, _made(_FREE), Reply(content="Which pizza would you like?"), _CANNOT),
    ),
    Situation(
        "answer",
        Prompt(
            (
                *_asked("When is the office open?"),
                Message(
                    role="assistant",
                    tool_calls=(
                        ToolCall(name="find_person", arguments={"name": "office"}, id="1"),
                    ),
                ),
                Message(
                    role="tool",
                    tool_call_id="1",
                    content='[{"id": "kb-7", "text": "' + _HOURS + '"}]',
                ),
            ),
            TOOLS,
            Reference(behaviour="answer", text=f"{_HOURS} [kb-7]", citations=("[kb-7]",)),
        ),
        Reply(content=f"{_HOURS} [kb-7]"),
        (
            Reply(content=f"{_HOURS} [kb-7]"),
            Reply(content="It is open from 7 to 19. [kb-7]"),
            Reply(content="The office is open from 7 to 19 on weekdays. [kb-7] Anything else?"),
        ),
    ),
)
