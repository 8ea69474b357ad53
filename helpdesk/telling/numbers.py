"""The numbers of notices that tell of no ticket. They have no event of a ticket, so they count below nothing.

Each thing has a range of its own, far enough apart that none ever reaches the next: the history of settings (ends of
contracts) begins at zero, then come announcements, comments on articles, articles to look at again, and candidates for
problems.
"""

from datetime import date

NO_TICKET = 0
_RANGE = 10**12
ANNOUNCEMENTS, COMMENTS, REVIEWS, CANDIDATES = _RANGE, 2 * _RANGE, 3 * _RANGE, 4 * _RANGE


def of_announcement(key: int) -> int:
    return -(ANNOUNCEMENTS + key)


def announcement_of(number: int) -> int:
    return -number - ANNOUNCEMENTS


def of_comment(key: int) -> int:
    return -(COMMENTS + key)


def comment_of(number: int) -> int:
    return -number - COMMENTS


def of_reviews(day: date) -> int:
    """All that one person should look at again: one notice a day."""
    return -(REVIEWS + day.toordinal())


def of_candidate(key: int) -> int:
    return -(CANDIDATES + key)


def candidate_of(number: int) -> int:
    return -number - CANDIDATES
