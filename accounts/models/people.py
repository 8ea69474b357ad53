from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.apps import apps
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import OuterRef, Q, Value
from django.db.models.functions import Concat, Lower
from django.utils.functional import cached_property
from django.utils.timezone import now  # noqa: TID251  (only the default of a column)
from django.utils.translation import gettext_lazy as _

from accounts.models.organisations import Organisation
from accounts.prepared import Prepared


class ReachBy(models.TextChoices):
    MAIL = "mail", _("by mail")
    PHONE = "phone", _("by phone")
    PORTAL = "portal", _("in the portal only")


def validate_timezone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("Unknown time zone. Give a name such as Europe/Berlin."))


def desk_timezone() -> str:
    return settings.TIME_ZONE


def desk_language() -> str:
    return settings.LANGUAGE_CODE


def people_text() -> Concat:
    """One lower-case line per person, for finding by any part of name, mail, phone or number."""
    text = models.TextField()
    parts: list[Any] = []
    for column in ("name", "email", "phone", "employee_number"):
        parts += [Lower(column, output_field=text), Value(" ", output_field=text)]
    return Concat(*parts, output_field=text)


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> "UserQuerySet":
        return self.filter(is_active=True)

    def technicians(self) -> "UserQuerySet":
        return self.active().filter(memberships__team__is_active=True).distinct()

    def find(self, words: str) -> "UserQuerySet":
        """People whose name, mail, phone or employee number contains every word."""
        found = self.alias(line=people_text())
        for word in words.lower().split():
            found = found.filter(line__contains=word)
        return found


PeopleManager = BaseUserManager.from_queryset(UserQuerySet)


