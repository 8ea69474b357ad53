"""Delivery reports: the standard ones (RFC 3464) and what qmail, Exim, Postfix, Exchange and Gmail write instead."""

import re
from dataclasses import dataclass

from intake.mail import addresses, headers
from intake.mail.headers import Header
from intake.mail.parsed import Bounce
from intake.mail.parts import Part

MOST_RECIPIENTS = 1_000
_SEARCHED = 200_000

_DAEMON = re.compile(
    r"(?i)(?:mailer-daemon|mail-daemon|postmaster|mdaemon|mailerdaemon|double-bounce|microsoftexchange[0-9a-f]+|"
    r"bounce|bounces|mail delivery (?:sub)?system|maildeliverysystem|noreply-bounce)"
)
_SUBJECT = re.compile(
    r"""(?ix)undeliver(?:able|ed)|delivery\ (?:status\ notification|failure|has\ failed|problem|delayed|report)
    |(?:mail|message)\ (?:delivery\ )?(?:failed|failure|system\ error|could\ not\ be\ delivered|not\ delivered)
    |returned\ (?:mail|to\ sender|message)|failure\ notice|returning\ message\ to\ sender|non[- ]?delivery
    |delivery\ notification|warning:\ (?:could\ not\ send|message\ .*delayed)|mail\ system\ error|nondeliverable
    |unzustellbar|nicht\ zustellbar|zustellung\ fehlgeschlagen|fehlgeschlagene\ zustellung|unzustellbarkeitsbericht
    |non\ remis|échec\ de\ (?:la\ )?remise|échec\ de\ distribution|no\ se\ puede\ entregar|no\ entregado
    |error\ de\ entrega|mancato\ recapito|non\ recapitabile|recapito\ non\ riuscito|não\ (?:é\ possível\ )?entreg
    |onbestelbaar|niet\ bezorgd|nie\ można\ dostarczyć|niedostarczon|går\ inte\ att\ leverera|kan\ ikke\ leveres
    |ei\ voitu\ toimittaa|nedoručiteln|не\ удалось\ доставить|недоставлен|teslim\ edilemedi|配信不能|配信できません
    |无法投递|未送达|無法傳遞|退信|传递失败"""
)
_COPY = re.compile(
    r"(?im)^[ \t>]*(?:-{2,}.*(?:copy|original|returned|below this line|kopie|headers|transcript).*"
    r"|.*(?:copy of the message|original message|original headers|message headers|kopie der nachricht).*)$"
)
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<!\d)([45]\d\d)(?=[ -]|: )")
_ID_LINE = re.compile(r"(?im)^[ \t>]*message-id:\s*(?:\r?\n[ \t]+)?(<[^<>\s]{1,900}>)")
_QMAIL = re.compile(r"(?m)^<([^<>\s@]{1,200}@[^<>\s]{1,200})>:[ \t]*\n((?:.+\n?){0,6})")
_LISTED = re.compile(
    r"(?m)^[ \t]*(?:<|RCPT TO:<|To:[ \t]*<?)?([^\s<>@:;,\"']{1,200}@[^\s<>@:;,\"']{1,200}\.[a-z]{2,20})>?:?[ \t]*$",
    re.I,
)
_LOOSE = re.compile(r"[^\s<>@:;,\"'()\[\]]{1,200}@[^\s<>@:;,\"'()\[\]]{1,200}\.[a-z]{2,20}", re.I)
_SAYS = re.compile(
    r"(?im)^.*(?:remote (?:host|server) (?:said|returned|replied)|the response was|smtp error|(?:host|server) .*said:|"
    r"diagnostic|reason|error|mailbox|rejected|unknown|does not exist|quota).*$"
)
_DELAYED = re.compile(
    r"(?i)delayed|warning: (?:could not send|message)|still (?:being )?tr(?:y|ied)|"
    r"will (?:keep|continue) (?:to )?try|verzögert"
)


@dataclass(frozen=True, slots=True)
class Report:
    """What could not be delivered, to whom and why."""

    is_bounce: bool
    bounces: tuple[Bounce, ...] = ()
    message_id: str = ""


_NONE = Report(is_bounce=False)


def read(root: Part, *, subject: str, sender: str, text: str, return_path: str | None) -> Report:
    """The report in this mail. A bounce that somebody forwards is none: its own head is not that of a report."""
    status_parts = [
        part
        for part in root.walk()
        if part.type in ("message/delivery-status", "message/global-delivery-status")
    ]
    kind = root.parameters.get("report-type", "").lower()
    is_report = root.type == "multipart/report" and kind in ("delivery-status", "")
    if kind in ("disposition-notification", "feedback-report"):
        return _NONE
    is_daemon = bool(_DAEMON.match(sender)) or "<>" in root.header.first("from")
    if status_parts and (is_report or is_daemon or return_path == ""):
        return _standard(root, status_parts, text)
    failed = [address.address for address in addresses.read(root.header.first("x-failed-recipients"))]
    says_so = bool(_SUBJECT.search(subject)) or "this is the qmail-send program" in text[:2000].lower()
    if is_report or failed or (says_so and (is_daemon or return_path == "")):
        return _plain(root, failed, subject, text)
    return _NONE


