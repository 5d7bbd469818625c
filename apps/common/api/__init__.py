"""What every door of the REST API is made of."""

from apps.common.api.operation import Right, operation
from apps.common.api.pagination import PageQuery, paginated
from apps.common.api.serializers import InputSerializer, OutputSerializer
from apps.common.api.views import ApiRequest, ApiViewSet

__all__ = [
    "ApiRequest",
    "ApiViewSet",
    "InputSerializer",
    "OutputSerializer",
    "PageQuery",
    "Right",
    "operation",
    "paginated",
]
