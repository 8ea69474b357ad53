from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from tickets.models.choices import LinkType
from tickets.models.ticket import Ticket


class Link(models.Model):
    """`ticket` is a (child of, duplicate of ...) `other`."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="links")
    other = models.ForeignKey(Ticket, models.PROTECT, related_name="linked_from")
    type = models.CharField(max_length=10, choices=LinkType)
    blocks = models.BooleanField(
        _("blocks"), default=False, help_text=_("The parent cannot be resolved while this child is open.")
    )

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [
            models.UniqueConstraint(fields=["ticket", "other", "type"], name="one_link_of_a_type"),
            models.CheckConstraint(condition=~Q(ticket=models.F("other")), name="no_ticket_links_to_itself"),
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(type=LinkType.CHILD), name="a_child_has_one_parent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.type} {self.other_id}"


class Tag(models.Model):
    name = models.CharField(_("name"), max_length=40)

    class Meta:
        ordering = ["name"]
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [models.UniqueConstraint(Lower("name"), name="one_tag_a_name")]

    def __str__(self) -> str:
        return self.name


class Tagging(models.Model):
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="taggings")
    tag = models.ForeignKey(Tag, models.PROTECT, related_name="taggings")

    class Meta:
        verbose_name = _("tagging")
        verbose_name_plural = _("taggings")
        constraints = [models.UniqueConstraint(fields=["ticket", "tag"], name="a_tag_once_a_ticket")]

    def __str__(self) -> str:
        return f"{self.ticket_id} #{self.tag_id}"


class Watch(models.Model):
    """Somebody who follows a ticket. A requester's colleague reads what is public, a technician all."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="watches")
    user = models.ForeignKey(User, models.PROTECT, related_name="watches")

    class Meta:
        verbose_name = _("watch")
        verbose_name_plural = _("watches")
        constraints = [models.UniqueConstraint(fields=["user", "ticket"], name="a_watcher_once_a_ticket")]

    def __str__(self) -> str:
        return f"{self.user_id} watches {self.ticket_id}"


class Named(models.Model):
    """Who sees a restricted ticket: a person or a whole team."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="named")
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("named on a restricted ticket")
        verbose_name_plural = _("named on restricted tickets")
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False) ^ Q(team__isnull=False), name="a_person_or_a_team_is_named"
            ),
            models.UniqueConstraint(
                fields=["ticket", "user", "team"], name="named_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id}: {self.user_id or self.team_id}"


class ExternalReference(models.Model):
    """The ticket's key in another system; also what makes an import idempotent."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="external_references")
    system = models.CharField(_("system"), max_length=60)
    key = models.CharField(_("key"), max_length=120)
    url = models.URLField(_("link"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("external reference")
        verbose_name_plural = _("external references")
        constraints = [models.UniqueConstraint(fields=["system", "key"], name="an_external_key_once")]

    def __str__(self) -> str:
        return f"{self.system} {self.key}"
