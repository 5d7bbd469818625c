"""What to put in the place of a parameter, a filter or a field, so that it means an object of one organization."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apps.common.ids import uuid7
from apps.isolation.side import Side
from apps.isolation.staging.rest import TenantModelClass
from apps.isolation.surface.routes import Parameter, Route
from apps.robots.models import Robot
from apps.tenants.routers import lives_in_schemas

_PLAIN = {"url": "nowhere", "rest": "nowhere", "path": "nowhere", "app_label": "robots", "color": "336699"}
"""Parameters that mean no object of anybody."""


class NoValue(LookupError):
    """Nothing of the organization can stand in this place: a specimen must name something."""


def value_of(side: Side, name: str, *, model: TenantModelClass | None = None) -> str:
    """What ``name`` means in one organization. Raises ``NoValue``."""
    if name in side.named:
        return side.named[name]
    if name in _PLAIN:
        return _PLAIN[name]
    wanted = model if model is not None else _model_named(side, name)
    if wanted is None:
        raise NoValue(name)
    found = side.id_of(wanted)
    if found is None and lives_in_schemas(wanted._meta.app_label):
        raise NoValue(name)
    return found or str(uuid7())  # a shared table that may be empty


def values_of(side: Side, route: Route) -> dict[str, str]:
    """A value for every parameter of a route. Raises ``NoValue``."""
    return {
        parameter.name: value_of(side, parameter.name, model=_own_model(route, parameter))
        for parameter in route.parameters
    }


def hidden_values_of(side: Side, route: Route) -> dict[str, str] | None:
    """The same from what the guest may not see; None where nothing of it fits."""
    known = side.furnishing.hidden.named
    names = [parameter.name for parameter in route.parameters]
    return {name: known[name] for name in names} if names and set(names) <= known.keys() else None


def nowhere(route: Route) -> dict[str, str]:
    """Values in the right form that mean nothing anywhere."""
    return {parameter.name: _strange(parameter) for parameter in route.parameters}


def mixtures(own: Mapping[str, str], theirs: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Every way of having exactly one value of theirs among one's own."""
    if len(own) > 1:
        for name in own:
            yield {**own, name: theirs[name]}


def is_object(parameter: Parameter) -> bool:
    """Whether the parameter names something that belongs to an organization."""
    return parameter.name not in _PLAIN


def _strange(parameter: Parameter) -> str:
    if not is_object(parameter):
        return _PLAIN[parameter.name]
    return "no-such-word" if parameter.name == "slug" else str(uuid7())


def _own_model(route: Route, parameter: Parameter) -> Any:
    """The back-office speaks of any row as ``object_id``; where its page is of no model, a robot will do."""
    return (route.model or Robot) if parameter.name == "object_id" else None


def _model_named(side: Side, name: str) -> TenantModelClass | None:
    """``webhook_id`` is a row of the model ``Webhook``, and ``mail_id`` one of ``OutgoingMail``."""
    wanted = name.removesuffix("_id").replace("_", "")
    models = [*side.rows, *side.shared_rows]
    exact = (model for model in models if model._meta.model_name == wanted)
    alike = (model for model in models if (model._meta.model_name or "").endswith(wanted))
    return next(exact, None) or next(alike, None)
