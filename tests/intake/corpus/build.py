"""Writes the messages of the corpus: `python -m tests.intake.corpus.build` from the root of the project.

Each is made as the program that it is named for makes it, with invented people and words. What has to be understood
of each stands in `expected.yml`, written by hand. Large ones are made when the tests run (`LARGE`), not kept.
"""

import base64
import struct
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
MAILS: dict[str, bytes] = {}

HEAD = (
    "From: Ines Okafor <ines@northwind.example>\n"
    "To: Support <support@demo.example>\n"
    "Subject: {subject}\n"
    "Date: Mon, 23 Nov 2026 09:15:00 +0100\n"
    "Message-ID: <{id}@northwind.example>\n"
)
ANSWER = "In-Reply-To: <m1@demo.example>\nReferences: <m0@demo.example> <m1@demo.example>\n"


def mail(
    name: str,
    body: bytes | str,
    *,
    subject: str = "Printer",
    headers: str = "",
    type_: str = "text/plain; charset=utf-8",
    encoding: str = "8bit",
    head: str = HEAD,
) -> None:
    """One part. The body is bytes, already encoded, or text that is encoded as UTF-8."""
    data = body.encode() if isinstance(body, str) else body
    text = head.format(subject=subject, id=name) + headers + "MIME-Version: 1.0\n"
    text += f"Content-Type: {type_}\n" if type_ else ""
    text += f"Content-Transfer-Encoding: {encoding}\n" if encoding else ""
    MAILS[name] = (text + "\n").replace("\n", "\r\n").encode() + data


def part(type_: str, body: bytes | str, *, headers: str = "", encoding: str = "") -> bytes:
    data = body.encode() if isinstance(body, str) else body
    if encoding == "base64":
        data = base64.encodebytes(data)
    text = f"Content-Type: {type_}\n{headers}" + (
        f"Content-Transfer-Encoding: {encoding}\n" if encoding else ""
    )
    return (text + "\n").encode() + data


def multi(kind: str, *parts: bytes, boundary: str = "=_b1", parameters: str = "") -> bytes:
    inside = b"".join(b"--" + boundary.encode() + b"\n" + one + b"\n" for one in parts)
    return (
        f'Content-Type: multipart/{kind}; boundary="{boundary}"{parameters}\n\n'.encode()
        + inside
        + b"--"
        + boundary.encode()
        + b"--\n"
    )


def multipart(
    name: str, body: bytes, *, subject: str = "Printer", headers: str = "", head: str = HEAD
) -> None:
    """A whole message of what `multi` makes."""
    text = head.format(subject=subject, id=name) + headers + "MIME-Version: 1.0\n"
    MAILS[name] = (text.encode() + body).replace(b"\n", b"\r\n")


def raw(name: str, data: bytes | str) -> None:
    MAILS[name] = data.encode() if isinstance(data, str) else data


def b64(text: str, charset: str = "utf-8") -> bytes:
    return base64.encodebytes(text.encode(charset))


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ZIP = b"PK\x03\x04\x14\0\0\0\0\0" + b"\0" * 16 + b"a.txtPK\x05\x06" + b"\0" * 18


# ---------------------------------------------------------------- charsets and transfer encodings
GERMAN = "Grüße aus Köln – der Drucker druckt „nichts“ mehr."
RUSSIAN = "Добрый день, принтер не печатает, помогите пожалуйста."
CHINESE = "您好，打印机坏了，请帮忙处理。镕"
mail("charset_cp1252_as_latin1", GERMAN.encode("cp1252"), type_="text/plain; charset=iso-8859-1")
mail("charset_cp1252_as_utf8", GERMAN.encode("cp1252"), type_="text/plain; charset=utf-8")
mail("charset_utf8_as_ascii", GERMAN, type_="text/plain; charset=us-ascii")
mail("charset_utf8_as_latin1", GERMAN, type_="text/plain; charset=ISO-8859-1")
mail("charset_utf8_unlabelled", GERMAN, type_="text/plain")
mail("charset_cp1252_unlabelled", GERMAN.encode("cp1252"), type_="", encoding="")
mail("charset_latin9_euro", "Es kostet 5 €.".encode("iso-8859-15"), type_="text/plain; charset=iso-8859-15")
mail("charset_koi8_r", RUSSIAN.encode("koi8-r"), type_="text/plain; charset=KOI8-R")
mail("charset_koi8_r_unlabelled", RUSSIAN.encode("koi8-r"), type_="text/plain")
mail("charset_cp1251_as_latin1", RUSSIAN.encode("cp1251"), type_="text/plain; charset=iso-8859-1")
mail("charset_gb2312_that_is_gbk", CHINESE.encode("gbk"), type_="text/plain; charset=gb2312")
mail("charset_gbk_unlabelled", CHINESE.encode("gbk"), type_="text/plain")
mail("charset_big5", "您好，印表機壞了，請幫忙。".encode("big5"), type_="text/plain; charset=big5")
mail(
    "charset_shift_jis_of_windows",
    "①プリンターが動きません～".encode("cp932"),
    type_="text/plain; charset=Shift_JIS",
)
mail(
    "charset_iso_2022_jp",
    "プリンターが動きません。".encode("iso2022_jp"),
    type_="text/plain; charset=ISO-2022-JP",
    encoding="7bit",
)
mail(
    "charset_iso_2022_jp_with_windows_signs",
    b"\x1b$B-!%F%9%H\x1b(B",
    type_="text/plain; charset=iso-2022-jp",
    encoding="7bit",
)
mail(
    "charset_ks_c_5601",
    "안녕하세요, 프린터가 고장났습니다.".encode("cp949"),
    type_='text/plain; charset="ks_c_5601-1987"',
)
mail("charset_utf7", "Der Drucker l+AOQ-uft nicht.", type_="text/plain; charset=utf-7", encoding="7bit")
mail(
    "charset_utf16_base64",
    base64.encodebytes("Größe".encode("utf-16")),
    type_="text/plain; charset=utf-16",
    encoding="base64",
)
mail(
    "charset_windows_1250",
    "Drukarka nie działa, proszę o pomoc.".encode("cp1250"),
    type_="text/plain; charset=windows-1250",
)
mail(
    "charset_polish_unlabelled",
    "Drukarka znów nie działa, proszę o pilną pomoc.".encode("iso-8859-2"),
    type_="text/plain",
)
mail(
    "charset_turkish_as_latin5", "Yazıcı çalışmıyor".encode("cp1254"), type_="text/plain; charset=iso-8859-9"
)
mail("charset_hebrew_implicit", "המדפסת לא עובדת".encode("cp1255"), type_="text/plain; charset=iso-8859-8-i")
mail("charset_arabic", "الطابعة لا تعمل".encode("cp1256"), type_="text/plain; charset=windows-1256")
mail("charset_thai", "เครื่องพิมพ์เสีย".encode("cp874"), type_="text/plain; charset=tis-620")
mail("charset_greek", "Ο εκτυπωτής δεν λειτουργεί".encode("cp1253"), type_="text/plain; charset=iso-8859-7")
mail("charset_unknown_name", GERMAN, type_="text/plain; charset=x-unknown-8bit")
mail("charset_that_is_no_text", "Plain words.", type_="text/plain; charset=base64")
mail(
    "charset_html_says_itself",
    "<html><head><meta charset=windows-1251></head><body>Принтер сломан</body></html>".encode("cp1251"),
    type_="text/html",
)
mail("utf8_with_a_broken_byte", GERMAN.encode() + b" M\xfcll", type_="text/plain; charset=utf-8")
mail("nul_bytes_in_the_body", b"one\0two\x07three")
mail("bom_in_the_body", b"\xef\xbb\xbfHello")
mail(
    "qp_with_blanks_after_soft_breaks",
    b"Der Dru= \r\ncker l=C3=A4uft=\r\n nicht =3D kaputt",
    encoding="quoted-printable",
)
mail("qp_broken_escapes", b"100=% sure =ZZ and =C3=A4", encoding="quoted-printable")
mail("base64_without_padding", b64("Hello there, printer!").rstrip(b"=\n"), encoding="base64")
mail(
    "base64_with_the_footer_of_a_list",
    b64("Hello from the list.") + b"_____ footer of the list _____\r\nlist@example.org\r\n",
    encoding="base64",
)
mail(
    "base64_in_two_pieces",
    base64.b64encode(b"First. ") + b"\r\n" + base64.b64encode(b"Second.") + b"\r\n",
    encoding="base64",
)
mail("base64_that_is_plain_text", "This is not base64 at all, it is text!", encoding="base64")
mail("encoding_unknown", "Plain words.", encoding="text/html")
mail("encoding_with_a_semicolon", b"caf=C3=A9", encoding="quoted-printable;")
mail(
    "uuencoded_body",
    b"begin 644 note.txt\n" + b"+:&5L;&\\@=V]R;&0 \n \nend\n",
    encoding="x-uuencode",
    type_="text/plain",
)
mail("uuencoded_file_in_the_text", "See the log.\nbegin 644 log.txt\n+:&5L;&\\@=V]R;&0 \n`\nend\nThanks!\n")
mail(
    "flowed",
    "This line was only \nbroken for the journey.\n\n> quoted \n> words\n-- \nInes\n",
    type_="text/plain; charset=utf-8; format=flowed",
    headers=ANSWER,
)
mail("flowed_delsp", "あい \nう\n", type_="text/plain; charset=utf-8; format=flowed; delsp=yes")

