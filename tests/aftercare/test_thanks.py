"""What asks for nothing: a machine doesn't answer it."""

import pytest

from aftercare.domain.thanks import is_only_thanks

ENGLISH = "Thanks|thank you so much!!|Ok|K.|Ok, see you then 😊|Got it, thank you|Great, thanks!|Thank you, have a great day|thx\n"
SPANISH = "Gracias|¡Muchas gracias, doctora!|ok gracias 🙏|Vale|Muchísimas gracias por todo|Perfecto, nos vemos|gracias, igualmente"
PICTURES = "👍|👍🏽|❤️|🙏🙏|👍 👍"
OTHERWISE = "|?|👍?|thanks?|¿ok?|1|Ok 2|hi|hola|doctor|you|no|no thanks|yes|sí|help|ok stop|bien|😢|👎|👍 🩸|спасибо|thanks 38.5"
AND_MORE = "thanks but it hurts|gracias, me arde|ok what about the serum|gracias\n[with a picture, to be seen in the Twilio console]"


@pytest.mark.parametrize("body", f"{ENGLISH}|{SPANISH}|{PICTURES}".split("|"))
def test_thanks_and_nods(body):
    assert is_only_thanks(body)


@pytest.mark.parametrize("body", [*f"{OTHERWISE}|{AND_MORE}".split("|"), "thank you " * 40])
def test_anything_else_is_not_only_that(body):
    assert not is_only_thanks(body)
