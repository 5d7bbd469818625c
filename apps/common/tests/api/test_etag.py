"""Entity tags: 304 for who has it, 412 for who has not seen the last change, also at the same instant."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connections
from rest_framework.test import APIClient

from apps.common.etags import OutsideTransactionError, check_match, state_tag


@pytest.fixture
def group(organization: object) -> Group:
    return Group.objects.create(name="first")


def url(group: Group) -> str:
    return f"/api/v1/tinies/{group.pk}"


def put(client: APIClient, group: Group, name: str, if_match: str) -> Any:
    return client.put(url(group), {"name": name}, format="json", HTTP_IF_MATCH=if_match)


def test_it_works(known: APIClient, group: Group) -> None:
    tag = known.get(url(group))["ETag"]
    changed = put(known, group, "second", tag)
    assert changed.status_code == 200
    assert changed["ETag"] != tag
    assert put(known, group, "third", changed["ETag"]).status_code == 200


def test_who_has_it_gets_304(known: APIClient, group: Group) -> None:
    tag = known.get(url(group))["ETag"]
    for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = known.get(url(group), HTTP_IF_NONE_MATCH=header)
        assert answer.status_code == 304, header
        assert answer.content == b""
        assert answer["ETag"] == tag


def test_who_has_another_gets_it(known: APIClient, group: Group) -> None:
    for header in ('"other"', "nonsense", ""):
        assert known.get(url(group), HTTP_IF_NONE_MATCH=header).status_code == 200


def test_head_has_the_tag_too(known: APIClient, group: Group) -> None:
    assert known.head(url(group))["ETag"] == known.get(url(group))["ETag"]


def test_a_stale_tag_is_412(known: APIClient, group: Group) -> None:
    tag = known.get(url(group))["ETag"]
    Group.objects.filter(pk=group.pk).update(name="changed by another")
    answer = put(known, group, "second", tag)
    assert answer.status_code == 412
    assert answer.json()["error_code"] == "precondition_failed"
    assert Group.objects.get(pk=group.pk).name == "changed by another"


@pytest.mark.parametrize("header", ["nonsense", '""', '"', "", '"a", "b"'])
def test_a_foreign_tag_is_412(known: APIClient, group: Group, header: str) -> None:
    assert put(known, group, "second", header).status_code == 412


def test_any_state_will_do_for_a_star(known: APIClient, group: Group) -> None:
    assert put(known, group, "second", "*").status_code == 200


def test_weak_and_listed_tags_match(known: APIClient, group: Group) -> None:
    tag = known.get(url(group))["ETag"]
    assert put(known, group, "second", f'"x", W/{tag}').status_code == 200


def test_what_is_not_there_stays_404(known: APIClient) -> None:
    answer = known.put("/api/v1/tinies/999999", {"name": "x"}, format="json", HTTP_IF_MATCH='"x"')
    assert answer.status_code == 404


def test_where_nobody_checks_a_precondition_is_412(known: APIClient, group: Group) -> None:
    assert known.delete(url(group), HTTP_IF_MATCH='"x"').status_code == 412
    assert known.delete(url(group), HTTP_IF_MATCH="*").status_code == 204


@pytest.mark.django_db(transaction=True)
def test_of_writers_at_the_same_instant_one_wins(known: APIClient, group: Group) -> None:
    tag = known.get(url(group))["ETag"]

    def write(number: int) -> int:
        try:
            return int(put(known, group, f"writer {number}", tag).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(write, range(6)))
    assert statuses == [200, 412, 412, 412, 412, 412]


@pytest.mark.django_db(transaction=True)
def test_a_check_needs_a_transaction(group: Group) -> None:
    with pytest.raises(OutsideTransactionError):
        check_match(group, '"x"')


def test_the_tag_is_of_the_state_and_not_of_the_instance(group: Group) -> None:
    assert state_tag(group) == state_tag(Group.objects.get(pk=group.pk))
