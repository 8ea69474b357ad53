"""The built-in words of every mail about tickets and articles, with what may stand in braces in each.

Plain text and HTML are made of the same words (Markdown). Greeting and signature are parts of their own, so that one
mail that tells several things greets once.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

from delivery.vocabulary import LetterKind

SUBJECT = "[{ticket}] {subject}"
ALWAYS = ("name", "desk", "phone", "hours")
TICKET = (*ALWAYS, "ticket", "subject", "team", "tier", "priority", "by", "link")
INSIDE = (*TICKET, "requester", "organisation")
"""For the desk alone: a vendor reads neither who asks nor for whom."""


def _letter(
    name: str, label: Any, kind: str, body: Any, places: tuple[str, ...], *more: str, **rest: Any
) -> LetterKind:
    return LetterKind(
        name=name,
        label=label,
        kind=kind,
        subject=rest.pop("subject", SUBJECT),
        body=body,
        placeholders=frozenset((*places, *more)),
        **rest,
    )


LETTERS = (
    _letter("greeting", _("Greeting of all mails"), "", _("Hello {name},"), ALWAYS, part=True, subject=""),
    _letter("signature", _("Signature of all mails"), "", "{reach}", ALWAYS, "reach", part=True, subject=""),
    # --- to requesters ---
    _letter(
        "opened",
        _("Receipt of a request"),
        "receipt",
        _(
            "we have your request “{subject}”. Its number is {ticket}. {promise}\n\n"
            "Read it, add to it or withdraw it here:\n\n{link}"
        ),
        TICKET,
        "promise",
        "requester",
        "organisation",
        shows_sender=False,
    ),
    _letter(
        "replied",
        _("Answer to the requester"),
        "answers",
        _("{by} has answered {ticket}:\n\n{text}\n\n{files}\n\nAnswer here:\n\n{link}"),
        TICKET,
        "text",
        "files",
        "requester",
        "organisation",
        is_personal=True,
    ),
    _letter(
        "question",
        _("Question to the requester"),
        "answers",
        _(
            "{by} needs to know something to go on with {ticket}:\n\n{text}\n\n{files}\n\n"
            "Answer here, we wait for you:\n\n{link}"
        ),
        TICKET,
        "text",
        "files",
        "requester",
        "organisation",
        is_personal=True,
    ),
    _letter(
        "resolved",
        _("The request is resolved"),
        "solved",
        _(
            "{by} has resolved {ticket}:\n\n{text}\n\n{files}\n\n"
            "Does it work? Say so here, or say that it is still broken:\n\n{link}"
        ),
        TICKET,
        "text",
        "files",
        "requester",
        "organisation",
        "survey",
        is_personal=True,
        slots=("survey",),
    ),
    _letter(
        "survey",
        _("How it went, where the desk waits before it asks"),
        "surveys",
        _(
            "{ticket} “{subject}” was resolved.\n\n{survey}\n\nRead it again, or say that it is still broken:\n\n{link}"
        ),
        TICKET,
        "survey",
        shows_sender=False,
        slots=("survey",),
    ),
    _letter(
        "survey_reminder",
        _("How it went, asked once more"),
        "surveys",
        _(
            "{ticket} “{subject}” was resolved, and we do not know yet how it went. This is the only reminder.\n\n"
            "{survey}\n\nRead it again, or say that it is still broken:\n\n{link}"
        ),
        TICKET,
        "survey",
        shows_sender=False,
        slots=("survey",),
    ),
    # --- to those who work on it ---
    _letter(
        "requester_replied",
        _("The requester has written"),
        "requester_wrote",
        _("{by} has written in {ticket} “{subject}”:\n\n{text}\n\n{files}\n\n{link}"),
        INSIDE,
        "text",
        "files",
        is_personal=True,
    ),
    _letter(
        "news_asked",
        _("The requester asks for news"),
        "requester_wrote",
        _("{by} asks for news of {ticket} “{subject}”.\n\n{link}"),
        INSIDE,
    ),
    _letter(
        "reply_held",
        _("A reply could not leave"),
        "held_replies",
        _(
            "Your reply to {ticket} “{subject}” has not left: {why}\n\nIt waits for you there, word for word:\n\n{link}"
        ),
        INSIDE,
        "why",
    ),
    _letter(
        "noted",
        _("A note of a colleague"),
        "noted",
        _("{by} has left a note in {ticket} “{subject}” (for the desk only):\n\n{text}\n\n{link}"),
        INSIDE,
        "text",
    ),
    _letter(
        "mentioned",
        _("A colleague mentions somebody"),
        "mentioned",
        _("{by} mentions you in {ticket} “{subject}”:\n\n{text}\n\n{link}"),
        INSIDE,
        "text",
    ),
    _letter(
        "assigned",
        _("A ticket is assigned"),
        "assigned",
        _("{by} has assigned {ticket} “{subject}” to you.\n\n{link}"),
        INSIDE,
    ),
    _letter(
        "handed_over",
        _("A ticket is handed over"),
        "handed_over",
        _("{by} has handed {ticket} “{subject}” to {team} ({tier}):\n\n{text}\n\n{link}"),
        TICKET,
        "text",
    ),
    _letter(
        "returned",
        _("A ticket comes back"),
        "returned",
        _("{by} has returned {ticket} “{subject}” to {team}:\n\n{text}\n\n{link}"),
        INSIDE,
        "text",
    ),
    _letter(
        "ping_pong",
        _("A ticket goes back and forth"),
        "disputes",
        _(
            "{ticket} “{subject}” goes back and forth between two teams. It lies with {team} ({tier}) now.\n\n"
            "Talk to the lead of the other team. When it is returned for the second time, one of you names on its "
            "page who keeps it, and it stays there.\n\n{link}"
        ),
        INSIDE,
    ),
    _letter(
        "owner_named",
        _("It was said who keeps a ticket"),
        "disputes",
        _(
            "{by} has named who keeps {ticket} “{subject}”: {team} ({tier}). It stays there.\n\n{text}\n\n{link}"
        ),
        INSIDE,
        "text",
    ),
    _letter(
        "proposed",
        _("An answer is proposed"),
        "proposals",
        _(
            "{by} proposes this answer to the requester of {ticket} “{subject}”. Send it, edit it, or refuse it:\n\n"
            "{text}\n\nIf it is not handled by {due}, {by} may send it.\n\n{link}"
        ),
        INSIDE,
        "text",
        "due",
    ),
    _letter(
        "proposal_sent",
        _("A proposed answer was sent"),
        "proposals",
        _("{by} has sent what you proposed in {ticket} “{subject}”.\n\n{link}"),
        INSIDE,
    ),
    _letter(
        "proposal_edited",
        _("A proposed answer was edited and sent"),
        "proposals",
        _("{by} has edited and sent what you proposed in {ticket} “{subject}”.\n\n{link}"),
        INSIDE,
    ),
    _letter(
        "proposal_refused",
        _("A proposed answer was refused"),
        "proposals",
        _("{by} has not sent what you proposed in {ticket} “{subject}”:\n\n{text}\n\n{link}"),
        INSIDE,
        "text",
    ),
    _letter(
        "invited",
        _("Somebody asks for help"),
        "help",
        _(
            "{by} asks for your help with {ticket} “{subject}” until {due}. It stays with {team}:\n\n{text}\n\n{link}"
        ),
        INSIDE,
        "text",
        "due",
    ),
    _letter(
        "deadline_warned",
        _("The time runs short"),
        "warned",
        _("{ticket} “{subject}”: {share} % of the time for “{metric}” is used.\nIt is due: {due}\n\n{link}"),
        INSIDE,
        "share",
        "metric",
        "due",
        shows_sender=False,
    ),
    _letter(
        "deadline_breached",
        _("The time is over"),
        "breached",
        _("{ticket} “{subject}”: the time for “{metric}” is over.\nIt was due: {due}\n\n{link}"),
        INSIDE,
        "metric",
        "due",
        "share",
        shows_sender=False,
    ),
    _letter(
        "digest",
        _("The managers' day"),
        "promises",
        "{list}\n\n{link}",
        ALWAYS,
        "list",
        "link",
        "day",
        "broken",
        "coming",
        subject=_("Promises on {day}: {broken} broken, {coming} due within a day"),
        shows_sender=False,
    ),
    _letter(
        "rule_told",
        _("A rule tells of a ticket"),
        "rules",
        _("The rule “{rule}” wants you to know of {ticket} “{subject}”.\n\n{text}\n\n{link}"),
        INSIDE,
        "rule",
        "text",
        shows_sender=False,
    ),
    _letter(
        "rule_stopped",
        _("Rules were stopped"),
        "rules_stopped",
        _(
            "Rules set off one another on {ticket} “{subject}” without end, so they were stopped. "
            "The last one was “{rule}”.\n"
            "Look at what they do to each other: one of them should ask for more, or stop the rules below it."
            "\n\n{link}"
        ),
        INSIDE,
        "rule",
        shows_sender=False,
    ),
    _letter(
        "low_score",
        _("A requester is not content"),
        "low_scores",
        _(
            "{requester} gives {score} of 5 for {ticket} “{subject}”, which {team} has resolved:\n\n{text}\n\n"
            "Look at it, and open it again if it is not solved:\n\n{link}"
        ),
        INSIDE,
        "text",
        "score",
        is_personal=True,
    ),
    # --- vendors ---
    _letter(
        "vendor_replied",
        _("A vendor has written"),
        "vendor_wrote",
        _("The vendor ({by}) has written in {ticket} “{subject}”:\n\n{text}\n\n{link}"),
        INSIDE,
        "text",
        is_personal=True,
    ),
    _letter(
        "vendor_silent",
        _("A vendor does not answer"),
        "vendor_wrote",
        _(
            "{vendor} has not answered for {silent}: {ticket} “{subject}”. You are responsible for it here.\n\n"
            "{chases} Press “Chase now” on the ticket, and they are asked how it stands.\n\n{link}"
        ),
        INSIDE,
        "vendor",
        "silent",
        "chases",
        shows_sender=False,
    ),
    _letter(
        "shared_with_vendor",
        _("Message to a vendor's people with a login"),
        "desk_wrote",
        _("{by} of {desk} writes to you about {ticket}:\n\n{text}\n\n{files}\n\n{link}"),
        TICKET,
        "text",
        "files",
        is_personal=True,
    ),
    _letter(
        "vendor_chased",
        _("Question how it stands, to a vendor's people with a login"),
        "desk_wrote",
        _(
            "{ticket} “{subject}” has been with you since {since}. How does it stand, and when may we expect it to be "
            "done?\n{again}\n\n{link}"
        ),
        TICKET,
        "since",
        "again",
        shows_sender=False,
    ),
    _letter(
        "vendor_asked",
        _("Message to a vendor's contacts"),
        "desk_wrote",
        _(
            "{desk} writes to you about {ticket} “{subject}”:\n\n{text}\n\n{files}\n\n"
            "Our number is {ticket}: please keep [{ticket}] in the subject of your answer.\n{vendor_number}\n"
            "Your colleagues who have a login answer on the ticket's page."
        ),
        ALWAYS,
        "ticket",
        "subject",
        "text",
        "files",
        "vendor_number",
        is_personal=True,
        shows_sender=False,
    ),
    _letter(
        "vendor_chased_contact",
        _("Question how it stands, to a vendor's contacts"),
        "desk_wrote",
        _(
            "{ticket} “{subject}” has been with you since {since}. How does it stand, and when may we expect it to be "
            "done?\n{again}\n\n"
            "Our number is {ticket}: please keep [{ticket}] in the subject of your answer.\n{vendor_number}\n"
            "Your colleagues who have a login answer on the ticket's page."
        ),
        ALWAYS,
        "ticket",
        "subject",
        "since",
        "again",
        "vendor_number",
        shows_sender=False,
    ),
    _letter(
        "webhook_ended",
        _("A webhook is out of use"),
        "webhooks",
        _(
            "Nothing is sent any more to the webhook “{webhook}” ({address}).\n\n{why}\n\n"
            "What was waiting for it was given up. Once the receiver is mended, put the webhook to use again, and send "
            "from its page what it has missed:\n\n{link}"
        ),
        ALWAYS,
        "webhook",
        "address",
        "why",
        "link",
        subject=_("The webhook “{webhook}” is out of use"),
        shows_sender=False,
    ),
    _letter(
        "candidate_raised",
        _("Something arrives far more often than usual"),
        "candidates",
        _(
            "{what}.\n\n{known}\n\nOpen a problem from it, link it with one that is known, or say that it is none:"
            "\n\n{link}"
        ),
        ALWAYS,
        "what",
        "known",
        "link",
        subject="{what}",
        shows_sender=False,
    ),
    # --- articles ---
    _letter(
        "announced",
        _("Please read an article"),
        "announcements",
        _("{asks}\n\n{note}\n\n{summary}\n\n{link}"),
        ALWAYS,
        "title",
        "by",
        "asks",
        "note",
        "summary",
        "link",
        subject=_("Please read: {title}"),
    ),
    _letter(
        "still_to_read",
        _("An article is still to be read"),
        "announcements",
        _(
            "“{title}” still waits to be read by you. It is read once you have said so on its page.\n\n{note}\n\n"
            "{summary}\n\n{link}"
        ),
        ALWAYS,
        "title",
        "by",
        "note",
        "summary",
        "link",
        subject=_("Still to be read: {title}"),
        shows_sender=False,
    ),
    _letter(
        "article_comment",
        _("A comment on an article"),
        "comments",
        _(
            "{by} writes about your article “{title}”:\n\n{text}\n\n"
            "Settle it there when something is done about it.\n\n{link}"
        ),
        ALWAYS,
        "title",
        "by",
        "text",
        "link",
        subject=_("A comment on “{title}”"),
    ),
    _letter(
        "look_again",
        _("Articles to look at again"),
        "reviews",
        _(
            "Somebody should look at these articles of yours again:\n\n{list}\n\n"
            "One click says that an article is still right. If it is not, write its next version.\n\n{link}"
        ),
        ALWAYS,
        "list",
        "link",
        "what",
        subject="{what}",
        shows_sender=False,
    ),
)
