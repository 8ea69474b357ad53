"""Of the forms that showed an article, how many it solved. Forms are of nobody, so no scope can see its part."""

from django.db.models import Q, Sum

from insights.cuts import NONE, Cut
from insights.queries.values import Value
from knowledgebase.models import FormCount
from tickets.models import Category


def deflected(cut: Cut) -> Value | None:
    """Of the forms that ended on days of the period (UTC); None where forms do not know what the cut asks for.

    Forms that were shown none on purpose, to measure what articles prevent, are left out.
    """
    if not cut.scope.is_everything or cut != Cut(
        cut.period, category=cut.category, category_alone=cut.category_alone
    ):
        return None
    rows = FormCount.objects.filter(
        _of_category(cut), day__range=(cut.period.first, cut.period.last), is_control=False
    )
    sums = rows.aggregate(solved_=Sum("solved"), shown_=Sum("shown"))
    return Value.share(sums["solved_"] or 0, sums["shown_"] or 0)


def _of_category(cut: Cut) -> Q:
    if cut.category == NONE:
        return Q(category__isnull=True)
    if not cut.category:
        return Q()
    if cut.category_alone:
        return Q(category=cut.category)
    return Q(category__in=Category.objects.under([cut.category]).values("pk"))
