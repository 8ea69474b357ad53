"""Why an operation on people, teams and tiers refuses. `str()` is a sentence that a person can read."""

from django.utils.translation import gettext as _


class Refused(Exception):
    """An operation was not carried out; `code` and `field` are for programs."""

    code = "refused"
    http_status = 409
    field: str | None = None

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field or self.field


class NotAllowed(Refused):
    code = "not_allowed"
    http_status = 403


class Invalid(Refused):
    """An argument cannot be used; `field` names it."""

    code = "invalid"
    http_status = 400


class AddressTaken(Refused):
    """Somebody has this mail address already, whatever its case."""

    code = "address_taken"
    field = "email"

    def __init__(self, email: str) -> None:
        super().__init__(_("%(email)s belongs to somebody else already.") % {"email": email})


class LastAdministrator(Refused):
    """Nobody would be left who can change the settings."""

    code = "last_administrator"

    def __init__(self, *, field: str | None = None) -> None:
        super().__init__(
            _("This is the only administrator. Make somebody else an administrator first."), field=field
        )


class NotOneself(Refused):
    code = "not_oneself"

    def __init__(self) -> None:
        super().__init__(_("You cannot deactivate your own account. Ask another administrator."))


class ManagersInACircle(Refused):
    code = "managers_in_a_circle"
    field = "manager"

    def __init__(self) -> None:
        super().__init__(_("Nobody can be their own manager, not by way of others either."))


class LastTier(Refused):
    code = "last_tier"

    def __init__(self) -> None:
        super().__init__(
            _("No tier would be left that has a team. Turn another tier on and give it a team first.")
        )


class LastTeam(Refused):
    code = "last_team"

    def __init__(self) -> None:
        super().__init__(_("This is the only team that can receive tickets. Make another one first."))


class DomainTaken(Refused):
    code = "domain_taken"
    field = "domains"

    def __init__(self, domain: str, organisation: str) -> None:
        super().__init__(
            _("%(domain)s belongs to %(organisation)s already.")
            % {"domain": domain, "organisation": organisation}
        )
