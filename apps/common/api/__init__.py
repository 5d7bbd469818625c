"""What every door of the REST API is made of."""

from apps.common.api.conditional import single
from apps.common.api.operation import Deprecation, Right, operation
from apps.common.api.ordering import DirectionField, OrderingField
from apps.common.api.pagination import (
    CursorQuery,
    PageQuery,
    WindowQuery,
    array,
    page_of,
    paginated,
    paginated_long,
)
from apps.common.api.parsers import JSONParser, MultiPartParser
from apps.common.api.searching import SearchField
from apps.common.api.serializers import InputSerializer, OutputSerializer, Written, shown_by
from apps.common.api.views import ApiRequest, ApiViewSet

__all__ = [
    "ApiRequest",
    "ApiViewSet",
    "CursorQuery",
    "Deprecation",
    "DirectionField",
    "InputSerializer",
    "JSONParser",
    "MultiPartParser",
    "OrderingField",
    "OutputSerializer",
    "PageQuery",
    "Right",
    "SearchField",
    "WindowQuery",
    "Written",
    "array",
    "operation",
    "page_of",
    "paginated",
    "paginated_long",
    "shown_by",
    "single",
]
