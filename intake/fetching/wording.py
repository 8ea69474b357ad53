"""What a trouble means and what to do about it, in plain words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intake.models.connections import MailboxConnection, Trouble

_SENTENCES = {
    Trouble.NO_HOST: gettext_lazy("There is no server called %(host)s. Look at how its name is written."),
    Trouble.REFUSED: gettext_lazy(
        "Nobody answers at %(host)s on port %(port)s. Look at the port (993 with TLS, 143 with STARTTLS) and whether "
        "a firewall lets the desk through."
    ),
    Trouble.SILENT: gettext_lazy(
        "%(host)s did not answer in time. It may be busy, or a firewall may keep the desk out."
    ),
    Trouble.DROPPED: gettext_lazy(
        "%(host)s ended the connection in the middle. What was not fetched yet is fetched later."
    ),
    Trouble.EXPIRED: gettext_lazy(
        "The certificate of %(host)s has expired. Whoever runs the mail server has to renew it."
    ),
    Trouble.UNTRUSTED: gettext_lazy(
        "The certificate of %(host)s was not signed by anybody the desk trusts. If your company has a certificate "
        "authority of its own, paste its certificate under “Own certificate authority”."
    ),
    Trouble.WRONG_NAME: gettext_lazy(
        "The certificate is for another server than %(host)s. Use the name that the certificate was made for."
    ),
    Trouble.NO_TLS: gettext_lazy(
        "%(host)s does not speak the chosen encryption on port %(port)s. TLS is usual on 993, STARTTLS on 143."
    ),
    Trouble.NOT_PRIVATE: gettext_lazy(
        "%(host)s is in the internet, and the password would travel unencrypted. Choose TLS or STARTTLS."
    ),
    Trouble.LOGIN: gettext_lazy(
        "%(host)s refused the login of %(user)s. Type the password again. With Google and Microsoft an ordinary "
        "password does not work: take OAuth2, or an app password where the provider gives one."
    ),
    Trouble.TOKEN: gettext_lazy(
        "The provider gives no access for %(user)s any more: the authorisation has expired or was taken back, or the "
        "client's secret is wrong or too old. Authorise the mailbox again."
    ),
    Trouble.UNREADABLE: gettext_lazy(
        "The password cannot be read, since the desk's SECRET_KEY was changed. Type it again."
    ),
    Trouble.FOLDER: gettext_lazy(
        "There is no folder “%(folder)s” in this mailbox, or %(user)s may not open it."
    ),
    Trouble.DONE_FOLDER: gettext_lazy(
        "What was fetched cannot be put into the folder “%(done_folder)s”. It is fetched nevertheless, and only once."
    ),
    Trouble.SERVER: gettext_lazy("%(host)s refused what it was asked."),
}


def sentence(kind: str, connection: MailboxConnection) -> str:
    """What is wrong and what to do; "" for no trouble."""
    if not kind:
        return ""
    return str(_SENTENCES[Trouble(kind)]) % {
        "host": connection.host,
        "port": connection.port,
        "user": connection.user,
        "folder": connection.folder,
        "done_folder": connection.done_folder,
    }


def with_words_of_server(kind: str, detail: str, connection: MailboxConnection) -> str:
    """The sentence, and what the server said."""
    said = _("The answer was: %(words)s") % {"words": detail} if detail else ""
    return " ".join(part for part in (sentence(kind, connection), said) if part)
