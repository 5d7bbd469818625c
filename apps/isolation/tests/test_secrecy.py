"""A secret is found in whatever form it is shown, and what somebody said themselves is none."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote
from uuid import UUID

import pytest

from apps.isolation.secrecy import Secrets

WORD, ID = "x0123456789abcdef0123", "01a212f0-269e-7460-9c0f-e51cd6ec38aa"
SECRETS = Secrets.of("theirs", words=[WORD], ids=[ID])


@pytest.mark.parametrize(
    "shown",
    [
        WORD,
        f"Robot {WORD}, of yesterday",
        WORD.upper(),
        json.dumps({"name": f"Robot {WORD}"}),
        quote(f"report {WORD}.csv"),
        *(base64.b64encode(f"{'-' * shift}{WORD}--".encode()).decode() for shift in range(3)),
        *(base64.urlsafe_b64encode(f"{'-' * shift}{WORD}--".encode()).decode() for shift in range(3)),
        ID,
        ID.upper(),
        UUID(ID).hex,
        f'<a href="/admin/robots/robot/{ID}/change/">',
    ],
)
def test_it_works(shown: str) -> None:
    assert SECRETS.seen_in(shown.encode())


@pytest.mark.parametrize("shown", ["", WORD[:-1], ID[:-1], f"{UUID(ID).hex}0", "01a212f0-269e-7460-9c0f-e51cd6ec38ab"])
def test_what_is_none(shown: str) -> None:
    assert not SECRETS.seen_in(shown.encode())


def test_what_was_given_may_be_told_again() -> None:
    assert not SECRETS.seen_in(f"no robot {ID}".encode(), given=f"/api/v1/robots/{UUID(ID).hex}".encode())
    assert not SECRETS.seen_in(f"no {WORD}".encode(), given=WORD.encode())
    assert SECRETS.seen_in(f"{WORD} {ID}".encode(), given=ID.encode()) == [WORD]


def test_ids_that_both_know_are_no_secret() -> None:
    shared = Secrets.of("ours", words=[], ids=[ID])
    assert not SECRETS.without(shared).seen_in(ID.encode())
