"""A thank-you, or a nod, that asks for nothing: a machine that answers it would be a bother."""

import re
import unicodedata

LONGEST = 100  # characters
PICTURES = frozenset("👍👌🙏❤🧡💛💚💙💜🤍💕💖😊🙂😀😁😄😃☺🥰😍😘🤗🎉✨💐🌸👏")
BESIDE_PICTURES = re.compile("[\U0001f3fb-\U0001f3ff\u200d\ufe0f]")  # the skin's color, and what joins pictures
APOSTROPHES = re.compile(r"['’‘ʼ`´′]")
PAUSES = re.compile(r"[\s.,;:!¡…()-]+")
THANKS = (
    "thank you|thanks|thank u|thanku|thankyou|thx|thnx|ty|tysm|many thanks|appreciate it|much appreciated|ok|okay|k|kk|got it"
    "|will do|noted|understood|sounds good|all right|alright|great|perfect|cool|awesome|wonderful|no problem|see you then"
    "|see you soon|see you there|gracias|muchas gracias|mil gracias|muchisimas gracias|muchas|grax|vale|listo|entendido|entendida"
    "|perfecto|de acuerdo|claro|claro que si|bueno|genial|excelente|de nada|muy amable|muy amables|ahi nos vemos|nos vemos"
)
# What only goes along with it.
BESIDE_THANKS = (
    "you|so much|very much|a lot|a bunch|again|all|everyone|team|guys|doctor|dr|for everything|for your help|for letting me know"
    "|for the info|for the information|for the reminder|for the update|for checking|for checking in|for asking|for calling"
    "|for calling me back|see you|bye|good night|you too|have a nice day|have a good day|have a great day|have a good night"
    "|have a nice evening|have a good evening|have a good weekend|have a nice weekend|and|oh|ah|por todo|por su ayuda|por avisar"
    "|por avisarme|por el recordatorio|por la informacion|por responder|por preguntar|por llamar|por escribir|por estar pendiente"
    "|doctora|doc|dra|a todos|a ustedes|a usted|igualmente|saludos|bendiciones|hasta luego|hasta pronto|buenas noches|buen dia"
    "|que tenga buen dia|que tengan buen dia|feliz dia|y|ay"
)
PHRASES = {tuple(phrase.split()): phrases is THANKS for phrases in (THANKS, BESIDE_THANKS) for phrase in phrases.split("|")}
MOST_WORDS = max(map(len, PHRASES))


def is_only_thanks(body: str) -> bool:
    """“Gracias, doctora!”, “ok, see you then” and “👍”, but neither “thanks?” nor “thanks, it still itches”."""
    text = BESIDE_PICTURES.sub("", body[: LONGEST + 1])
    if len(text) > LONGEST:
        return False
    pictures = [character for character in text if character in PICTURES]
    words = _words("".join(" " if character in PICTURES else character for character in text))
    says_thanks = bool(pictures)
    while words:
        length = next((number for number in range(MOST_WORDS, 0, -1) if tuple(words[:number]) in PHRASES), 0)
        if not length:
            return False
        says_thanks = says_thanks or PHRASES[tuple(words[:length])]
        words = words[length:]
    return says_thanks


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", APOSTROPHES.sub("", text).casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return [word for word in PAUSES.split(plain) if word]
