"""Indexes that no query reads are gone, and those that Django puts beside unique texts for searches by pattern."""

from __future__ import annotations

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

from apps.common.reindexing import Reindex

# Of tables of Django and guardian too, whose models say otherwise: an index that begins like another serves nothing.
DROPPED = {
    "group_grant_lookup": "accounts_groupgrant (group_id, permission_id, object_pk)",
    "user_grant_lookup": "accounts_usergrant (user_id, permission_id, object_pk)",
    "accounts_se_expires_8014ca_idx": "accounts_session (expires_at)",
    "accounts_apikey_prefix_2468c39f_like": "accounts_apikey (prefix varchar_pattern_ops)",
    "accounts_groupgrant_content_type_id_12ddc886": "accounts_groupgrant (content_type_id)",
    "accounts_groupgrant_group_id_30163c71": "accounts_groupgrant (group_id)",
    "accounts_groupgrant_permission_id_a56bd1c2": "accounts_groupgrant (permission_id)",
    "accounts_passwordlink_token_hash_1b5e4945_like": "accounts_passwordlink (token_hash varchar_pattern_ops)",
    "accounts_passwordlink_user_id_0b1c7368": "accounts_passwordlink (user_id)",
    "accounts_recoverycode_code_hash_936dc363_like": "accounts_recoverycode (code_hash varchar_pattern_ops)",
    "accounts_refreshtoken_token_hash_ba821f25_like": "accounts_refreshtoken (token_hash varchar_pattern_ops)",
    "accounts_role_slug_df8fb6a2_like": "accounts_role (slug varchar_pattern_ops)",
    "accounts_session_bearer_hash_6f15cab7_like": "accounts_session (bearer_hash varchar_pattern_ops)",
    "accounts_session_user_id_d5aaed01": "accounts_session (user_id)",
    "accounts_socketticket_api_key_id_55f1cd50": "accounts_socketticket (api_key_id)",
    "accounts_socketticket_expires_at_cfcdaf9c": "accounts_socketticket (expires_at)",
    "accounts_socketticket_token_hash_555debc3_like": "accounts_socketticket (token_hash varchar_pattern_ops)",
    "accounts_taggrant_user_id_9bf00004": "accounts_taggrant (user_id)",
    "accounts_user_groups_user_id_52b62117": "accounts_user_groups (user_id)",
    "accounts_user_user_permissions_user_id_e4f0a161": "accounts_user_user_permissions (user_id)",
    "accounts_usergrant_content_type_id_91bed92e": "accounts_usergrant (content_type_id)",
    "accounts_usergrant_permission_id_f9c2fce1": "accounts_usergrant (permission_id)",
    "accounts_usergrant_user_id_b841e04f": "accounts_usergrant (user_id)",
    "auth_group_name_a6ea08ec_like": "auth_group (name varchar_pattern_ops)",
    "auth_group_permissions_group_id_b120cbf9": "auth_group_permissions (group_id)",
    "auth_permission_content_type_id_2f476e4b": "auth_permission (content_type_id)",
    "django_session_session_key_c0390e0f_like": "django_session (session_key varchar_pattern_ops)",
    "guardian_groupobjectpermission_group_id_4bbbfb62": "guardian_groupobjectpermission (group_id)",
    "guardian_groupobjectpermission_permission_id_36572738": "guardian_groupobjectpermission (permission_id)",
    "guardian_userobjectpermission_permission_id_71807bfc": "guardian_userobjectpermission (permission_id)",
    "guardian_userobjectpermission_user_id_d5c1e964": "guardian_userobjectpermission (user_id)",
}
RENAMED = {
    "accounts_apikey": ("accounts_apikey_prefix_key", "api_key_unique"),
    "accounts_passwordlink": ("accounts_passwordlink_token_hash_key", "password_link_unique"),
    "accounts_recoverycode": ("accounts_recoverycode_code_hash_key", "recovery_code_unique"),
    "accounts_refreshtoken": ("accounts_refreshtoken_token_hash_key", "refresh_token_unique"),
    "accounts_role": ("accounts_role_slug_key", "role_slug_unique"),
    "accounts_session": ("accounts_session_bearer_hash_key", "session_bearer_unique"),
    "accounts_socketticket": ("accounts_socketticket_token_hash_key", "socket_ticket_unique"),
}
STATE: list[Operation] = [
    migrations.RemoveIndex("groupgrant", "group_grant_lookup"),
    migrations.RemoveIndex("usergrant", "user_grant_lookup"),
    migrations.RemoveIndex("session", "accounts_se_expires_8014ca_idx"),
    migrations.AlterField("apikey", "prefix", models.CharField(max_length=40, verbose_name="prefix")),
    migrations.AlterField(
        "groupgrant",
        "content_type",
        models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="contenttypes.contenttype"),
    ),
    migrations.AlterField(
        "groupgrant",
        "group",
        models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="auth.group"),
    ),
    migrations.AlterField(
        "groupgrant",
        "permission",
        models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="auth.permission"),
    ),
    migrations.AlterField(
        "passwordlink", "token_hash", models.CharField(max_length=64, verbose_name="hash of the token")
    ),
    migrations.AlterField(
        "passwordlink",
        "user",
        models.ForeignKey(
            db_index=False,
            on_delete=django.db.models.deletion.CASCADE,
            related_name="password_links",
            to=settings.AUTH_USER_MODEL,
            verbose_name="user",
        ),
    ),
    migrations.AlterField(
        "recoverycode", "code_hash", models.CharField(max_length=64, verbose_name="hash of the code")
    ),
    migrations.AlterField(
        "refreshtoken", "token_hash", models.CharField(max_length=64, verbose_name="hash of the token")
    ),
    migrations.AlterField("role", "slug", models.SlugField(max_length=60, verbose_name="slug")),
    migrations.AlterField(
        "session",
        "bearer_hash",
        models.CharField(editable=False, max_length=64, null=True, verbose_name="hash of the issuer's token"),
    ),
    migrations.AlterField(
        "session",
        "user",
        models.ForeignKey(
            db_index=False,
            on_delete=django.db.models.deletion.CASCADE,
            related_name="sessions",
            to=settings.AUTH_USER_MODEL,
            verbose_name="user",
        ),
    ),
    migrations.AlterField(
        "socketticket",
        "api_key",
        models.ForeignKey(
            db_index=False,
            null=True,
            on_delete=django.db.models.deletion.CASCADE,
            to="accounts.apikey",
            verbose_name="API key",
        ),
    ),
    migrations.AlterField("socketticket", "expires_at", models.DateTimeField(verbose_name="expires")),
    migrations.AlterField(
        "socketticket", "token_hash", models.CharField(max_length=64, verbose_name="hash of the token")
    ),
    migrations.AlterField(
        "taggrant",
        "user",
        models.ForeignKey(
            blank=True,
            db_index=False,
            null=True,
            on_delete=django.db.models.deletion.CASCADE,
            related_name="tag_grants",
            to=settings.AUTH_USER_MODEL,
            verbose_name="user",
        ),
    ),
    migrations.AlterField(
        "usergrant",
        "content_type",
        models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="contenttypes.contenttype"),
    ),
    migrations.AlterField(
        "usergrant",
        "permission",
        models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="auth.permission"),
    ),
    migrations.AlterField(
        "usergrant",
        "user",
        models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
    ),
    migrations.AddConstraint("apikey", models.UniqueConstraint(fields=("prefix",), name="api_key_unique")),
    migrations.AddConstraint(
        "passwordlink", models.UniqueConstraint(fields=("token_hash",), name="password_link_unique")
    ),
    migrations.AddConstraint(
        "recoverycode", models.UniqueConstraint(fields=("code_hash",), name="recovery_code_unique")
    ),
    migrations.AddConstraint(
        "refreshtoken", models.UniqueConstraint(fields=("token_hash",), name="refresh_token_unique")
    ),
    migrations.AddConstraint("role", models.UniqueConstraint(fields=("slug",), name="role_slug_unique")),
    migrations.AddConstraint("session", models.UniqueConstraint(fields=("bearer_hash",), name="session_bearer_unique")),
    migrations.AddConstraint(
        "socketticket", models.UniqueConstraint(fields=("token_hash",), name="socket_ticket_unique")
    ),
]


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0008_groups"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("guardian", "0003_remove_groupobjectpermission_guardian_gr_content_ae6aec_idx_and_more"),
        ("sessions", "0001_initial"),
    ]

    operations: ClassVar = [
        migrations.RemoveConstraint("taggrant", "tag_grant_unique"),
        Reindex(dropped=DROPPED, renamed=RENAMED, state=STATE),
        migrations.AddConstraint(
            "taggrant",
            models.UniqueConstraint(
                fields=["user", "group", "action", "scope_tag"], nulls_distinct=False, name="tag_grant_unique"
            ),
        ),
    ]
