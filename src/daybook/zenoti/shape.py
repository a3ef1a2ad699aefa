"""The shape of a body: which keys it has and of which types their values are, so that a new one is noticed.

Looked at for every webhook, so what one object looked like is remembered where it stood: the next one that looks the
same costs one look into a dictionary.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import msgspec

from daybook.zenoti.document import Number

OBJECTS_MAX: Final = 2_000
"""Objects and lists of one body that are looked at."""
KEYS_MAX: Final = 256
"""An object with more keys is a table of data."""
PATHS_MAX: Final = 512
"""Of one shape."""
PATH_CHARS_MAX: Final = 200
_LOOKS_MAX: Final = 4_096
"""So many looks are remembered; then all are forgotten and learned again."""
_NESTING_MAX: Final = 64

# A key that is no identifier, or has many digits, is data: an id, a date, a phone number, a person's name or address.
_NAME: Final = re.compile(r"(?!(?:\D*\d){3})[A-Za-z_]\w{0,63}", re.ASCII)
_ANY: Final = "*"
_JSON_TYPES: Final[dict[type, str]] = {
    str: "string",
    int: "number",
    Number: "number",
    bool: "boolean",
    type(None): "null",
    dict: "object",
    list: "array",
}
_Keys: TypeAlias = tuple[str, ...]
_Types: TypeAlias = tuple[type, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """Keys and types of one body. `digest` (hex) and `paths` are of its keys alone: null says nothing of a type.

    A path is written `data.appointments[].id`, and `*` stands for keys that are data.
    """

    digest: str
    paths: tuple[str, ...]
    types: frozenset[tuple[str, str]]
    """Path and JSON type: `string`, `number`, `boolean`, `null`, `object` or `array`."""
    paths_json: str


def shape_of(body: Any) -> Shape | None:  # noqa: ANN401  any JSON value
    """The shape of a parsed body; None where it is no object and no list. Equal ones are one object, mostly."""
    memory = _memories[0]
    seen: list[_Look] = []
    # Grows while it is gone through: a call for each object would double the time.
    standing: list[tuple[Any, _Place]] = [(body, memory.root)] if type(body) in _CONTAINERS else []
    for found, place in standing:
        if type(found) is dict and len(found) <= KEYS_MAX:
            looks = ((*found,), (*map(type, found.values()),))
            look = place.objects.get(looks) or place.learn_object(*looks)
            for key, below in look.below:
                standing.append((found[key], below))
        else:
            look = _look_into(found, place, standing)
        seen.append(look)
    if not seen:
        return None
    known = frozenset(seen)
    return memory.shapes.get(known) or memory.learn(known)


@dataclass(slots=True, eq=False)
class _Look:
    """How an object or a list looked at one place: what it tells, and where its objects and lists stand."""

    types: frozenset[tuple[str, str]]
    below: tuple[tuple[str, _Place], ...] = ()
    items: _Place | None = None


@dataclass(slots=True, eq=False)
class _Place:
    """Where objects and lists stand in bodies."""

    path: str
    memory: _Memory
    depth: int = 0
    objects: dict[tuple[_Keys, _Types], _Look] = field(default_factory=dict)
    lists: dict[frozenset[type], _Look] = field(default_factory=dict)
    below: dict[str, _Place] = field(default_factory=dict)

    def place(self, step: str) -> _Place:
        """The place one step below."""
        path = f"{self.path}{step}" if step == "[]" or not self.path else f"{self.path}.{step}"
        if len(path) > PATH_CHARS_MAX or self.depth > _NESTING_MAX:
            return self
        return self.below.setdefault(step, _Place(path, self.memory, self.depth + 1))

    def learn_object(self, keys: _Keys, types: _Types) -> _Look:
        """What keys and types tell."""
        steps = [key if _NAME.fullmatch(key) else _ANY for key in keys]
        told = zip(keys, steps, types, strict=True)
        found = [(key, self.place(step), of) for key, step, of in told]
        look = _Look(
            frozenset((place.path, _JSON_TYPES[of]) for _, place, of in found),
            tuple((key, place) for key, place, of in found if of in _CONTAINERS),
        )
        self.memory.looks += 1
        return self.objects.setdefault((keys, types), look)

    def learn_list(self, types: frozenset[type], step: str) -> _Look:
        """What the types of the items tell."""
        items = self.place(step)
        self.memory.looks += 1
        return self.lists.setdefault(
            types, _Look(frozenset((items.path, _JSON_TYPES[of]) for of in types), items=items)
        )


@dataclass(slots=True, eq=False)
class _Memory:
    """All that was learned."""

    looks: int = 0
    root: _Place = field(init=False)
    shapes: dict[frozenset[_Look], Shape] = field(default_factory=dict)
    _by_types: dict[frozenset[tuple[str, str]], Shape] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root = _Place("", self)

    def learn(self, looks: frozenset[_Look]) -> Shape:
        """The shape that these looks make."""
        if self.looks > _LOOKS_MAX:
            _memories[0] = _Memory()
        types = frozenset[tuple[str, str]]().union(*(look.types for look in looks))
        shape = self.shapes[looks] = self._by_types.setdefault(types, _shape(types))
        self.looks += 1
        return shape


def _shape(types: frozenset[tuple[str, str]]) -> Shape:
    paths = tuple(sorted({path for path, _ in types})[:PATHS_MAX])
    kept = frozenset(paths)
    encoded = msgspec.json.encode(paths)
    digest = hashlib.sha256(encoded).hexdigest()[:32]
    return Shape(digest, paths, frozenset(each for each in types if each[0] in kept), encoded.decode())


_CONTAINERS: Final = frozenset({dict, list})
_memories: Final = [_Memory()]


def _look_into(found: Any, place: _Place, standing: list[tuple[Any, _Place]]) -> _Look:  # noqa: ANN401  dict or list
    items, step = (found, "[]") if type(found) is list else (found.values(), _ANY)
    types = frozenset(map(type, items))
    look = place.lists.get(types) or place.learn_list(types, step)
    if look.items is not None and not types.isdisjoint(_CONTAINERS):
        for item in items:
            if len(standing) >= OBJECTS_MAX:
                break
            if type(item) in _CONTAINERS:
                standing.append((item, look.items))
    return look
