"""German. See the package for what each pattern says."""

_TELL = (
    r"(?:nennen?|nenn|sagen?|sag|mitteilen|mitteilung|teilen?|geben|gebt|gib|schicken?|schick"
    r"|senden?|übermitteln|bestätigen?|auswählen|wählen?|beschreiben|präzisieren|ergänzen"
    r"|verraten?|schreiben?|angeben|angabe|durchgeben|eingeben|zukommen|spezifizieren"
    r"|hinterlassen)"
)
_NO = r"(?:nicht|nichts|kein\w*|nie|niemals|weder)"
ASKS = (
    rf"\b{_TELL} (?:sie )?(?:mir|uns)\b",
    rf"\bbitte\b(?!.*\bmelden\b).*\b{_TELL}\b",
    rf"\bkönnt?en? (?:sie|ihr)\b.*\b{_TELL}\b|\bkannst du\b.*\b{_TELL}\b"
    rf"|\b(?:würden|würdest) (?:sie|du)\b.*\b{_TELL}\b",
    r"\b(?:brauche?n?|benötigen?|bräuchten?|benötigten?) (?:ich|wir)\b",
    r"\b(?:ich|wir) (?:brauche?n?|benötigen?|bräuchten?)\b",
    r"\b(?:mir|uns) (?:fehl(?:t|en)|fehlte)\b|\bfehl(?:t|en) (?:mir|uns)\b",
    r"\b(?:ich|wir) (?:müssten?|muss|müssen)\b.*\b(?:wissen|erfahren)\b",
    r"\bwüsste(?:n)? (?:ich|wir)\b|\b(?:ich|wir) wüssten? (?:noch )?gern",
)
COURTESY = (
    r"\b(?:sonst|noch) (?:noch )?(?:et)?was\b|\bsonst noch\b|\bweiter(?:e\w*)? (?:\w+ )?(?:fragen"
    r"|anliegen|wünsche|hilfe)\b|\bfragen haben\b|\bbei (?:\w+ )?fragen\b|\bmelden sie sich\b"
    r"|\bmeld dich\b|\bzögern sie nicht\b|\bzur verfügung\b|\bnoch (?:hilfe|fragen|wünsche)\b"
    r"|\b(?:wie|womit|wobei) kann ich (?:ihnen|dir|euch|weiter|heute)?\b.*\bhelfen\b"
    r"|\bhilft (?:ihnen|dir) das\b|\bgern geschehen\b|\bkeine ursache\b",
)
DECLINES = (
    rf"\b(?:ich|wir)\b[^,;:]*\b(?:kann|können|konnte|darf|dürfen|vermag|könnte)\b[^,;:]*\b{_NO}\b",
    rf"\b(?:kann|können|darf|dürfen|könnte) (?:ich|wir)\b[^,;:]*\b{_NO}\b",
    r"\b(?:mir|uns) fehl(?:t|en) (?:\w+ )*?(?:berechtigung\w*|befugnis\w*|erlaubnis|zugriff"
    r"|rechte?)\b",
    r"\b(?:mir|uns) (?:\w+ )?(?:untersagt|verboten)\b|\b(?:muss|müssen) (?:ich|wir)? ?ablehnen\b",
    r"\bnicht (?:\w+ )?(?:möglich|gestattet|erlaubt|befugt|berechtigt|imstande|zuständig|zulässig"
    r"|vorgesehen|ermächtigt|autorisiert|in der lage|weiterhelfen)\b",
    r"\bkein\w* (?:\w+ )*?(?:werkzeuge?|funktion\w*|zugriff|zugang|möglichkeit\w*|befugnis\w*"
    r"|berechtigung\w*|tools?|mittel|erlaubnis|rechte?)\b",
    r"\baußerhalb (?:mein|unser)\w*\b|\bübersteigt\b|\baußerstande\b",
    r"\b(?:leider|bedauer\w+|richtlinien?|regeln)\b.*\b(?:ausgeschlossen|untersagt|unmöglich"
    r"|verboten)\b",
    r"\b(?:ich|wir) (?:muss|müssen)\b.*\bablehnen\b|\bgeht\b.*\bnicht\b.*$",
    r"\b(?:ich|wir) (?:bin|sind) (?:nur|ausschließlich|lediglich)\b.*\b(?:zuständig|da)\b",
)
FINDS = (
    r"\b(?:kann|können|konnten?|habe?n?)\b.*\b(?:nicht|kein\w*|nichts)\b.*\b(?:finden|gefunden"
    r"|feststellen|entdecken|entdeckt|ermitteln)\b",
    r"\bnicht (?:mehr )?(?:inbegriffen|enthalten|gefunden)\b",
    r"\b(?:kann|können)\b.*\b(?:bestätigen|mitteilen|versichern|bestätigt)\b",
)
OFFERS = (
    r"\bsoll(?:en)? (?:ich|wir)\b|\bmöchten sie, dass\b|\bwenden sie sich\b|\bmitarbeiter\w*\b"
    r"|\bkolleg\w+\b|\bkunden(?:service|dienst|betreuung)\b|\bverbinden\b|\bstattdessen\b",
)
DOUBTS = (
    rf"\b{_NO}\b|\b(?:leider|bedauer\w*|entschuldig\w*|bitte|nur|un(?:möglich|klar|bekannt)"
    r"|offen|fehlt|fehlen|fehlend\w*|erforderlich|notwendig|nötig|benötigt|brauche?n?|ablehnen"
    r"|passen|sobald|bevor|ohne|außer|verboten|untersagt|ausgeschlossen|welche\w*|wüsste\w*"
    r"|ausgenommen|abgelehnt|verweigert|aufgaben|möglichkeiten|befugnisse|zuständig\w*)\b"
    r"|\btut mir (?:sehr )?leid\b|\bwenn sie mir\b",
)
STATES = (
    r"\b(?:ist|sind|wurde|wurden)\b.*\b(?:\w*ge\w+t|\w*ge\w+en|\w+iert|bestätigt|erledigt"
    r"|verlängert|storniert)\b|\b(?:ich|wir) habe?n?\b.*\b(?:\w*ge\w+t|\w*ge\w+en|\w+iert"
    r"|ver\w+t|be\w+t)\b|\bhat\b.*\b(?:verlassen|begonnen|\w*ge\w+[tn])\b|^erledigt\b",
    r"\d (?:euro|€|uhr|grad|prozent)|\d:\d\d|\b(?:kostet|beträgt|lautet|heißt)\b|^ja\b",
)
