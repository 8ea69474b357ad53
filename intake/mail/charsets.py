"""From bytes to text, whatever the label says.

Labels lie: Windows-1252 travels as ISO-8859-1 or UTF-8, UTF-8 as US-ASCII, GBK as GB2312, Shift_JIS of Windows as
Shift_JIS. What is decoded here never raises and holds neither NUL (PostgreSQL refuses it) nor a lone surrogate.
"""

import codecs
import re
from encodings.aliases import aliases

from charset_normalizer import from_bytes

_WIDER = {  # the label on the left is used for texts that only the one on the right can read
    "ascii": "cp1252", "latin_1": "cp1252", "iso8859_1": "cp1252", "iso8859_9": "cp1254", "iso8859_11": "cp874",
    "tis_620": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "hz": "hz", "shift_jis": "cp932",
    "euc_kr": "cp949", "big5": "cp950", "iso8859_8": "cp1255", "iso2022_jp": "iso2022_jp",
}  # fmt: skip
_ALIASES = {
    "ansi_x3.4_1968": "cp1252", "ansi_x3.110_1983": "cp1252", "x_ansi": "cp1252", "ansi": "cp1252",
    "iso_8859_8_i": "cp1255", "iso_8859_8_e": "cp1255", "iso_8859_6_i": "iso8859_6", "x_sjis": "cp932",
    "sjis": "cp932", "windows_31j": "cp932", "x_ms_cp932": "cp932", "ms932": "cp932", "x_euc_jp": "euc_jp",
    "ks_c_5601_1987": "cp949", "ks_c_5601": "cp949", "ksc5601": "cp949", "ksc_5601": "cp949", "korean": "cp949",
    "x_windows_949": "cp949", "windows_949": "cp949", "x_gbk": "gb18030", "gb_2312_80": "gb18030",
    "gb2312_80": "gb18030", "chinese": "gb18030", "x_big5": "cp950", "big5_hkscs": "big5hkscs", "cn_big5": "cp950",
    "unicode_1_1_utf_7": "utf_7", "unicode_1_1_utf_8": "utf_8", "x_unicode_2_0_utf_8": "utf_8", "utf8mb4": "utf_8",
    "utf_8_mac": "utf_8", "unicode": "utf_16", "windows_874": "cp874", "dos_874": "cp874", "macintosh": "mac_roman",
    "x_mac_roman": "mac_roman", "mac": "mac_roman", "x_mac_cyrillic": "mac_cyrillic", "koi8": "koi8_r",
    "x_koi8_r": "koi8_r", "iso_ir_111": "koi8_r", "cp20866": "koi8_r", "cp21866": "koi8_u", "cp65001": "utf_8",
    "cp28591": "cp1252", "cp28605": "iso8859_15", "cp20127": "cp1252", "cp936": "gb18030", "cp51949": "cp949",
    "iso_2022_jp_ms": "iso2022_jp", "iso_2022_jp_2": "iso2022_jp", "iso_2022_jp_1": "iso2022_jp",
    "iso_2022_jp_3": "iso2022_jp", "iso_2022_jp_ext": "iso2022_jp", "cp50220": "iso2022_jp",
    "cp50221": "iso2022_jp", "cp50222": "iso2022_jp", "csiso2022jp": "iso2022_jp", "hz_gb_2312": "hz",
    "iso_8859_16": "iso8859_16", "latin9": "iso8859_15",
}  # fmt: skip
_NO_TEXT = {
    "base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec", "mbcs", "oem",
    "tactis", "idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "charmap",
}  # fmt: skip
_KNOWN = frozenset(aliases.values()) - _NO_TEXT | {
    "gb18030",
    "utf_8_sig",
    "koi8_u",
    "koi8_t",
    "cp874",
    "cp720",
}
_UNDECIDED = frozenset({"", "cp1252"})  # ASCII and Latin-1 are what mailers write who do not know
_WINDOWS_1252_GAPS = {byte: byte for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}
_HIGH = re.compile(rb"[\x80-\xff]")
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_ESCAPES_OF_JAPANESE = re.compile(rb"\x1b\$[@B]|\x1b\$\([@BDOPQ]|\x1b\([BJIH]|\x1b&@")
_SHIFTS_TO_JAPANESE = (b"\x1b$@", b"\x1b$B", b"\x1b$(")
_NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff\ud800-\udfff]")
_SAMPLE = 16_384
_BOMS = (
    (codecs.BOM_UTF8, "utf_8"),
    (codecs.BOM_UTF32_LE, "utf_32"),
    (codecs.BOM_UTF32_BE, "utf_32"),
    (codecs.BOM_UTF16_LE, "utf_16"),
    (codecs.BOM_UTF16_BE, "utf_16"),
)
_GUESSES = [
    "cp1251", "koi8_r", "gb18030", "cp950", "cp932", "euc_jp", "cp949", "cp1250", "cp1253", "cp1254", "cp1255",
    "cp1256", "cp874", "cp1252",
]  # fmt: skip


