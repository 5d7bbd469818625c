import apps.common.ids
import apps.tenants.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0008_suspended_at'),
    ]

    operations = [
        migrations.AddField(
            model_name='organizationsettings',
            name='support_access',
            field=models.BooleanField(db_default=True, default=True, help_text='Who runs the platform may then come in for a while, with a reason that stands here. Off ends it.', verbose_name="the platform's support may be let in"),
        ),
        migrations.CreateModel(
            name='SupportGrant',
            fields=[
                ('id', models.UUIDField(default=apps.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created')),
                ('person_id', models.UUIDField(editable=False, verbose_name='id of who asked')),
                ('person', models.CharField(editable=False, max_length=254, verbose_name='who asked')),
                ('reason', models.CharField(max_length=300, validators=[apps.tenants.validators.line_validate], verbose_name='reason')),
                ('expires_at', models.DateTimeField(editable=False, verbose_name='expires')),
                ('entered_at', models.DateTimeField(editable=False, null=True, verbose_name='entered')),
                ('ended_at', models.DateTimeField(editable=False, null=True, verbose_name='ended')),
                ('ended_by', models.CharField(blank=True, editable=False, max_length=254, verbose_name='ended by')),
                ('token_hash', models.CharField(editable=False, max_length=64, null=True, unique=True, verbose_name='hash of the token')),
                ('ticket_hash', models.CharField(editable=False, max_length=64, null=True, unique=True, verbose_name='hash of the ticket')),
                ('ticket_until', models.DateTimeField(editable=False, null=True, verbose_name="the ticket's end")),
                ('organization', models.ForeignKey(db_column='schema_name', on_delete=django.db.models.deletion.CASCADE, related_name='support_grants', to='tenants.organization', to_field='schema_name', verbose_name='organization')),
            ],
            options={
                'verbose_name': 'support access',
                'verbose_name_plural': 'support access',
                'ordering': ('-id',),
                'indexes': [models.Index(fields=['organization', 'expires_at'], name='tenants_sup_schema__dbcbd1_idx')],
            },
        ),
    ]
