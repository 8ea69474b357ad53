"""What the groups of a dimension are called. Teams that were retired, organisations that left and tiers that are not
in use any more keep their names: figures of the past need them."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from accounts.models import Organisation, Team, Tier
from insights.cuts import NONE, Cut, Dimension
from sla.models import PolicyVersion
from tickets.models import Category, Channel, Kind, Priority

Key = int | str


def labels(dimension: Dimension, keys: Iterable[Key]) -> dict[Key, str]:
    """Names by key, in one query at most. A key that is not there any more is told by its number."""
    wanted = set(keys)
    known = _known(dimension, [key for key in wanted if isinstance(key, int) and key != NONE])
    return {key: known.get(key) or _unknown(dimension, key) for key in wanted}


def label(dimension: Dimension, key: Key) -> str:
    return labels(dimension, [key])[key]


def is_known(dimension: Dimension, key: Key) -> bool:
    """Whether there is such a group. A retired one is; only one that was deleted, or never was, is not."""
    return key == NONE or key in _known(dimension, [key] if isinstance(key, int) else [])


def cut_of(cut: Cut, dimension: Dimension, key: Key) -> Cut:
    """The cut of one group of a dimension. Of a category that the cut has already: what is in it and not below."""
    if dimension == Dimension.CATEGORY and key and key == cut.category:
        return cut.within(category_alone=True)
    field = "level" if dimension == Dimension.TIER else str(dimension)
    return cut.within(**{field: key})


def _known(dimension: Dimension, keys: list[int]) -> dict[Key, str]:
    found: dict[Key, str] = {}
    match dimension:
        case Dimension.KIND:
            found |= {kind.value: str(kind.label) for kind in Kind}
        case Dimension.CHANNEL:
            found |= {channel.value: str(channel.label) for channel in Channel}
        case Dimension.PRIORITY:
            found |= {priority.value: str(priority.label) for priority in Priority}
        case Dimension.TIER:
            found |= {tier.level: str(tier) for tier in Tier.objects.filter(level__in=keys)}
        case Dimension.TEAM:
            found |= {team.pk: _team(team) for team in Team.objects.filter(pk__in=keys)}
        case Dimension.ORGANISATION:
            found |= dict(Organisation.objects.filter(pk__in=keys).values_list("pk", "name"))
        case Dimension.CATEGORY:
            found |= dict(Category.objects.filter(pk__in=keys).values_list("pk", "full_name"))
        case Dimension.POLICY:
            versions = PolicyVersion.objects.filter(pk__in=keys).select_related("policy")
            found |= {version.pk: str(version) for version in versions}
    return found


def _team(team: Team) -> str:
    return team.name if team.is_active else _("%(team)s (retired)") % {"team": team.name}


def _unknown(dimension: Dimension, key: Key) -> str:
    if key != NONE:
        return f"#{key}"
    match dimension:
        case Dimension.ORGANISATION:
            return _("no organisation")
        case Dimension.CATEGORY:
            return _("no category")
        case Dimension.POLICY:
            return _("no policy")
        case _:
            return _("none")
