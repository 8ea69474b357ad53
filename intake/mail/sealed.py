"""Mails that are signed or encrypted: what is signed is read, what is encrypted says so.

Signatures are not verified: who wrote a mail is decided by what the servers say of it, not here.
"""

import re

from intake.mail.parts import Part

_ENCRYPTED_TYPES = ("application/pgp-encrypted",)
_SMIME = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
_PGP_MESSAGE = re.compile(r"^-----BEGIN PGP MESSAGE-----[ \t]*$", re.MULTILINE)
_PGP_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_PGP_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
_PGP_END = "-----END PGP SIGNATURE-----"
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_ENVELOPED_DATA = bytes.fromhex("06092a864886f70d010703")
_AUTH_ENVELOPED = bytes.fromhex("060b2a864886f70d0109100117")
_DATA = bytes.fromhex("06092a864886f70d010701")


def is_encrypted_part(part: Part) -> bool:
    """Whether the part cannot be read without a key."""
    if part.type == "multipart/encrypted" or part.type in _ENCRYPTED_TYPES:
        return True
    if part.type not in _SMIME and part.filename.lower() != "smime.p7m":
        return False
    kind = part.parameters.get("smime-type", "").lower()
    if kind:
        return kind in ("enveloped-data", "authenveloped-data")
    beginning = part.content()[:80]
    return _ENVELOPED_DATA in beginning or _AUTH_ENVELOPED in beginning


def is_signature(part: Part) -> bool:
    """Whether the part is the signature of another one."""
    return part.type in _SIGNATURES


def is_signed_part(part: Part) -> bool:
    """Whether the part is signed: beside it, or around it."""
    return (
        part.type == "multipart/signed"
        or is_signature(part)
        or (part.type in _SMIME and not is_encrypted_part(part))
    )


def signed_content(part: Part) -> bytes | None:
    """The message inside an S/MIME part that is signed from around it; None where it cannot be found."""
    if part.type not in _SMIME or is_encrypted_part(part):
        return None
    data = part.content()
    if _SIGNED_DATA not in data[:80]:
        return None
    at = data.find(_DATA)
    if at < 0:
        return None
    return _octets(data, at + len(_DATA)) or None


def _octets(data: bytes, at: int) -> bytes:
    """The octet string, in one piece or many, that follows the name of the content (BER)."""
    pieces, start = bytearray(), at
    while at + 2 <= len(data):
        tag = data[at]
        length, body = _length(data, at + 1)
        if tag in (0xA0, 0x24):  # the wrapper; a string in pieces
            at = body
        elif tag == 0x04 and length is not None:
            pieces += data[body : body + length]
            at = body + length
            if at - start >= len(data) or data[start] != 0xA0:
                break
        else:
            break
    return bytes(pieces)


def _length(data: bytes, at: int) -> tuple[int | None, int]:
    first = data[at] if at < len(data) else 0
    if first < 0x80:
        return first, at + 1
    count = first & 0x7F
    if not count:
        return None, at + 1
    return int.from_bytes(data[at + 1 : at + 1 + min(count, 8)], "big"), at + 1 + count


def is_pgp_message(text: str) -> bool:
    """Whether the text is encrypted inline."""
    return "-----BEGIN PGP MESSAGE-----" in text and bool(_PGP_MESSAGE.search(text))


def without_armour(text: str) -> tuple[str, bool]:
    """The text of an inline signed message without its armour, and whether it had one."""
    at = text.find(_PGP_SIGNED)
    if at < 0:
        return text, False
    end = text.find(_PGP_SIGNATURE, at)
    if end < 0:
        return text, False
    after = text.find(_PGP_END, end)
    inside = text[at + len(_PGP_SIGNED) : end].lstrip("\n \t")
    _, blank, words = inside.partition("\n\n")
    words = words if blank and re.match(r"(?:Hash|Charset|NotDashEscaped):", inside) else inside
    words = "\n".join(line.removeprefix("- ") for line in words.split("\n"))
    rest = text[after + len(_PGP_END) :] if after >= 0 else ""
    return f"{text[:at]}{words.rstrip()}\n{rest}".strip("\n"), True
