"""Answers speak the client's language."""

from __future__ import annotations

from rest_framework.test import APIClient


def test_answers_follow_the_client(api: APIClient) -> None:
    answer = api.post("/api/v1/echo", {}, format="json", HTTP_ACCEPT_LANGUAGE="pt-BR,pt;q=0.9")
    assert answer.json()["detail"] == "A solicitação não tem o formato correto."
    assert answer.json()["error_code"] == "invalid_input"
