"""Italian. See the package for what each pattern says."""

_TELL = (
    r"(?:dir|indicar|comunicar|fornir|dar|inviar|confermar|specificar|precisar|mandar|chiarir"
    r"|scegliere|spiegar)(?:e|mi|ci|lo)?"
)
ASKS = (
    r"\b(?:mi|ci) (?:dica|indichi|comunichi|fornisca|invii|mandi|confermi|dia|specifichi|faccia"
    r" sapere|precisi|spieghi)\b",
    r"\b(?:dimmi|indicami|comunicami|forniscimi|inviami|mandami|confermami|dammi|fammi sapere)\b",
    r"\bper (?:favore|cortesia|piacere)\b.*\b(?:indichi|specifichi|fornisca|confermi|scelga"
    r"|selezioni|inserisca|precisi)\b|\b(?:indichi|specifichi|confermi|scelga|precisi)\b.*"
    r"\bper (?:favore|cortesia|piacere)\b",
    r"\b(?:mi|ci) (?:serv\w+|manc\w+|occorr\w+|servirebb\w+)\b"
    r"|\b(?:ho|abbiamo|avrei|avremmo)(?: \w+)? bisogno\b|\b(?:vorrei|dovrei) (?:\w+ )?sapere\b",
    rf"\b(?:potrebbe|può|puoi|potresti|le dispiacerebbe)\b.*\b{_TELL}\b",
)
COURTESY = (
    r"\bqualcos'altro\b|\baltr[eo] (?:domand\w+|dubbi|esigenze)\b|\b(?:aiutarla|aiutarti|bisogno"
    r"|serve|occorre) (?:\w+ )?(?:di |in |con |per )?altro\b|\b(?:se|per) .*\bdomand\w+\b"
    r"|\b(?:come|in cosa|in che modo) (?:\w+ )?posso\b.*\b(?:aiut\w+|esser\w+)\b|\bnon esit\w+\b"
    r"|\ba (?:sua |tua )?disposizione\b|\bsono qui\b|\bdi nulla\b",
)
DECLINES = (
    r"\bnon (?:\w+ ){0,2}?(?:posso|possiamo|potrò|potremo|potrei|riesco|(?:sono|siamo) (?:\w+ )?"
    r"(?:autorizzat\w|in grado|abilitat\w|capac\w)|è (?:\w+ )?(?:possibile|consentito|permesso)"
    r"|(?:ho|abbiamo) (?:\w+ )?(?:accesso|il permesso|l'autorizzazione|la possibilità|modo"
    r"|strument\w|il diritto)|dispongo|disponiamo|avere il permesso)\b",
    r"\b(?:mi|ci) manca\w* (?:\w+')?(?:\w+ )?(?:autorizzazione|permess\w|accesso|competenza)\b"
    r"|\bl'autorizzazione\b.*\bmanca\b|\bsupera\w* le (?:mie|nostre)\b|\bè vietato\b"
    r"|\bnon rientra nelle\b",
    r"\b(?:nessuno?|alcuno?) (?:\w+ )?(?:strument\w+|funzion\w+)\b|\b(?:oltre|fuori)\b.*\b(?:le mie"
    r"|mie|le nostre)\b|\besula\b|\b(?:posso|possiamo) (?:\w+ )?(?:solo|soltanto|unicamente)\b"
    r"|\b(?:devo|dobbiamo) (?:\w+ )?rifiutare\b",
    r"(?=.*\b(?:purtroppo|dispiace|spiace|condizioni|politica|regol\w+)\b).*\b(?:non (?:\w+ )?"
    r"(?:rimborsabil\w|modificabil\w|consente|permette|può essere)|impossibile|vietat\w)\b",
)
FINDS = (
    r"\bnon (?:\w+ ){0,2}?(?:trov\w+|individu\w+)\b|\bnon (?:è|sono) (?:inclus\w|compres\w)\b",
)
OFFERS = (
    r"\boperat\w+\b|\btrasfer\w+|\bin contatto\b|\bun (?:collega|agente|consulente)\b"
    r"|\b(?:vuole|desidera|vuoi|preferisce) che\b|\bassistenza clienti\b|\bservizio clienti\b",
)
DOUBTS = (
    r"\b(?:non|né|mai|nessun\w*|alcun\w*|niente|purtroppo|dispiace|spiace|temo|scus\w+|favore"
    r"|cortes\w+|impossibile|bisogno|manc\w+|serv\w+|occorr\w+|necessari\w|solo|soltanto"
    r"|unicamente|vietat\w|senza|prima di|appena|quale|quali|indic\w+|conferm[ia]"
    r"|esclus\w+|rifiut\w+|respint\w+|negat\w+|competenz\w+|funzioni|attribuzioni|capacità)\b",
)
STATES = (
    r"\b(?:è|sono|ha|hanno|ho|abbiamo) (?:stat[oaie] |\w+ )?(?:\w+[aiu]t[oaie]|messo|fatto)\b"
    r"|^fatto\b",
    r"\d (?:euro|€|gradi|per cento)|\d[:.]\d\d|\b(?:costa|ammonta|equivale)\b|^s[ìi],",
)