# ---------------------------------------------------------------- headers
mail("subject_raw_utf8", "x", subject="Drucker läuft nicht")
MAILS["subject_raw_latin1"] = (
    MAILS["subject_raw_utf8"]
    .replace("läuft".encode(), b"l\xe4uft")
    .replace(b"subject_raw_utf8", b"subject_raw_latin1")
)
mail(
    "subject_split_in_a_character",
    "x",
    subject="=?utf-8?B?R3LDvMM=?= =?utf-8?B?n2U=?=\n =?utf-8?Q?_aus_K=C3?=\n =?utf-8?Q?=B6ln?=",
)
mail("subject_words_with_blanks", "x", subject="=?utf-8?Q?Drucker l=C3=A4uft nicht?=")
mail("subject_without_an_end", "x", subject="=?utf-8?Q?Drucker_l=C3=A4uft")
mail("subject_windows_1252_quotes", "x", subject="=?windows-1252?Q?=93Printer=94_broken?=")
mail("subject_iso_2022_jp", "x", subject="=?ISO-2022-JP?B?GyRCJVclaiVzJT8hPBsoQg==?=")
mail("subject_gb2312", "x", subject="=?gb2312?B?tPLTobv6u7XByw==?=")
mail("subject_empty", "x", subject="")
mail("subject_folded", "x", subject="a very long\n subject that\n\twas folded")
mail("from_in_quotes_with_a_comma", "x", head=HEAD.replace("Ines Okafor <", '"Okafor, Ines" <'))
mail("from_encoded_in_quotes", "x", head=HEAD.replace("Ines Okafor", '"=?utf-8?Q?In=C3=A9s_Ok=C3=A1for?="'))
mail(
    "from_with_a_comment",
    "x",
    head=HEAD.replace("Ines Okafor <ines@northwind.example>", "ines@northwind.example (Ines (IT) Okafor)"),
)
mail(
    "from_two_and_a_sender",
    "x",
    head=HEAD.replace(
        "Ines Okafor <ines@northwind.example>", "Ines <ines@northwind.example>, greta@northwind.example"
    ),
    headers="Sender: Greta <greta@northwind.example>\n",
)
mail("from_without_an_address", "x", head=HEAD.replace("Ines Okafor <ines@northwind.example>", "Ines Okafor"))
mail("from_missing", "x", head=HEAD.replace("From: Ines Okafor <ines@northwind.example>\n", ""))
mail("from_unquoted_comma", "x", head=HEAD.replace("Ines Okafor <", "Okafor, Ines <"))
mail(
    "from_upper_case_domain",
    "x",
    head=HEAD.replace("ines@northwind.example>", "Ines.Okafor@NorthWind.EXAMPLE>"),
)
mail(
    "to_groups",
    "x",
    head=HEAD.replace(
        "Support <support@demo.example>",
        'The team: support@demo.example, "B, C" <bc@demo.example>;, undisclosed-recipients:;',
    ),
)
mail(
    "to_semicolons",
    "x",
    head=HEAD.replace("Support <support@demo.example>", "support@demo.example; Sara <sara@demo.example>"),
)
mail(
    "cc_and_reply_to",
    "x",
    headers="Cc: Greta <greta@northwind.example>,\n Tomasz <tomasz@northwind.example>\nReply-To: team@northwind.example\nDelivered-To: support+t12.abcdefghijklmnop@demo.example\nX-Original-To: helpdesk@demo.example\n",
)
mail(
    "ids_with_comments_and_rubbish",
    "x",
    headers='In-Reply-To: Your message of "Mon" <m1@demo.example>\nReferences: <m0@demo.example>,<m1@demo.example> (comment) <m1@demo.example> broken\n <m2@demo.example>\n',
)
mail("id_without_brackets", "x", head=HEAD.replace("<{id}@northwind.example>", "{id}@northwind.example"))
mail("id_missing", "x", head=HEAD.replace("Message-ID: <{id}@northwind.example>\n", ""))
mail("date_without_a_zone", "x", head=HEAD.replace(" +0100", ""))
mail("date_with_an_old_zone", "x", head=HEAD.replace("+0100", "EST"))
mail("date_that_is_none", "x", head=HEAD.replace("Mon, 23 Nov 2026 09:15:00 +0100", "yesterday"))
mail("date_iso", "x", head=HEAD.replace("Mon, 23 Nov 2026 09:15:00 +0100", "2026-11-23T09:15:00Z"))
mail("date_with_dots_in_the_time", "x", head=HEAD.replace("09:15:00", "09.15.00"))
mail("header_torn_without_indent", "x", headers="X-Note: this line was\nbroken without a blank\nX-Other: y\n")
mail("header_with_a_blank_before_the_colon", "x", headers="X-Thing : y\n")
mail("two_subjects", "x", headers="Subject: second\n")
raw("no_header_at_all", "just some words\nand more words\n")
raw("header_and_nothing_else", HEAD.format(subject="Only a subject", id="h"))
raw("nothing_at_all", b"")
raw("only_line_ends", b"\r\n\r\n\r\n")
raw(
    "no_empty_line_after_the_header",
    "From: a@northwind.example\nSubject: x\nThe words begin at once.\nMore.\n",
)
raw("cr_only", b"From: a@northwind.example\rSubject: old Mac\r\rfirst line\rsecond line\r")
raw(
    "mbox_line_first",
    b"From ines@northwind.example Mon Nov 23 09:15:00 2026\nFrom: ines@northwind.example\nSubject: x\n\nbody\n>From here on\n",
)
raw(
    "bom_and_empty_lines_first", b"\xef\xbb\xbf\r\nFrom: ines@northwind.example\r\nSubject: x\r\n\r\nbody\r\n"
)

