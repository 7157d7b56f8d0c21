"""Takes a reply apart while it comes, piece by piece.

    reader = Reader(load("hermes"))
    reader.feed("One mo")      ->  [Piece("text", "One mo")]
    reader.feed("ment.<tool")  ->  [Piece("text", "ment.")]
    reader.feed('_call>{"name": "f", "arguments": {}}</tool_call>')  ->  [Piece("call", ...)]
    reader.finish()            ->  Parsed(content="One moment.", tool_calls=(...))

However a reply is cut, `finish` says what it says of the whole. Text is given out once no mark can
begin in it any more, a call once its block has ended; a call that turns out broken, and text that
turns out to be one in another dialect, show at the end.
"""

from collections.abc import Sequence

from tasks.core.records import Tool, ToolCall
from tasks.dialects._dialect import NOT_CLOSED, Dialect, Parsed, Piece
from tasks.dialects._markup import markup_at
from tasks.dialects._values import malformed


class Reader:
    """The state of one reply."""

    def __init__(
        self, dialect: Dialect, *, tools: Sequence[Tool] = (), opened: bool = False
    ) -> None:
        """`opened` says whether the prompt ended within a thought."""
        self._dialect = dialect
        self._tools = tools
        self._rest = ""
        """Not read yet."""
        self._begun = False
        self._close = dialect.thoughts[0][1] if opened and dialect.thoughts else ""
        """The mark that ends the thought being read; empty outside thoughts."""
        self._opened = opened
        self._unclosed = False
        """Whether the text broke off within a thought that is a block of its own."""
        self._thoughts: list[str] = []
        self._texts: list[str] = [""]
        """One more behind each block."""
        self._calls: list[ToolCall] = []
        self._pieces: list[Piece] = []
        self._live = True
        """Whether anybody waits for pieces."""
        self._given = ""
        """Of the last text, what has been given out, with the space that separates it."""
        self.orphan_close = False
        """Whether a thought was closed that nobody had opened."""

    def feed(self, text: str) -> list[Piece]:
        """Take the next characters; what is certain now."""
        self._rest += text
        self._pieces = []
        self._advance(last=False)
        return self._pieces

    def finish(self, text: str = "") -> Parsed:
        """The whole reply, when nothing comes behind `text` any more."""
        self._rest += text
        self._live = False
        self._advance(last=True)
        thought = _joined(self._thoughts)
        if self._close or self._unclosed:
            return Parsed(thought=thought, problem=NOT_CLOSED)
        calls = list(self._calls)
        bare = None if calls else self._dialect.whole(_joined(self._texts), self._tools)
        if bare is not None:
            self._texts = [piece.text for piece in bare if piece.kind == "text"]
            calls = [piece.call for piece in bare if piece.call is not None]
        contents = []
        for part in self._texts:
            kept = part.strip()
            if not kept:
                continue
            strange = markup_at(kept)
            if strange >= 0:
                calls.append(malformed(kept[strange:]))
                kept = kept[:strange].rstrip()
            contents.append(kept)
        return Parsed(thought=thought, content=_joined(contents), tool_calls=tuple(calls))

    def _advance(self, *, last: bool) -> None:
        """Read as far as is certain; to the end where it is the `last` time."""
        dialect = self._dialect
        if last:
            self._rest = _without_ends(self._rest, dialect.ends)
        if not self._begun and not self._begin(last=last):
            return
        text, position = self._rest, 0
        while True:
            if self._close:
                end = text.find(self._close, position)
                if end < 0:
                    stop = len(text) if last else _certain(text, position, (self._close,), ())
                    self._think(text[position:stop])
                    position = stop
                    break
                self._think(text[position:end])
                position, self._close = end + len(self._close), ""
                self._texts.append("")
                continue
            mark = dialect.pattern.search(text, position)
            if not mark:
                stop = len(text) if last else _certain(text, position, dialect.stops, dialect.ends)
                self._say(text[position:stop])
                position = stop
                break
            self._say(text[position : mark.start()])
            closing = dialect.closing.get(mark[0])
            if closing is not None:
                position, self._close = mark.end(), closing
                self._thoughts.append("")
                continue
            if mark[0] in dialect.closers:
                self.orphan_close = True
                self._say(mark[0])
                position = mark.end()
                continue
            block = dialect.block(text, mark.start(), self._tools)
            if block is None and not last:
                position = mark.start()
                break
            pieces, position = block or dialect.broken(text, mark.start(), self._tools)
            self._unclosed = block is None and pieces[-1].kind == "thought"
            self._take(pieces)
        self._rest = text[position:]

    def _begin(self, *, last: bool) -> bool:
        """Leave out end tokens before the reply, and the mark of a thought that is open already."""
        ends, rest = self._dialect.ends, self._rest.lstrip()
        while rest.startswith(ends):
            rest = rest[len(next(end for end in ends if rest.startswith(end))) :].lstrip()
        opening = (before for before, _ in self._dialect.thoughts if self._opened)
        wanted = (*ends, self._dialect.prefix, *opening)
        if not last and (not rest or any(mark.startswith(rest) for mark in wanted)):
            return False
        if self._opened:
            for before, after in self._dialect.thoughts:
                if rest.startswith(before):
                    rest, self._close = rest[len(before) :], after
            self._thoughts.append("")
        prefix = self._dialect.prefix
        self._rest = rest if rest.startswith(prefix) else prefix + rest
        self._begun = True
        return True

    def _take(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            if piece.kind == "thought":
                self._thoughts.append("")
                self._think(piece.text)
            elif piece.kind == "text":
                self._texts.append("")
                self._given = ""
                self._say(piece.text)
            elif piece.call is not None:
                self._calls.append(piece.call)
                self._pieces.append(piece)
        self._texts.append("")
        self._given = ""

    def _think(self, text: str) -> None:
        if text:
            self._thoughts[-1] += text
            self._pieces.append(Piece("thought", text))

    def _say(self, text: str) -> None:
        self._texts[-1] += text
        if not text or not self._live:
            return
        said = self._texts[-1].strip()
        if self._dialect.may_be_whole(_joined(self._texts)):
            return
        new = said[len(self._given) :]
        if new:
            earlier = any(part.strip() for part in self._texts[:-1])
            self._pieces.append(Piece("text", ("\n" if earlier and not self._given else "") + new))
            self._given = said


def _joined(parts: Sequence[str]) -> str:
    return "\n".join([stripped for part in parts if (stripped := part.strip())])


def _without_ends(text: str, ends: tuple[str, ...]) -> str:
    text = text.rstrip()
    while text.endswith(ends):
        text = text[: -len(next(end for end in ends if text.endswith(end)))].rstrip()
    return text


def _certain(text: str, start: int, marks: Sequence[str], ends: Sequence[str]) -> int:
    """Index up to which nothing can turn out to be a mark or the tokens that end the reply."""
    stop = len(text)
    for mark in (*marks, *ends):
        for size in range(min(len(mark) - 1, len(text) - start), 0, -1):
            if text.endswith(mark[:size]):
                stop = min(stop, len(text) - size)
                break
    while True:
        kept = text[start:stop].rstrip()
        end = next((end for end in ends if kept.endswith(end)), "")
        if not end:
            return start + len(kept)
        stop = start + len(kept) - len(end)
