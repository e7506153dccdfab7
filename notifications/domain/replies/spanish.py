"""How people ask in Spanish for no more messages. Patterns of whole clauses, as clauses_of() gives them: without accents."""

import re

from notifications.domain.replies.phrases import Request

MESSAGES = (
    r"(?:mensajes de texto|mensajes?|mensajitos|textos?|texts|sms|recordatorios?|avisos?|notificacion(?:es)?|alertas?|whatsapps?|msjs?)"
)
WHICH = (
    r"(?: (?:los|las|el|la|estos|estas|este|esta|esos|esas|sus|tus|su|tu|mis|mas|ya|todos|todas|de|con|a|ningun|ninguna|otro|otros"
    r"|tipo|un|nada de))*"
)
NUMBER = r"(?: (?:a|en|de) (?:este|mi|el) (?:numero|telefono|celular|movil))"
WRITE = r"(?:escribir|enviar|mandar|textear|mensajear|contactar)(?:me|nos)?"
WISH = r"(?:quiero|quisiera|deseo|necesito|me gustaria|solicito|pido|puedo|como (?:puedo|hago para))"

COURTESY = (
    r"(?:hola|buenas|buenos dias|buen dia|buenas (?:tardes|noches)|por favor|porfavor|porfa|favor|gracias|muchas gracias|mil gracias"
    r"|disculpen?|perdon|oigan?|oye|saludos|ok|okay|numero equivocado|(?:se equivocaron? de|tienen? mal el) numero|es numero equivocado"
    r"|tienen? el numero equivocado|(?:ya )?no soy paciente|no me interesan?)"
)
# Without “no” and “si”, which would turn what follows into something else.
POLITE = rf"(?:{COURTESY}|favor de|ya|solo|y|pero)"
LEAD = (
    rf"(?:{POLITE}|(?:les?|te) pido que|pido que|solicito que|quiero que|quisiera que|necesito que|me gustaria que|puede[ns]?"
    r"|podrias?|podrian|(?:les?|te) (?:pido|ruego)|que)"
)
TAIL = (
    rf"(?:{COURTESY}|ya|mas|nunca mas|jamas|ahora|ahora mismo|de inmediato|inmediatamente|de una vez|en absoluto|nada"
    r"|(?:a|en) (?:este|mi) (?:numero|telefono|celular|movil))"
)

LIST = (
    r"(?: (?:de|del)(?: (?:la|las|esta|su|sus|tu|el|los|todas|todos))*"
    r" (?:listas?(?: de (?:mensajes|contactos|textos|envios?|difusion|distribucion))?|sistema|base de datos|mensajes|contactos))"
)
REMOVE = r"(?:quit(?:a|e|en|ar)|sac(?:a|ar)|saquen?|borr(?:a|e|en|ar)|retir(?:a|e|en|ar)|remuev(?:a|e|an)|elimin(?:a|e|en|ar))"

CORES = (
    # deja de escribirme
    rf"(?:deja|deje|dejen|dejad|dejar|para|pare|paren|parar|cese|cesen|basta)(?: ya)? de {WRITE}(?: mas)?{NUMBER}?(?:{WHICH} {MESSAGES})?",
    r"(?:dejen|paren) de (?:molestar|fastidiar|acosar)(?:me|nos)?",
    r"(?:deje|dejar|pare) de (?:molestar|fastidiar|acosar)(?:me|nos)",
    # no me manden más mensajes
    r"(?:no|nunca|jamas)(?: (?:me|nos|ya|mas))*(?: (?:vuelvan?|vuelvas) a| sigan?| sigas)?"
    r" (?:manden?|mandes|envien?|envies|escriban?|escribas|contacten?|contactes|texteen?|textees|molesten|molestes"
    rf"|(?:escrib|envi|mand|contact|texte)(?:[ai]r|ando|iendo)(?:me|nos)?){NUMBER}?(?:{WHICH} {MESSAGES})?",
    # ya no quiero mensajes
    rf"(?:yo )?no (?:quiero|deseo|necesito|quisiera|queremos|acepto|autorizo)(?: seguir)?"
    rf"(?: recibir| recibiendo| tener| que (?:me|nos) (?:manden|envien|lleguen|mandes|envies))?{WHICH} {MESSAGES}(?: suyos| de ustedes)?",
    r"no (?:quiero|deseo) que (?:me|nos) (?:escriban|contacten|escribas|texteen|molesten|manden|envien)",
    r"no (?:quiero|deseo) recibir (?:nada mas|mas nada|nada)",
    # no más mensajes
    rf"no {MESSAGES} (?:por favor|porfavor|porfa)",
    rf"(?:no mas|ni un|ningun|basta|alto|stop){WHICH} {MESSAGES}",
    rf"(?:paren?|para|detengan?|deten|suspendan?|cancelen?|anulen?|quiten){WHICH} {MESSAGES}",
    rf"(?:{WISH} )?(?:parar|detener|suspender|cancelar|anular){WHICH} {MESSAGES}",
    # sáquenme de su lista
    rf"{REMOVE}(?:me|nos){LIST}",
    rf"{REMOVE} (?:mi|este) (?:numero|telefono|celular)(?:{LIST})?",
    # denme de baja
    rf"(?:{WISH} )?(?:denme|deme|dame|darme|darnos|me doy) de baja(?: de(?:{WHICH}) (?:{MESSAGES}|lista|servicio)|{LIST})?",
    r"(?:quiero|solicito|pido) (?:la|mi) baja",
    rf"(?:{WISH} )?(?:desuscrib\w*|(?:anular|anulen|cancel(?:ar|en?|a))(?: mi| la)? suscripcion)(?:{LIST})?",
    rf"(?:(?:{WISH} )?dejar|como dejo) de recibir{WHICH} {MESSAGES}",
    r"deje?n?(?:me|nos) (?:ya )?(?:en paz|tranquil[oa]s?)",
)
CORE = f"(?:{'|'.join(f'(?:{core})' for core in CORES)})"

OPT_OUT = Request(lead=LEAD, core=CORE, tail=TAIL, joined="y|ni|o")
BARE = Request(lead=POLITE, core="alto|pare|paren|para|parar|basta|detener|baja|stop", tail=TAIL)

# Words that a Spanish text hardly does without.
MARKS = re.compile(
    r"\b(?:el|los|las|de|del|que|por|para|con|una|mi|mis|esta|estoy|tengo|puedo|quiero|cuando|como|gracias|hola|favor|porfa|piel|pero"
    r"|muy|mas|ya|suero|mensajes?|basta|dejen?|deja|sin|duele|arde|pica|si|ayuda|alto|baja)\b"
)
