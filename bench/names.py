"""What is called the same in every bench database: who logs in, and the words to search for."""

PASSWORD = "bench-only-passphrase"  # of people who exist in bench databases alone
L1, REQUESTER, VENDOR, LEAD, MANAGER, CUSTOMER = (
    f"bench-{name}@bench.example" for name in ("l1", "requester", "vendor", "lead", "manager", "customer")
)
"""The lead leads the largest team; the customer sees the tickets of the largest organisation."""
CLIENTS = [f"bench-client-{number}@bench.example" for number in range(1, 5)]
"""Requesters who file at the same time."""

FIRST = 1001
"""The number of the first ticket."""

COMMON, RARE, NONE = "gateway", "zyzzyva", "xylophonist"
"""Words: in three of ten tickets, in twenty of all, in not one."""

ARTICLE_WORDS = (
    *(
        "laptop",
        "password",
        "printer",
        "network",
        "screen",
        "calendar",
        "mailbox",
        "folder",
        "phone",
        "update",
    ),
    *(
        "office",
        "access",
        "battery",
        "install",
        "wireless",
        "certificate",
        "authenticator",
        "licence",
        "scanner",
    ),
    *(
        "spreadsheet",
        "backup",
        "headset",
        "projector",
        "signature",
        "roaming",
        "quarantine",
        "docking",
        "firmware",
    ),
    *("toner", "barcode", "macro", "voicemail", "onboarding", "keyboard", "tunnel", "phishing", "invoice"),
)
"""Words of articles that are searched for: the first in every second article, the last in few."""
