"""Says which language a text is in, by script and by its commonest words; "" where nothing tells.

    detect("Für welchen Tag soll ich den Tisch reservieren?")   "de"
    detect("Voor welke dag moet ik de tafel reserveren?")       "nl"
    detect("BK0042")                                            ""      no words: anything
    detect("Umalis na ang pakete sa bodega kaninang umaga.")    "tl"
    detect("Xyzzy plugh frobozz quux corge grault.")            "und"   words, and none is known

Rules that read a text ask here first, and leave alone what is in a language they do not know. A
model that tells a hundred languages would name one for every text; here a text whose words stand in
no list, or as well in two, is `und`, and that is what those rules need. Lists hold words that a
sentence can hardly do without; a word in several lists counts for each of them.
"""

import re
from functools import cache, lru_cache

UNKNOWN = "und"
"""ISO 639-2: undetermined."""
_LOOKED_AT = 600
"""Characters at the start of a text."""
_FEW = 3
"""Known words that a text may lack where it has fewer words than this."""
_WORDS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
)
_FREQUENT = {
    "en": "a about above after again all also am an and any anything are as at be because been "
    "before being both but by call can can't cannot cost costs could couldn't did do does "
    "doesn't don't each else even every few first following for found from get give good "
    "great had has have he hello her here here's hi his how however i i'd i'll i'm i've if in "
    "into is isn't it it's its just kindly know last let like made make many may me more most "
    "much must my need next no none not nothing now of off on one only or order other our out "
    "please same she should since so some something sorry such sure take tell than thank "
    "thanks that that's the their them then there there's these they they're this those to "
    "today tomorrow too two unable under until up us used very want was we we'll we're well "
    "were what when where which which's while who why will with without won't would yes yet "
    "you you'd you'll you're your yours",
    "de": "aber alle als am an auch auf aus außer außerhalb bei bereits bevor bin bis bisschen "
    "bitte da dafür daher damit danke dann darf das dass davon dazu dein deine dem den der "
    "deren des deshalb dich die dies diese diesem diesen dieser dir doch du durch ein eine "
    "einem einen einer eines er erledigt es etwas euch euer für ganz gehen geht gern gerne "
    "gestern gibt guten habe haben hat heute hier hätte hätten ich ihm ihn ihnen ihr ihre "
    "ihrem ihren ihrer im immer innerhalb ist ja jede jeden jeder jetzt kann kein keine "
    "keinen können könnten leider liegt machen mehr mein meine meinem meinen meiner meines "
    "mich mir mit morgen muss möchte möchten müssen nach nein nicht nichts noch nun nur ob "
    "oder ohne schon sehr sein selbst sich sie sind so soll sollen sollte sondern statt tag "
    "trotzdem um und uns unser unter viel viele vom von vor war was weil weiter welche "
    "welchem welchen welcher wenn werden wie wieder wir wird wirklich wo wohl wurde wurden "
    "würde würden zu zum zur zwar zwei zwischen über",
    "fr": "afin ainsi alors après au aucun aucune aussi aux avant avec avez avoir avons bien "
    "bonjour bonne c'est ce ceci cela ces cet cette chaque chez comme comment côté d'un d'une "
    "dans de des deux dire dois doit donc du désolé elle elles en encore ensuite entre est et "
    "eu faire fait faut font hier hélas ici il ils j'ai jamais je jour l'adresse la le lequel "
    "les leur leurs lors lui là ma mais malheureusement me merci mes moi moins mon même n'ai "
    "n'est ne nos notre nous nul on or ou où par pas peu peut peux plus plusieurs pour "
    "pourquoi pourriez pouvez pouvons puis puis-je qu'il quand que quel quelle quelles quels "
    "qui rien s'il sans se sera serez ses si soit son sont souhaitez sous soyez suis sur ta "
    "ton tous tout toute toutes très tu un une vers veuillez voici voilà vos votre vous "
    "vraiment y à était été être",
    "es": "además ahora al algo antes aquí bien cada claro como con cuando cuál cuáles cuántas "
    "cuánto cuántos de del desde después dispongo dos día días dónde el ella en entonces "
    "entre es esa ese eso esta estamos este esto estoy está están favor fue fuera fueron "
    "gracias gustaría ha hacer hacerlo hacia han hasta hay he hemos hola hora hoy la "
    "lamentablemente las le les listo lo los me mi mientras mis misma mismo muy más necesito "
    "ni ningún no nos nuestra nuestro nuestros o otra otras otro para pero podemos podría por "
    "porque prefiere prefieres puede puedes puedo que quiere quién qué se sea según ser será "
    "si sido siempre sin sobre solo son soy su sus sí también te tenemos tengo tiene todo "
    "todos tu un una unos usted ustedes van ver vez y ya yo",
    "pt": "agora "
    "ainda amanhã antes ao aos apenas aqui as até bom cada claro com como contas da das "
    "de dela dele depois desse deste deve devo dia dias do dois dos duas e ela ele em entre "
    "então era essa esse esta estamos este estou está estão eu fazer foi fora foram hoje há "
    "infelizmente isso isto já la lamento lhe mais mas me mesma mesmo meu meus minha minhas "
    "muito na nada nas nem nenhum nenhuma no nos nossa nosso num numa não o obrigado olá os "
    "ou outra outras outro para pela pelo pode podemos poderia pois por porque posso precisa "
    "preciso prefere quais qual quando quantas quanto quantos que quem quer se seja sem "
    "sempre ser será serão seu seus sim sobre sua suas só também tem temos tenho ter tiver "
    "todo todos um uma vai vez você vocês vou à às",
    "it": "a abbiamo adesso ai al alcun alcuno alla alle altra altre altri altro anche ancora "
    "appena avrei ben bene c'è certo che chi ci ciao come con cosa cui da dal dalla dei del "
    "della delle dello devo di dopo dove dovrei due e entro essere fare fatto favore fra "
    "fuori gli grazie ha hai hanno ho i il in io l'ha la lavoro le lei lo loro ma mai me meno "
    "mentre mi mia mio molto ne negli nei nel nella nessun nessuna niente no noi non nostra "
    "nostro nuovo o oggi ogni oltre ora ore per perché però più poi possiamo posso prego "
    "prima purtroppo può qual quale quali quando quanto quello questa questi questo qui sa "
    "sarete sarà se sempre senza si sia siamo solo sono sta stai stata stato su sua subito "
    "sul sulla suo suoi sì tra tu tuo tutti tutto un una uno va volentieri vostra vuole è",
    "nl": "aan "
    "al alle als alstublieft ben bij daar dan dat de deze die dit doen door dus een eerst "
    "en er even gaan geef geeft geen gereserveerd goed graag haar had heb hebben heeft heel "
    "helaas helpen het hier hij hoe hun iets ik in is je jij jullie kan kunnen kunt laat "
    "later maar mag meer met mij mijn moet moeten morgen naar niet nieuwe nodig nog nu of om "
    "onder ons onze ook op over per samen sinds soms spijt staat straks te tussen u uit uw "
    "van vandaag veel verder via vier volgende voor vraag waar waarom wanneer was wat we weer "
    "welke weten wie wij wil wilt worden wordt zal ze zeer zich zij zijn zo zoals zonder zou",
    "sv": "att av behöver de den det dig din ditt du efter eller en er ett från för har hej hjälpa "
    "hur här i inte jag kan med men mig min nu när och om oss på sig sin ska som tack till "
    "tyvärr under upp ut var vi vid vilken vill är",
    "da": "af at beklager blev da de dem den der deres desværre det dig din dit du efter eller en "
    "end er et for fra ham har hvad hvilken hvor i ikke jeg kan kun med men mig min når og om "
    "op os på sig skal som tak til vi vil være",
    "no": "at av beklager ble de deg den der dere dessverre det din ditt du eller en er et etter "
    "for fra har hva hvilken hvor hvordan i ikke jeg kan med meg men min når og om opp oss på "
    "seg skal som takk til vi vil være",
    "pl": "ale bardzo by być czy dla do dzień i jak jaki jest już kiedy która który ma mam mi mogę "
    "może na nie niestety o od oraz po pod prosze proszę przez się są tak to tym w we z za "
    "został została że",
    "cs": "a ale až bohužel by být do i jak je jsem jste já k které který mi mne mám na ne nebo "
    "není o od po pod pro prosím s se si své tak to ty u v ve vy vám váš z za že",
    "tr": "bana ben bir bu da daha de değil en gibi hangi ile için konuda lütfen maalesef mi mı "
    "nasıl ne olarak siz size var ve veya yok çok",
    "ro": "a această acest ai al ale am astăzi azi ca care ce cu cum că da dacă de din doriți este "
    "fi la mai mea meu mi-a nu o pe pentru păcate sau se sunt să un unde va vă și",
    "id": "adalah akan anda apa atau bisa dan dari dengan di dia hari harus ini itu juga kami "
    "karena ke kita maaf mohon nama oleh pada pagi saya sudah telah terima tidak untuk yang",
    "vi": "anh bạn cho các có của gì hàng khi không là lòng mã một ngày người này rất thể tiếc "
    "trong tôi vui và vào với đã được đến để",
    "fi": "ei en että hän ja jos kiitos kun me mikä mille minä mitä mutta ne nyt olen on ovat se "
    "siinä sinun tai tämä tänä valitettavasti vielä voi voin",
    "hu": "a abban az azt be csak ebben egy ez ezt ha hogy hogyan igen is itt jó kell kérem kérjük "
    "köszönöm le lesz ma magát meg melyik minden mit most már még neki nem nincs olyan pedig "
    "reggel sajnos segíteni szeretne szívesen tudja tudok után vagy vagyok van volt és önnek "
    "úgy ügyfél",
    "ca": "a això al als amb aquest aquesta aquestes aquests avui bé cada cal cap com de del dels "
    "dia doncs dos dues el els em en ens estic està fer fins gràcies ha hem hi ho hola i ja "
    "la les li mateix meu meva molt més necessito no nostre on per perquè però poden pot puc "
    "qualsevol quin quina què res sense sento seu si sobre som sóc són també tinc tot té un "
    "una us vol vostè és",
    "gl": "ao aos axudarlle co coa como con da das de desde do dos dunha e el en esta este eu foi "
    "hai hoxe isto lle moi máis na non nos nunha o os pero podo por porque preciso que quere "
    "queres se seu sobre síntoo súa tamén ten teño un unha xa á é",
    "hr": "a ako ali bi da dan do i iz je jesam jutros kako koje koji koju li mi mogu molim na nam "
    "nažalost ne nije od po sam se smo su svoj tim to u vam vaš za što",
    "sw": "asubuhi gani hili hilo huu kama kwa kwamba la leo na namba ni nini nipe samahani siku "
    "tafadhali wa ya yako yangu za",
    "tl": "ako anda ang ano anong araw at ay ba hindi ito iyong ka kanina kaninang ko lang mga mo "
    "na naman ng ni paumanhin po sa salamat siya umaga yung",
}
_LETTERS = {
    "de": "äöüß", "es": "áéíóúüñ", "fr": "àâæçéèêëîïôœùûüÿ", "pt": "áâãàçéêíóôõúü",
    "it": "àèéìíîòóùú", "en": "éïèç", "nl": "éëïóöüá", "sv": "åäöé", "da": "åæøé", "no": "åæøéòô",
    "pl": "ąćęłńóśźż", "cs": "áčďéěíňóřšťúůýž", "tr": "çğıöşüâîû", "ro": "ăâîșțşţ", "fi": "äöå",
    "hu": "áéíóöőúüű", "ca": "àçèéíïòóúü", "gl": "áéíñóúü", "hr": "čćđšž",
}  # fmt: skip
"""Letters outside ASCII that a language writes; one with none of its own here may have any."""
_FOREIGN = 0.2
"""Share of words with a letter that the language does not have, above which it is another one."""
_NEARLY = 0.75
"""Of the best, from which the language around a text may decide."""
_MANY = 4
"""Known words that tell by their number."""
_LEAST = 0.15
"""Share of known words in a text of any length."""


