"""What is shared with a vendor names the vendor. The column costs nothing on a large table; the condition is checked
for what is written from now on, and for the rest by a scan that stops nobody."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

NAME = "what_names_a_vendor_is_shared_with_it"


class Migration(migrations.Migration):
    # Validating in the transaction that added it would keep the first one's lock through the scan.
    atomic = False

    dependencies = [
        ("accounts", "0005_when_a_contract_ends"),
        ("tickets", "0011_who_writes_to_requesters"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="vendor",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organisation",
            ),
        ),
        AddConstraintNotValid(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(("vendor", None), ("audience", "vendor"), _connector="OR"), name=NAME
            ),
        ),
        ValidateConstraint(model_name="message", name=NAME),
    ]
