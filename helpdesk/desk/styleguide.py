"""Every component on one page, to look at, to copy from, and to check with axe."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.choices import Status

LAYOUTS = {"desk": "base_desk.html", "portal": "base_portal.html"}

TEXT = """Since **Friday** the VPN disconnects every 20 minutes when I work from home.
In the office all is fine, see https://status.example.

1. connect
2. wait

| client | result |
|---|---|
| 5.0 | fine |
| 5.1 | `rekey failed` |

> Have you tried the other network?

![tracker](https://elsewhere.example/pixel.png) <script>alert(1)</script>
"""


class SampleForm(forms.Form):
    subject = forms.CharField(label=_("Subject"), max_length=120)
    details = forms.CharField(
        label=_("Details"),
        required=False,
        help_text=_("What you saw, and what you expected."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    team = forms.ChoiceField(
        label=_("Team"),
        choices=[("", ""), ("network", "Network"), ("mail", "Mail"), ("desk", "Service desk")],
        required=False,
        widget=forms.Select(attrs={"data-pick": "", "data-placeholder": _("any team")}),
    )
    watchers = forms.MultipleChoiceField(
        label=_("Watchers"),
        choices=[("1", "Dario Pek"), ("2", "Mira Kask"), ("3", "Sara Adeyemi")],
        required=False,
        widget=forms.SelectMultiple(attrs={"data-pick": ""}),
    )
    affected = forms.ChoiceField(
        label=_("Who is affected?"),
        choices=[("me", _("Only me")), ("team", _("My team")), ("all", _("Everybody"))],
        widget=forms.RadioSelect,
    )
    urgent = forms.BooleanField(label=_("I cannot work"), required=False)


def page(request: HttpRequest) -> HttpResponse:
    """For developers, and for administrators of a real desk; nobody else can tell that it exists."""
    if not settings.DEBUG and not getattr(request.user, "is_administrator", False):
        raise Http404
    layout = LAYOUTS.get(request.GET.get("layout", ""), LAYOUTS["desk"])
    return render(request, "styleguide/page.html", {"layout": layout, **sample()})


def sample() -> dict[str, Any]:
    now = timezone.now()
    mira, tomasz = _somebody("Mira Kask", "MK"), _somebody("Tomasz Wilk", "TW")
    return {
        "now": now,
        "mira": mira,
        "here": [
            SimpleNamespace(person=mira, writes=True),
            SimpleNamespace(person=tomasz, writes=False),
        ],
        "tomasz": tomasz,
        "dario": _somebody("Dario Pek", "DP"),
        "text": TEXT,
        "wrong_form": SampleForm({"details": "It worked yesterday."}),
        "clean_form": SampleForm(auto_id="clean_%s"),
        "log": [SimpleNamespace(url="/files/1", name="client-5.1-log.txt", size=48_213)],
        "times": [now - timedelta(seconds=20), now - timedelta(hours=2), now + timedelta(days=3)],
        "long_ago": now - timedelta(days=90),
        "codes": Status.values,
        "rows": _rows(now),
        "rungs": _rungs(),
        "steps": [
            {"text": _("Received"), "state": "done"},
            {"text": _("Mira is on it"), "state": "done"},
            {"text": _("Network team has looked, back with Mira"), "state": "now"},
            {"text": _("Solved"), "state": ""},
        ],
    }


def _somebody(name: str, initials: str) -> SimpleNamespace:
    return SimpleNamespace(name=name, initials=initials, is_technician=True)


def _rungs() -> list[dict[str, Any]]:
    return [
        {"tier": 4, "label": "Vendors"},
        {"tier": 3, "label": "Expert"},
        {"tier": 2, "label": "Network · Dario", "span": "24 min", "was_here": True},
        {"tier": 1, "label": "Service desk · Mira", "span": "44 min", "was_here": True, "is_now": True},
        {"tier": 0, "label": "Triage", "span": "4 min", "was_here": True},
    ]


def _rows(now: Any) -> list[dict[str, Any]]:
    def row(subject: str, meta: str, minutes: int | None, path: list[int], **more: Any) -> dict[str, Any]:
        due = now + timedelta(minutes=minutes) if minutes is not None else None
        return {
            "subject": subject,
            "meta": meta,
            "due": due,
            "start": due - timedelta(hours=8) if due else None,
            "path": path,
            **more,
        }

    return [
        row(
            "Cannot sign in after password reset, authenticator lost",
            "Access > Sign-in · reply waiting since 09:12",
            -34,
            [0, 1],
            priority=2,
            status="new",
            requester="Ines Okafor",
            word="first response",
            unread=True,
        ),
        row(
            "VPN drops every 20 minutes from home",
            "Network > VPN · returned by Network L2: client log missing",
            18,
            [1, 2, 1],
            priority=3,
            status="open",
            requester="Tomasz Wilk",
            word="accept",
            bounces=1,
            handed=True,
        ),
        row(
            "New starter Monday: laptop, mailbox, finance share",
            "Request > Onboarding",
            250,
            [1],
            priority=1,
            status="on_hold",
            requester="Priya Raman",
            word="resolution",
        ),
        row(
            "Mailbox almost full, archive does not run",
            "Mail > Quota · waiting for requester since yesterday",
            None,
            [1, 2, 3, 4],
            priority=4,
            status="pending_requester",
            requester="Jonas Lind",
            paused="requester",
        ),
    ]
