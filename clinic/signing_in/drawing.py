from django.utils.safestring import SafeString, mark_safe


def qr_code(text: str) -> SafeString:
    """As SVG, without a style of its own; black on white at night too, or some phones don't read it."""
    import qrcode  # here: few processes ever draw one
    from qrcode.image.svg import SvgPathFillImage

    picture = qrcode.make(text, image_factory=SvgPathFillImage, border=3)
    return mark_safe(picture.to_string(encoding="unicode"))  # nosec B703 # drawn by us: squares, and no letter of the text
