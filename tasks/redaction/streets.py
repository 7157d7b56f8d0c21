"""Streets with their number, as the languages write them.

12 Old Mill Road, Suite 4    Lindenstraße 47    18 rue des Tilleuls    Calle Mayor 14
ul. Marszałkowska 10         東京都渋谷区神南1-2-3      建国路88号
"""

from tasks.redaction.kinds import Kind
from tasks.redaction.rules import Rule

_CAPITAL = r"[\p{Lu}][\p{L}'’.-]*"
_NUMBER = r"(?:,? (?:n[.ºo°]{0,2} ?|Nr\.? |No:? ?|д\. ?)?\d{1,5}(?: ?[A-Za-z]\b)?(?:[-/]\d{1,4})?)"
_BEHIND = (
    "(?:stra(?:ß|ss)e|str\\.|weg|platz|allee|gasse|ring|damm|ufer|chaussee|straat|laan|plein|gracht|"
    "kade|gatan|vägen|gata|vegen|veien|gade|vej|katu|tie|utca)"
)
_NUMBER_FIRST = (
    "(?:rue|avenue|boulevard|bd|place|chemin|allée|impasse|quai|cours|route|square|passage)"
)
_IN_FRONT = (
    "(?:[Cc]alle|[Aa]venida|[Aa]vda\\.?|[Pp]laza|[Pp]aseo|[Cc]arrera|[Cc]amino|Via|[Vv]iale|"
    "[Pp]iazza|[Cc]orso|[Ll]argo|[Vv]icolo|[Rr]ua|[Pp]raça|[Tt]ravessa|[Ee]strada|[Uu]l\\.|[Aa]l\\.|"
    "[Uu]lica|[Uu]lice|[Ss]trada|[Уу]л\\.|[Уу]лица|[Пп]р(?:оспект|\\.|-т)|[Пп]ереулок)"
)


def _capital(text: str, start: int, end: int) -> tuple[int, int] | None:
    """German, Dutch and Nordic streets are one word with a capital: `Heimweg 3`, not `weg 3`."""
    word = text[start:end].lstrip()
    return (start, end) if word[:1].isupper() and len(word) > _SHORTEST else None


_SHORTEST = 7

RULES = (
    Rule(
        "street",
        Kind.ADDRESS,
        r"\b\d{1,5}[A-Za-z]? (?:[A-Z][A-Za-z'’.-]*\s){1,4}(?:Street|St|Avenue|Ave|Road|Rd|Drive|Dr|"
        r"Lane|Ln|Boulevard|Blvd|Court|Ct|Way|Terrace|Place|Pl|Highway|Hwy|Parkway|Pkwy)\b"
        r"(?:,? (?:Suite|Apt|Apartment|Unit|Floor|#) ?#?\w{1,6})?",
        gate=r"\s(?:St|Ave|R(?:oa)?d|Dr|L(?:ane|n)|B(?:oulevard|lvd)|C(?:our)?t|Way|Te|Pl|"
        r"H(?:ighway|wy)|P(?:ark|k)w(?:a)?y)",
    ),
    Rule(
        "street-number-behind",
        Kind.ADDRESS,
        rf"(?:{_CAPITAL}[ -]){{0,3}}(?:[\p{{Lu}}][\p{{L}}'’-]*)?(?i:{_BEHIND}){_NUMBER}",
        decide=_capital,
        gate=rf"(?i){_BEHIND}(?s:.{{0,6}})\d",
    ),
    Rule(
        "street-article",
        Kind.ADDRESS,
        rf"\b(?:Am|Im|An der|In der|Auf de[mr]|Unter den|Zu[mr]|Hinter der|Vor dem) {_CAPITAL} "
        rf"{_CAPITAL}{_NUMBER}",
        gate=r"\b(?:Am|Im|An der|In der|Auf de[mr]|Unter den|Zu[mr]|Hinter der|Vor dem) [\p{Lu}]",
    ),
    Rule(
        "street-number-first",
        Kind.ADDRESS,
        rf"\b\d{{1,4}}(?: ?(?:bis|ter|[A-Da-d]))?,? (?i:{_NUMBER_FIRST}) "
        rf"(?:(?:d[eu]s?|la|les?|l['’]|d['’]) ?(?:la |l['’])?)?"
        rf"{_CAPITAL}(?:[ -](?:(?:de|du|des|la) )?{_CAPITAL}){{0,3}}",
        gate=rf"\d ?(?:bis|ter|\p{{L}})?,? (?i:{_NUMBER_FIRST}) ",
    ),
    Rule(
        "street-word-in-front",
        Kind.ADDRESS,
        rf"{_IN_FRONT} (?:(?:d[eioa]s?|del|della|dei|las?|los|e|святого) ){{0,2}}"
        rf"{_CAPITAL}(?: (?:(?:d[eioa]s?|del|della|e) )?{_CAPITAL}){{0,3}}{_NUMBER}",
        gate=rf"{_IN_FRONT} ",
    ),
    Rule(
        "street-turkish",
        Kind.ADDRESS,
        rf"{_CAPITAL}(?: {_CAPITAL})? (?:Sokak|Sokağı|Sok\.|Caddesi|Cad\.|Bulvarı){_NUMBER}",
        gate=r"Sok(?:ak|ağı|\.)|Cad(?:desi|\.)|Bulvarı",
    ),
    Rule(
        "street-joined",
        Kind.ADDRESS,
        # Prefecture, city and block numbers; a road with its house; a Korean road with its house.
        r"[\p{Han}]{2,3}[都道府県][\p{Han}\p{Hiragana}\p{Katakana}ー]{2,20}\d{1,4}(?:(?:丁目|番地?|[-の])\d{1,4}){0,3}号?"
        r"|[\p{Han}]{2,20}(?:路|街|道|巷|弄)\d{1,5}[号號](?:[\p{Han}\d]{1,12}[室号楼])?"
        r"|[\p{Hangul}]{2,8}(?:로|길) ?\d{1,4}(?:-\d{1,4})?(?:번길 ?\d{1,4})?",
        gate=r"[都道府県路街巷弄로길]",
    ),
)
