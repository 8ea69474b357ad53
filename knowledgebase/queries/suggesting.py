"""Articles for somebody who writes down their trouble: before it is filed, and beside the ticket afterwards."""

from accounts.prepared import Prepared
from knowledgebase.models import Reader, Section
from knowledgebase.queries.searching import Hit, hits_of, ranked
from knowledgebase.queries.wording import ALL, Extras, terms_of, visible_to
from knowledgebase.words import cut
from tickets.models import Category

MOST_READ = 4_000
"""Characters of a text that are read for words."""
MOST_WORDS = 60
MOST_ASKED = 8
"""Words that are asked for: the ones that tell most."""
FOUND = 5
LOOKED_AT = 40
NEAR = 1.3
"""What an article of a section for the chosen category is worth beside others."""


def for_text(
    text: str,
    user: Reader,
    *,
    category: Category | None = None,
    language: str = "en",
    limit: int = FOUND,
    extras: Extras = ALL,
) -> list[Hit]:
    """The best articles that this person may read for a text in their own words, at most `limit`.

    Any of the words will do, and the rarest count most; what answers to far fewer than the best is left out.

    Args:
        category: of the request; articles of its sections come first among likes.
        language: of the reader.
    """
    words = tuple(dict.fromkeys(cut(text[:MOST_READ])))[:MOST_WORDS]
    if not words:
        return []
    visible = visible_to(user)
    terms = terms_of(words, visible, language=language, extras=extras)
    terms = sorted((term for term in terms if term.words), key=lambda term: -term.rarity)[:MOST_ASKED]
    if not terms:
        return []
    found, _is_more = ranked(terms, visible, language=language, extras=extras, most=LOOKED_AT)
    if category is not None:
        near = sections_near(category.pk)
        found.sort(key=lambda row: -row.rank * (NEAR if row.section in near else 1.0))
    return hits_of(found[:limit], terms)


def sections_near(category: int | None) -> set[int]:
    """The sections that answer requests of this category."""
    return set() if category is None else {section for (section,) in _near(category=category)}


_near: Prepared[tuple[int]] = Prepared(
    lambda category: Section.ticket_categories.through.objects.filter(category_id=category).values_list(
        "section_id"
    ),
    "category",
)
