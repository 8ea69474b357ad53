"""What the demo company has agreed with its vendors, whom it calls there, and what they take."""

from datetime import date, datetime, timedelta

from accounts.operations import contracts
from escalation.operations import taking
from helpdesk.demo.company import Company
from helpdesk.demo.texts import DATA, read


def make(company: Company, *, at: datetime) -> None:
    """Days in the rows are counted from `at`, so that one contract is near its end whenever the demo is loaded."""
    for row in read(DATA / "company.yml")["vendors"]:
        vendor = company.organisations[row["name"]]
        for contract in row.get("contracts", ()):
            days = {name: _day(contract[name], at) for name in ("starts_on", "ends_on")}
            contracts.add_contract(vendor, by=None, at=at, **{**contract, **days})
        for contact in row.get("contacts", ()):
            contracts.add_contact(vendor, by=None, at=at, **contact)
        for taken in row.get("takes", ()):
            category = company.categories[taken["category"]]
            taking.add_what_it_takes(company.teams[taken["team"]], category=category, by=None, at=at)


def _day(days: int, at: datetime) -> date:
    return at.date() + timedelta(days=days)
