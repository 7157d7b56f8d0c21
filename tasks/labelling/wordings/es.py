"""Spanish. See the package for what each pattern says."""

_TELL = (
    r"(?:decir|indicar|facilitar|proporcionar|dar|confirmar|especificar|enviar|compartir|aclarar"
    r"|precisar|comunicar|pasar|explicar|detallar|elegir|mandar)(?:me|nos|lo)?"
)
ASKS = (
    r"\b(?:d[ií]game|d[ií]ganos|dime|ind[ií]que(?:me|nos)|ind[ií]came|facil[ií]te(?:me|nos)"
    r"|facil[ií]tame|proporci[oó]ne(?:me|nos)|proporci[oó]name|env[ií]e(?:me|nos)|env[ií]ame"
    r"|conf[ií]rme(?:me|nos)|conf[ií]rmame|comun[ií]que(?:me|nos)|comun[ií]came|p[aá]s[ae]me"
    r"|d[eé](?:me|nos)|dame|m[aá]nd[ae]me|acl[aá]r[ae]me)\b",
    r"\bpor favor\b.*\b(?:indique|especifique|proporcione|facilite|confirme|env[ií]e|elija|escoja"
    r"|seleccione|introduzca|comparta|precise|indica|confirma)\b"
    r"|\b(?:indique|especifique|proporcione|facilite|confirme|elija|precise)\b.*\bpor favor\b",
    r"\b(?:necesito|necesitamos|necesitar[ií]a|requiero|me hacen? falta|nos hacen? falta"
    r"|(?:me|nos) faltan?|me gustar[ií]a saber|quisiera saber|tendr[ií]a que saber)\b",
    rf"\b(?:podr[ií]as?|puedes?|pueden|quieres?|le importar[ií]a)\b.*\b{_TELL}\b",
)
COURTESY = (
    r"\balgo m[aá]s\b|\balguna otra\b|\bm[aá]s (?:preguntas|dudas|consultas)\b|\botra cosa\b"
    r"|\b(?:si|cualquier|alguna)\b.*\b(?:dudas?|preguntas?|consultas?)\b|\bno dudes? en\b"
    r"|\ben qu[eé] (?:m[aá]s )?(?:le |te )?(?:puedo|podemos)\b|\bc[oó]mo (?:le |te )?puedo"
    r" ayudar|\ba (?:su|tu) disposici[oó]n\b|\baqu[ií] estoy\b|\bde nada\b",
)
DECLINES = (
    r"\bno (?:\w+ ){0,2}?(?:puedo|podemos|podr[eé]|podremos|podr[ií]a|debo|soy capaz"
    r"|(?:estoy|estamos) (?:\w+ )?(?:autorizad\w+|habilitad\w+|facultad\w+|en condiciones"
    r"|capacitad\w+)|se (?:me|nos) permite|es posible|me resulta posible|tengo (?:\w+ )?(?:acceso"
    r"|permisos?|autorizaci[oó]n|posibilidad|forma|manera|capacidad|herramientas?|modo|medios)"
    r"|tenemos (?:\w+ )?(?:acceso|permiso|herramientas?|manera|forma)|dispongo de"
    r"|disponemos de|cuento con)\b",
    r"\bfuera de (?:mi|mis|nuestr\w+|lo que)\b|\b(?:solo|sólo|únicamente) (?:puedo|podemos)\b"
    r"|\b(?:puedo|podemos) (?:\w+ )?(?:solo|sólo|únicamente)\b|\bincapaz de\b"
    r"|\b(?:debo|tengo que) (?:rechazar|declinar)\b|\bexcede\w* (?:mi|mis)\b",
    r"(?=.*\b(?:lamento|lo siento|lamentablemente|desgracia\w*|pol[ií]tica)\b).*\bno (?:\w+ )?"
    r"(?:admite|permite|es reembolsable|est[aá] permitid\w|se puede)\b",
    r"\b(?:me|nos) faltan? (?:\w+ )?(?:autorizaci[oó]n|permisos?|acceso|competencia)\b"
    r"|\b(?:supera\w*|excede\w*) (?:\w+ )?(?:mi|mis|nuestr\w+)\b|\b(?:tengo|tenemos) prohibido\b",
    r"\bninguna (?:de (?:las|mis) )?(?:\w+ )?(?:herramientas?|funci[oó]n)\b",
)
FINDS = (
    r"\bno (?:he|hemos|pude|pudimos|puedo|podemos)(?: podido)? (?:encontrad?o?r?|localizad?o?r?"
    r"|hallad?o?r?|encontrar)\b|\bno (?:se )?encontr\w+\b|\bno (?:est[aá]|van) incluid\w+\b",
)
OFFERS = (
    r"\bpase con\b|\btransfi\w+|\btransferir\w*|\bun (?:agente|asesor|compañero|operador)\b"
    r"|\batenci[oó]n al cliente\b|\b(?:quiere|desea|quieres|prefiere)s? que\b|\bcontactar\b",
)
DOUBTS = (
    r"\b(?:no|ni|nunca|ning[uú]n\w*|nada|tampoco|lamento|lamentablemente|desgracia\w*|siento"
    r"|disculp\w+|perd[oó]n|temo|favor|necesit\w+|falt\w+|requi\w+|imposible|incapaz|solo|sólo"
    r"|únicamente|prohibid\w+|pendiente de|sin|antes de|en cuanto|cu[aá]l\w*|indi[qc]\w+"
    r"|confirm[ae]"
    r"|exclu\w+|rechaz\w+|deneg\w+|competenc\w+|funciones|atribuciones|capacidades)\b",
)
STATES = (
    r"\b(?:ha|han|he|hemos|fue|fueron|queda|quedan|est[aá]|est[aá]n|sali[oó]) (?:sido |\w+ )?"
    r"(?:\w+[aei]d[oa]s?|hech[oa]|hoy|puest[oa]s?)\b|^listo\b|^hecho\b",
    r"\d (?:euros?|€|grados|por ciento)|\d:\d\d|\b(?:cuesta|asciende|equivale)\b|^s[ií],",
)
