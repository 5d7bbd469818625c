"""Shapes of the catalogue on the wire."""

from __future__ import annotations

from typing import Any

import orjson
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.common.api import (
    CursorQuery,
    DirectionField,
    InputSerializer,
    OrderingField,
    OutputSerializer,
    PageQuery,
    SearchField,
)
from apps.portal.models.domain import SLUG
from apps.robots.api.serializers.versions import VersionSummaryOutput
from apps.robots.models import Run
from apps.robots.selectors.runs import status_word

TEXT, ICON, MINUTES = 5_000, 120, 7 * 24 * 60
SLUG_WORDS = RegexValidator(SLUG, _("Use lower-case letters and digits, words joined by hyphens."))


class DomainInput(InputSerializer):
    name = serializers.CharField(min_length=2, max_length=200)
    slug = serializers.CharField(min_length=2, max_length=120, validators=[SLUG_WORDS])
    description = serializers.CharField(max_length=TEXT, allow_blank=True, required=False)
    icon = serializers.CharField(max_length=ICON, allow_blank=True, required=False)


class DomainChanges(DomainInput):
    name = serializers.CharField(min_length=2, max_length=200, required=False)
    slug = serializers.CharField(min_length=2, max_length=120, validators=[SLUG_WORDS], required=False)


class DomainQuery(PageQuery):
    search = SearchField(help_text="In name, slug and description.")
    ordering = OrderingField(
        {"name": "name", "slug": "slug", "created_at": "created_at", "updated_at": "updated_at"}, default="name"
    )


class DomainOutput(OutputSerializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    description = serializers.CharField()
    icon = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ServiceFields(InputSerializer):
    """What may be left out when a service is made and when it is changed."""

    description = serializers.CharField(max_length=TEXT, allow_blank=True, required=False)
    icon = serializers.CharField(max_length=ICON, allow_blank=True, required=False)
    enabled = serializers.BooleanField(required=False)
    default_version_id = serializers.UUIDField(allow_null=True, required=False)
    confirmation_text = serializers.CharField(max_length=TEXT, allow_blank=True, required=False)
    expected_minutes = serializers.IntegerField(min_value=1, max_value=MINUTES, allow_null=True, required=False)


class ServiceInput(ServiceFields):
    domain_id = serializers.UUIDField()
    robot_id = serializers.UUIDField()
    title = serializers.CharField(min_length=2, max_length=200)
    form_schema_json = serializers.DictField()
    run_template_json = serializers.DictField()


class ServiceChanges(ServiceFields):
    domain_id = serializers.UUIDField(required=False)
    robot_id = serializers.UUIDField(required=False)
    title = serializers.CharField(min_length=2, max_length=200, required=False)
    form_schema_json = serializers.DictField(required=False)
    run_template_json = serializers.DictField(required=False)


class ServicesOfAnyQuery(PageQuery):
    search = SearchField(help_text="In title and description.")
    ordering = OrderingField(
        {"title": "title", "created_at": "created_at", "updated_at": "updated_at"}, default="title"
    )


class DomainServicesQuery(ServicesOfAnyQuery):
    include_disabled = serializers.BooleanField(default=False)


class ServiceQuery(ServicesOfAnyQuery):
    domain_id = serializers.UUIDField(required=False)
    enabled_only = serializers.BooleanField(default=False)


class ServiceRunsQuery(CursorQuery):
    ordering = DirectionField("queued_at")


class ServiceOutput(OutputSerializer):
    id = serializers.UUIDField()
    domain_id = serializers.UUIDField()
    domain_slug = serializers.CharField(source="domain.slug")
    robot_id = serializers.UUIDField()
    robot_name = serializers.CharField(source="robot.name")
    title = serializers.CharField()
    description = serializers.CharField()
    icon = serializers.CharField()
    enabled = serializers.BooleanField()
    default_version_id = serializers.UUIDField(allow_null=True)
    form_schema_json = serializers.JSONField()
    run_template_json = serializers.JSONField()
    confirmation_text = serializers.CharField()
    expected_minutes = serializers.IntegerField(allow_null=True)
    revision = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ServiceRunInput(InputSerializer):
    parameters = serializers.DictField(default=dict)
    dry_run = serializers.BooleanField(default=False)


class FormQuery(InputSerializer):
    answers = serializers.CharField(  # a character may be twelve in an address, and an address has 64 KiB
        max_length=5_000, required=False, help_text="Answers so far, as a JSON object: options may depend on them."
    )

    def validate_answers(self, text: str) -> dict[str, Any]:
        try:
            answers = orjson.loads(text)
        except orjson.JSONDecodeError:
            answers = None
        if not isinstance(answers, dict):
            raise serializers.ValidationError(_("A JSON object is expected."))
        return answers


class FormOutput(OutputSerializer):
    service_id = serializers.UUIDField(source="service.id")
    revision = serializers.IntegerField(source="service.revision")
    title = serializers.CharField(source="service.title")
    description = serializers.CharField(source="service.description")
    enabled = serializers.BooleanField(source="service.enabled")
    confirmation_text = serializers.CharField(source="service.confirmation_text")
    expected_minutes = serializers.IntegerField(source="service.expected_minutes", allow_null=True)
    fields = serializers.ListField(child=serializers.DictField())  # type: ignore[assignment]  # the contract's name


class PlannedServiceOutput(OutputSerializer):
    id = serializers.UUIDField()
    title = serializers.CharField()
    revision = serializers.IntegerField()


class PlanOutput(OutputSerializer):
    """`runtime_*` is what the template gives; `arguments` and `environment` have the version's own in front."""

    service = PlannedServiceOutput()
    robot_id = serializers.UUIDField(source="service.robot_id")
    robot_version = VersionSummaryOutput(source="inputs.version")
    parameters = serializers.DictField()
    runtime_arguments = serializers.ListField(child=serializers.CharField(), source="rendered.arguments")
    runtime_env = serializers.DictField(source="rendered.environment")
    arguments = serializers.ListField(child=serializers.CharField(), source="inputs.arguments")
    environment = serializers.DictField(source="inputs.environment")
    secrets = serializers.DictField(source="rendered.secrets", help_text="Environment variable → name of the secret.")


class ScorecardFailureOutput(OutputSerializer):
    run_id = serializers.UUIDField(source="id")
    status = serializers.SerializerMethodField()
    error_message = serializers.CharField(source="execution.error_message")
    finished_at = serializers.DateTimeField(source="execution.finished_at")

    def get_status(self, run: Run) -> str:
        return status_word(run.execution.status)


class ScorecardOutput(OutputSerializer):
    """Times in seconds; `success_rate` 0-1 among runs that completed, failed or were lost."""

    runs = serializers.IntegerField()
    completed = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    unfinished = serializers.IntegerField()
    success_rate = serializers.FloatField(allow_null=True)
    median_seconds = serializers.FloatField(allow_null=True)
    p95_seconds = serializers.FloatField(allow_null=True)
    last_failures = ScorecardFailureOutput(many=True)
