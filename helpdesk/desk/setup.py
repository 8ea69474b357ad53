"""The first run: six questions, after which the desk is usable. Each answer is kept at once.

Open to strangers on an empty installation only, with the token from the log (none while DEBUG); afterwards
to administrators until the last step is done. To everybody else the pages do not exist.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core.cache import cache
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import operations
from accounts.defaults import shipped_name
from accounts.invitations import invite
from accounts.models import Desk, Team, Tier, User
from accounts.operations.importing import Plan, carry_out, plan
from accounts.refusals import Refused
from accounts.views.answers import UNPROCESSABLE
from helpdesk.desk import setup_token
from helpdesk.desk.setup_forms import (
    AdministratorForm,
    CategoriesForm,
    CompanyForm,
    HoursForm,
    PeopleForm,
    TeamFormSet,
    TierFormSet,
    TokenForm,
)
from tickets.models import Category, Ticket
from tickets.settings.operations import apply_template
from tickets.settings.templates import template

BLANK_TEAMS = 4
MOST_ATTEMPTS = 10
BACKEND = "accounts.backend.AuthenticationBackend"


@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Asks for the token where one is needed, else goes to the first question."""
    _require_open(request)
    if _may_answer(request):
        return redirect("setup-step", STEPS[0].slug)
    form = TokenForm(request.POST or None)
    if form.is_valid():
        if _too_many_attempts(request):
            form.add_error("token", _("Too many attempts. Wait a minute."))
        elif setup_token.accept(request, form.cleaned_data["token"]):
            return redirect("setup-step", STEPS[0].slug)
        else:
            form.add_error("token", _("This is not the token of this desk."))
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "setup/token.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, slug: str) -> HttpResponse:
    _require_open(request)
    if not _may_answer(request):
        return redirect("setup")
    for place, each in enumerate(STEPS):
        if each.slug == slug:
            return each.answer(request, Place(place))
    raise Http404


@dataclass(frozen=True)
class Place:
    """Where in the six steps one is."""

    number: int

    def go_on(self) -> HttpResponse:
        return redirect("setup-step", STEPS[self.number + 1].slug)

    def show(self, request: HttpRequest, **context: Any) -> HttpResponse:
        forms = [each for each in context.values() if hasattr(each, "is_bound")]
        bad = any(form.is_bound and not form.is_valid() for form in forms)
        context |= {
            "step": STEPS[self.number],
            "number": self.number + 1,
            "steps": [
                {
                    "text": each.title,
                    "state": "done" if at < self.number else "now" if at == self.number else "",
                }
                for at, each in enumerate(STEPS)
            ],
            "before": STEPS[self.number - 1] if self.number else None,
        }
        template_name = f"setup/{STEPS[self.number].slug}.html"
        return render(request, template_name, context, status=UNPROCESSABLE if bad else 200)


def _company(request: HttpRequest, place: Place) -> HttpResponse:
    desk = Desk.load()
    shipped = desk.name == Desk._meta.get_field("name").default
    form = CompanyForm(
        request.POST or None, initial={"name": "" if shipped else desk.name, "phone": desk.phone}
    )
    if form.is_valid():
        operations.change_desk(by=_person(request), at=timezone.now(), **form.cleaned_data)
        return place.go_on()
    return place.show(request, form=form)


def _tiers(request: HttpRequest, place: Place) -> HttpResponse:
    rows = Tier.objects.order_by("level")
    initial = [
        {"level": row.level, "is_enabled": row.is_enabled, "name": shipped_name(row.name)} for row in rows
    ]
    formset = TierFormSet(request.POST or None, initial=initial, prefix="tier")
    if formset.is_valid():
        held = _switch_tiers([form.cleaned_data for form in formset], by=_person(request))
        if not held:
            return place.go_on()
        messages.error(request, held)
        return redirect(request.path)
    return place.show(request, formset=formset)


@transaction.atomic
def _switch_tiers(answers: list[dict[str, Any]], *, by: User | None) -> str:
    """Name and switch the tiers; answers why one cannot be turned off, if one cannot."""
    now = timezone.now()
    for answer in answers:
        tier = Tier.objects.get(pk=answer["level"])
        if not answer["is_enabled"] and Ticket.objects.open().filter(tier=tier).exists():
            return _("%(tier)s holds open tickets. Turn it off under Settings › Tiers.") % {"tier": tier}
        tier = operations.change_tier(tier, name=answer["name"], by=by, at=now)
        if answer["is_enabled"]:
            operations.enable_tier(tier, by=by, at=now)
    for answer in answers:
        if not answer["is_enabled"]:
            _turn_off(Tier.objects.get(pk=answer["level"]), by=by)
    return ""


def _turn_off(tier: Tier, *, by: User | None) -> None:
    """Even the tier of the only team: the next step asks for a team on a tier that is in use."""
    now = timezone.now()
    if not Team.objects.in_use().exclude(tier=tier).exists():
        lowest = Tier.objects.enabled().exclude(pk=tier.pk).order_by("level").first()
        if lowest is not None:
            operations.create_team(
                name=_("%(tier)s team") % {"tier": lowest.name}, tier=lowest, by=by, at=now
            )
    operations.disable_tier(tier, by=by, at=now)


def _teams(request: HttpRequest, place: Place) -> HttpResponse:
    rows = Team.objects.in_use().order_by("tier_id", "name")
    initial: list[dict[str, Any]] = [
        {"pk": row.pk, "name": shipped_name(row.name), "tier": row.tier_id, "takes": row.takes}
        for row in rows
    ]
    initial += [{"tier": level} for level in _tiers_for_new_teams()]
    formset = TeamFormSet(request.POST or None, initial=initial, prefix="team")
    if formset.is_valid():
        try:
            _keep_teams([form.cleaned_data for form in formset if form.cleaned_data], by=_person(request))
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(request.path)
        return place.go_on()
    return place.show(request, formset=formset)


