from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

DEMO_PASSWORD = "tierdesk-demo"  # noqa: S105  (it is in the README)


def is_public(password: str) -> bool:
    """Whether anybody knows this password: the demo's stands in the README."""
    return password == DEMO_PASSWORD and not settings.ALLOW_DEMO_PASSWORDS


class NotTheDemoPassword:
    """Refuses to set the demo's password anywhere but in the demo."""

    def validate(self, password: str, user: object = None) -> None:
        if is_public(password):
            raise ValidationError(self.get_help_text(), code="password_is_public")

    def get_help_text(self) -> str:
        return _("The password of the demo is public and cannot be used here.")