# ---------------------------------------------------------------- structure
PLAIN, PAGE = (
    part("text/plain; charset=utf-8", "the plain words"),
    part("text/html; charset=utf-8", "<p>the <b>html</b> words</p>"),
)
multipart("alternative", multi("alternative", PLAIN, PAGE))
multipart("alternative_with_an_empty_text", multi("alternative", part("text/plain", "\n \n"), PAGE))
multipart(
    "alternative_with_a_stub",
    multi(
        "alternative",
        part("text/plain", "Please use a mail program that supports HTML to see it."),
        part(
            "text/html",
            "<p>Dear desk,</p><p>since this morning all screens in room twelve flicker whenever the lift moves between floors. Could somebody come by before noon?</p><p>Kind regards, Ines</p>",
        ),
    ),
)
multipart("alternative_html_only", multi("alternative", PAGE))
multipart(
    "alternative_two_pages", multi("alternative", PLAIN, PAGE, part("text/html", "<p>the better words</p>"))
)
multipart(
    "alternative_with_amp",
    multi("alternative", PLAIN, part("text/x-amp-html", "<html amp4email>x</html>"), PAGE),
)
multipart("boundary_not_named", multi("mixed", PLAIN, PAGE).replace(b'; boundary="=_b1"', b""))
multipart("boundary_wrong", multi("mixed", PLAIN, PAGE).replace(b'boundary="=_b1"', b'boundary="other"'))
multipart(
    "boundary_never_closed",
    multi(
        "mixed",
        PLAIN,
        part("application/pdf", b"%PDF-1.4 x", headers='Content-Disposition: attachment; filename="a.pdf"\n'),
    ).replace(b"--=_b1--\n", b""),
)
multipart(
    "boundaries_alike",
    multi(
        "mixed",
        multi("alternative", PLAIN, PAGE, boundary="=_b1x"),
        part(
            "image/png",
            PNG,
            encoding="base64",
            headers='Content-Disposition: attachment; filename="dot.png"\n',
        ),
    ),
)
multipart(
    "inner_boundary_never_closed",
    multi(
        "mixed",
        multi("alternative", PLAIN, PAGE, boundary="in").replace(b"--in--\n", b""),
        part(
            "image/png",
            PNG,
            encoding="base64",
            headers='Content-Disposition: attachment; filename="dot.png"\n',
        ),
    ),
)
multipart("boundary_with_signs", multi("mixed", PLAIN, boundary="----=_Part (1)+'2'?/=:"))
multipart(
    "preamble_and_epilogue",
    multi("mixed", PLAIN).replace(b"\n\n--=_b1", b"\n\nThis is a multi-part message.\n--=_b1", 1)
    + b"epilogue that nobody reads\n",
)
multipart(
    "part_without_a_header",
    b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\nwords without a header\n--b--\n',
)
multipart(
    "multipart_without_parts",
    b'Content-Type: multipart/mixed; boundary="b"\n\nThere are no parts, only these words.\n',
)
multipart(
    "text_picture_text",
    multi(
        "mixed",
        part("text/plain", "Before the picture."),
        part(
            "image/png",
            PNG,
            encoding="base64",
            headers='Content-Disposition: inline; filename="screen.png"\n',
        ),
        part("text/plain", "After the picture."),
    ),
)
multipart(
    "text_and_page_side_by_side",
    multi(
        "mixed",
        part("text/plain", "First the plain part."),
        part("text/html", "<p>Then <i>the page</i>.</p>"),
    ),
)
multipart(
    "related_picture_in_place",
    multi(
        "related",
        part("text/html", '<p>See <img src="cid:shot@1" alt="the screen"> here</p>'),
        part(
            "image/png",
            PNG,
            encoding="base64",
            headers='Content-ID: <shot@1>\nContent-Disposition: inline; filename="shot.png"\n',
        ),
    ),
)
multipart(
    "digest",
    multi(
        "digest",
        b"\nFrom: a@northwind.example\nSubject: one\n\nfirst\n",
        b"\nFrom: b@northwind.example\nSubject: two\n\nsecond\n",
    ),
)
multipart(
    "part_with_a_name_is_the_words", multi("mixed", part('text/plain; name="body.txt"', "the only words"))
)
multipart(
    "alternative_with_names",
    multi(
        "alternative",
        part('text/plain; name="a.txt"', "the plain words"),
        part('text/html; name="a.html"', "<p>the html words</p>"),
    ),
)
mail("plain_that_is_html", "<html><body><p>Words in <b>tags</b></p></body></html>")
mail("type_that_is_none", "Still words.", type_="text")
mail("type_html_and_upper_case", "<P>HELLO<BR>THERE</P>", type_="TEXT/HTML; CHARSET=UTF-8")
mail("text_enriched", "<bold>Now</bold> is the <italic>time</italic>.", type_="text/enriched")
mail("body_empty", "")
mail("body_of_blanks", " \r\n\t\r\n")

# ---------------------------------------------------------------- answers: what programs put above the quote
OLD = "Hello Ines,\n\nwhich printer is it?\n\nMira"
QUOTED = "\n".join(f"> {line}".rstrip() for line in OLD.split("\n"))
GMAIL = {  # Gmail and its like, in plain text
    "en": (
        "It works again, thanks!",
        "On Mon, Nov 23, 2026 at 9:15 AM Mira Desk <support@demo.example> wrote:",
    ),
    "de": (
        "Geht wieder, danke!",
        "Am Mo., 23. Nov. 2026 um 09:15 Uhr schrieb Mira Desk <support@demo.example>:",
    ),
    "fr": (
        "Ça remarche, merci !",
        "Le lun. 23 nov. 2026 à 09:15, Mira Desk <support@demo.example> a écrit :",
    ),
    "es": (
        "¡Ya funciona, gracias!",
        "El lun, 23 nov 2026 a las 9:15, Mira Desk (<support@demo.example>) escribió:",
    ),
    "it": (
        "Funziona, grazie!",
        "Il giorno lun 23 nov 2026 alle ore 09:15 Mira Desk <support@demo.example> ha scritto:",
    ),
    "pt": (
        "Já funciona, obrigado!",
        "Mira Desk <support@demo.example> escreveu (segunda, 23/11/2026 à(s) 09:15):",
    ),
    "nl": (
        "Het werkt weer, bedankt!",
        "Op ma 23 nov 2026 om 09:15 schreef Mira Desk <support@demo.example>:",
    ),
    "pl": ("Działa, dziękuję!", "pon., 23 lis 2026 o 09:15 Mira Desk <support@demo.example> napisał(a):"),
    "sv": (
        "Det fungerar igen, tack!",
        "Den mån 23 nov. 2026 kl 09:15 skrev Mira Desk <support@demo.example>:",
    ),
    "da": (
        "Det virker igen, tak!",
        "Den man. 23. nov. 2026 kl. 09.15 skrev Mira Desk <support@demo.example>:",
    ),
    "no": ("Det virker igjen, takk!", "man. 23. nov. 2026 kl. 09:15 skrev Mira Desk <support@demo.example>:"),
    "fi": (
        "Toimii taas, kiitos!",
        "ma 23. marrask. 2026 klo 9.15 Mira Desk (support@demo.example) kirjoitti:",
    ),
    "cs": (
        "Už to funguje, díky!",
        "po 23. 11. 2026 v 9:15 odesílatel Mira Desk <support@demo.example> napsal:",
    ),
    "ru": ("Работает, спасибо!", "пн, 23 нояб. 2026 г. в 09:15, Mira Desk <support@demo.example>:"),
    "tr": (
        "Çalışıyor, teşekkürler!",
        "Mira Desk <support@demo.example>, 23 Kas 2026 Pzt, 09:15 tarihinde şunu yazdı:",
    ),
    "ja": ("直りました。ありがとう。", "2026年11月23日(月) 9:15 Mira Desk <support@demo.example>:"),
    "zh": ("好了，谢谢！", "Mira Desk <support@demo.example> 于2026年11月23日周一 09:15写道："),
    "ko": (
        "됩니다. 감사합니다!",
        "2026년 11월 23일 (월) 오전 9:15, Mira Desk <support@demo.example>님이 작성:",
    ),
    "hu": (
        "Működik, köszönöm!",
        "Mira Desk <support@demo.example> ezt írta (időpont: 2026. nov. 23., H, 9:15):",
    ),
    "uk": ("Працює, дякую!", "пн, 23 лист. 2026 р. о 09:15 Mira Desk <support@demo.example> пише:"),
    "el": (
        "Δουλεύει, ευχαριστώ!",
        "Στις Δευ 23 Νοε 2026 στις 9:15 π.μ., ο χρήστης Mira Desk <support@demo.example> έγραψε:",
    ),
    "he": (
        "עובד, תודה!",
        "\u202bבתאריך יום ב׳, 23 בנוב׳ 2026 ב-9:15 מאת \u202aMira Desk\u202c\u200f <\u202asupport@demo.example\u202c\u200f>:\u202c",
    ),
}
for language, (words, line) in GMAIL.items():
    mail(f"gmail_{language}", f"{words}\n\n{line}\n\n{QUOTED}\n", subject="Re: Printer", headers=ANSWER)
    # The same from a program that does not mark what it quotes.
    mail(f"unmarked_{language}", f"{words}\n\n{line}\n\n{OLD}\n", subject="Re: Printer", headers=ANSWER)

