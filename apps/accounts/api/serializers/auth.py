"""Sign-in on the wire."""

from __future__ import annotations

from rest_framework import serializers

from apps.accounts.api.serializers.users import OrganizationSummary, UserOutput
from apps.common.api import InputSerializer, OutputSerializer


class RegisterInput(InputSerializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(
        max_length=1000,
        trim_whitespace=False,
        help_text="8 to 100 characters with upper case, lower case and a digit; not a common one.",
    )
    name = serializers.CharField(max_length=150)
    organization_name = serializers.CharField(max_length=200)


class LoginInput(InputSerializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)
    organization = serializers.CharField(
        max_length=63, required=False, help_text="Slug; needed where the address belongs to several organizations."
    )


class RefreshInput(InputSerializer):
    """Empty where the refresh token comes as ``Authorization: Bearer``."""

    refresh_token = serializers.CharField(max_length=200, required=False)


class LogoutInput(InputSerializer):
    refresh_token = serializers.CharField(max_length=200, required=False)


class TokensOutput(OutputSerializer):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField(default="bearer")
    expires_in = serializers.IntegerField(help_text="Seconds the access token lives.")


class SignedInOutput(TokensOutput):
    user = UserOutput()
    organization = OrganizationSummary()


class MeOutput(OutputSerializer):
    user = UserOutput()


class SocketTicketOutput(OutputSerializer):
    ticket = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds the ticket lives.")
