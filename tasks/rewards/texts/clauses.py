"""Cuts a text into sentences and these into clauses, as far as rules for English can.

    "I can't do that, but it costs 5 euros. Sorry!"
    ->  "I can't do that" / "it costs 5 euros"  and  "Sorry!"

A clause is what has a subject of its own, so that what stands beside a refusal can be looked at by
itself. Quoted speech is no speech of the agent's, and words in no order say nothing.
"""

import re
from functools import lru_cache

_SHORT_FORMS = re.compile(
    r"\b(e\.g|i\.e|etc|vs|approx|no|mr|mrs|ms|dr|st|a\.m|p\.m|inc|ltd|u\.s|u\.k)\.", re.IGNORECASE
)
_ENDS = re.compile(r"(?<=[.!?。！？])[\"'”’)\]]*\s+|\s*\n+\s*|(?<=[a-z][.!?])(?=[A-Z])")
_ITEM = re.compile(r"^(?:[-•–*]|\d{1,2}[.)]|\([a-z0-9]\))\s+")
_NUMBERED = re.compile(r"(?:^|\n)\s*(?:\d{1,2}[.)]|\([a-z0-9]\))\s+")
_NO_STOP = re.compile(
    r"(?<=[a-z])\s+(?=(?:Done|Booked|Ordered|Sent|Paid|Confirmed|Success\w*|Completed?|Cancell?ed|"
    r"Finished|Reserved|Approved|Deleted|Updated)\b)"
)
"""A deed in one word with a capital, where the stop before it was left away."""
_STOP_AND_COMMA = re.compile(r"([.!?。！？][\"')]?)\s*[,;]+\s*")
_SUBJECT = (
    r"(?:i|we|you|he|she|it|they|this|there|here|everything|all|nothing|nobody|please|kindly|let|"
    r"consider|instead|meanwhile|anyway|done|i'\w+|we'\w+|you'\w+|it's|that's|there's|here's|"
    r"they\w*|by the way|p\.?s\.?)\b"
)
_NOUN_PHRASE = (
    r"(?:the|your|my|our|his|her|their|its|a|an|that|these|those|no|one|two|three|[a-z]+)\b"
)
_FINITE = (
    r"(?:is|are|was|were|am|has|have|had|does|do|did|can|could|will|would|shall|should|may|might|"
    r"must|costs?|leaves?|lives?|stands?|shows?|goes|went|gets?|got|says?|closes?|opens?|works?|"
    r"needs?|requires?|means?|starts?|ends?|arrives?|departs?|comes?|came|took|takes|became|"
    r"\w+n't|\w+'s|\w+'ll|\w+'re|\w+'ve)\b"
)
_JOIN = (
    r"(?:but|however|yet|though|although|while|whereas|so|so that|as|because|since|and|then|or|"
    r"anyway|besides|also|still|plus)"
)
_CUT = re.compile(
    r"\s*(?:;|\s--?\s|\s–\s|—|\.\.\.|…)\s*"
    r"|:\s+(?=\S)"
    rf"|,?\s+(?:p\.\s?s\.)\s+"
    rf"|,\s+(?:{_JOIN}\s+)*(?={_SUBJECT})"
    rf"|\s+(?:{_JOIN}\s+)+(?={_SUBJECT})"
    rf"|,\s+(?:{_JOIN}\s+)*(?={_NOUN_PHRASE}(?:\s+[\w'-]+){{0,4}}?\s+{_FINITE})"
    rf"|\s+(?:but|however|yet|although|whereas|because|so)\s+"
    rf"(?={_NOUN_PHRASE}(?:\s+[\w'-]+){{0,4}}?\s+{_FINITE})",
    re.IGNORECASE,
)
_LEADS = re.compile(
    rf"^(?:(?:{_JOIN}|anyway|besides|by the way|p\.?\s?s\.?|also|well|oh|next|finally|secondly|"
    rf"first|"
    r"now|then|moreover|furthermore|in addition|meanwhile|fyi|btw|look|listen)\b[\s,.:]+)+(?=\w)"
)
_QUOTED = re.compile(r"[\"“«„][^\"“”«»„\n]*[\"”»“]|(?<![\w])['‘][^'\n]{12,}['’](?!\w)")
_SPEECH = re.compile(
    r"\b(?:i|we|you|please|can't|cannot|unable|sorry|i'm|no tool|none of)\b|\?", re.IGNORECASE
)

