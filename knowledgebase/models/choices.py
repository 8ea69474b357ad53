"""The closed lists of an article: what is stored is the code, what people read is the label."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ArticleKind(models.TextChoices):
    HOW_TO = "how_to", _("how-to")
    FAQ = "faq", _("FAQ")
    MANUAL = "manual", _("manual")
    KNOWN_ERROR = "known_error", _("known error")
    SOP = "sop", _("SOP")


class ArticleStatus(models.TextChoices):
    """What readers meet. A published article may have a draft of its next version beside it."""

    DRAFT = "draft", _("draft")
    REVIEW = "review", _("in review")
    PUBLISHED = "published", _("published")
    ARCHIVED = "archived", _("archived")


class ArticleAudience(models.TextChoices):
    """Who reads it. A tier means technicians who sit on that tier or above."""

    EVERYONE = "everyone", _("everyone, signed in or not")
    SIGNED_IN = "signed_in", _("everybody who is signed in")
    ORGANISATIONS = "organisations", _("named organisations and the desk")
    L1 = "l1", _("technicians, L1 and above")
    L2 = "l2", _("technicians, L2 and above")
    L3 = "l3", _("technicians, L3 and above")


TIER_AUDIENCES = {ArticleAudience.L1: 1, ArticleAudience.L2: 2, ArticleAudience.L3: 3}


class ErrorStatus(models.TextChoices):
    OPEN = "open", _("open: no help yet")
    WORKAROUND = "workaround", _("there is a workaround")
    FIXED = "fixed", _("fixed")


class LinkRole(models.TextChoices):
    """How an article came to a ticket."""

    SUGGESTED = "suggested", _("suggested")
    READ = "read", _("read before filing")
    INSERTED = "inserted", _("sent to the requester")
    SOLUTION = "solution", _("the solution")
    KNOWN_ERROR = "known_error", _("its known error")


class VoteReason(models.TextChoices):
    """Why an article did not help."""

    OUTDATED = "outdated", _("it is out of date")
    UNCLEAR = "unclear", _("I do not understand it")
    DID_NOT_WORK = "did_not_work", _("I did it, and it did not work")
    OTHER_MATTER = "other_matter", _("it is about something else")


LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "it": "Italiano",
    "nl": "Nederlands",
    "pt": "Português",
    "da": "Dansk",
    "nb": "Norsk bokmål",
    "sv": "Svenska",
    "fi": "Suomi",
    "pl": "Polski",
    "cs": "Čeština",
    "hu": "Magyar",
    "ro": "Română",
    "tr": "Türkçe",
    "ru": "Русский",
    "uk": "Українська",
    "el": "Ελληνικά",
    "ja": "日本語",
    "zh": "中文",
}
"""Languages that an article may be written in, each by its own name."""