OUTLOOK = {  # keys, a date, the line of older versions
    "en": ("From", "Sent", "Monday, November 23, 2026 9:15 AM", "To", "Subject", "Original Message"),
    "de": ("Von", "Gesendet", "Montag, 23. November 2026 09:15", "An", "Betreff", "Ursprüngliche Nachricht"),
    "fr": ("De", "Envoyé", "lundi 23 novembre 2026 09:15", "À", "Objet", "Message d'origine"),
    "es": ("De", "Enviado el", "lunes, 23 de noviembre de 2026 9:15", "Para", "Asunto", "Mensaje original"),
    "it": ("Da", "Inviato", "lunedì 23 novembre 2026 09:15", "A", "Oggetto", "Messaggio originale"),
    "pt": (
        "De",
        "Enviada em",
        "segunda-feira, 23 de novembro de 2026 09:15",
        "Para",
        "Assunto",
        "Mensagem original",
    ),
    "nl": (
        "Van",
        "Verzonden",
        "maandag 23 november 2026 09:15",
        "Aan",
        "Onderwerp",
        "Oorspronkelijk bericht",
    ),
    "pl": ("Od", "Wysłano", "poniedziałek, 23 listopada 2026 09:15", "Do", "Temat", "Wiadomość oryginalna"),
    "sv": ("Från", "Skickat", "den 23 november 2026 09:15", "Till", "Ämne", "Ursprungligt meddelande"),
    "da": ("Fra", "Sendt", "23. november 2026 09:15", "Til", "Emne", "Oprindelig meddelelse"),
    "no": ("Fra", "Sendt", "mandag 23. november 2026 09:15", "Til", "Emne", "Opprinnelig melding"),
    "fi": (
        "Lähettäjä",
        "Lähetetty",
        "maanantai 23. marraskuuta 2026 9.15",
        "Vastaanottaja",
        "Aihe",
        "Alkuperäinen viesti",
    ),
    "cs": ("Od", "Odesláno", "pondělí 23. listopadu 2026 9:15", "Komu", "Předmět", "Původní zpráva"),
    "ru": ("От", "Отправлено", "23 ноября 2026 г. 9:15", "Кому", "Тема", "Исходное сообщение"),
    "tr": ("Kimden", "Gönderildi", "23 Kasım 2026 Pazartesi 09:15", "Kime", "Konu", "Özgün İleti"),
    "ja": ("差出人", "送信日時", "2026年11月23日 9:15", "宛先", "件名", "元のメッセージ"),
    "zh": ("发件人", "发送时间", "2026年11月23日 9:15", "收件人", "主题", "原始邮件"),
}
for language, (from_, sent, when, to, about, original) in OUTLOOK.items():
    words = GMAIL[language][0]
    block = f"{from_}: Mira Desk\n{sent}: {when}\n{to}: Ines Okafor\n{about}: Printer\n"
    mail(f"outlook_{language}", f"{words}\n\n{block}\n{OLD}\n", subject="RE: Printer", headers=ANSWER)
    mail(
        f"outlook_dashes_{language}",
        f"{words}\n\n-----{original}-----\n{block}\n{OLD}\n",
        subject="RE: Printer",
        headers=ANSWER,
    )
    mail(
        f"outlook_live_{language}",
        f"{words}\n________________________________\n{block}\n{OLD}\n",
        subject="Re: Printer",
        headers=ANSWER,
    )
    fw = {
        "en": "FW",
        "de": "WG",
        "fr": "TR",
        "es": "RV",
        "it": "I",
        "pt": "ENC",
        "nl": "FW",
        "pl": "PD",
        "sv": "VB",
    }.get(language, "FW")
    if fw != "I":
        block = block.replace("Mira Desk", "Otto Maier <otto@harbour.example>")
        mail(
            f"outlook_forward_{language}",
            f"\n\n{block}\nOur mail server is down.\n",
            subject=f"{fw}: Printer",
        )

MOBILE = {
    "en": "Sent from my iPhone", "de": "Von meinem iPhone gesendet", "fr": "Envoyé de mon iPhone", "es": "Enviado desde mi iPhone",
    "it": "Inviato da iPhone", "pt": "Enviado do meu iPhone", "nl": "Verstuurd vanaf mijn iPhone", "pl": "Wysłano z iPhone'a",
    "sv": "Skickat från min iPhone", "da": "Sendt fra min iPhone", "fi": "Lähetetty iPhonesta", "cs": "Odesláno z iPhonu",
    "ru": "Отправлено с iPhone", "tr": "iPhone'umdan gönderildi", "ja": "iPhoneから送信", "zh": "发自我的iPhone",
}  # fmt: skip
for language, line in MOBILE.items():
    words, wrote = GMAIL[language]
    mail(
        f"mobile_{language}",
        f"{words}\n\n{line}\n\n{wrote}\n\n{QUOTED}\n",
        subject="Re: Printer",
        headers=ANSWER,
    )

APPLE = "On 23 Nov 2026, at 09:15, Mira Desk <support@demo.example> wrote:"
mail(
    "apple_top",
    f"Works now.\n\n> {APPLE}\n> \n{QUOTED}\n".replace(f"> {APPLE}", APPLE),
    subject="Re: Printer",
    headers=ANSWER,
)
mail(
    "thunderbird_en",
    f"On 23/11/2026 09:15, Mira Desk wrote:\n{QUOTED}\n\nThe one in room 12.\n\n-- \nInes Okafor\nNorthwind\n",
    subject="Re: Printer",
    headers=ANSWER,
)
mail(
    "thunderbird_de",
    f"Am 23.11.26 um 09:15 schrieb Mira Desk:\n{QUOTED}\n\nDer in Raum 12.\n",
    subject="Re: Printer",
    headers=ANSWER,
)
mail(
    "attribution_broken_over_lines",
    f"Yes.\n\nOn Mon, Nov 23, 2026 at 9:15 AM Mira Desk of the Very Long Department Name\n<support@demo.example>\nwrote:\n\n{QUOTED}\n",
    headers=ANSWER,
)
mail(
    "attribution_broken_unmarked",
    f"Yes.\n\nOn Mon, Nov 23, 2026 at 9:15 AM Mira Desk\n<support@demo.example> wrote:\n\n{OLD}\n",
    headers=ANSWER,
)
mail(
    "between_the_lines",
    "Hello Mira,\n\nOn Mon, Nov 23, 2026 at 9:15 AM Mira Desk <support@demo.example> wrote:\n> Which printer is it?\n\nThe one in room 12.\n\n> Since when?\n\nSince this morning.\n\n> Kind regards\n> Mira\n",
    headers=ANSWER,
)
mail("between_the_lines_tightly", "> Which printer?\nRoom 12\n> Since when?\nToday\n> Mira\n", headers=ANSWER)
mail(
    "below_the_quote_with_signature",
    f"On 23/11/2026 09:15, Mira Desk wrote:\n{QUOTED}\nRoom 12.\n-- \nInes\n> old\n",
    headers=ANSWER,
)
mail("quote_alone", f"On 23/11/2026 09:15, Mira Desk wrote:\n{QUOTED}\n", headers=ANSWER)
mail("quote_at_the_end_unannounced", f"Works, thanks.\n\n{QUOTED}\n", headers=ANSWER)
mail("quote_of_a_first_mail_stays", "The program says\n\n> Error 17: no paper\n\nWhat shall I do?\n")
mail("quote_at_the_end_of_a_first_mail_stays", "The program says:\n\n> Error 17: no paper\n")
mail(
    "marker_of_ours",
    f"Works, thanks.\n\nMira Desk wrote:\n##- Please write above this line -##\n\n{OLD}\n",
    headers=ANSWER,
)
mail(
    "marker_quoted",
    f"Works, thanks.\n\nOn 23/11/2026 09:15, Mira Desk wrote:\n> ##- Bitte über dieser Zeile schreiben -##\n{QUOTED}\n",
    headers=ANSWER,
)
mail(
    "marker_and_the_answer_below",
    f"On 23/11/2026 09:15, Mira Desk wrote:\n> ##- Please write above this line -##\n{QUOTED}\n\nThe answer is below.\n",
    headers=ANSWER,
)
mail(
    "marker_of_another_desk",
    f"It is room 12.\n\n## Please type your reply above this line ##\n\n{OLD}\n",
    headers=ANSWER,
)
mail("signature", "The printer is broken.\n\n-- \nInes Okafor\nNorthwind Care\n")
mail("signature_without_the_blank", "The printer is broken.\n\n--\nInes Okafor\n")
mail("signature_alone", "-- \nInes Okafor\nNorthwind Care\n")
mail("regards_are_no_signature", "The printer is broken.\n\nKind regards\nInes Okafor\nNorthwind Care\n")
mail("rule_in_the_text_stays", "Part one\n--------\nwords\n\nPart two\n--------\nmore words\n")
mail("mobile_alone", "Printer broken\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n")
mail("mobile_in_the_middle_stays", "It says\nSent from my iPhone\nunder each mail. How do I turn that off?\n")
mail("prose_that_wrote", "On Monday Bob wrote:\nplease order paper. I did, but 2 boxes are missing.\n")
mail(
    "prose_with_a_journey",
    "Please book a train:\n\nFrom: Berlin\nTo: Paris\nDate: Friday\nSubject: none\n\nThanks, Ines\n",
)
mail("prose_with_colons", "Error log:\nTo: nobody\nDate: today\nAll of it matters.\n")
mail(
    "list_footer_below_the_quote",
    f"Works.\n\n{APPLE}\n{QUOTED}\n\n_______________________________________________\nUsers mailing list\nusers@lists.example\n",
    headers=ANSWER,
)
mail("nested_quotes", f"Fine.\n\n{APPLE}\n> Good.\n>\n> > older\n> > > oldest\n", headers=ANSWER)
mail(
    "two_header_blocks",
    "Newest.\n\nFrom: Mira Desk <support@demo.example>\nSent: Monday, November 23, 2026 9:15 AM\nTo: Ines\nSubject: Printer\n\nMiddle.\n\nFrom: Ines <ines@northwind.example>\nSent: Sunday, November 22, 2026 9:15 AM\nTo: Support\nSubject: Printer\n\nOldest.\n",
    headers=ANSWER,
)
mail(
    "header_block_in_bold",
    f"Fine.\n\n*From:* Mira Desk <support@demo.example>\n*Sent:* Monday, November 23, 2026 9:15 AM\n*To:* Ines\n*Cc:* a@northwind.example; b@northwind.example;\nc@northwind.example\n*Subject:* Printer\n\n{OLD}\n",
    headers=ANSWER,
)
mail(
    "lotus_notes",
    f"Fine.\n\nFrom:\tMira Desk/Demo\nTo:\tInes Okafor/Northwind@Northwind,\nDate:\t23.11.2026 09:15\nSubject:\tPrinter\n\n\n\n{OLD}\n",
    headers=ANSWER,
)
mail(
    "pgp_signed_inline",
    "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nThe printer is broken.\n- -- \nInes\n-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n",
)
mail("pgp_encrypted_inline", "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n")

