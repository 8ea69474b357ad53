"""The house rules of logging in and signing up, in the places where allauth asks for them.

Its mail leaves through the outbox: `delivery.adapter.AccountAdapter` adds that, one floor up.
"""

from typing import Any

# First of all: `stages` and `internal` import each other, and work only when entered by this door.
from allauth.account import internal  # noqa: F401
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import operations, passwords, reading
from accounts.models import Desk, OrganisationDomain, Signup, User


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "unknown_domain": _(
            "Nobody can sign up with an address of this mail domain. "
            "Use your address at work, or ask the service desk for an account."
        ),
        "public_password": _(
            "The password of the demo is public and opens nothing here. "
            "Choose a new one by “Forgot password?”."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return Desk.load().signup != Signup.OFF

    def check_signup_domain(self, email: str) -> None:
        """Called by the sign-up form only: a reset for an old address must not depend on today's policy."""
        if Desk.load().signup == Signup.DOMAIN and organisation_domain(email) is None:
            raise self.validation_error("unknown_domain")

    def save_user(self, request: HttpRequest, user: User, form: forms.BaseForm, commit: bool = True) -> User:
        """A person who signs up belongs to the organisation that owns the mail domain, if any does.

        Safe, because nobody gets in before the address is verified (`VerifyOwnAddress`).
        """
        email = form.cleaned_data["email"]
        domain = organisation_domain(email)
        user.name = form.cleaned_data.get("name") or email.partition("@")[0]
        user.organisation = domain.organisation if domain else None
        super().save_user(request, user, form, commit=commit)
        return user

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        if passwords.is_public(credentials.get("password") or ""):
            raise self.validation_error("public_password")
        super().pre_authenticate(request, **credentials)

    def login(self, request: HttpRequest, user: User) -> None:
        learned = reading.learned(
            user, cookies=request.COOKIES, has_chosen=bool(request.session.get(reading.CHOSEN))
        )
        super().login(request, user)
        if learned:
            changed = operations.change_person(user, by=user, at=timezone.now(), **learned)
            user.language, user.timezone = changed.language, changed.timezone

    def get_login_stages(self) -> list[str]:
        theirs = "allauth.account.stages.EmailVerificationStage"
        ours = "accounts.adapter.VerifyOwnAddress"
        return [ours if stage == theirs else stage for stage in super().get_login_stages()]

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Where people work: technicians and vendor guests at the desk, everybody else in the portal."""
        return "/desk/" if isinstance(request.user, User) and request.user.uses_desk else "/"

    get_signup_redirect_url = get_login_redirect_url


class VerifyOwnAddress(EmailVerificationStage):
    """Who signed up proves the address before getting in; whom an administrator added is let in.

    An account made by sign-up has an unverified address from the start and has never been logged in.
    """

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        if user is not None and not self.login.signup and not self._has_yet_to_prove(user):
            return None, True
        response, goes_on = super().handle()
        return response, goes_on

    def _has_yet_to_prove(self, user: User) -> bool:
        return (
            user.last_login is None and EmailAddress.objects.filter(user_id=user.pk, verified=False).exists()
        )


def organisation_domain(email: str) -> OrganisationDomain | None:
    """The domain of this address, if an active organisation owns it. A subdomain is another domain."""
    domain = email.rpartition("@")[2].strip().lower()
    return (
        OrganisationDomain.objects.select_related("organisation")
        .filter(domain__iexact=domain, organisation__is_active=True)
        .first()
    )
