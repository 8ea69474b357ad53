from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation


class MailTemplate(models.Model):
    """One version of the words of one kind of mail, for an organisation and a language, or for all.

    Versions are never changed: whoever edits writes the next one, which becomes the current. A version without
    words (`is_builtin`) says that from then on the built-in words held again.
    """

    name = models.CharField(_("mail"), max_length=40)
    organisation = models.ForeignKey(
        Organisation,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("organisation"),
    )
    language = models.CharField(_("language"), max_length=8, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    body = models.TextField(_("text"), blank=True)
    is_builtin = models.BooleanField(_("back to the built-in words"), default=False)
    is_current = models.BooleanField(_("in use"), default=True)
    at = models.DateTimeField(_("written"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("written by"),
    )

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("mail template")
        verbose_name_plural = _("mail templates")
        constraints = [
            models.UniqueConstraint(
                fields=["name", "organisation", "language"],
                condition=Q(is_current=True),
                nulls_distinct=False,
                name="one_template_a_mail_organisation_and_language",
            ),
            models.CheckConstraint(
                condition=Q(is_builtin=True, subject="", body="")
                | (Q(is_builtin=False) & ~Q(subject="") & ~Q(body="")),
                name="a_template_has_words",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.language}".strip()
