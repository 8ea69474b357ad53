"""The desk's own addresses, and who stands behind an address that is not."""

from email.utils import parseaddr

from django.conf import settings
from django.db.models.functions import Lower

from accounts.models import Organisation, OrganisationDomain, User, VendorContact
from accounts.prepared import Prepared
from delivery.addresses import without_tag
from intake.comparing import compared
from intake.models import KnownSender, Mailbox

NO_MAIL = ".invalid"


_mailboxes = Prepared(lambda: Mailbox.objects.order_by().values_list("address", "aliases"))


class OwnAddresses:
    """Every address at which the desk reads or from which it writes, read once a message."""

    def __init__(self) -> None:
        self._known = {
            bare(parseaddr(address)[1]) for address in (settings.DEFAULT_FROM_EMAIL, settings.SERVER_EMAIL)
        }
        for address, aliases in _mailboxes():
            self._known |= {bare(own) for own in (address, *aliases)}
        self._known.discard("")

    def __contains__(self, address: str) -> bool:
        return bare(address) in self._known

    def named_in(self, text: str) -> bool:
        """Whether a header such as List-Id or List-Post means one of them: the desk's own group, not a list."""
        text = text.lower()
        return any(address in text or address.replace("@", ".") in text for address in self._known)


def bare(address: str) -> str:
    """An address without what stands behind a plus, in lower case: the same mailbox."""
    local, at, domain = without_tag(address.strip()).lower().rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def person_of(address: str) -> User | None:
    """Who has this address, whatever its case; also who is not here any more."""
    if address.endswith(NO_MAIL):
        return None
    return _person.first(address=address.lower())


_person: Prepared[User] = Prepared(
    lambda address: (
        User.objects.filter(compared(Lower("email"), "=", address)).select_related("organisation").order_by()
    ),
    "address",
)


def people_of(addresses: list[str]) -> dict[str, User]:
    """Who has these addresses, by address in lower case."""
    wanted = {address.lower() for address in addresses if address and not address.endswith(NO_MAIL)}
    if not wanted:
        return {}
    # The index is one over lower(email).
    rows = User.objects.alias(lower=Lower("email")).filter(lower__in=wanted).select_related("organisation")
    return {person.email.lower(): person for person in rows}


def vendors_of(address: str) -> dict[int, Organisation]:
    """The vendors for which this address is a contact, by key."""
    return {row.vendor_id: row.vendor for row in _contacts(address=address.lower())}


_contacts: Prepared[VendorContact] = Prepared(
    lambda address: (
        VendorContact.objects.filter(compared(Lower("email"), "=", address), vendor__is_active=True)
        .select_related("vendor")
        .order_by("pk")
    ),
    "address",
)


def organisation_of(address: str) -> Organisation | None:
    """To whom a mail domain belongs."""
    return organisations_of([address]).get(address.rpartition("@")[2].lower())


def organisations_of(addresses: list[str]) -> dict[str, Organisation]:
    """To whom these mail domains belong, by domain in lower case."""
    domains = {address.rpartition("@")[2].lower() for address in addresses}
    if not domains:
        return {}
    rows = OrganisationDomain.objects.alias(lower=Lower("domain")).filter(
        lower__in=domains, organisation__is_active=True
    )
    return {row.domain.lower(): row.organisation for row in rows.select_related("organisation")}


def verdict_on(address: str) -> str:
    """What somebody of the desk has said of this sender; "" if nobody has."""
    found = _verdict.first(address=address.lower())
    return str(found[0]) if found else ""


_verdict = Prepared(
    lambda address: (
        KnownSender.objects.filter(compared(Lower("address"), "=", address)).order_by().values_list("verdict")
    ),
    "address",
)


def mailbox_of(address: str) -> Mailbox | None:
    """The mailbox that reads this address, also an alias of it."""
    wanted = bare(address)
    rows = Mailbox.objects.order_by("pk")
    return next((row for row in rows if wanted in {bare(own) for own in row.addresses}), None)
