from __future__ import annotations

import pytest

from apps.common.threads import forever


def test_it_works() -> None:
    """Whatever goes wrong it goes on, up to the end of its process."""
    left: list[BaseException] = [SystemExit(), OSError("no space left"), ValueError()]

    def act() -> None:
        raise left.pop()

    with pytest.raises(SystemExit):
        forever(act)
    assert left == []
