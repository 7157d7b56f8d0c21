"""French. See the package for what each pattern says."""

_TELL = (
    r"(?:dire|indiquer|préciser|fournir|communiquer|confirmer|donner|entrer|saisir|choisir"
    r"|renseigner|transmettre|envoyer|sélectionner|spécifier|partager|expliquer|rappeler)"
)
ASKS = (
    r"\b(?:dites|dis|indiquez|indique|donnez|donne|communiquez|communique|précisez|précise"
    r"|envoyez|envoie|confirmez|confirme|fournissez|fournis|transmettez|rappelez|rappelle"
    r"|partagez|laissez)-(?:moi|nous)\b",
    rf"\b(?:veuillez|merci de)\b(?: \w+){{0,4}} {_TELL}\b",
    rf"\b(?:pourriez|pouvez|peux|pourrais|voudriez|voulez)[- ](?:vous|tu)\b.*\b{_TELL}\b",
    r"\b(?:j'ai|j'aurais|j'aurai|nous avons|nous aurions)(?: \w+)? besoin\b"
    r"|\bil (?:ne )?(?:me|nous|m'|n')\s?(?:faut|manque|faudrait|faudra)\b|\bil me reste à\b"
    r"|\b(?:j'aimerais|je voudrais|je dois) (?:\w+ )?savoir\b|\ba[- ]t-il besoin\b",
    r"\b(?:précisez|indiquez|choisissez|confirmez)\b.*\bs'il vous plaît\b",
)
COURTESY = (
    r"\bautre chose\b|\bd'autres (?:questions|demandes)\b|\b(?:si|pour toute|pour d'autres)\b.*"
    r"\bquestions?\b|\bn'hésite[zr]? pas\b|\bcomment puis-je\b|\ben quoi puis-je\b"
    r"|\bà (?:votre|ta) disposition\b|\baide supplémentaire\b|\bje vous en prie\b|\bde rien\b",
)
DECLINES = (
    r"\b(?:je|nous) ne (?:\w+ )?(?:peux|pouvons|puis|pourrai|pourrons|saurais|saurions|dois"
    r"|dispose|disposons)\b",
    r"\bpas (?:\w+ )?(?:en mesure|capables?|autorisée?s?|habilitée?s?|possible|permis|la permission"
    r"|le droit|accès|la possibilité|l'autorisation|compétente?|équipée?|conçue?)\b",
    r"\b(?:aucune?|pas d'|pas de) ?(?:\w+ )?(?:outils?|fonctions?|moyens?|accès|autorisation"
    r"|possibilité)\b",
    r"\bdépasse(?:nt)? (?:mes|nos|le cadre)\b|\b(?:hors|en dehors) de (?:mes|ma|mon|nos)\b",
    r"\b(?:peux|pouvons) (?:\w+ )?(?:uniquement|seulement|que)\b|\bdois (?:\w+ )?refuser\b",
    r"(?=.*\b(?:malheureusement|désolée?|regrette|hélas|conditions|politique)\b).*"
    r"\b(?:pas (?:\w+ )?(?:remboursables?|modifiables?|annulables?)|impossible|interdit)\b",
    r"\b(?:m'est|nous est) (?:impossible|interdit\w*)\b|\bau-delà de (?:mes|nos)\b"
    r"|\bne relève pas de\b|\b(?:autorisation|permission|droit)\b.*\bmanque\b",
)
FINDS = (
    r"\b(?:ne|n')\s?(?:\w+ ){0,3}?(?:trouv\w+|localis\w+|vois)\b(?: \w+)?|\bn'ai (?:\w+ )?"
    r"(?:trouvé|localisé)\b|\bpas (?:compris\w*|incluse?s?)\b",
)
OFFERS = (
    r"\btransfèr\w+|\btransférer\b|\bmett\w+ en relation\b|\bconseill\w+\b|\bun agent\b"
    r"|\bcollègue\b|\bservice client\w*\b|\b(?:voulez|souhaitez|préférez)-vous que\b|\bcontacter\b",
)
DOUBTS = (
    r"\b(?:ne|ni|pas|aucune?|jamais|rien|non|malheureusement|désolée?s?|regrett?e?|hélas"
    r"|veuillez|merci de|excus\w+|impossible|uniquement|seulement|besoin|manqu\w+|faut|requise?"
    r"|nécessaire|interdit\w*|refus\w+|sans|avant de|dès que|quelle?s?|lequel|laquelle"
    r"|exclue?s?|refusée?s?|rejet\w+|ressort|compétences|fonctions|attributions|capacités)\b"
    r"|\bn'|s'il (?:vous|te) plaît",
)
STATES = (
    r"\b(?:a|ont|est|sont|j'ai|nous avons) (?:bien |été |\w+ )?\w+(?:é|ée|és|ées|is|ise|u|ue)\b"
    r"|^c'est fait\b|\ba quitté\b",
    r"\d (?:euros?|€|degrés|pour cent)|\d ?(?:h|:) ?\d\d|\b(?:coûte|s'élève)\b|^oui\b",
)
