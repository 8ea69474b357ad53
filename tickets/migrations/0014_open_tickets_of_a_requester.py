"""What a requester has open is found without what they had: some have asked for thirty thousand things."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("tickets", "0013_whose_vendor_it_was"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("in_queue", True)),
                fields=["requester", "id"],
                name="tkt_open_req",
            ),
        ),
    ]
