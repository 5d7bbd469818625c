from __future__ import annotations

import pytest

from apps.accounts.models import User
from apps.executions.models import Execution, LogChunk
from apps.robots.models import Run
from apps.robots.tests.api.guarded import Clients, Guarded
from apps.robots.tests.factories import logged

MESSAGES = [f"line {number} ç \x1b[31m" for number in range(1, 8)]


@pytest.fixture
def url(run: Run) -> str:
    logged(run, *MESSAGES)
    return f"/api/v1/runs/{run.pk}/logs"


class TestPermissions(Guarded):
    sees = "run.read"


def test_it_works(client_of: Clients, viewer: User, url: str) -> None:
    body = client_of(viewer).get(url).json()
    assert [line["seq"] for line in body["logs"]] == [1, 2, 3, 4, 5, 6, 7]
    assert [line["message"] for line in body["logs"]] == MESSAGES
    assert set(body["logs"][0]) == {"seq", "timestamp", "level", "stream", "message"}
    assert (body["last_seq"], body["truncated"]) == (7, False)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"after": "2"}, [3, 4, 5, 6, 7]),
        ({"after": "3", "limit": "2"}, [4, 5]),
        ({"limit": "4"}, [1, 2, 3, 4]),
        ({"after": "7"}, []),
        ({"after": "99"}, []),
    ],
)
def test_windows(client_of: Clients, viewer: User, url: str, query: dict[str, str], expected: list[int]) -> None:
    assert [line["seq"] for line in client_of(viewer).get(url, query).json()["logs"]] == expected


def test_what_storage_cut_out(client_of: Clients, viewer: User, run: Run, url: str) -> None:
    LogChunk.objects.create(execution_id=run.pk, first_seq=8, last_seq=20, gap_reason="too long")
    Execution.objects.filter(pk=run.pk).update(last_seq=20, log_truncated=True)
    body = client_of(viewer).get(url).json()
    assert (len(body["logs"]), body["last_seq"], body["truncated"]) == (7, 20, True)


def test_as_text(client_of: Clients, viewer: User, run: Run, url: str) -> None:
    answer = client_of(viewer).get(url, {"format": "text"})
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="{run.pk}.log"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer.getvalue().decode() == "".join(f"{message}\n" for message in MESSAGES)


@pytest.mark.parametrize(
    "query", [{"after": "-1"}, {"after": "x"}, {"limit": "0"}, {"limit": "5001"}, {"format": "xml"}, {"since": "1"}]
)
def test_wrong_query(client_of: Clients, viewer: User, url: str, query: dict[str, str]) -> None:
    assert client_of(viewer).get(url, query).status_code == 422
