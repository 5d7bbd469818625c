"""Every text of the kernel's errors exists in Brazilian Portuguese."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation
from rest_framework.test import APIClient

from apps.common.errors import ApplicationError


def kernel_errors(kind: type[ApplicationError] = ApplicationError) -> Iterator[type[ApplicationError]]:
    for inner in kind.__subclasses__():
        if inner.__module__ == "apps.common.errors":
            yield inner
        yield from kernel_errors(inner)


@pytest.mark.parametrize("error", sorted(set(kernel_errors()), key=str))
def test_errors_are_translated(error: type[ApplicationError]) -> None:
    with translation.override("en"):
        english = str(error.message)
    with translation.override("pt-br"):
        assert str(error.message) != english


def test_answers_follow_the_client(api: APIClient) -> None:
    answer = api.post("/api/v1/echo", {}, format="json", HTTP_ACCEPT_LANGUAGE="pt-BR,pt;q=0.9")
    assert answer.json()["detail"] == "A solicitação não tem o formato correto."
    assert answer.json()["error_code"] == "invalid_input"