def codec_of(label: str) -> str:
    """Python's name of the codec that reads what this label is used for; "" where none is known."""
    name = re.sub(r"[^a-z0-9.]+", "_", label.strip().lower().removeprefix("charset=").strip("'\" ")).strip(
        "_"
    )
    name = name.split("._", maxsplit=1)[0]
    for prefix in ("windows_", "x_cp", "ibm_", "cp_", "win_", "win"):
        if name.startswith(prefix) and name.removeprefix(prefix).isdigit():
            name = f"cp{name.removeprefix(prefix)}"
    if name in _ALIASES:
        return _ALIASES[name]
    try:
        codec = codecs.lookup(name).name.replace("-", "_")
    except (LookupError, ValueError, UnicodeError):
        return ""
    codec = aliases.get(codec, codec)
    if codec not in _KNOWN:
        return ""
    return _WIDER.get(codec, codec)


def decode(data: bytes, label: str = "") -> tuple[str, str]:
    """The text, and what was wrong with its label ("" for nothing)."""
    text, complaint = _decoded(data, label)
    return clean(text), complaint


def clean(text: str) -> str:
    """Without what no text holds: NUL and other controls, byte order marks, halves of surrogates. Lines end in LF."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _NEVER.sub("", text)


def _decoded(data: bytes, label: str) -> tuple[str, str]:  # noqa: PLR0911  (one line for each kind of label)
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return _forgiving(data, codec), ""
    codec = codec_of(label)
    unknown = f"unknown charset {label[:40]!r}" if label.strip() and not codec else ""
    if codec == "iso2022_jp" or any(shift in data for shift in _SHIFTS_TO_JAPANESE):
        return _japanese(data), "" if codec == "iso2022_jp" else unknown
    if codec.startswith(("utf_16", "utf_32")):
        return _wide(data, codec)
    if codec in ("utf_7", "hz"):
        return _forgiving(data, codec), ""
    if not _HIGH.search(data):
        return data.decode("ascii"), unknown
    if _is_utf8(data, certain=codec not in _UNDECIDED and codec != "utf_8"):
        mislabelled = codec not in ("utf_8", "", "cp1252") or (codec == "cp1252" and "8859" in label)
        return data.decode("utf-8"), "UTF-8 under another label" if mislabelled else unknown
    if codec == "utf_8":
        return _nearly_utf8(data), "not the UTF-8 it says it is"
    if codec == "" or (codec == "cp1252" and ("ascii" in label.lower() or _is_odd_latin(data))):
        return _guessed(data), unknown or "8-bit text without a charset"
    try:
        return data.decode(codec), ""
    except (UnicodeError, ValueError):
        return _forgiving(data, codec), "" if codec == "cp1252" else f"not the {codec} it says it is"


def _forgiving(data: bytes, codec: str) -> str:
    if codec == "cp1252":
        return data.decode("cp1252", "replace") if not _gaps(data) else _windows(data)
    try:
        return data.decode(codec, "replace")
    except (UnicodeError, ValueError, LookupError):
        return _windows(data)


def _gaps(data: bytes) -> bool:
    return any(byte in data for byte in _WINDOWS_1252_GAPS)


def _windows(data: bytes) -> str:
    """Windows-1252 as browsers read it: the five bytes it does not know are the controls of Latin-1."""
    return codecs.charmap_decode(data, "replace", _WINDOWS_1252)[0]


_WINDOWS_1252 = "".join(
    chr(byte) if byte in _WINDOWS_1252_GAPS else bytes([byte]).decode("cp1252") for byte in range(256)
)


def _is_utf8(data: bytes, *, certain: bool) -> bool:
    """Whether it is UTF-8. Where a label of another charset speaks against it, four characters have to say so."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not certain or len(data) - len(text) >= 4


