from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


class Skill(models.Model):
    name = models.CharField(_("name"), max_length=60, unique=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("skill")
        verbose_name_plural = _("skills")

    def __str__(self) -> str:
        return self.name


class UserSkill(models.Model):
    """How well a person can do something: 1 learning, 2 able, 3 expert."""

    user = models.ForeignKey(User, models.CASCADE, related_name="skills", verbose_name=_("person"))
    skill = models.ForeignKey(Skill, models.CASCADE, related_name="people", verbose_name=_("skill"))
    level = models.PositiveSmallIntegerField(
        _("level"), choices=[(1, _("learning")), (2, _("able")), (3, _("expert"))], default=2
    )

    class Meta:
        verbose_name = _("skill of a person")
        verbose_name_plural = _("skills of people")
        constraints = [models.UniqueConstraint(fields=["user", "skill"], name="one_level_a_skill")]

    def __str__(self) -> str:
        return f"{self.user} · {self.skill}"
