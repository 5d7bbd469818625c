"""Second factors on the wire."""

from __future__ import annotations

from rest_framework import serializers

from apps.common.api import InputSerializer, OutputSerializer

CODE_LENGTH = 40
CODE_HELP = "Six digits of the device, or a recovery code."


class SecondFactorBeginInput(InputSerializer):
    password = serializers.CharField(max_length=1000, trim_whitespace=False, help_text="One's own, once more.")


class CodeInput(InputSerializer):
    code = serializers.CharField(max_length=CODE_LENGTH, help_text="Six digits of the device.")


class ProofInput(InputSerializer):
    password = serializers.CharField(max_length=1000, trim_whitespace=False)
    code = serializers.CharField(max_length=CODE_LENGTH, help_text=CODE_HELP)


class SecondFactorOutput(OutputSerializer):
    enabled = serializers.BooleanField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    recovery_codes_left = serializers.IntegerField()
    is_required = serializers.BooleanField(help_text="Whether the organization wants one of who has this account.")


class EnrolmentOutput(OutputSerializer):
    secret = serializers.CharField(help_text="Base32, for typing.")
    otpauth_uri = serializers.CharField(help_text="The same, for a picture that devices read.")


class RecoveryCodesOutput(OutputSerializer):
    recovery_codes = serializers.ListField(child=serializers.CharField(), help_text="Ten; each works once.")
