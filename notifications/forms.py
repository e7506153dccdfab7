"""What the provider's callbacks hold. The names are Twilio's; the limits are those of our columns."""

from django import forms

LONGEST_TEXT = 5_000  # characters; a text has 1,600 at most
ID = r"\A[A-Za-z0-9]{1,64}\Z"


class Words(forms.CharField):
    """A text as it was written. PostgreSQL keeps no NUL: the rest mustn't be lost for one, nor for its length."""

    def to_python(self, value: object) -> str:
        return str(super().to_python(value)).replace("\x00", "")[:LONGEST_TEXT]


class ReceiptForm(forms.Form):
    attempt = forms.UUIDField()
    MessageSid = forms.RegexField(ID)
    MessageStatus = forms.RegexField(r"\A[a-z_-]{1,40}\Z")
    ErrorCode = forms.RegexField(r"\A[0-9]{1,10}\Z", required=False)


class ReplyForm(forms.Form):
    MessageSid = forms.RegexField(ID)
    From = forms.RegexField(r"\A[A-Za-z0-9+:._-]{1,254}\Z")
    Body = Words(required=False, strip=False)
    OptOutType = forms.CharField(required=False, max_length=20)
    NumMedia = forms.IntegerField(required=False, min_value=0, max_value=100)
