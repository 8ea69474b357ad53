from contextlib import nullcontext
from typing import Any

from allauth.core import context as allauth_context
from django.contrib.sites.shortcuts import get_current_site
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone, translation

from accounts.adapter import AccountAdapter as HouseRules
from accounts.models import Desk, User
from delivery import operations


class AccountAdapter(HouseRules):
    """What allauth writes (resets, confirmations, notices) leaves like every mail: from the outbox, later.

    A slow mail server then slows no login, and the answer takes as long for an address that nobody has
    as for one that somebody has.
    """

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        request = allauth_context.request
        site = get_current_site(request)
        site.name = Desk.load().name
        person = context.get("user")
        known = person if isinstance(person, User) and person.pk else None
        # Whoever asked for it, it is read by its owner.
        with translation.override(known.language) if known else nullcontext():
            message = self.render_mail(
                template_prefix, email, {"request": request, "email": email, "current_site": site, **context}
            )
        operations.send_mail_row(
            to=email,
            subject=message.subject,
            text=str(message.body),
            html=_html_of(message),
            person=known,
            at=timezone.now(),
        )


def _html_of(message: Any) -> str:
    if not isinstance(message, EmailMultiAlternatives):
        return ""
    return next((str(body) for body, kind in message.alternatives if kind == "text/html"), "")
