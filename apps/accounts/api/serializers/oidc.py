"""An organization's issuer on the wire. The client secret only goes in."""

from __future__ import annotations

from rest_framework import serializers

from apps.accounts.models import OidcSettings
from apps.accounts.models.oidc import ADDRESS_LENGTH, MOST_DOMAINS, NAME_LENGTH
from apps.common.api import InputSerializer, OutputSerializer


class OidcSettingsInput(InputSerializer):
    """What is left out stays as it is; ``issuer`` and ``audience`` are needed the first time."""

    issuer = serializers.CharField(
        max_length=ADDRESS_LENGTH, required=False, help_text="https, as the issuer writes itself, final slash included."
    )
    audience = serializers.CharField(max_length=NAME_LENGTH, required=False, help_text="`aud` of tokens for this API.")
    client_id = serializers.CharField(
        max_length=NAME_LENGTH, required=False, allow_blank=True, help_text="Needed for signing in with a browser."
    )
    client_secret = serializers.CharField(
        max_length=1000,
        required=False,
        allow_blank=True,
        allow_null=True,
        trim_whitespace=False,
        write_only=True,
        help_text="Stored sealed, never shown again; an empty one takes it away, another issuer too.",
    )
    role_claim = serializers.CharField(
        max_length=100, required=False, help_text="A claim, or the way to it: `realm_access.roles`."
    )
    role_mapping = serializers.DictField(
        child=serializers.CharField(max_length=60), required=False, help_text="Value of the claim → slug of a role."
    )
    default_role = serializers.CharField(max_length=60, required=False)
    allowed_domains = serializers.ListField(
        child=serializers.CharField(max_length=253),
        required=False,
        max_length=MOST_DOMAINS,
        help_text="Of e-mail addresses; an empty list lets all in.",
    )
    local_sign_in = serializers.BooleanField(required=False, help_text="Whether passwords work too.")


class OidcSettingsOutput(OutputSerializer):
    issuer = serializers.CharField()
    audience = serializers.CharField()
    client_id = serializers.CharField()
    has_client_secret = serializers.SerializerMethodField()
    role_claim = serializers.CharField()
    role_mapping = serializers.DictField(child=serializers.CharField())
    default_role = serializers.CharField()
    allowed_domains = serializers.ListField(child=serializers.CharField())
    local_sign_in = serializers.BooleanField()

    def get_has_client_secret(self, row: OidcSettings) -> bool:
        return row.client_secret is not None


class OidcLoginQuery(InputSerializer):
    organization = serializers.CharField(
        max_length=63, required=False, help_text="Slug; needed on the host that all organizations share."
    )
    next = serializers.CharField(
        max_length=1000, required=False, allow_blank=True, help_text="Page of the organization's host to go on to."
    )
