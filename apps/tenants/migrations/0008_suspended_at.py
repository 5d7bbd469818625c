from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0007_second_factor'),
    ]

    operations = [
        migrations.AddField(
            model_name='organization',
            name='suspended_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='suspended'),
        ),
    ]
