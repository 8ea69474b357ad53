"""Rules that wait for time to pass look for what has been so for long; built beside the running desk."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


def _of_all(column, name):
    return models.Index(fields=[column], name=name, condition=models.Q(("in_queue", True)))


def _where_known(column, name):
    condition = models.Q(("in_queue", True), (f"{column}__isnull", False))
    return models.Index(fields=[column], name=name, condition=condition)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("tickets", "0009_proposals"),
    ]

    operations = [
        AddIndexConcurrently(model_name="ticket", index=_of_all("tier_since", "tkt_open_tier_since")),
        AddIndexConcurrently(model_name="ticket", index=_of_all("status_since", "tkt_open_status_since")),
        AddIndexConcurrently(model_name="ticket", index=_where_known("unaccepted_since", "tkt_open_unaccepted")),
        AddIndexConcurrently(
            model_name="ticket", index=_where_known("requester_waiting_since", "tkt_open_req_waits")
        ),
        AddIndexConcurrently(
            model_name="ticket", index=_where_known("last_public_reply_at", "tkt_open_last_reply")
        ),
    ]
