"""One table per field type, then properties with an oracle: Python's own numbers, dates and base64."""

import base64
import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.portal.forms.coercion import coerce, is_blank
from apps.portal.forms.errors import ValueRefused
from apps.portal.forms.schema import FieldType

T = FieldType


def inline(name: object = "notas.csv", content: bytes = b"a;b\n") -> dict[str, object]:
    """Return a file as it is submitted."""
    return {"name": name, "content_base64": base64.b64encode(content).decode()}


def test_it_works() -> None:
    assert coerce(T.NUMBER, "5.0") == 5
    assert isinstance(coerce(T.NUMBER, "5.0"), int)


@pytest.mark.parametrize(
    ("field_type", "raw", "value"),
    [
        (T.TEXT, " Ação ", " Ação "),
        (T.TEXTAREA, "a\r\nb\tc", "a\r\nb\tc"),
        (T.NUMBER, 5, 5),
        (T.NUMBER, 5.0, 5),
        (T.NUMBER, " 5 ", 5),
        (T.NUMBER, "-0.50", -0.5),
        (T.NUMBER, "1e3", 1000),
        (T.NUMBER, ".5", 0.5),
        (T.NUMBER, "-0.0", 0),
        (T.NUMBER, 2**63 - 1, 2**63 - 1),
        (T.NUMBER, "9223372036854775807", 2**63 - 1),
        (T.INTEGER, "5.00", 5),
        (T.INTEGER, -7, -7),
        (T.DATE, "2024-02-29", "2024-02-29"),
        (T.DATE, " 2026-02-01 ", "2026-02-01"),
        (T.DATETIME, "2026-02-01T10:00:00-03:00", "2026-02-01T10:00:00-03:00"),
        (T.DATETIME, "2026-02-01T10:00Z", "2026-02-01T10:00:00+00:00"),
        (T.DATETIME, "2026-02-01 10:00", "2026-02-01T10:00:00+00:00"),
        (T.SELECT, "a", "a"),
        (T.SELECT, 5, 5),
        (T.MULTISELECT, ["a", "b", "a", 1, "1"], ["a", "b", 1]),
        (T.CHECKBOX, True, True),
        (T.CHECKBOX, 0, False),
        (T.SECRET, " API_TOKEN ", "API_TOKEN"),
    ],
)
def test_what_is_accepted(field_type: FieldType, raw: object, value: object) -> None:
    coerced = coerce(field_type, raw)
    assert coerced == value
    assert type(coerced) is type(value)


@pytest.mark.parametrize("word", ["true", "1", "yes", "y", "TRUE", " Yes ", "Y"])
def test_words_for_yes(word: str) -> None:
    assert coerce(T.CHECKBOX, word) is True


@pytest.mark.parametrize("word", ["false", "0", "no", "n", "FALSE", " No "])
def test_words_for_no(word: str) -> None:
    assert coerce(T.CHECKBOX, word) is False


@pytest.mark.parametrize(
    ("field_type", "raw", "part"),
    [
        (T.TEXT, 5, "must be text"),
        (T.TEXT, ["a"], "must be text"),
        (T.TEXT, "x" * 4001, "more than 4000"),
        (T.TEXT, "a\nb", "single line"),
        (T.TEXT, "a\x00b", "cannot be stored"),
        (T.TEXT, "\ud800", "cannot be stored"),
        (T.TEXTAREA, "x" * 20_001, "more than 20000"),
        (T.TEXTAREA, "a\x00b", "cannot be stored"),
        (T.NUMBER, True, "must be a number"),
        (T.NUMBER, False, "must be a number"),
        (T.NUMBER, "true", "must be a number"),
        (T.NUMBER, "1,5", "must be a number"),
        (T.NUMBER, "1_000", "must be a number"),
        (T.NUMBER, "١٢", "must be a number"),
        (T.NUMBER, "0x10", "must be a number"),
        (T.NUMBER, "NaN", "must be a number"),
        (T.NUMBER, float("nan"), "must be a number"),
        (T.NUMBER, float("inf"), "must be a number"),
        (T.NUMBER, [5], "must be a number"),
        (T.NUMBER, "1" * 65, "must be a number"),
        (T.NUMBER, "1e9999", "too large"),
        (T.NUMBER, "1e99999", "must be a number"),
        (T.NUMBER, 1e300, "too large"),
        (T.NUMBER, 2**63, "too large"),
        (T.NUMBER, 10**4000, "too large"),
        (T.NUMBER, "1e-9999", "too many digits"),
        (T.NUMBER, "0.12345678901234567890", "too many digits"),
        (T.INTEGER, "5.5", "must be a whole number"),
        (T.INTEGER, True, "must be a number"),
        (T.DATE, "2026-02-30", "must be a date"),
        (T.DATE, "20260201", "must be a date"),
        (T.DATE, "2026-W05-1", "must be a date"),
        (T.DATE, "01/02/2026", "must be a date"),
        (T.DATE, "0000-01-01", "must be a date"),
        (T.DATE, 20260201, "must be a date"),
        (T.DATETIME, "2026-02-01", "must be a date and time"),
        (T.DATETIME, "2026-02-01T25:00Z", "must be a date and time"),
        (T.DATETIME, "2026-02-01T10:00+99:00", "must be a date and time"),
        (T.DATETIME, 1_700_000_000, "must be a date and time"),
        (T.SELECT, True, "one of its options"),
        (T.SELECT, 1.5, "one of its options"),
        (T.SELECT, ["a"], "one of its options"),
        (T.SELECT, "x" * 201, "more than 200"),
        (T.SELECT, 2**63, "too large"),
        (T.MULTISELECT, "a", "list of its options"),
        (T.MULTISELECT, [["a"]], "one of its options"),
        (T.MULTISELECT, ["a"] * 501, "more than 500"),
        (T.CHECKBOX, "maybe", "true or false"),
        (T.CHECKBOX, 2, "true or false"),
        (T.CHECKBOX, 1.0, "true or false"),
        (T.CHECKBOX, 10**4000, "true or false"),
        (T.CHECKBOX, [], "true or false"),
        (T.FILE, "a.txt", "must be a file"),
        (T.FILE, {"name": "a.txt"}, "must be a file"),
        (T.FILE, inline() | {"path": "/etc/passwd"}, "must be a file"),
        (T.FILE, inline(name="../a"), "file name"),
        (T.FILE, inline(name="a\\b"), "file name"),
        (T.FILE, inline(name=".bashrc"), "file name"),
        (T.FILE, inline(name="a\nb"), "file name"),
        (T.FILE, inline(name=""), "file name"),
        (T.FILE, inline(name=5), "file name"),
        (T.FILE, inline(name="x" * 201), "file name"),
        (T.FILE, {"name": "a", "content_base64": "%%%"}, "valid base64"),
        (T.FILE, {"name": "a", "content_base64": "YQ"}, "valid base64"),
        (T.FILE, {"name": "a", "content_base64": "é"}, "valid base64"),
        (T.FILE, {"name": "a", "content_base64": 5}, "valid base64"),
        (T.FILE, inline(content=b"x" * (128 * 1024 + 1)), "larger than 131072 bytes"),
        (T.SECRET, "sk-live-1234", "name of a secret"),
        (T.SECRET, "lower", "name of a secret"),
        (T.SECRET, {"key": "A"}, "name of a secret"),
    ],
)
def test_what_is_refused(field_type: FieldType, raw: object, part: str) -> None:
    with pytest.raises(ValueRefused) as caught:
        coerce(field_type, raw)
    sentence = caught.value.describe("Valor 100%")
    assert part in sentence
    assert sentence.startswith("Field 'Valor 100%' ")