def _nearly_utf8(data: bytes) -> str:
    """UTF-8 with some bytes of Windows-1252 in it, or another charset altogether."""
    sample = data[:_SAMPLE].decode("utf-8", "surrogateescape")
    bad = sum("\udc80" <= letter <= "\udcff" for letter in sample)
    good = sum(letter > "\x7f" for letter in sample) - bad
    if good < bad and good + bad:
        return _guessed(data)
    return data.decode("utf-8", _BY_WINDOWS)


def _windows_where_broken(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _windows(error.object[error.start : error.end]), error.end


_BY_WINDOWS = "intake.mail.windows"
codecs.register_error(_BY_WINDOWS, _windows_where_broken)


def _wide(data: bytes, codec: str) -> tuple[str, str]:
    """UTF-16 and UTF-32 without a mark: the half with fewer values comes first or last."""
    if data and data.count(0) < len(data) // 8 and _is_utf8(data, certain=False):
        return data.decode("utf-8"), f"not the {codec} it says it is"
    if codec in ("utf_16", "utf_32"):
        sample = data[:_SAMPLE]
        codec += "_be" if len(set(sample[0::2])) <= len(set(sample[1::2])) else "_le"
    return _forgiving(data, codec), ""


def _is_odd_latin(data: bytes) -> bool:
    """Whether most letters carry accents, which is no Latin text but Cyrillic, Greek ... under a wrong label."""
    sample = data[:_SAMPLE]
    letters = len(re.findall(rb"[A-Za-z]", sample))
    return len(re.findall(rb"[\xc0-\xff]", sample)) > max(6, letters)


def _guessed(data: bytes) -> str:
    """8-bit text of which nobody says what it is."""
    sample = data[:_SAMPLE]
    high = len(_HIGH.findall(sample))
    letters = len(re.findall(rb"[A-Za-z]", sample))
    codec = _latin(sample) if high * 4 < letters else (_cyrillic(sample) or _counted(sample, high))
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        return _forgiving(data, codec)


def _latin(sample: bytes) -> str:
    """Western Europe, unless letters that only Poland or Turkey use stand in its words where the West has signs."""
    words = b"".join(re.findall(rb"[a-z][\x80-\xff]|[\x80-\xff][a-z]", sample))
    polish = sum(words.count(byte) for byte in b"\xb3\xb9\xbf\x9c\x9f\xb1\xb6\xbc")
    if polish >= 2:
        return "cp1250" if any(byte in words for byte in b"\xb9\x9c\x9f") else "iso8859_2"
    turkish = sum(words.count(byte) for byte in b"\xfd\xfe\xf0")
    return "cp1254" if turkish >= 2 and 0xE6 not in words else "cp1252"


def _cyrillic(sample: bytes) -> str:
    """KOI8-R has its small letters where Windows-1251 has the great ones, and most letters are small."""
    words = re.findall(rb"[\xc0-\xff\xa8\xb8\xa3\xb3]{2,}", sample)
    inside = b"".join(word[1:] for word in words)
    if len(inside) < 4 or len(inside) < len(_HIGH.findall(sample)) * 0.6:
        return ""
    low, high = (
        sum(first <= byte <= last for byte in inside) for first, last in ((0xC0, 0xDF), (0xE0, 0xFF))
    )
    if min(low, high) * 5 > max(low, high):
        return ""
    common = b"\xee\xe5\xe0\xe8\xed\xf2" if high > low else b"\xcf\xc5\xc1\xc9\xce\xd4"  # o e a i n t
    if sum(byte in common for byte in inside) * 4 < len(inside):
        return ""
    return "cp1251" if high > low else "koi8_r"


def _counted(sample: bytes, high: int) -> str:
    if high < 4:
        return "cp1252"
    if double := _double_byte_codec(sample):
        return double
    try:
        best = from_bytes(sample, cp_isolation=_GUESSES, enable_fallback=False).best()
    except Exception:  # a guess must never cost the message
        best = None
    return str(best.encoding) if best else "cp1252"


def _double_byte_codec(sample: bytes) -> str:
    """Which of the charsets of two bytes a character it is, told by where its first bytes lie; "" for none."""
    pairs = _PAIR.findall(sample)
    if len(pairs) < 3 or 2 * len(pairs) < len(_HIGH.findall(sample)) * 0.75:
        return ""
    leads = [pair[0] for pair in pairs]
    share = {
        "cp932": sum(lead in (0x82, 0x83) for lead in leads),  # the two kana
        "euc_jp": sum(
            lead in (0xA4, 0xA5) and pair[1] >= 0xA1 for lead, pair in zip(leads, pairs, strict=True)
        ),
        "cp950": sum(
            pair[1] < 0x7F and 0xA1 <= pair[0] <= 0xF9 for pair in pairs
        ),  # half a character in ASCII
        "gb18030": sum(0xC9 <= lead <= 0xD7 for lead in leads),  # where Korean has no syllables
        "cp949": sum(0xB0 <= lead <= 0xC8 for lead in leads),
    }
    least = {"cp932": 0.25, "euc_jp": 0.35, "cp950": 0.12, "gb18030": 0.06, "cp949": 0.6}
    for codec, count in share.items():
        if count >= least[codec] * len(pairs):
            try:
                sample[:-3].decode(codec)
            except UnicodeDecodeError as error:
                if error.start < len(sample) - 8:
                    continue
            return codec
    return ""


def _japanese(data: bytes) -> str:
    """ISO-2022-JP as it is written: with the characters of Windows and the narrow katakana that it does not have."""
    pieces, mode, last = [], b"\x1b(B", 0
    for found in _ESCAPES_OF_JAPANESE.finditer(data):
        pieces.append(_japanese_piece(data[last : found.start()], mode))
        mode, last = found.group(), found.end()
    pieces.append(_japanese_piece(data[last:], mode))
    return "".join(pieces)


def _japanese_piece(piece: bytes, mode: bytes) -> str:
    if mode == b"\x1b(I":
        return bytes(byte | 0x80 if 0x21 <= byte <= 0x5F else byte for byte in piece).decode(
            "cp932", "replace"
        )
    if mode in (b"\x1b$@", b"\x1b$B", b"\x1b$(B", b"\x1b$(@"):
        return "\n".join(_double_bytes(line) for line in piece.split(b"\n"))
    if mode == b"\x1b$(D":
        return (mode + piece).decode("iso2022_jp_ext", "replace")
    if _HIGH.search(piece):
        return _guessed(piece) if not _is_utf8(piece, certain=False) else piece.decode("utf-8")
    return piece.decode("ascii")


def _double_bytes(line: bytes) -> str:
    """A row of JIS X 0208 by way of Shift_JIS, which knows the rows that Windows added."""
    out = bytearray()
    for first, second in zip(line[0::2], line[1::2], strict=False):
        if not (0x21 <= first <= 0x7E and 0x21 <= second <= 0x7E):
            out += b"?"
            continue
        row = (first - 0x21) // 2
        out.append(row + (0x81 if row < 0x1F else 0xC1))
        odd = first % 2
        out.append(second + ((0x1F if second < 0x60 else 0x20) if odd else 0x7E))
    return out.decode("cp932", "replace")
