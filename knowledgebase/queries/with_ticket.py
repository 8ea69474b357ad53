"""What articles have to do with a ticket already: what its requester saw, what was sent, what resolves it."""

from collections import defaultdict
from dataclasses import dataclass, field

from accounts.models import User
from accounts.prepared import Prepared
from knowledgebase.models import Article, LinkRole, TicketArticle
from tickets.models import Ticket


@dataclass(frozen=True)
class Linked:
    """Articles by role, of those that the person may read now; and how many others there are."""

    by_role: dict[str, list[Article]] = field(default_factory=dict)
    hidden: int = 0

    @property
    def read(self) -> list[Article]:
        return self.by_role.get(LinkRole.READ, [])

    @property
    def shown(self) -> list[Article]:
        return self.by_role.get(LinkRole.SUGGESTED, [])

    @property
    def sent(self) -> list[Article]:
        return self.by_role.get(LinkRole.INSERTED, [])

    @property
    def solutions(self) -> list[Article]:
        return [*self.by_role.get(LinkRole.SOLUTION, []), *self.by_role.get(LinkRole.KNOWN_ERROR, [])]


def linked_with(ticket: Ticket, user: User) -> Linked:
    """Two queries. An article that this person may no longer read is counted and not named."""
    links = _links(ticket=ticket.pk)
    readable = Article.objects.visible_to(user).defer("words")
    visible = readable.in_bulk({key for key, _role in links}) if links else {}
    by_role: dict[str, list[Article]] = defaultdict(list)
    for key, role in links:
        if key in visible:
            by_role[role].append(visible[key])
    return Linked(dict(by_role), hidden=len({key for key, _role in links if key not in visible}))


_links: Prepared[tuple[int, str]] = Prepared(
    lambda ticket: (
        TicketArticle.objects.filter(ticket_id=ticket).order_by("pk").values_list("article_id", "role")
    ),
    "ticket",
)
