"""The wordings that belong to a question or a refusal, and those that give it away as none.

All are patterns over one clause in lower-case English with straight apostrophes.
"""

import re

from tasks.labelling import parameters

POLITE = re.compile(
    r"(?:(?:i'm|i am|we're|we are|so|very|really|terribly|truly|my|our|sincere(?:st)?|deepest|no|"
    r"oh|well|hm+|just|before i start|hello|hi|hey|there|dear|good (?:morning|day|evening)|ok|"
    r"okay|sure(?: thing)?|of course|"
    r"certainly|absolutely|definitely|great|perfect|excellent|wonderful|understood|got it|right|"
    r"all right|alright|thanks?|thank you|many|much|kindly|sorry|apologi[sz]e|apologies|regret\w*|"
    r"unfortunately|sadly|afraid|i|we|for|about|the|this|that|any|your|you|to hear|inconveniences?|"
    r"confusion|trouble|delay|patience|question|request|message|information|details?|reaching out|"
    r"contacting us|asking|letting me know|understanding|understand|see|appreciate|please|problem|"
    r"worries|happy|glad|pleased|delighted|would be|i'd be|to (?:help|assist)(?: you)?(?: with "
    r"(?:that|this|it))?|nearly|almost|one|moment|quick|question|more|last|thing|first|and|it|at "
    r"all|friend|sir|madam|but|however|that's|it's|a|good|choice|idea|yes|no|bye|goodbye|"
    r"have|nice|day|further|therefore|instead|in short|as an ai|asap|again|here)[\s,!.]*)+"
)
COURTESY = re.compile(
    r"(?:is there )?anything else(?: (?:that )?(?:i|we) can (?:\w+ )?(?:help|assist|do)(?: (?:you|"
    r"with|"
    r"for|today|further))*)?|(?:please )?(?:just )?(?:let (?:me|us) know|feel free to (?:ask|"
    r"reach out)"
    r"|don't hesitate to (?:ask|reach out)) ?(?:if|whenever|should)? ?(?:you(?:'d| would)? "
    r")?(?:like|"
    r"need|have|want)? ?(?:any|some)?(?:thing)? ?(?:other|else|more|further|additional)? ?(?:help|"
    r"assistance|questions?|information|details?)?|i hope (?:this|that|it) helps|(?:i'm |i am )?"
    r"(?:happy|glad) to help|you're welcome|have a (?:nice|great|good|lovely) (?:day|trip|evening)|"
    r"how else can i (?:help|assist)(?: you)?(?: today)?|can i help (?:you )?with anything else"
)
HELPS = re.compile(
    r"^(?:i|we)(?:'d| would)? ?(?:can|could|may|will|'ll|am able to|be (?:happy|glad) to|love "
    r"to)? ?"
    r"(?:only |certainly |gladly |definitely |try to |do my best to |be (?:happy|glad) to )*"
    r"(?:help|assist|guide|support|answer|provide|offer|look|check|search|find|do|try|explain|"
    r"suggest|share|tell)\b"
)
SELF = re.compile(
    r"^(?:an? )?(?:ai|virtual|digital|automated|language) (?:language )?(?:assistant|model|agent|"
    r"bot)\b|^(?:i'm|i am|we're|we are) (?:here|only|just|an? (?:ai|assistant|language model|"
    r"virtual|bot|"
    r"chat\w*)|designed|built|made|meant|trained|limited|restricted|bound|programmed|set up|"
    r"primarily|mainly|currently (?:limited|restricted))\b"
    r"|^(?:my|our|the) (?:current |available |present )?(?:purpose|role|job|focus|task|"
    r"capabilit\w+|"
    r"abilit\w+|tools?|functions?|training|scope|skills|expertise|knowledge)\b"
)
_TURN = (
    r"(?:check|contact|visit|try|consult|reach out|reach|refer|use|see|call|ask|speak|talk|turn|"
    r"look|"
    r"consider|search|browse|explore|review|calculate|go to|get in touch|let me know|feel free|"
    r"rephrase|get (?:help|assistance|support)|seek|manage|(?:find|get|do) (?:this|that|it|such|"
    r"the|"
    r"more|further|out|accurate)\b(?: \w+)? ?(?:information|details|yourself|directly|answers?)?|"
    r"provide|clarify|specify|stick|choose another|pick another|switch to|ask for|follow up)"
)
_TURNING = (
    r"(?:checking|contacting|visiting|trying|consulting|reaching|referring|using|calling|asking|"
    r"speaking|talking|turning|looking|considering|searching|browsing|exploring|reviewing|seeking|"
    r"getting|going|you (?:to )?)"
)
ADVICE = re.compile(
    rf"^(?:you|you'll) (?:will )?(?:have|need) to .*\byourself\b|^if you (?:have|need|want|like|"
    rf"wish)\b"
    rf"|^(?:(?:please|kindly|instead|perhaps|maybe|in that case|alternatively|for (?:that|this|"
    rf"more|the|"
    rf"further|accurate|real|up|any|an?)[^.]*?|if (?:you|it|this|that)[^.]*?)[ ,]+)*(?:(?:you|"
    rf"people|"
    rf"users|one) (?:may|might|can|could|should|would|will|'ll)? ?(?:also |easily |always |better "
    rf"|still "
    rf"|instead |directly |have to |need to |want to |wish to |like to |be able to )*(?:directly "
    rf")?{_TURN}"
    rf"|(?:please |kindly )?(?:directly )?{_TURN}|i(?:'d| would)? ?(?:strongly |highly |would |"
    rf"can |"
    rf"also |only )*(?:recommend|suggest|advise|encourage) {_TURNING}|i(?:'d| would)? ?(?:\w+ )?"
    rf"(?:recommend|suggest|advise) (?:that you |you )?(?:to )?{_TURN}|(?:it(?:'s| is| would be|"
    rf"'d be| may "
    rf"be| might be) )?(?:best|better|advisable|recommended|helpful|a good idea|worth) (?:to )?"
    rf"(?:{_TURN}|{_TURNING}))\b"
)
SAYS_THAT = re.compile(
    r"\b(?:note|know|aware|remember|hear|see|say|tell\w*|believe|think|sure|certain|inform\w*|"
    r"assure\w*|confirm|report\w*|happy|pleased|glad|required|is|are|means?|mind|fact|given)"
    r"(?: you| us)? that (.*)|^(?:please |kindly )?(?:note|remember|know|be aware)\b(?! that)(.*)"
)
LIMITS = re.compile(
    r"\b(?:tools?|functions?|capabilit\w+|abilit\w+|polic(?:y|ies)|permissions?|authori[sz]\w*|"
    r"scope|privacy|guidelines?|terms|rules?|regulations?|requires?|required|beyond|outside|"
    r"supported|supports?|features?|not (?:possible|available|allowed|covered|offered|permitted|"
    r"eligible)|non-\w+able|real-time|designed|limitations?|restrictions?|restricted|remit|league|"
    r"provider|not part of|doesn't allow|does not allow|permits?|can (?:help|assist) you|let me|"
    r"pass on "
    r"this)\b"
)
OPTIONS = re.compile(
    r"^(?:(?:the |your |possible |available |valid |some |common )*(?:options?|choices?|examples?|"
    r"possibilities|values?)\b|for (?:example|instance)|such as|e\.?g\b|like\b|i\.?e\b|we (?:have|"
    r"offer)|it (?:can|could|may) be|this (?:can|could|may) be|that (?:can|could|may) be|either\b|"
    r"is it\b|should (?:i|it|we)\b|or\b|and\b|(?:in )?the (?:format|form)\b|do you (?:mean|want))"
)
NEEDS = re.compile(
    r"\b(?:need|needs|needed|require[sd]?|missing|lack|depends|must know|have to know|without|open|"
    r"blank|unclear|unknown|left|everything (?:but|except)|awaiting|waiting for|start with|know)\b"
)
PURPOSE = re.compile(
    r"^(?:(?:in order )?to|before|so(?: that)?|for|once|as soon as|when|after|with|until|if|then|"
    r"based on|regarding|about|because|since|as) \w+"
)
WILLING = re.compile(
    r"^(?:(?:i'd|i would|i'll|i will|i'm|i am|we'd|we're|we are) (?:be )?(?:\w+ly )?)?(?:more "
    r"than )?"
    r"(?:love|happy|glad|pleased|delighted|ready|able|like)(?: to\b|$)|^(?:(?:let's|let us)(?! "
    r"(?:say|assume|take|go with|pick|use))|let me "
    r"(?:check|ask|clarify|make sure|confirm))\b"
)
NOT_SEEN = re.compile(
    r"\b(?:i|we) (?:don't|do not|didn't|did not|can't|cannot|couldn't|could not)(?: yet| quite| "
    r"\w+ly)?"
    r" (?:see|catch|find|get|have|understand|know|recogni[sz]e|tell|work out|make out)\b"
    r"|\b(?:wasn't|weren't|isn't|aren't|was not|were not|hasn't been|haven't been) (?:given|"
    r"mentioned|"
    r"included|clear|stated|specified|provided|said|set|filled in)\b"
    r"|\b(?:several|multiple|many|more than one|different|a few|two|three) (?:\w+ )?(?:options?|"
    r"possibilit\w+|choices?|matches|results?|ways?|candidates?|entries|things|details)\b"
)
REASON = re.compile(
    r"^(?:(?:in order )?to|for|because|since|as|due to|given|regarding|when it comes to) "
    r"(?=.*\b(?:you|your|i|i'm|my|me|this|that|it|such|real-time|tools?|request)\b)"
)
REQUESTS = re.compile(
    r"\b(?:would|should|shall|do|are|can|could|may|will|must|have|might|mind) (?:you|i|we)\b|'d "
    r"like\b"
    r"|\b(?:please|kindly|tell me|let me know|give me|you (?:want|prefer|need|have in mind|mean))\b"
    r"|\b(?:should|shall|would|will|can|could) (?:it|the|this|that|there)\b"
)
OF_THE_PAST = re.compile(r"\b(?:did|was|were|had)\b(?!.*\bin mind\b)")
OF_A_THING = re.compile(r"\b(?:is|are) (?:your|my|his|her|their|it)\b(.*)")
INTERROGATIVE = re.compile(
    r"^(?:would|do|does|did|can|could|shall|should|may|might|will|is|are|was|were|has|have|what|how|"
    r"which|where|when|who) (?:you|i|we|it|the|this|that|there|your|any|many|much)\b"
)
YES_OR_NO = re.compile(r"^(?:is|are|was|were|does|do|did|has|have|had)\b")
THREATENS = re.compile(r"\bor (?:else|i|we)\b")
OFFERS = re.compile(
    r"^(?:(?:would|do|can|could|shall|should|may|might|will|are|is|what|how|which|where|when|who) "
    r".*\b(?:you|i|we|there|it|else)\b|anything else|something else|any other)"
)
NOT_ASKED = re.compile(
    r"\b(?:(?:don't|do not|no need to|needn't|need not|not necessary to|not going to|won't|will "
    r"not|"
    r"don't have to|do not have to|don't need(?: you)? to|rather not|instead of|rather than) "
    r"(?:\w+ ){0,2}?(?:ask|giv|tell|provid|specif|nam|stat|shar|send|worr|bother|mind|answer|"
    r"repl)\w*"
    r"|(?:don't|do not) (?:\w+ )?need (?:it|that|this|them)|let's (?:say|assume|take|go with|pick|"
    r"use)"
    r"|or (?:else|i'll|i will|we'll|we will)|never ?mind|forget (?:it|that|about)|(?:doesn't|does "
    r"not) matter|no longer need|"
    r"not (?:required|needed|necessary)|(?:isn't|aren't) (?:required|needed|necessary))\b"
)
NO_INABILITY = re.compile(
    r"(?:n't|\b(?:not|never|nothing|nobody|no one|no longer|hardly|false|wrong|untrue|joke|kidding|"
    r"lie|lying)) .*\b(?:can't|cannot|unable|not able|couldn't|inability)\b"
    r"|\b(?:can't|cannot|couldn't|won't|can not) (?:\w+ )?(?:wait|but\b|help but|help \w+ing|fail|"
    r"err|lie|go amiss|stress|complain|agree "
    r"more|"
    r"go wrong|deny|thank|be happier|be prouder|resist|see why not|say no|get enough|imagine a "
    r"better|fault|lose|miss|not)\b"
    r"|\b(?:can't|cannot|couldn't)\b.*\b(?:enough|better|happier|easier|more pleased)\b"
    r"|\b(?:not|isn't|wasn't) (?:impossible|unable|beyond)\b|\bunable\?|\b(?:used to|once) be\b"
    r"|\b(?:last|previous|earlier|formerly|until (?:now|recently|yesterday)|no longer true)\b"
    r"|\b(?:no|none|neither|nothing|nobody|nowhere)\b.*(?:n't|\bnot)\b"
    r"|\b(?:or|unless) (?:i|we|else|you)\b|\b(?:tools?|functions?) (?:\w+ )?(?:failed|fail|broke)\b"
    r"|^(?:had|were) i\b|\bwould(?:n't)? have\b"
)
WILL_NOT = re.compile(r"\b(?:won't|will not)(?: \w+ly)?(?: (\w+))?")
GENERAL = re.compile(
    r"(?:be|do|help|assist|comply|fulfill?|perform|process|answer|provide|proceed|handle|complete|"
    r"carry|engage|discuss|let)\b"
)
FIGURE = re.compile(r"\w*\d\w*(?:[.,:/-]\w*\d\w*)*")
TELLS = re.compile(r"[:=(]|\b(?:is|are|was|were)\b")
FORMAT = re.compile(
    r"\b(?:e\.?g|i\.?e|example|format|such as|like|digits?|hour|hours|form|characters?)\b"
)
NAME = re.compile(r"(?<![.!?:\"'(\n])\s[\"'(]?([A-Z][\w-]*(?:'\w+)?)")
PLAIN_NAMES = frozenset(
    [
        "i",
        "i'm",
        "i'd",
        "i'll",
        "i've",
        "ai",
        "id",
        "ids",
        "uuid",
        "url",
        "api",
        "ok",
        "gps",
        "am",
        "pm",
        "usd",
        "eur",
        "celsius",
        "fahrenheit",
        "kelvin",
        "google",
        "internet",
        "hh",
        "mm",
        "ss",
        "yyyy",
        "dd",
        "sms",
        "faq",
        "pdf",
        "csv",
        "json",
        "please",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "english",
        "utc",
        "iso",
        "city",
        "state",
    ]
)
SMALL_WORDS = (
    "preferred exact specific desired correct full right current new name number id again sure "
    "mind other another anything else should shall found see looked checked have has there are is "
    "you your here several following want wanted "
    "like "
    "would looking so understand also both all with one two three four five"
)
SMALL_TALK = frozenset(map(parameters.stem, SMALL_WORDS.split()))
CONDITIONAL = re.compile(
    r"\b(?:once|as soon as|when|after|if|then|until|with (?:that|this|it)|happy to|need)\b"
)