_MARKS = re.compile(
    r"(?:^|(?<=[\s,:;.]))[*#>~|]+(?=\s)|[*~|]+(?=\s|$)"
    r"|(?<![A-Za-z0-9_])_+(?=[A-Za-z(])|(?<=[A-Za-z.!?)])_+(?![A-Za-z0-9_])|[\[\]{}]",
    re.MULTILINE,
)
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_SIGNS = re.compile("[\u2190-\u2bff\u3000-\u303f\U0001f000-\U0001faff]+")
"""Arrows, boxes and pictures: what stands behind one is a clause of its own."""
_NO_SPACE = re.compile(r"(?<=[A-Za-z]),(?=[A-Za-z])")
_DETERMINERS = frozenset(["the", "a", "an", "your", "my", "our", "their", "its", "his"])
_CLOSED = frozenset(
    [
        "the",
        "a",
        "an",
        "your",
        "my",
        "our",
        "their",
        "its",
        "of",
        "to",
        "for",
        "from",
        "with",
        "at",
        "by",
        "and",
        "or",
        "but",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "am",
        "could",
        "can",
        "would",
        "will",
        "shall",
        "should",
        "may",
        "might",
        "must",
        "please",
        "i",
        "i'm",
        "i'll",
        "you",
        "we",
        "us",
        "me",
        "do",
        "does",
        "did",
        "not",
        "that's",
        "as",
        "than",
        "because",
        "since",
    ]
)
_CAPITALS = frozenset(word for word in _CLOSED if word[0] != "i") - {"may", "will", "us", "am"}
"""Words that have a capital at the start of a sentence alone, and are no names."""
_NO_ENDS = frozenset(
    [
        "the",
        "a",
        "an",
        "your",
        "my",
        "our",
        "their",
        "its",
        "and",
        "or",
        "but",
        "because",
        "i",
        "i'm",
        "i'll",
        "we",
        "could",
    ]
)
_NO_VERBS = frozenset(
    [
        "i",
        "i'm",
        "to",
        "of",
        "the",
        "a",
        "an",
        "your",
        "as",
        "for",
        "and",
        "or",
        "in",
        "that",
        "with",
        "my",
    ]
)
_NOT_AM = frozenset(["i", "i'm", "to", "of", "your", "and", "or", "that", "as"])
_TOKEN = re.compile(r"[A-Za-z][A-Za-z']*|[.!?,;:]")


def plain(text: str) -> str:
    """Straight apostrophes and no emphasis; case as it was."""
    text = text.replace("’", "'").replace("‘", "'").replace("**", "").replace("__", "")
    text = _MARKS.sub(" ", text.replace("`", ""))
    return text if text.isascii() else _SIGNS.sub(" ; ", _UNSEEN.sub("", text))


@lru_cache(maxsize=4096)
def sentences(text: str) -> tuple[str, ...]:
    """Sentences as they stand; items of a list belong to what ends in a colon before them."""
    text = _SHORT_FORMS.sub(lambda match: match[1].replace(".", ""), plain(text))
    text = _NO_SPACE.sub(", ", _NUMBERED.sub("\n• ", text))
    text = _NO_STOP.sub(". ", text)
    text = _STOP_AND_COMMA.sub(r"\1 ", text)
    parts: list[str] = []
    for line in _ENDS.split(text):
        sentence = line.strip()
        if not sentence or not any(map(str.isalnum, sentence)):
            continue
        if _ITEM.match(sentence) and parts and (parts[-1].endswith(":") or "\x00" in parts[-1]):
            parts[-1] = f"{parts[-1]}\x00 {_ITEM.sub('', sentence)},"
        else:
            parts.append(_ITEM.sub("", sentence))
    return tuple(part.replace("\x00", "").rstrip(",") for part in parts)


@lru_cache(maxsize=8192)
def clauses(sentence: str) -> tuple[str, ...]:
    """The clauses of one sentence, in lower case."""
    parts = [part.strip(" ,.!\"'()[]{}*_#>~|-").lower() for part in _CUT.split(sentence) if part]
    bare = [_LEADS.sub("", part) for part in parts]
    return tuple(part for part in bare if part)


def unquoted(text: str) -> str:
    """The text without speech in quotation marks; names and values in them stay."""
    return _QUOTED.sub(
        lambda match: " " if len(match[0].split()) > 2 and _SPEECH.search(match[0]) else match[0],
        plain(text),
    )


def is_disordered(text: str) -> bool:
    """Whether words stand as no sentence has them: "date To your of. the could".

    Signs of it are a small word with a capital in the middle of a sentence, one that needs a noun
    behind it in front of another small word, and an end without a stop behind such a word.
    """
    tokens = _TOKEN.findall(plain(text).replace("\n", ". "))
    words = [token for token in tokens if token[0].isalpha()]
    if len(words) < 4:
        return False
    odd = 0
    for before, token in zip([".", *tokens], [*tokens, "."], strict=True):
        small = token.lower()
        first, second = before.lower(), small
        if token[0].isupper() and small in _CAPITALS and before not in ".!?:":
            odd += 2
        if first in _DETERMINERS and (second in _CLOSED or second in ".!?,;:"):
            odd += 2
        if first in _NO_ENDS and second in ".!?":
            odd += 2
        if before in ".!?" and token[0].islower() and token is not tokens[0]:
            odd += 1
        if (first == "i" and second in _NO_VERBS) or (first == "i'm" and second in _NOT_AM):
            odd += 2
        if first == second and first.isalpha() and first not in ("that", "had"):
            odd += 1
    odd += tokens[-1][0].isalpha() and any(token in ".!?" for token in tokens)
    if tokens[0] in ".!?,;:" or (words[0][0].islower() and tokens[-1] not in ".!?:"):
        odd += 1
    return odd >= 2