class UserManager(PeopleManager["User"]):  # type: ignore[valid-type]
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        if not email:
            raise ValueError("A person needs a mail address: it is the login.")
        user: User = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        fields |= {"is_administrator": True, "is_staff": True, "is_superuser": True}
        fields.setdefault("name", email.split("@", maxsplit=1)[0])
        return self.create_user(email, password, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        user: User = self.get(email=(username or "").lower())
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person: requester, technician, vendor guest, manager or administrator. The e-mail is the login.

    What somebody may do follows from memberships of teams and from the two company-wide switches
    `is_manager` and `is_administrator`; without any of them a person is a requester.
    """

    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=120)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="people",
        verbose_name=_("organisation"),
    )
    employee_number = models.CharField(_("employee number"), max_length=40, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    location = models.CharField(_("location"), max_length=120, blank=True)
    device = models.CharField(_("own device"), max_length=80, blank=True)
    manager = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="reports", verbose_name=_("manager")
    )
    is_vip = models.BooleanField(_("VIP"), default=False)
    reach_by = models.CharField(_("reached"), max_length=8, choices=ReachBy, default=ReachBy.MAIL)
    reach_when = models.CharField(_("reached when"), max_length=120, blank=True)
    timezone = models.CharField(
        _("time zone"), max_length=60, default=desk_timezone, validators=[validate_timezone]
    )
    language = models.CharField(_("language"), max_length=8, default=desk_language)
    mail_bounced_at = models.DateTimeField(
        _("mail came back"),
        null=True,
        blank=True,
        help_text=_(
            "Since then nothing is written to this address, until somebody says that it works again."
        ),
    )
    mail_bounce = models.CharField(
        _("why mail came back"), max_length=300, blank=True, default="", db_default=""
    )

    single_keys = models.BooleanField(_("keys of a single letter"), default=True, db_default=True)
    """In the workspace. Off for whoever dictates, or whose hand rests on the keyboard (WCAG 2.1.4)."""

    sees_organisation = models.BooleanField(_("sees the tickets of the whole organisation"), default=False)
    is_manager = models.BooleanField(_("manager"), default=False)
    is_administrator = models.BooleanField(_("administrator"), default=False)
    is_staff = models.BooleanField(_("may use the raw admin pages"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    is_service = models.BooleanField(_("account of a program"), default=False, db_default=False)
    """Nobody logs in with it: it acts by its tokens only."""
    date_joined = models.DateTimeField(_("joined"), default=now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager()

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_person_a_mail_address"),
            models.CheckConstraint(condition=~Q(name=""), name="a_person_has_a_name"),
        ]
        indexes = [
            GinIndex(OpClass(people_text(), name="gin_trgm_ops"), name="person_words"),
            models.Index(fields=["organisation", "name"], name="person_by_organisation"),
            models.Index(fields=["name", "id"], name="person_by_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.first_name

    @property
    def first_name(self) -> str:
        return self.name.split()[0] if self.name.split() else self.email

    @property
    def initials(self) -> str:
        words = self.name.split() or [self.email]
        return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def seats(self) -> "list[Seat]":
        """Where this person sits: one row per active team, with its tier. One query, kept for the request."""
        return [Seat(*row) for row in _seats(person=self.pk)]

    @property
    def serving(self) -> dict[int, set[int]]:
        """By team of this person the organisations that it names as served; a team that serves all is absent."""
        return {seat.team_id: set(seat.serves) for seat in self.seats if seat.serves}

    @property
    def served_organisation_ids(self) -> set[int]:
        """The organisations that this person's teams name, where the team's tier sees what it serves."""
        return {
            organisation_id
            for seat in self.seats
            if seat.sees == "served"
            for organisation_id in self.serving.get(seat.team_id, ())
        }

    @property
    def is_vendor_guest(self) -> bool:
        """Works for a vendor: sits only in teams of vendors."""
        return bool(self.seats) and all(seat.is_vendor for seat in self.seats)

    @property
    def is_technician(self) -> bool:
        return any(not seat.is_vendor for seat in self.seats)

    @property
    def works_tickets(self) -> bool:
        return bool(self.seats)

    @property
    def uses_desk(self) -> bool:
        return self.works_tickets or self.is_manager or self.is_administrator

    @property
    def team_ids(self) -> list[int]:
        return [seat.team_id for seat in self.seats]

    @property
    def led_team_ids(self) -> list[int]:
        return [seat.team_id for seat in self.seats if seat.role == "lead"]

    @property
    def is_lead(self) -> bool:
        return bool(self.led_team_ids)

    @property
    def clearance(self) -> int:
        """The highest tier whose marked fields, files and notes this person reads."""
        if self.is_administrator or self.is_manager:
            return 4
        return max((seat.clearance for seat in self.seats), default=0)

    @property
    def home_tier(self) -> int | None:
        return self.seats[0].tier if self.seats else None


def _seats_of(person: int) -> models.QuerySet[Any, Any]:
    served = Organisation.served_by.through.objects.filter(team=OuterRef("team"))
    rows = apps.get_model("accounts", "Membership").objects.filter(user_id=person, team__is_active=True)
    return rows.order_by("team__tier_id", "team__name").values_list(
        "team_id",
        "team__name",
        "role",
        "team__tier_id",
        "team__tier__sees",
        "team__tier__clearance",
        "team__tier__writes_to_requesters",
        "team__organisation_id",
        "team__organisation__kind",
        ArraySubquery(served.values("organisation_id")),
    )


_seats = Prepared(_seats_of, "person")


class Seat:
    """One membership with what its tier allows; read-only."""

    __slots__ = (
        "clearance",
        "is_vendor",
        "role",
        "sees",
        "serves",
        "team_id",
        "team_name",
        "tier",
        "vendor_id",
        "writes",
    )

    def __init__(
        self,
        team_id: int,
        team_name: str,
        role: str,
        tier: int,
        sees: str,
        clearance: int,
        writes: bool,
        organisation_id: int | None,
        organisation_kind: str | None,
        serves: list[int],
    ) -> None:
        self.team_id, self.team_name, self.role, self.tier = team_id, team_name, role, tier
        self.sees, self.clearance, self.writes = sees, clearance, writes
        self.is_vendor = organisation_kind == Organisation.Kind.VENDOR
        self.vendor_id = organisation_id if self.is_vendor else None
        self.serves = serves
