"""Which rules call a webhook: whoever takes it out of use is told."""

from django.utils.translation import gettext as _

from escalation.models import Rule


def users_of_webhook(key: int) -> list[str]:
    """Rules, in use or not, as a sentence names them."""
    rules = Rule.objects.filter(current__isnull=False).select_related("current")
    return [
        _("the rule “%(name)s”") % {"name": rule.name}
        for rule in rules
        if rule.current is not None
        and any(do == "webhook" and args.get("webhook") == key for do, args in rule.current.spec["actions"])
    ]
