"""Portuguese, of Portugal and Brazil. See the package for what each pattern says."""

_TELL = (
    r"(?:informar|dizer|indicar|fornecer|enviar|confirmar|especificar|passar|dar|compartilhar"
    r"|partilhar|escolher|esclarecer|mandar|facultar|comunicar)(?:-me|-nos)?"
)
ASKS = (
    r"\b(?:diga|informe|indique|forneça|envie|confirme|mande|passe|dê|comunique|especifique"
    r"|esclareça|conte|explique)-(?:me|nos)\b",
    r"\b(?:me|nos) (?:diga|informe|indique|forneça|envie|confirme|mande|passe|dê|conte|fale)\b",
    r"\bpor favor\b.*\b(?:informe|indique|especifique|forneça|confirme|envie|escolha|selecione"
    r"|insira|digite)\b|\b(?:informe|indique|confirme|forneça|envie|escolha)\b.*\bpor favor\b",
    r"\b(?:preciso|precisamos|precisaria|necessito|necessitamos|gostaria de saber)\b"
    r"|\b(?:me|nos) faltam?\b|\bfaltam?-(?:me|nos)\b|\bsó falta(?:m)?\b",
    rf"\b(?:poderia|poderias|pode|podes|podia|consegue|importa-se)\b.*\b{_TELL}\b",
)
COURTESY = (
    r"\bmais (?:alguma|algo|perguntas|dúvidas)\b|\balgo mais\b|\boutra coisa\b|\bà (?:sua )?"
    r"disposição\b|\b(?:se|caso|qualquer)\b.*\b(?:dúvidas?|perguntas?)\b|\bnão hesite\b"
    r"|\b(?:em que|como) (?:mais )?(?:lhe |te )?posso\b.*\bajud\w+|\bde nada\b|\bdisponha\b",
)
DECLINES = (
    r"\bnão (?:\w+ ){0,2}?(?:posso|podemos|consigo|conseguimos|poderei|poderemos|poderia|devo"
    r"|(?:estou|estamos) (?:\w+ )?(?:autorizad\w+|habilitad\w+|em condições)|é possível"
    r"|é permitido|(?:tenho|temos) (?:\w+ )?(?:acesso|permissão|autorização|como|ferramentas?"
    r"|possibilidade|capacidade|meios?|forma)|disponho|dispomos|sou capaz|somos capazes)\b",
    r"\b(?:falta-me|me falta|faltam-me) (?:\w+ )?(?:autorização|permissão|acesso|competência)\b"
    r"|\bultrapassa\w* (?:\w+ )?(?:minh\w+|meu\w*|noss\w+)\b|\bproibid\w de\b",
    r"\bnenhuma (?:das )?(?:\w+ )?(?:ferramentas?|funç\w+)\b|\b(?:fora|além) d\w+ (?:minh\w+|meu\w*"
    r"|noss\w+)\b|\bsó (?:posso|podemos|consigo)\b|\b(?:posso|podemos) (?:\w+ )?(?:apenas|só"
    r"|somente)\b|\bapenas (?:posso|podemos)\b|\bincapaz de\b"
    r"|\b(?:devo|tenho (?:de|que)) recusar\b",
    r"(?=.*\b(?:infelizmente|lamento|sinto muito|desculpe|política)\b).*\b(?:não (?:\w+ )?"
    r"(?:reembols\w+|permite|pode ser)|impossível|proibid\w+)\b",
)
FINDS = (
    r"\bnão (?:\w+ )?(?:encontr\w+|localiz\w+|achei|achamos)\b"
    r"|\bnão (?:consegui|conseguimos|consigo) (?:encontrar|localizar|achar)\b"
    r"|\bnão (?:está|estão) incluíd\w+\b",
)
OFFERS = (
    r"\btransf(?:ira|erir)\b|\b(?:um|uma) (?:atendente|agente|colega|operador\w*)\b"
    r"|\b(?:quer|deseja|gostaria|prefere) que\b|\batendimento ao cliente\b|\bcontat\w+\b",
)
DOUBTS = (
    r"\b(?:não|nem|nunca|nenhuma?|nada|infelizmente|lamento|desculp\w+|sinto|favor|precis\w+"
    r"|necess\w+|falt\w+|impossível|só|apenas|somente|proibid\w+|sem|antes de|assim que"
    r"|qual|quais|inform[ae]|confirm[ae]|indique"
    r"|exclu\w+|recus\w+|rejeit\w+|negad\w+|competênc\w+|funções|atribuições|capacidades)\b",
)
STATES = (
    r"\b(?:foi|foram|está|estão|ficou|tem sido) (?:\w+ )?(?:\w+[ai]d[oa]s?|feit[oa]s?|aberto)\b"
    r"|^pronto\b|^feito\b|\b(?:reservei|guardei|alterei|coloquei|renovei|enviei|saiu)\b",
    r"\d (?:euros?|€|reais|graus|por cento)|\d(?::|h)\d\d|\b(?:custa|equivale)\b|^sim\b",
)
