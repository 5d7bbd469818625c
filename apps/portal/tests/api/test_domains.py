"""`/api/v1/domains` over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.portal.models import Domain, Service
from apps.portal.tests.conftest import MakeService

ClientOf = Callable[[User | None], APIClient]
URL = "/api/v1/domains"
BODY = {"name": "Folha", "slug": "dp-folha"}


def test_it_works(owner: User, client_of: ClientOf) -> None:
    api = client_of(owner)
    made = api.post(URL, BODY | {"description": "d", "icon": "users"})
    assert made.status_code == 201
    body = made.json()
    assert {name: body[name] for name in ("name", "slug", "description", "icon")} == {
        "name": "Folha",
        "slug": "dp-folha",
        "description": "d",
        "icon": "users",
    }
    one = f"{URL}/{body['id']}"
    assert api.get(one).json() == body
    assert api.get(URL).json() == {
        "domains": [body],
        "pagination": {"page": 1, "limit": 10, "total": 1, "pages": 1},
    }
    changed = api.patch(one, {"name": "Pessoal"})
    assert (changed.status_code, changed.json()["name"]) == (200, "Pessoal")
    assert api.delete(one).status_code == 204
    assert api.get(one).status_code == 404


def test_a_trailing_slash_means_nothing(owner: User, client_of: ClientOf) -> None:
    assert client_of(owner).get(f"{URL}/").status_code == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "a"}, "name"),
        ({"name": "a" * 201}, "name"),
        ({"name": None}, "name"),
        ({"name": "  "}, "name"),
        ({"slug": "a"}, "slug"),
        ({"slug": "a" * 121}, "slug"),
        ({"slug": "Dp"}, "slug"),
        ({"slug": "dp_rh"}, "slug"),
        ({"slug": "-dp"}, "slug"),
        ({"slug": "dp-"}, "slug"),
        ({"slug": "dp--rh"}, "slug"),
        ({"slug": "dp rh"}, "slug"),
        ({"slug": "dp\nrh"}, "slug"),
        ({"slug": 5.5}, "slug"),
        ({"icon": "x" * 121}, "icon"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bodies_of_the_wrong_shape(
    changes: dict[str, Any], field: str, owner: User, client_of: ClientOf, domain: Domain
) -> None:
    api = client_of(owner)
    for answer in (api.post(URL, BODY | changes), api.patch(f"{URL}/{domain.pk}", changes)):
        assert answer.status_code == 422
        assert list(answer.json()["errors"]) == [field]
    assert Domain.objects.count() == 1


def test_missing_fields(owner: User, client_of: ClientOf) -> None:
    answer = client_of(owner).post(URL, {})
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"name", "slug"}


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [({"name": "PESSOAL"}, "name", "domain_name_taken"), ({"slug": "dp-rh"}, "slug", "domain_slug_taken")],
)
def test_a_duplicate_names_the_field(
    changes: dict[str, str], field: str, code: str, owner: User, client_of: ClientOf, domain: Domain
) -> None:
    answer = client_of(owner).post(URL, BODY | changes)
    assert (answer.status_code, answer.json()["error_code"]) == (400, code)
    assert list(answer.json()["errors"]) == [field]


def test_a_domain_with_services_stays(owner: User, client_of: ClientOf, service: Service) -> None:
    answer = client_of(owner).delete(f"{URL}/{service.domain_id}")
    assert (answer.status_code, answer.json()["error_code"]) == (409, "domain_has_services")


def test_services_of_a_domain(viewer: User, client_of: ClientOf, service: Service, make_service: MakeService) -> None:
    make_service(title="Admissão", enabled=False)
    api = client_of(viewer)

    def titles(query: str = "") -> list[str]:
        answer = api.get(f"{URL}/dp-rh/services{query}")
        assert answer.status_code == 200
        return [each["title"] for each in answer.json()["services"]]

    assert titles() == titles("?include_disabled=false") == ["Fechamento"]
    assert titles("?include_disabled=true") == ["Admissão", "Fechamento"]
    assert titles("?include_disabled=true&ordering=-title") == ["Fechamento", "Admissão"]
    assert titles("?include_disabled=true&search=ADM") == ["Admissão"]
    assert titles("?search=adm") == []
    assert api.get(f"{URL}/dp-rh/services?include_disabled=maybe").status_code == 422
    assert api.get(f"{URL}/dp-rh/services?enabled=true").status_code == 422


def test_ordered_and_searched(owner: User, client_of: ClientOf) -> None:
    api = client_of(owner)
    for name, slug in (("Pessoal", "dp-rh"), ("Alçada", "z-fim"), ("Mesa", "a-inicio")):
        assert api.post(URL, {"name": name, "slug": slug}).status_code == 201
    for query, expected in [
        ("", ["Alçada", "Mesa", "Pessoal"]),
        ("?ordering=-name", ["Pessoal", "Mesa", "Alçada"]),
        ("?ordering=slug", ["Mesa", "Pessoal", "Alçada"]),
        ("?ordering=created_at&limit=1&page=2", ["Alçada"]),
        ("?ordering=-updated_at", ["Mesa", "Alçada", "Pessoal"]),
        ("?search=FIM", ["Alçada"]),
    ]:
        assert [each["name"] for each in api.get(URL + query).json()["domains"]] == expected, query
    for query in ("?ordering=icon", "?ordering=", "?sort=name"):
        assert api.get(URL + query).status_code == 422, query


@pytest.mark.parametrize("slug", ["nope", "DP-RH", "%00", "a" * 500])
def test_an_unknown_slug(slug: str, viewer: User, client_of: ClientOf, domain: Domain) -> None:
    assert client_of(viewer).get(f"{URL}/{slug}/services").status_code == 404


ROUTES = [
    ("get", "", {}, "viewer", 200),
    ("post", "", BODY, "owner", 201),
    ("get", "/{id}", {}, "viewer", 200),
    ("patch", "/{id}", {"icon": "x"}, "owner", 200),
    ("delete", "/{id}", {}, "owner", 204),
    ("get", "/dp-rh/services", {}, "viewer", 200),
]


@pytest.mark.parametrize(("method", "path", "body", "who", "status"), ROUTES)
def test_who_may(
    method: str,
    path: str,
    body: dict[str, Any],
    who: str,
    status: int,
    request: pytest.FixtureRequest,
    client_of: ClientOf,
    domain: Domain,
    stranger: User,
    foreigner: User,
    maintainer: User,
) -> None:
    """Anonymous 401, no right 403, unseen 404, a foreigner 404, with the right 2xx."""

    def answer(user: User | None, path: str = path) -> int:
        data = None if method == "get" else body
        call = getattr(client_of(user), method)
        return int(call(URL + path.format(id=domain.pk), data).status_code)

    assert answer(None) == 401
    assert answer(stranger) == 403
    if who == "owner":
        assert answer(maintainer) == 403
    if path:
        unseen = "/nope/services" if "services" in path else f"/{uuid7()}"
        assert answer(request.getfixturevalue(who), unseen) == 404
        assert answer(foreigner) == 404
    assert answer(request.getfixturevalue(who)) == status