def test_a_file_carries_size_and_digest() -> None:
    content = b"a;b\n"
    assert coerce(T.FILE, inline(content=content)) == {
        "name": "notas.csv",
        "size": 4,
        "sha256": hashlib.sha256(content).hexdigest(),
        "content_base64": "YTtiCg==",
    }


def test_the_digest_of_a_file_is_ours_not_the_senders() -> None:
    forged = inline() | {"sha256": "0" * 64, "size": 1}
    assert coerce(T.FILE, forged) == coerce(T.FILE, inline())


def test_the_largest_file_passes() -> None:
    assert coerce(T.FILE, inline(content=b"x" * (128 * 1024)))


def test_a_time_without_offset_is_meant_in_the_zone() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    assert coerce(T.DATETIME, "2026-02-01T10:00", zone=zone) == "2026-02-01T10:00:00-03:00"


@pytest.mark.parametrize("raw", [None, "", " \t\n", []])
def test_blank(raw: object) -> None:
    assert is_blank(raw)


@pytest.mark.parametrize("raw", [0, False, "0", "a", ["a"], {}])
def test_not_blank(raw: object) -> None:
    assert not is_blank(raw)


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_whole_numbers_stay_whole(number: int) -> None:
    for raw in (number, str(number), f" {number}.00 "):
        coerced = coerce(T.NUMBER, raw)
        assert type(coerced) is int
        assert coerced == number == coerce(T.INTEGER, raw)


@given(st.floats(min_value=-1e15, max_value=1e15))
def test_a_float_and_its_text_mean_the_same(number: float) -> None:
    assert coerce(T.NUMBER, number) == coerce(T.NUMBER, repr(number)) == number


@given(st.decimals(min_value=-(10**18), max_value=10**18, places=6))
def test_a_decimal_is_exact_or_refused(number: Decimal) -> None:
    try:
        coerced = coerce(T.NUMBER, str(number))
    except ValueRefused:
        assert Decimal(repr(float(number))) != number
    else:
        assert Decimal(str(coerced)) == number


@given(st.dates())
def test_dates(day: date) -> None:
    assert coerce(T.DATE, day.isoformat()) == day.isoformat()


@given(st.datetimes(timezones=st.timezones()))
def test_datetimes_keep_their_moment(moment: datetime) -> None:
    raw = moment.isoformat()
    if raw[-6] not in "+-" or raw[19:].count(":") != 1:
        return  # an offset with seconds, of before time zones were whole minutes
    assert datetime.fromisoformat(str(coerce(T.DATETIME, raw))) == datetime.fromisoformat(raw)


@given(st.datetimes())
def test_naive_datetimes_get_an_offset(moment: datetime) -> None:
    assert coerce(T.DATETIME, moment.isoformat()) == moment.replace(tzinfo=UTC).isoformat()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=6,
)


@given(st.sampled_from(list(FieldType)), json_values)
def test_whatever_is_accepted_is_plain_json_and_accepted_again(field_type: FieldType, raw: object) -> None:
    try:
        once = coerce(field_type, raw)
    except ValueRefused:
        return
    assert coerce(field_type, json.loads(json.dumps(once, allow_nan=False))) == once
    json.dumps(once, ensure_ascii=False).encode()
