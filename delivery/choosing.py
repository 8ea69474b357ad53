"""When somebody is told, by what they have chosen: pure reckoning with their own clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import User
from delivery.models import NoticePreferences
from delivery.vocabulary import ByMail, NoticeKind

SATURDAY = 5


@dataclass(frozen=True)
class Choice:
    """How one person is told of one kind."""

    mail: ByMail
    inside: bool


@dataclass(frozen=True)
class Preferences:
    """What one person has chosen; without arguments, the defaults."""

    zone: ZoneInfo
    choices: Mapping[str, Any] = field(default_factory=dict)
    digest_hour: int = 8
    quiet_from: time | None = None
    quiet_until: time | None = None
    quiet_weekends: bool = False
    urgent_anyway: bool = True
    gathers: bool = False

    @classmethod
    def of(cls, person: User, row: NoticePreferences | None) -> "Preferences":
        if row is None:
            return cls(person.zone)
        return cls(
            zone=person.zone,
            choices=row.choices,
            digest_hour=row.digest_hour,
            quiet_from=row.quiet_from,
            quiet_until=row.quiet_until,
            quiet_weekends=row.quiet_weekends,
            urgent_anyway=row.urgent_anyway,
            gathers=row.gathers,
        )

    @classmethod
    def of_all(cls, people: Iterable[User]) -> "dict[int, Preferences]":
        """By the keys of the people; one query for all of them."""
        everybody = list(people)
        rows = NoticePreferences.objects.in_bulk([person.pk for person in everybody])
        return {person.pk: cls.of(person, rows.get(person.pk)) for person in everybody}

    def choice(self, kind: NoticeKind) -> Choice:
        """What holds for a kind: what cannot be switched off comes at once, whatever was chosen."""
        chosen = self.choices.get(kind.code, {})
        mail = ByMail(chosen["mail"]) if chosen.get("mail") in ByMail.values else kind.mail
        inside = chosen["inside"] if isinstance(chosen.get("inside"), bool) else kind.inside
        if kind.is_fixed:
            mail = ByMail.NOW
        return Choice(mail if kind.has_mail else ByMail.OFF, inside and kind.has_inside)

    def leaves_at(self, kind: NoticeKind, at: datetime, *, is_urgent: bool = False) -> datetime:
        """When a mail of this kind leaves: `at` itself, the next digest, or the end of their quiet hours."""
        if kind.is_fixed:
            return at
        mail = self.choice(kind).mail
        moment = at
        if mail == ByMail.HOURLY:
            moment = self._next_hour(at)
        elif mail == ByMail.DAILY:
            moment = self._next_digest(at)
        if self.urgent_anyway and (is_urgent or kind.is_urgent):
            return moment
        return self.end_of_quiet(moment)

    def end_of_quiet(self, at: datetime) -> datetime:
        """The end of the quiet hours in which the moment lies; the moment itself outside of them.

        Nights and weekends that touch are one: Friday's evening ends on Monday morning.
        """
        local = at.astimezone(self.zone)
        for _step in range(4):
            further = self._end_of_weekend(local) or self._end_of_night(local)
            if further is None:
                break
            local = further
        return at if local == at else local.astimezone(at.tzinfo)

    def _end_of_weekend(self, local: datetime) -> datetime | None:
        if not self.quiet_weekends or local.weekday() < SATURDAY:
            return None
        return self._on(local, days=7 - local.weekday(), clock=time())

    def _end_of_night(self, local: datetime) -> datetime | None:
        begin, end = self.quiet_from, self.quiet_until
        if begin is None or end is None or begin == end:
            return None
        now = local.time()
        if begin < end:
            return self._on(local, days=0, clock=end) if begin <= now < end else None
        if now >= begin:
            return self._on(local, days=1, clock=end)
        return self._on(local, days=0, clock=end) if now < end else None

    def _next_hour(self, at: datetime) -> datetime:
        local = at.astimezone(self.zone)
        into_the_hour = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return at - into_the_hour + timedelta(hours=1)

    def _next_digest(self, at: datetime) -> datetime:
        local = at.astimezone(self.zone)
        today = self._on(local, days=0, clock=time(self.digest_hour))
        wanted = today if today > local else self._on(local, days=1, clock=time(self.digest_hour))
        return wanted.astimezone(at.tzinfo)

    def _on(self, local: datetime, *, days: int, clock: time) -> datetime:
        """That time of the day, so many days later: by the wall clock, also where it is set back or forward."""
        day = local.date() + timedelta(days=days)
        return datetime.combine(day, clock, tzinfo=self.zone)
