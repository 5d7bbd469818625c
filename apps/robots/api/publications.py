"""From the fields of a form to what services take."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from apps.common.api import ApiRequest
from apps.common.api.serializers import FROM_JSON
from apps.common.errors import InvalidInput
from apps.robots.api.serializers.versions import PublicationInput
from apps.robots.errors import InvalidPublication
from apps.robots.payloads import Publication, Upload
from apps.robots.selectors.robots import robot_get
from apps.robots.services.publications import Package, package_prepared

PUBLISH = "robot.publish"


def version_prepared(request: ApiRequest, robot_id: UUID) -> AbstractContextManager[Package]:
    """The uploaded package of a robot that is there: looked into and stored."""
    robot = robot_get(actor=request.actor, robot_id=robot_id, action=PUBLISH)
    fields = dict(request.payload)
    upload = upload_of(fields.pop("artifact"))
    return package_prepared(actor=request.actor, robot=robot, publication=publication_of(fields), upload=upload)


def initial_version_prepared(request: ApiRequest) -> AbstractContextManager[Package | None]:
    """The package of a new robot's first version, if one was sent."""
    initial = initial_version_of(request.payload.get("initial_version"), request.payload.get("artifact"))
    if initial is None:
        return nullcontext()
    publication, upload = initial
    return package_prepared(actor=request.actor, publication=publication, upload=upload)


def publication_of(fields: Mapping[str, Any]) -> Publication:
    """The description of a version; ``arguments_json`` and its like lose their ending."""
    return Publication(**{name.removesuffix("_json"): value for name, value in fields.items()})


def upload_of(file: UploadedFile[Any]) -> Upload:
    return Upload(name=str(file.name), file=file)


def initial_version_of(described: Any, file: UploadedFile[Any] | None) -> tuple[Publication, Upload] | None:
    """The first version of a new robot: a description and a file, both or none."""
    if described is None and file is None:
        return None
    if described is None or file is None:
        text = _("A first version is sent as multipart/form-data: its fields in initial_version, its file in artifact.")
        raise InvalidPublication(text, errors={"initial_version" if file is None else "artifact": [text]})
    if not isinstance(described, Mapping):
        raise InvalidInput(errors={"initial_version": [_("An object is expected.")]})
    serializer = PublicationInput(data=described, context={FROM_JSON: True})
    if not serializer.is_valid():
        raise InvalidInput(errors={f"initial_version.{name}": texts for name, texts in serializer.errors.items()})
    return publication_of(serializer.validated_data), upload_of(file)
