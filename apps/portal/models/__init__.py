"""The catalogue: domains hold services, a service offers a robot through a form."""

from apps.portal.models.domain import Domain
from apps.portal.models.service import Service, ServiceRevision

__all__ = ["Domain", "Service", "ServiceRevision"]