def _standard(root: Part, parts: list[Part], text: str) -> Report:
    bounces: list[Bounce] = []
    original = ""
    for part in parts:
        content = part.text()
        blocks = re.split(r"\n[ \t]*\n", content[: _SEARCHED * 5].strip("\n"))
        for block in blocks:
            header, _ = headers.read_header(
                block.encode("utf-8", "replace"), 0, len(block.encode("utf-8", "replace"))
            )
            original = original or headers.message_id(
                header.first("original-message-id") or header.first("x-original-message-id")
            )
            if bounce := _recipient(header):
                bounces.append(bounce)
            if len(bounces) >= MOST_RECIPIENTS:
                break
    if not bounces:
        return _plain(root, [], "", text)
    trouble = [
        bounce
        for bounce in bounces
        if bounce.action in ("failed", "delayed", "") or bounce.status[:1] in "45"
    ]
    return Report(
        is_bounce=bool(trouble),
        bounces=tuple(bounces),
        message_id=original or _returned_id(root) or _id_in_text(text),
    )


def _recipient(header: Header) -> Bounce | None:
    final = header.first("final-recipient") or header.first("original-recipient")
    action = header.first("action").strip().lower().split(" ")[0]
    if not final and not action:
        return None
    recipient = addresses.normal(headers.decode_words(final.rpartition(";")[2] or final))
    original = addresses.normal(headers.decode_words(header.first("original-recipient").rpartition(";")[2]))
    original = original.replace("+2B", "+").replace(
        "+3D", "="
    )  # many leave it as it travelled (RFC 3461, xtext)
    status = _STATUS.search(header.first("status")) or _STATUS.search(header.first("diagnostic-code"))
    diagnostic = headers.decode_words(header.first("diagnostic-code"))
    kind, _, words = diagnostic.partition(";")
    return Bounce(
        recipient=original or recipient,
        status=status.group(1) if status else "",
        action=action or "failed",
        diagnostic=" ".join(
            (words if re.fullmatch(r"\s*[\w-]{1,30}\s*", kind) and words else diagnostic).split()
        )[:1000],
    )


def _returned_id(root: Part) -> str:
    """The id of the message that came back with the report."""
    for part in root.walk():
        if part.type in (
            "message/rfc822",
            "text/rfc822-headers",
            "message/global",
            "message/global-headers",
            "message/rfc822-headers",
        ):
            content = part.content()
            header, _ = headers.read_header(content, 0, len(content))
            if found := headers.message_id(header.first("message-id")):
                return found
    return ""


def _id_in_text(text: str) -> str:
    found = _ID_LINE.search(text[:_SEARCHED])
    return found.group(1) if found else ""


def _plain(root: Part, failed: list[str], subject: str, text: str) -> Report:
    """Reports for people to read. What follows the line that announces the copy is not the report's own."""
    text = text[:_SEARCHED]
    found = _COPY.search(text)
    own = text[: found.start()] if found else text[:20_000]
    rest = text[found.start() :] if found else text
    action = (
        "delayed"
        if _DELAYED.search(subject) or (_DELAYED.search(own[:1500]) and not _CODE.search(own))
        else "failed"
    )
    bounces = (
        [_told(address, said, action) for address, said in _QMAIL.findall(own)]
        if not failed
        else [_told(address, _said(own, address), action) for address in failed]
    )
    if not bounces:
        bounces = [
            _told(address, _said(own, address), action) for address in dict.fromkeys(_LISTED.findall(own))
        ]
    if not bounces:
        sender = addresses.normal(root.header.first("from"))
        to = {address.address for address in addresses.read(root.header.first("to"))}
        loose = [
            address
            for address in dict.fromkeys(_LOOSE.findall(own))
            if address not in to and address != sender
        ]
        bounces = [_told(address, _said(own, address), action) for address in loose[:1]]
    message_id = _returned_id(root) or _id_in_text(rest) or _id_in_text(text)
    return Report(is_bounce=True, bounces=tuple(bounces[:MOST_RECIPIENTS]), message_id=message_id)


def _told(address: str, said: str, action: str) -> Bounce:
    status, code = _STATUS.search(said), _CODE.search(said)
    return Bounce(
        recipient=addresses.normal(address) or address,
        status=status.group(1) if status else (f"{code.group(1)[0]}.0.0" if code else ""),
        action=action,
        diagnostic=" ".join(said.split())[:1000],
    )


def _said(own: str, address: str) -> str:
    """The lines after the address that say why; else the first that sounds so."""
    at = own.lower().find(address.lower())
    after = own[at + len(address) : at + len(address) + 1500] if at >= 0 else ""
    lines: list[str] = []
    for line in after.split("\n")[1:]:
        if not line.strip():
            if lines:
                break
            continue
        lines.append(line.strip())
        if len(lines) >= 4:
            break
    said = " ".join(lines)
    if _STATUS.search(said) or _CODE.search(said) or (lines and _SAYS.search(said)):
        return said
    found = next(
        (
            match
            for match in _SAYS.finditer(own[:8000])
            if _STATUS.search(match.group()) or _CODE.search(match.group())
        ),
        None,
    )
    found = found or _SAYS.search(own[:8000])
    return found.group().strip() if found else said
