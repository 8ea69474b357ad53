"""Form fields for people, time zones, mail domains and the colours of tiers."""

import re
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.keys import key_of
from accounts.models import User

DOMAIN = re.compile(r"^(?!-)(?:[a-z0-9-]{1,63}(?<!-)\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$")
COLOURS = [
    ("", _("as shipped")),
    ("slate", _("slate")),
    ("teal", _("teal")),
    ("blue", _("blue")),
    ("violet", _("violet")),
    ("amber", _("amber")),
    ("rose", _("rose")),
    ("green", _("green")),
    ("cyan", _("cyan")),
]


@cache
def zone_choices() -> list[tuple[str, str]]:
    """The zones that people know by a place; the rest are aliases."""
    places = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/")
    names = sorted(
        name for name in available_timezones() if name.startswith((*places, "Pacific/")) or name == "UTC"
    )
    return [(name, name.replace("_", " ")) for name in names]


class ZoneField(forms.ChoiceField):
    """A time zone out of a list; a zone that somebody has and the list lacks stays valid."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Time zone"))
        options.setdefault("widget", forms.Select(attrs={"data-pick": True}))
        super().__init__(choices=zone_choices, **options)

    def valid_value(self, value: Any) -> bool:
        return str(value) in available_timezones()


class RemotePick(forms.Select):
    """A select that is filled as one types: it holds only what is chosen, however many could be."""

    def __init__(self, url: str) -> None:
        words = _("name, mail, phone or number")
        super().__init__(attrs={"data-pick": True, "data-url": url, "data-placeholder": words})

    def optgroups(self, name: str, value: list[Any], attrs: dict[str, Any] | None = None) -> list[Any]:
        keys = [key for key in map(key_of, value) if key]
        people = User.objects.filter(pk__in=keys)
        options = [(person.pk, person.name) for person in people] if keys else []
        chosen = [("", ""), *options]
        return [
            (None, [self.create_option(name, key, text, str(key) in map(str, value), at, attrs=attrs)], at)
            for at, (key, text) in enumerate(chosen)
        ]


class PersonField(forms.ModelChoiceField[User]):
    """One person, found by typing a part of name, mail or phone."""

    widget = RemotePick("/people/find")

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", RemotePick("/people/find"))
        options.setdefault(
            "error_messages", {"invalid_choice": _("This person is not here any more. Choose another one.")}
        )
        super().__init__(queryset=User.objects.active(), **options)


class DomainsField(forms.CharField):
    """Mail domains, one a line."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}))
        options.setdefault("max_length", 4000)
        super().__init__(required=False, **options)

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value) or ""
        domains = [part.lower().lstrip("@") for part in re.split(r"[\s,;]+", text) if part]
        for domain in domains:
            if len(domain) > 253 or not DOMAIN.match(domain):
                raise ValidationError(
                    _("“%(domain)s” is no mail domain. Write what stands after the @, like example.com."),
                    params={"domain": domain[:80]},
                    code="invalid",
                )
        return list(dict.fromkeys(domains))