def _tiers_for_new_teams() -> list[int]:
    """The tiers that have no team yet, then the lowest, so that there are always some lines to fill."""
    enabled = list(Tier.objects.enabled().order_by("level").values_list("level", flat=True))
    taken = set(Team.objects.in_use().values_list("tier_id", flat=True))
    empty = [level for level in enabled if level not in taken]
    return [*empty, *enabled[:1] * max(2, BLANK_TEAMS - len(empty))]


@transaction.atomic
def _keep_teams(answers: list[dict[str, Any]], *, by: User | None) -> None:
    now = timezone.now()
    known = {team.pk: team for team in Team.objects.in_use()}
    names = {team.name.casefold(): team for team in Team.objects.all()}
    for answer in answers:
        team = known.get(answer["pk"] or 0) or names.get(answer["name"].casefold())
        if not answer["name"]:
            continue
        if team is None:
            operations.create_team(
                name=answer["name"], tier=answer["tier"], takes=answer["takes"], by=by, at=now
            )
        else:
            operations.change_team(team, name=answer["name"], takes=answer["takes"], by=by, at=now)
    for answer in answers:
        team = known.get(answer["pk"] or 0)
        if team is not None and not answer["name"] and not Ticket.objects.filter(team=team).exists():
            operations.retire_team(team, by=by, at=now)


def _hours(request: HttpRequest, place: Place) -> HttpResponse:
    form = HoursForm(request.POST or None)
    if form.is_valid():
        operations.change_desk(hours_text=form.line, by=_person(request), at=timezone.now())
        return place.go_on()
    return place.show(request, form=form, kept=Desk.load().hours_text)


def _categories(request: HttpRequest, place: Place) -> HttpResponse:
    form = CategoriesForm(request.POST or None, initial={"template": "small_office"})
    if form.is_valid():
        if form.cleaned_data["template"] != "none":
            apply_template(template(form.cleaned_data["template"]), by=_person(request), at=timezone.now())
        return place.go_on()
    return place.show(request, form=form, count=Category.objects.active().count())


def _people(request: HttpRequest, place: Place) -> HttpResponse:
    """The last step: the first administrator, if there is none yet, and everybody else."""
    by = _person(request)
    zone = {"timezone": timezone.get_default_timezone_name()}
    form = None if by else AdministratorForm(request.POST or None, initial=zone)
    others = PeopleForm(request.POST or None, request.FILES or None)
    valid = [each.is_valid() for each in (form, others) if each is not None]
    if request.method == "POST" and all(valid):
        plans = [plan(sheet) for _name, sheet in others.sheets]
        if not any(each.problems for each in plans):
            return _finish(request, form, others, plans)
        for (name, _sheet), planned in zip(others.sheets, plans, strict=True):
            _tell_problems(others, name, planned)
    return place.show(request, form=form, others=others, has_file=True)


def _tell_problems(form: PeopleForm, name: str, planned: Plan) -> None:
    """Each row that cannot be taken; typed lines have no header, so their first row is line 1."""
    shift = 1 if name == "lines" else 0
    for problem in planned.problems[:20]:
        form.add_error(name, f"{problem.row - shift}, {problem.column}: {problem.message}")


@transaction.atomic
def _finish(
    request: HttpRequest, form: AdministratorForm | None, others: PeopleForm, plans: list[Plan]
) -> HttpResponse:
    by, now = _person(request), timezone.now()
    # One at a time: two strangers must not both become the first administrator.
    Desk.objects.select_for_update().get()
    if form is not None:
        if not setup_token.is_open_to_strangers():
            raise Http404
        by = _first_administrator(form.cleaned_data)
        login(request, by, backend=BACKEND)
    added = [person for each in plans for person in carry_out(each, by=by, at=now).added]
    if others.cleaned_data["invite"]:
        invite(added, by=by, at=now)
    operations.finish_setup(by=by, at=now)
    messages.success(request, _("The desk is ready. Requests can come."))
    return redirect("settings")


def _first_administrator(answers: dict[str, Any]) -> User:
    now = timezone.now()
    person = operations.create_person(
        email=answers["email"],
        name=answers["name"],
        password=answers["password"],
        timezone=answers["timezone"],
        language=get_language() or settings.LANGUAGE_CODE,
        is_administrator=True,
        is_staff=True,
        by=None,
        at=now,
    )
    if answers["team"] is not None:
        operations.join_team(person, team=answers["team"], role="lead", by=None, at=now)
    return person


@dataclass(frozen=True)
class Step:
    slug: str
    title: str | Promise
    answer: Callable[[HttpRequest, Place], HttpResponse]


STEPS = (
    Step("company", gettext_lazy("Company"), _company),
    Step("tiers", gettext_lazy("Tiers"), _tiers),
    Step("teams", gettext_lazy("Teams"), _teams),
    Step("hours", gettext_lazy("Hours"), _hours),
    Step("categories", gettext_lazy("Categories"), _categories),
    Step("people", gettext_lazy("People"), _people),
)


def _person(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _require_open(request: HttpRequest) -> None:
    person = _person(request)
    if person is not None:
        if not person.is_administrator or Desk.load().is_set_up:
            raise Http404
    elif not setup_token.is_open_to_strangers():
        raise Http404


def _may_answer(request: HttpRequest) -> bool:
    return _person(request) is not None or setup_token.is_known_to(request)


def _too_many_attempts(request: HttpRequest) -> bool:
    key = f"setup-token:{request.META.get('REMOTE_ADDR', '')}"
    cache.add(key, 0, timeout=60)
    return cache.incr(key) > MOST_ATTEMPTS
