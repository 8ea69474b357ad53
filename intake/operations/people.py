"""Who wrote a mail: somebody we know, somebody new whom the mailbox lets in, or a stranger."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import operations as accounts
from accounts.models import Organisation, User
from accounts.refusals import AddressTaken
from intake.identity import is_address
from intake.mail.parsed import Address
from intake.models import KnownSender, Mailbox, Policy, Reason
from intake.queries.addresses import OwnAddresses, organisation_of, organisations_of, people_of, person_of

MOST_COPIED = 20
"""So many people a message lets into a ticket: a mail to three hundred makes no three hundred watchers."""
LONGEST_NAME = 120


@dataclass(frozen=True)
class Stranger:
    """Nobody whom we know. `is_refused` says that they are told so; else their mail is held."""

    is_refused: bool


def sender_of(
    address: Address,
    mailbox: Mailbox,
    *,
    verdict: str,
    is_let_in: bool,
    at: datetime,
    vendor: Organisation | None = None,
) -> User | Stranger:
    """The person behind an address; made, where the mailbox adds people of its kind or somebody has let it in.

    Args:
        vendor: for which the address is a contact: who is known there is no stranger.
    """
    person = person_of(address.address)
    if person is not None:
        return person
    policy = mailbox.policy
    theirs = vendor or organisation_of(address.address)
    is_welcome = (
        is_let_in
        or vendor is not None
        or verdict == KnownSender.Verdict.APPROVED
        or policy == Policy.ANYONE
        or (policy in (Policy.DOMAIN_HOLD, Policy.DOMAIN_REFUSE) and _knows(mailbox, address, theirs))
    )
    if is_welcome:
        return add_person(address, organisation=theirs or mailbox.organisation, at=at)
    return Stranger(is_refused=policy in (Policy.DOMAIN_REFUSE, Policy.REFUSE))


def add_person(address: Address, *, organisation: Organisation | None, at: datetime) -> User:
    """A requester for this address; who has just been made by somebody else is found."""
    name = " ".join(address.name.replace("\x00", "").split()) or address.address.partition("@")[0]
    try:
        with transaction.atomic():
            return accounts.create_person(
                email=address.address,
                name=name[:LONGEST_NAME],
                organisation=organisation,
                by=None,
                at=at,
            )
    except AddressTaken:
        person = person_of(address.address)
        if person is None:
            raise
        return person


def in_copy(
    addresses: list[Address], mailbox: Mailbox, *, but: set[str], own: OwnAddresses, at: datetime
) -> list[User]:
    """Whom the sender has written to beside us: known people, and where the mailbox says so new ones of known
    domains. At most `MOST_COPIED`, never ourselves."""
    addresses = [one for one in addresses if is_address(one.address)]
    by_address = {
        one.address.lower(): one
        for one in addresses
        if one.address.lower() not in but and one.address not in own
    }
    known = people_of(list(by_address))
    found = [known[address] for address in by_address if address in known and known[address].is_active]
    new = [one for address, one in by_address.items() if address not in known] if mailbox.adds_copied else []
    theirs = organisations_of([one.address for one in new])
    for one in new:
        organisation = theirs.get(_domain(one))
        if len(found) < MOST_COPIED and _knows(mailbox, one, organisation):
            found.append(add_person(one, organisation=organisation or mailbox.organisation, at=at))
    return found[:MOST_COPIED]


def why_not(person: User | Stranger, verdict: str) -> Reason | None:
    """Why nothing is filed for this sender; None: it is."""
    if verdict == KnownSender.Verdict.REFUSED:
        return Reason.REFUSED_SENDER
    if isinstance(person, Stranger):
        return Reason.REFUSED_SENDER if person.is_refused else Reason.UNKNOWN_SENDER
    return None if person.is_active else Reason.LEFT


def _knows(mailbox: Mailbox, address: Address, theirs: Organisation | None) -> bool:
    return theirs is not None or _domain(address) in {one.lower() for one in mailbox.domains}


def _domain(address: Address) -> str:
    return address.address.rpartition("@")[2].lower()