# ---------------------------------------------------------------- answers in HTML alone
GMAIL_PAGE = '<div dir="ltr">Works, <b>thanks</b>!</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On Mon, Nov 23, 2026 at 9:15 AM Mira &lt;<a href="mailto:support@demo.example">support@demo.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0px"><div>which printer is it?</div></blockquote></div>'
mail("html_gmail", GMAIL_PAGE, type_="text/html", headers=ANSWER)
mail(
    "html_gmail_in_a_language_nobody_knows",
    GMAIL_PAGE.replace("On Mon, Nov 23, 2026 at 9:15 AM", "Xu zwu").replace("wrote:", "blarg"),
    type_="text/html",
    headers=ANSWER,
)
mail(
    "html_gmail_signature",
    '<div dir="ltr">Works.<div><br></div><span class="gmail_signature_prefix">-- </span><br><div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature">Ines<br>Northwind</div></div>',
    type_="text/html",
)
mail(
    "html_outlook_web",
    '<html><body><div class="elementToProof">Works, thanks.</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr"><font><b>Von:</b> Mira<br><b>Gesendet:</b> Montag<br><b>An:</b> Ines<br><b>Betreff:</b> Printer</font></div><div>which printer is it?</div></body></html>',
    type_="text/html",
    headers=ANSWER,
)
mail(
    "html_outlook_windows",
    "<html><body><div class=WordSection1><p class=MsoNormal>Hello Mira,<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>works now.<o:p></o:p></p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b>Fra:</b> Mira &lt;support@demo.example&gt;<br><b>Sendt:</b> 23. november 2026 09:15<br><b>Til:</b> Ines<br><b>Emne:</b> Printer</p></div></div><p class=MsoNormal>which printer is it?</p></div></body></html>",
    type_="text/html",
    headers=ANSWER,
)
mail(
    "html_apple",
    '<html><body>Works now.<br><div><br><blockquote type="cite"><div>On 23 Nov 2026, at 09:15, Mira Desk &lt;support@demo.example&gt; wrote:</div><br class="Apple-interchange-newline"><div>which printer is it?</div></blockquote></div></body></html>',
    type_="text/html",
    headers=ANSWER,
)
mail(
    "html_thunderbird",
    '<p>Works now.</p><div class="moz-cite-prefix">Am 23.11.26 um 09:15 schrieb Mira:<br></div><blockquote type="cite" cite="mid:m1@demo.example"><p>which printer is it?</p></blockquote>',
    type_="text/html",
    headers=ANSWER,
)
mail(
    "html_yahoo",
    '<div class="ydp1yahoo-style-wrap"><div>Works now.</div></div><div id="yahoo_quoted_123" class="yahoo_quoted"><div>On Monday, November 23, 2026, 09:15:00 AM GMT+1, Mira &lt;support@demo.example&gt; wrote:</div><div>which printer is it?</div></div>',
    type_="text/html",
    headers=ANSWER,
)
mail(
    "html_between_the_lines",
    '<div>Hello,</div><div class="gmail_quote"><div class="gmail_attr">On Mon, Nov 23, 2026 at 9:15 AM Mira &lt;support@demo.example&gt; wrote:</div><blockquote>Which printer?</blockquote><div>Room 12.</div><blockquote>Since when?</blockquote><div>Today.</div><blockquote>Mira</blockquote></div>',
    type_="text/html",
    headers=ANSWER,
)
mail(
    "html_reads_well",
    '<h2>Order</h2><p>Please send</p><ul><li>paper<li>toner<ol><li>black</li><li>red</li></ol></li></ul><table><tr><th>What</th><th>How many</th></tr><tr><td>paper</td><td>2</td></tr></table><p>See <a href="https://shop.example/p?id=1">the shop</a> or https://demo.example.</p><pre>a  b\n  c</pre><blockquote>quoted</blockquote>',
    type_="text/html",
)
mail(
    "html_hidden_preheader",
    '<div style="display:none;max-height:0">Preview that nobody sees</div><p>Seen.</p><script>var x = "not seen";</script><style>p{}</style>',
    type_="text/html",
)
mail("html_with_an_address_in_angles", "<p>Mail to <john@harbour.example> or 1 < 2</p>", type_="text/html")
mail(
    "html_unsafe",
    '<p onclick="steal()">Hello <script>alert(1)</script><a href="javascript:alert(1)">click</a><a href="data:text/html,x">data</a><a href="https://demo.example/">good</a><img src="https://spy.example/pixel.gif"><img src="cid:logo@1"><iframe src="https://evil.example"></iframe><form action="https://evil.example"><input name="password">Send</form><svg onload="x()"><script>1</script></svg><style>body{background:url(https://spy.example)}</style><div style="position:fixed">over</div><meta http-equiv="refresh" content="0;url=https://evil.example"></p>',
    type_="text/html",
)
mail(
    "html_picture_in_its_address",
    f'<p>Shot: <img src="data:image/png;base64,{base64.b64encode(PNG).decode()}"></p>',
    type_="text/html",
)


# ---------------------------------------------------------------- files
def file(
    name: str,
    disposition: str,
    content: bytes = b"%PDF-1.4 content",
    type_: str = "application/pdf",
    more: str = "",
) -> None:
    multipart(
        name,
        multi(
            "mixed",
            PLAIN,
            part(
                type_,
                content,
                encoding="base64",
                headers=f"Content-Disposition: attachment; {disposition}\n{more}",
            ),
        ),
    )


