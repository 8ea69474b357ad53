"""The icons that a category may carry in the portal: names of `helpdesk.icons`, with what they are called."""

from django.utils.translation import gettext_lazy as _

ICONS = [
    ("device", _("computer")),
    ("phone", _("phone")),
    ("mail", _("mail")),
    ("lock", _("lock")),
    ("user", _("person")),
    ("users", _("people")),
    ("building", _("building")),
    ("link", _("network")),
    ("file", _("file")),
    ("image", _("picture")),
    ("book", _("book")),
    ("chart", _("chart")),
    ("columns", _("table")),
    ("settings", _("settings")),
    ("download", _("download")),
    ("plus", _("something new")),
    ("alert", _("warning")),
    ("bolt", _("power")),
    ("star", _("star")),
    ("tag", _("label")),
]