@lru_cache(maxsize=8192)
def detect(text: str, around: str = "") -> str:
    """ISO 639-1 code of a text's language.

    Args:
        text: only its start is looked at.
        around: language of what stands around it, which decides between two that fit
            nearly as well.

    Returns:
        "" where the text holds too few words to tell, `UNKNOWN` where its words are of no language
        that is known here or of two as well.
    """
    text = text[:_LOOKED_AT]
    if not text.isascii():
        for code, script in _SCRIPTS:
            if len(script.findall(text)) * 4 >= sum(map(str.isalpha, text)) > 0:
                return code
    written = _WORDS.findall(text.replace("’", "'"))
    # Each word once, and no abbreviation: a table says "EST" ten times, which is not French.
    words = list(dict.fromkeys(word.lower() for word in written if not _is_abbreviation(word)))
    counts = dict.fromkeys(_FREQUENT, 0.0)
    lists = _lists()
    for word in words:
        for code in lists.get(word, ()):
            counts[code] += _weight(word)
    ranked = sorted(counts, key=lambda code: (-counts[code], code))
    best, second = ranked[0], ranked[1]
    if not counts[best]:
        return "" if len(words) < _FEW or all(map(_is_name, written)) else UNKNOWN
    few = counts[best] < _LEAST * len(words) and not _is_plain(counts[best], counts[second], words)
    if few or _foreign(words, best) > _FOREIGN * len(words):
        return UNKNOWN
    if around in counts and counts[around] >= _NEARLY * counts[best]:
        return around
    if counts[best] > counts[second]:
        return best
    # "Is month a word?" has words that Hungarian has too; without a letter of its own, and as plain
    # as that, it is English.
    return "en" if counts["en"] == counts[best] and text.isascii() else UNKNOWN


def _is_plain(best: float, second: float, words: list[str]) -> bool:
    """A list of names and figures has few words of any language; enough of one are plain too."""
    return best >= _MANY and best >= 2 * second and best >= _LEAST / 3 * len(words)


def _is_abbreviation(word: str) -> bool:
    return len(word) in (2, 3) and word.isupper()


def _is_name(word: str) -> bool:
    """A name, a code or a unit says nothing of the language around it."""
    return word[:1].isupper()


def _foreign(words: list[str], code: str) -> int:
    letters = _LETTERS.get(code)
    if letters is None:
        return 0
    return sum(any(c not in letters for c in word if not c.isascii()) for word in words)


@lru_cache(maxsize=8192)
def _weight(word: str) -> float:
    """A word of one language tells more than one of five; one letter tells least."""
    return (0.5 if len(word) == 1 else 1.0) * (1.0 if len(_lists()[word]) == 1 else 0.75)


@cache
def _lists() -> dict[str, tuple[str, ...]]:
    """Each known word to the languages that have it."""
    found: dict[str, tuple[str, ...]] = {}
    for code, words in _FREQUENT.items():
        for word in dict.fromkeys(words.split()):
            found[word] = (*found.get(word, ()), code)
    return found