file("file_with_a_path", 'filename="../../etc/passwd"', b"root:x", "text/plain")
file("file_with_a_windows_path", 'filename="C:\\\\Users\\\\ines\\\\report.pdf"')
file("file_with_controls", "filename*=utf-8''a%0d%0ab%00c%07.pdf")
file(
    "file_with_turned_direction",
    "filename*=utf-8''invoice%E2%80%AEfdp.exe",
    b"MZ" + b"\0" * 100 + b"PE\0\0",
    "application/octet-stream",
)
file("file_with_a_long_name", f'filename="{"a" * 300}.pdf"')
file("file_without_a_name", "", more="")
file("file_name_in_pieces", "filename*0*=utf-8''Gr%C3;\n filename*1*=%B6%C3%9Fe; filename*2=.pdf")
file("file_name_in_encoded_words", 'filename="=?utf-8?Q?Gr=C3=B6=C3=9Fe?= =?utf-8?Q?_2.pdf?="')
file("file_name_raw_utf8", 'filename="Größe.pdf"')
file("file_zip_that_says_text", 'filename="notes.txt"', ZIP, "text/plain")
file("file_program_that_says_pdf", 'filename="invoice.pdf"', b"MZ" + b"\0" * 100 + b"PE\0\0")
file("file_page_that_says_picture", 'filename="cat.png"', b"<html><script>1</script></html>", "image/png")
file(
    "file_document_stays_one",
    'filename="plan.docx"',
    ZIP,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
)
file("file_known_by_its_name", 'filename="plan.csv"', b"a;b\n", "application/octet-stream")
file("file_reserved_name", 'filename="con.txt"', b"x", "text/plain")
multipart(
    "file_alone",
    part(
        "application/pdf",
        b"%PDF-1.4 x",
        encoding="base64",
        headers='Content-Disposition: attachment; filename="scan.pdf"\n',
    ),
)
multipart(
    "message_as_a_file",
    multi(
        "mixed",
        part("text/plain", "See the mail that I got."),
        part(
            "message/rfc822",
            "From: Otto <otto@harbour.example>\nSubject: Our offer\nDate: Mon, 23 Nov 2026 08:00:00 +0000\n\nDear Ines, here is our offer.\n",
        ),
    ),
    subject="Please look",
)
multipart(
    "calendar_invitation",
    multi(
        "mixed",
        multi(
            "alternative",
            part("text/plain", "You are invited."),
            part(
                "text/calendar; charset=utf-8; method=REQUEST",
                "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Printer\r\n  talk\r\nLOCATION:Room 12\r\nORGANIZER;CN=Ines:mailto:ines@northwind.example\r\nDTSTART;TZID=W. Europe Standard Time:20261124T100000\r\nDTEND;TZID=W. Europe Standard Time:20261124T110000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            ),
            boundary="in",
        ),
    ),
)
multipart(
    "calendar_broken",
    multi(
        "alternative",
        part("text/plain", "You are invited."),
        part("text/calendar; method=REQUEST", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:never\n"),
    ),
)
multipart(
    "pgp_mime_encrypted",
    multi(
        "encrypted",
        part("application/pgp-encrypted", "Version: 1"),
        part(
            'application/octet-stream; name="encrypted.asc"',
            "-----BEGIN PGP MESSAGE-----\nx\n-----END PGP MESSAGE-----\n",
        ),
        parameters='; protocol="application/pgp-encrypted"',
    ),
)
multipart(
    "pgp_mime_signed",
    multi(
        "signed",
        PLAIN,
        part(
            "application/pgp-signature; name=signature.asc",
            "-----BEGIN PGP SIGNATURE-----\nx\n-----END PGP SIGNATURE-----\n",
        ),
        parameters='; protocol="application/pgp-signature"',
    ),
)
multipart(
    "smime_signed",
    multi(
        "signed",
        PLAIN,
        part("application/pkcs7-signature; name=smime.p7s", b"0\x80\x06\x09", encoding="base64"),
        parameters='; protocol="application/pkcs7-signature"',
    ),
)


def der(tag: int, *inside: bytes) -> bytes:
    body = b"".join(inside)
    length = bytes([len(body)]) if len(body) < 128 else bytes([0x82]) + len(body).to_bytes(2, "big")
    return bytes([tag]) + length + body


SIGNED = der(
    0x30,
    bytes.fromhex("06092a864886f70d010702"),
    der(
        0xA0,
        der(
            0x30,
            b"\x02\x01\x01",
            der(0x31),
            der(
                0x30,
                bytes.fromhex("06092a864886f70d010701"),
                der(0xA0, der(0x04, b"Content-Type: text/plain\r\n\r\nSigned around.\r\n")),
            ),
        ),
    ),
)
ENVELOPED = der(0x30, bytes.fromhex("06092a864886f70d010703"), der(0xA0, der(0x30, b"\x02\x01\x00")))
multipart(
    "smime_signed_around",
    part('application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"', SIGNED, encoding="base64"),
)
multipart("smime_encrypted", part('application/pkcs7-mime; name="smime.p7m"', ENVELOPED, encoding="base64"))


def tnef(*objects: tuple[int, int, bytes]) -> bytes:
    out = b"\x78\x9f\x3e\x22\x01\x00"
    for level, name, content in objects:
        out += (
            struct.pack("<BHHI", level, name, 6, len(content))
            + content
            + struct.pack("<H", sum(content) & 0xFFFF)
        )
    return out


def mapi(*properties: tuple[int, int, bytes]) -> bytes:
    out = struct.pack("<I", len(properties))
    for kind, name, value in properties:
        out += struct.pack("<HHII", kind, name, 1, len(value)) + value + b"\0" * (-len(value) % 4)
    return out


WINMAIL = tnef(
    (1, 0x9007, struct.pack("<I", 1252)),
    (1, 0x9003, mapi((0x001E, 0x1000, b"Words from inside.\0"))),
    (2, 0x9002, b"\0" * 14),
    (2, 0x8010, b"SHORT~1.PDF\0"),
    (2, 0x800F, b"%PDF-1.4 inside"),
    (2, 0x9005, mapi((0x001F, 0x3707, "a longer näme.pdf\0".encode("utf-16-le")))),
)
multipart(
    "winmail",
    multi(
        "mixed",
        part("text/plain", ""),
        part('application/ms-tnef; name="winmail.dat"', WINMAIL, encoding="base64"),
    ),
)
multipart(
    "winmail_broken",
    multi(
        "mixed",
        PLAIN,
        part('application/ms-tnef; name="winmail.dat"', WINMAIL[:60] + b"\xff" * 40, encoding="base64"),
    ),
)
multipart(
    "winmail_that_is_none",
    multi("mixed", PLAIN, part('application/ms-tnef; name="winmail.dat"', b"no tnef", encoding="base64")),
)

# ---------------------------------------------------------------- automatic, lists, spam
mail("auto_replied", "I am away.", headers="Auto-Submitted: auto-replied\n")
mail(
    "auto_generated_with_a_comment",
    "Disk full.",
    headers="Auto-Submitted: auto-generated (monitoring); owner=x\n",
)
mail("auto_no", "By hand.", headers="Auto-Submitted: no\n")
mail("auto_precedence_bulk", "News.", headers="Precedence: bulk\n")
mail("auto_precedence_auto_reply", "Away.", headers="Precedence: auto_reply\n")
mail("auto_x_autoreply", "Away.", headers="X-Autoreply: yes\n")
mail(
    "auto_exchange",
    "I am out of the office until Monday.",
    subject="Automatic reply: Printer",
    headers="X-Auto-Response-Suppress: All\nX-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent\n",
)
mail("auto_subject_alone", "Ich bin nicht da.", subject="Abwesenheitsnotiz: Printer")
mail("auto_subject_french", "Je suis absent.", subject="=?utf-8?Q?R=C3=A9ponse_automatique_=3A_Printer?=")
mail("auto_subject_japanese", "不在です。", subject="自動応答: Printer")
mail("auto_null_return_path", "Away.", headers="Return-Path: <>\n")
mail("auto_not_about_absence", "How do I set one up?", subject="Abwesenheitsnotiz einrichten")
mail(
    "auto_not_out_of_office_question",
    "The calendar shows nothing.",
    subject="Out of office calendar is empty",
)
mail(
    "auto_not_answer_to_one",
    "I saw that you are away.",
    subject="Re: Automatic reply: Printer",
    headers="Return-Path: <ines@northwind.example>\n",
)
multipart(
    "disposition_notification",
    multi(
        "report",
        part("text/plain", "Your message was displayed."),
        part(
            "message/disposition-notification",
            "Final-Recipient: rfc822; ines@northwind.example\nOriginal-Message-ID: <m1@demo.example>\nDisposition: manual-action/MDN-sent-manually; displayed\n",
        ),
        parameters="; report-type=disposition-notification",
    ),
    subject="Read: Printer",
)
mail(
    "list_post",
    "Does anybody know?",
    headers="List-Id: Users <users.lists.example>\nList-Unsubscribe: <mailto:u@lists.example>\nPrecedence: list\n",
)
mail("newsletter", "Our news.", headers="List-Unsubscribe: <https://news.example/u>\nPrecedence: bulk\n")
mail("spam_flag", "Buy.", headers="X-Spam-Flag: YES\n")
mail("spam_status", "Buy.", headers="X-Spam-Status: Yes, score=9.1 required=5.0\n\ttests=BAYES_99\n")
mail(
    "spam_status_no",
    "Not spam.",
    headers="X-Spam-Status: No, score=-1.9\nX-Spam-Flag: NO\nX-Forefront-Antispam-Report: CIP:1.2.3.4;CTRY:DE;LANG:de;SCL:1;SRV:;IPV:NLI;SFV:NSPM;CAT:NONE\n",
)
mail(
    "spam_forefront",
    "Buy.",
    headers="X-Forefront-Antispam-Report: CIP:1.2.3.4;CTRY:;LANG:en;SCL:6;SRV:;SFV:SPM;CAT:SPM;DIR:INB\n",
)
mail("spam_scl", "Buy.", headers="X-MS-Exchange-Organization-SCL: 9\n")

# ---------------------------------------------------------------- reports of delivery
DAEMON = HEAD.replace(
    "Ines Okafor <ines@northwind.example>", "Mail Delivery System <MAILER-DAEMON@mx.northwind.example>"
)
RETURNED = "Return-Path: <support@demo.example>\nFrom: support@demo.example\nTo: gone@northwind.example\nSubject: [#12] Printer\nMessage-ID: <out-77@demo.example>\n\nHello\n"
STATUS = "Reporting-MTA: dns; mx.northwind.example\n\nFinal-Recipient: rfc822; gone@northwind.example\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {why}\n"


def report(
    name: str,
    words: str,
    status: str,
    returned: bytes | None = None,
    *,
    subject: str = "Undelivered Mail Returned to Sender",
) -> None:
    back = part("message/rfc822", RETURNED) if returned is None else returned
    multipart(
        name,
        multi(
            "report",
            part("text/plain", words),
            part("message/delivery-status", status),
            back,
            parameters="; report-type=delivery-status",
        ),
        subject=subject,
        headers="Return-Path: <>\nAuto-Submitted: auto-replied\n",
        head=DAEMON,
    )


report(
    "bounce_postfix",
    "This is the mail system at host mx.northwind.example.\n\nI'm sorry to have to inform you that your message could not be delivered.\n",
    STATUS.format(
        action="failed",
        status="5.1.1",
        why="550 5.1.1 <gone@northwind.example>: Recipient address rejected: User unknown",
    ),
)
report(
    "bounce_delayed",
    "Your message is delayed.",
    STATUS.format(action="delayed", status="4.4.1", why="connect timed out"),
    subject="Delayed Mail (still being retried)",
)
report(
    "bounce_none_for_success",
    "Delivered.",
    STATUS.format(action="delivered", status="2.0.0", why="250 ok"),
    subject="Successful Mail Delivery Report",
)
report(
    "bounce_two_recipients",
    "Failed twice.",
    STATUS.format(action="failed", status="5.1.1", why="550 no")
    + "\nOriginal-Recipient: rfc822;full@northwind.example\nFinal-Recipient: rfc822;full@inner.example\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: x-unix; mailbox full\n",
)
report(
    "bounce_with_headers_only",
    "Failed.",
    STATUS.format(action="failed", status="5.1.1", why="550 no"),
    part("text/rfc822-headers", RETURNED),
)
multipart(
    "bounce_exchange",
    multi(
        "report",
        part("text/plain", "Ihre Nachricht an gone@northwind.example konnte nicht zugestellt werden."),
        part(
            "message/delivery-status",
            "Reporting-MTA: dns;AM0PR01.example\nX-Original-Message-ID: <out-77@demo.example>\n\nFinal-Recipient: rfc822;gone@northwind.example\nAction: failed\nStatus: 5.1.10\nDiagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found\n",
        ),
        parameters="; report-type=delivery-status",
    ),
    subject="Unzustellbar: [#12] Printer",
    head=HEAD.replace("Ines Okafor <ines@northwind.example>", "postmaster@northwind.example"),
)
mail(
    "bounce_qmail",
    "Hi. This is the qmail-send program at mx.northwind.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<gone@northwind.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n"
    + RETURNED,
    subject="failure notice",
    headers="Return-Path: <>\n",
    head=DAEMON,
)
mail(
    "bounce_exim",
    "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  gone@northwind.example\n    host mx.northwind.example [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<gone@northwind.example>:\n    550 5.1.1 User unknown\n\n------ This is a copy of the message, including all the headers. ------\n\n"
    + RETURNED,
    subject="Mail delivery failed: returning message to sender",
    headers="X-Failed-Recipients: gone@northwind.example\nAuto-Submitted: auto-replied\n",
    head=DAEMON,
)
mail(
    "bounce_gmail_plain",
    "Delivery to the following recipient failed permanently:\n\n     gone@northwind.example\n\nTechnical details of permanent failure:\nGoogle tried to deliver your message, but it was rejected by the server. The error that the other server returned was:\n550 5.1.1 No such user\n\n----- Original message -----\n\n"
    + RETURNED,
    subject="Delivery Status Notification (Failure)",
    headers="X-Failed-Recipients: gone@northwind.example\n",
    head=DAEMON,
)
mail(
    "bounce_sendmail_old",
    "The original message was received at Mon, 23 Nov 2026\n\n   ----- The following addresses had permanent fatal errors -----\n<gone@northwind.example>\n    (reason: 550 5.1.1 User unknown)\n\n   ----- Transcript of session follows -----\n... while talking to mx.northwind.example.:\n550 5.1.1 User unknown\n\n   ----- Original message follows -----\n\n"
    + RETURNED,
    subject="Returned mail: see transcript for details",
    headers="Return-Path: <>\n",
    head=DAEMON,
)
multipart(
    "bounce_forwarded_by_a_person",
    multi(
        "mixed",
        part("text/plain", "I got this, what does it mean?"),
        part("message/rfc822", MAILS["bounce_postfix"].decode().replace("\r\n", "\n")),
        boundary="outer",
    ),
    subject="Fwd: Undelivered Mail Returned to Sender",
)
multipart(
    "abuse_report",
    multi(
        "report",
        part("text/plain", "This is an abuse report."),
        part("message/feedback-report", "Feedback-Type: abuse\n"),
        part("message/rfc822", RETURNED),
        parameters="; report-type=feedback-report",
    ),
    subject="Abuse report",
)
mail(
    "bounce_question_of_a_person",
    "My mails to Otto come back. Why?",
    subject="Undeliverable: what does it mean?",
)

# ---------------------------------------------------------------- forwards
INNER = "Our mail server is down since 8.\n\nOtto"
mail(
    "forward_gmail",
    f"Can you help them?\n\n---------- Forwarded message ---------\nFrom: Otto Maier <otto@harbour.example>\nDate: Mon, Nov 23, 2026 at 8:00 AM\nSubject: Server down\nTo: Ines <ines@northwind.example>\n\n\n{INNER}\n",
    subject="Fwd: Server down",
)
mail(
    "forward_gmail_french_keys",
    f"---------- Forwarded message ---------\nDe : Otto Maier <otto@harbour.example>\nDate: lun. 23 nov. 2026 à 08:00\nSubject: Server down\nTo: Ines <ines@northwind.example>\n\n\n{INNER}\n",
    subject="Fwd: Server down",
)
mail(
    "forward_apple",
    "Please look.\n\n> Begin forwarded message:\n> \n> From: Otto Maier <otto@harbour.example>\n> Subject: Server down\n> Date: 23 November 2026 at 08:00:00 CET\n> To: Ines <ines@northwind.example>\n> \n> Our mail server is down since 8.\n> \n> Otto\n".replace(
        "> Begin", "Begin"
    ),
    subject="Fwd: Server down",
)
mail(
    "forward_apple_german",
    "Anfang der weitergeleiteten Nachricht:\n\n> Von: Otto Maier <otto@harbour.example>\n> Betreff: Server down\n> Datum: 23. November 2026 um 08:00:00 MEZ\n> An: Ines <ines@northwind.example>\n> \n> Our mail server is down since 8.\n> \n> Otto\n",
    subject="Fwd: Server down",
)
mail(
    "forward_thunderbird",
    f"see below\n\n-------- Forwarded Message --------\nSubject: \tServer down\nDate: \tMon, 23 Nov 2026 08:00:00 +0100\nFrom: \tOtto Maier <otto@harbour.example>\nTo: \tInes <ines@northwind.example>\n\n\n\n{INNER}\n",
    subject="Fwd: Server down",
)
mail(
    "forward_thunderbird_german",
    f"-------- Weitergeleitete Nachricht --------\nBetreff: \tServer down\nDatum: \tMon, 23 Nov 2026 08:00:00 +0100\nVon: \tOtto Maier <otto@harbour.example>\nAn: \tInes <ines@northwind.example>\n\n\n{INNER}\n",
    subject="Fwd: Server down",
)
mail(
    "forward_yahoo",
    f"----- Forwarded Message -----\nFrom: Otto Maier <otto@harbour.example>\nTo: Ines <ines@northwind.example>\nSent: Monday, November 23, 2026 at 08:00:00 AM GMT+1\nSubject: Server down\n\n{INNER}\n",
    subject="Fw: Server down",
)
mail(
    "forward_outlook_without_an_address",
    f"FYI\n\nFrom: Otto Maier\nSent: Monday, November 23, 2026 8:00 AM\nTo: Ines\nSubject: Server down\n\n{INNER}\n",
    subject="FW: Server down",
)
mail(
    "forward_html_outlook",
    '<div>Can you help?</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>Von:</b> Otto Maier &lt;otto@harbour.example&gt;<br><b>Gesendet:</b> Montag, 23. November 2026 08:00<br><b>An:</b> Ines<br><b>Betreff:</b> Server down</div><div>Our mail server is down since 8.</div>',
    type_="text/html",
    subject="WG: Server down",
)
mail(
    "forward_of_a_forward",
    f"Twice.\n\n---------- Forwarded message ---------\nFrom: Greta <greta@northwind.example>\nDate: Mon, Nov 23, 2026 at 8:30 AM\nSubject: Fwd: Server down\nTo: Ines <ines@northwind.example>\n\nOnce.\n\n---------- Forwarded message ---------\nFrom: Otto Maier <otto@harbour.example>\nDate: Mon, Nov 23, 2026 at 8:00 AM\nSubject: Server down\nTo: Greta <greta@northwind.example>\n\n{INNER}\n",
    subject="Fwd: Fwd: Server down",
)
multipart(
    "forward_as_a_file_without_words",
    multi(
        "mixed",
        part("text/plain", ""),
        part(
            "message/rfc822",
            f"From: Otto Maier <otto@harbour.example>\nSubject: Server down\nDate: Mon, 23 Nov 2026 08:00:00 +0100\n\n{INNER}\n",
        ),
    ),
    subject="Fwd: Server down",
)


# ---------------------------------------------------------------- large ones, made when they are read
# ---------------------------------------------------------------- what strangers brought
mail(
    "mobile_with_a_link_in_it",
    "Danke, läuft.\n\nOutlook für Android<https://aka.ms/AAb9ysg> abrufen\n",
    headers=ANSWER,
)
mail("mobile_words_of_a_sentence_stay", "The mail is\nsent from the server room\n", headers=ANSWER)
mail(
    "mobile_samsung_in_one_line",
    "It works.\n\n-------- Original message --------From: Desk <support@demo.example> Date: 23/11/2026  09:11"
    "  (GMT+01:00) To: ines@northwind.example Subject: Printer \nPlease restart it\n",
    headers=ANSWER,
)
mail(
    "mobile_yahoo_in_one_line",
    "Works.\n\n  On Mon, Nov 23, 2026 at 9:11, Desk<support@demo.example> wrote:   Please restart it\n  ",
    headers=ANSWER,
)
mail(
    "groupwise",
    "Works.\n\n>>> Desk <support@demo.example> 23.11.2026 09:11 >>>\nPlease restart it\n",
    headers=ANSWER,
)
mail("python_prompt_stays", "I get this:\n\n>>> import x\nTraceback\nImportError: x\n")
mail(
    "gmail_ar_in_its_own_digits",
    "شكرا\n\nفي الاثنين، ٢٣ نوفمبر ٢٠٢٦ في ٩:١١ ص تمت كتابة ما يلي بواسطة Desk <\nsupport@demo.example>:\n\n> نص\n",
    headers=ANSWER,
)
mail(
    "html_signature_right_above_the_quote",
    '<div>Works.</div><div id="x_Signature">Ines</div><div id="x_divRplyFwdMsg"><b>From:</b> Desk</div>Restart it',
    type_="text/html; charset=utf-8",
    headers=ANSWER,
)
mail(
    "forward_zoho",
    "Look.\n\n============ Forwarded message ============\nFrom: Cleo <cleo@vendor.example>\n"
    "To: ines@northwind.example\nDate: Mon, 23 Nov 2026 08:00:00 +0100\nSubject: Bill\n"
    "============ Forwarded message ============\n\nPlease pay.\n",
    subject="Fwd: Bill",
)
raw(
    "subject_raw_hebrew",
    HEAD.format(subject="@", id="subject_raw_hebrew")
    .encode()
    .replace(b"@\nDate", "המדפסת לא עובדת".encode("cp1255") + b"\nDate")
    + b"Content-Type: text/plain; charset=windows-1255\n\n"
    + "עזרה".encode("cp1255"),
)
mail("auto_subject_hebrew", "אינני במשרד", subject="תשובה אוטומטית: Printer")
mail("auto_subject_arabic", "أنا خارج المكتب", subject="رد تلقائي: Printer")
raw(
    "bounce_with_an_escaped_plus",
    "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: support@demo.example\nSubject: Undelivered Mail\n"
    "Date: Mon, 23 Nov 2026 09:15:00 +0100\nContent-Type: multipart/report; report-type=delivery-status;"
    ' boundary="b"\n\n--b\nContent-Type: text/plain\n\nNot delivered.\n--b\n'
    "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
    "Original-Recipient: rfc822;ines+2Bwork@northwind.example\n"
    "Final-Recipient: rfc822; ines+work@northwind.example\nAction: failed\nStatus: 5.2.2\n\n--b--\n",
)


multipart(
    "picture_named_in_great_letters",
    multi(
        "related",
        part("text/html", '<p>See</p><img src="CID:Pic@1">'),
        part("image/png", PNG, encoding="base64", headers="Content-ID: <Pic@1>\n"),
    ),
)
raw(
    "bounce_with_a_colon_after_the_code",
    "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: support@demo.example\nSubject: Failure Notice\n"
    "Date: Mon, 23 Nov 2026 09:15:00 +0100\n\nSorry, we were unable to deliver your message.\n\n"
    "<gone@northwind.example>:\n554: delivery error: no such account\n",
)


def _many_recipients() -> bytes:
    to = ",\r\n ".join(f'"Person {n}, No. {n}" <person{n}@northwind.example>' for n in range(300))
    return f"From: ines@northwind.example\r\nTo: {to}\r\nSubject: all\r\n\r\nHello all.\r\n".encode()


def _many_parts(count: int) -> bytes:
    body = multi(
        "mixed",
        PLAIN,
        *(
            part("text/plain", f"{n}", headers=f'Content-Disposition: attachment; filename="{n}.txt"\n')
            for n in range(count - 1)
        ),
    )
    return HEAD.format(subject="parts", id="parts").encode() + body


def _deep(levels: int) -> bytes:
    opened = b"".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n'.encode() for n in range(levels)
    )
    return (
        HEAD.format(subject="deep", id="deep").encode()
        + opened
        + b"Content-Type: text/plain\n\nAt the bottom.\n"
    )


def _long_header() -> bytes:
    return (
        HEAD.format(subject="long", id="long").encode()
        + b"X-Long: "
        + b"a" * 100_000
        + b"\nReferences:"
        + b"".join(b"\n <%d@x.example>" % n for n in range(4000))
        + b"\n\nShort words.\n"
    )


def _large_file() -> bytes:
    body = multi(
        "mixed",
        PLAIN,
        part(
            "application/pdf",
            b"%PDF-1.4" + b"x" * 4_000_000,
            encoding="base64",
            headers='Content-Disposition: attachment; filename="big.pdf"\n',
        ),
    )
    return HEAD.format(subject="large", id="large").encode() + body


LARGE: dict[str, Callable[[], bytes]] = {
    "large_300_recipients": _many_recipients,
    "large_5000_parts": lambda: _many_parts(5000),
    "large_too_many_parts": lambda: _many_parts(10_100),
    "large_nested_30_deep": lambda: _deep(30),
    "large_nested_300_deep": lambda: _deep(300),
    "large_header_of_100_kb": _long_header,
    "large_file_of_4_mb": _large_file,
}


def main() -> None:
    for old in HERE.glob("*.eml"):
        old.unlink()
    for name, data in MAILS.items():
        (HERE / f"{name}.eml").write_bytes(data)
    print(len(MAILS), "messages, and", len(LARGE), "large ones")  # noqa: T201


if __name__ == "__main__":
    main()
