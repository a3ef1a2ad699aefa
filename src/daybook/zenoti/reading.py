"""How single values of a body are read: tolerant of spellings and types, and never silently."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Final, Self, cast

from msgspec import UNSET
from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationInfo

from daybook.domain.clock import ToldCenter, ToldUnproven, ToldUtc
from daybook.domain.events import ToldBool, ToldId, ToldInt, ToldText
from daybook.domain.identity import normalize_id
from daybook.errors import InvalidIdError
from daybook.zenoti.document import Number, UnreadableError

TEXT_CHARS_MAX: Final = 1000
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1
_LONGEST_INT_TEXT: Final = 30
_KEYS_REMEMBERED_MAX: Final = 128
_TRUE: Final = frozenset({"true", "yes", "1"})
_FALSE: Final = frozenset({"false", "no", "0"})
_UNREAD: Final = "could not be read and counts as not told"
_UNSTORABLE: Final = {0: "\ufffd", **dict.fromkeys(range(0xD800, 0xE000), "\ufffd")}


class Notes:
    """What a translation has to say beside its events: sentences for `detail`, each once, no personal data."""

    def __init__(self) -> None:
        self._sentences: dict[str, None] = {}

    def add(self, sentence: str) -> None:
        """Notes one more sentence."""
        self._sentences[sentence] = None

    def text(self) -> str | None:
        """All sentences in one; None where there is nothing to say."""
        return "; ".join(self._sentences) or None


@lru_cache(maxsize=4096)
def spelling(key: str) -> str:
    """The one spelling of a key under which all of Zenoti's are found: `TherapistId` and `therapist_id` are one."""
    return key.replace("_", "").lower()


def spelled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """An object under the one spelling of its keys; of two spellings the first that tells something counts."""
    keys = (*fields,)
    spellings = _spellings(keys) if len(keys) <= _KEYS_REMEMBERED_MAX else map(spelling, keys)
    found = dict(zip(spellings, fields.values(), strict=True))
    if len(found) < len(fields):
        for key, value in reversed([*fields.items()]):
            if value is not None:
                found[spelling(key)] = value
    return found


# Zenoti sends the same keys in the same order: one look for all of them.
@lru_cache(maxsize=1024)
def _spellings(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(spelling, keys))


def read_id(value: object, where: str) -> str | None:
    """An id as told, normalized; None for null. Raises `UnreadableError` with the reason `invalid_id`."""
    if value is None:
        return None
    try:
        return normalize_id(_integer_of(value) if isinstance(value, Number) else value)
    except InvalidIdError as error:
        raise UnreadableError("invalid_id", f"{where}: {error}") from None


def read_list(value: object, where: str) -> list[Any]:
    """A list; empty for absent and null. Raises `UnreadableError` with the reason `invalid_list`."""
    if value is None or value is UNSET:
        return []
    if not isinstance(value, list):
        raise UnreadableError("invalid_list", f"{where} is not a list")
    return value


def storable(text: str) -> str:
    """The text with U+FFFD for what no store can hold: NUL and lone surrogates."""
    return text.translate(_UNSTORABLE) if not text.isascii() or "\0" in text else text


def _integer_of(value: Number) -> object:
    """A very long integer as its digits; a fraction as the float that no id can be."""
    digits = value.text.removeprefix("-")
    return (value.text if digits != "0" else digits) if digits.isdigit() else 0.5


def _id(value: object, info: ValidationInfo) -> str | None:
    return read_id(value, _where(info))


def _text(value: object, info: ValidationInfo) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    elif isinstance(value, Number):
        value = value.text
    if value is None:
        return None
    if not isinstance(value, str):
        _note(info, _UNREAD)
        return None
    clean = storable(value)
    if clean != value:
        _note(info, "characters that no text can hold were replaced")
    if len(clean) > TEXT_CHARS_MAX:
        _note(info, f"cut to {TEXT_CHARS_MAX} characters")
    return clean[:TEXT_CHARS_MAX]


def _texts(value: object, info: ValidationInfo) -> str | None:
    """A text, or the texts of a list joined by commas: no sample shows which of both a key holds."""
    if not isinstance(value, list):
        return _text(value, info)
    texts = [_text(item, info) for item in value]
    return ", ".join(text for text in texts if text)[:TEXT_CHARS_MAX]


def _int(value: object, info: ValidationInfo) -> int | None:
    if value is None:
        return None
    number: int | None = None
    if isinstance(value, int):
        number = int(value)
    elif isinstance(value, str | Number):
        number = _int_of_text(value.text if isinstance(value, Number) else value.strip())
    if number is None or not _INT_MIN <= number <= _INT_MAX:
        _note(info, _UNREAD)
        return None
    return number


def _int_of_text(text: str) -> int | None:
    if len(text) > _LONGEST_INT_TEXT or not text.isascii():
        return None
    try:
        number = Decimal(text)
        return int(number) if number.is_finite() and abs(number) <= _INT_MAX and number == int(number) else None
    except ArithmeticError:
        return None


def _bool(value: object, info: ValidationInfo) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    if word not in _TRUE | _FALSE:
        _note(info, _UNREAD)
        return None
    return word in _TRUE


def _note(info: ValidationInfo, what: str) -> None:
    cast("Notes", info.context).add(f"{_where(info)}: {what}")


def _where(info: ValidationInfo) -> str:
    return info.field_name or "an entry"


Id = Annotated[ToldId, PlainValidator(_id)]
Text = Annotated[ToldText, PlainValidator(_text)]
TextOrTexts = Annotated[ToldText, PlainValidator(_texts)]
Utc = Annotated[ToldUtc, PlainValidator(_text)]
Center = Annotated[ToldCenter, PlainValidator(_text)]
Unproven = Annotated[ToldUnproven, PlainValidator(_text)]
Int = Annotated[ToldInt, PlainValidator(_int)]
Bool = Annotated[ToldBool, PlainValidator(_bool)]


class Reading(BaseModel):
    """What is read of one object of a body: keys in any spelling, unknown ones ignored, absent ones `UNSET`."""

    model_config = ConfigDict(extra="ignore", alias_generator=spelling, arbitrary_types_allowed=True)

    @classmethod
    def of(cls, fields: Mapping[str, Any], notes: Notes) -> Self:
        """The reading of one object. Raises `UnreadableError` for an id that cannot be one."""
        return cls.model_validate(spelled(fields), context=notes)

    def told(self) -> dict[str, Any]:
        """Field to value, of those that the body had."""
        fields = self.__dict__
        return {name: fields[name] for name in self.model_fields_set}
