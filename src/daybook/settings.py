"""What a user can set: environment variables `DAYBOOK_…` over `daybook.toml` in the working directory."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import (
    SettingsError as UnparsableSettingError,
)

from daybook.errors import SettingsError

DEFAULT_SOURCE = "main"
_SOURCE_NAME = re.compile(r"[a-z0-9-]{1,32}")
_POSTGRESQL = ("postgresql://", "postgres://")
_SHA256_HEX = re.compile(r"[0-9a-fA-F]{64}")

Secret = Annotated[SecretStr, Field(min_length=1)]


class Source(BaseModel):
    """One Zenoti organization: its shared secrets (several while they are rotated), and whether they are enforced."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    secrets: tuple[Secret, ...] = ()
    verify: Literal["enforce", "observe"] = "enforce"

    def plain_secrets(self) -> tuple[str, ...]:
        """The secrets as the signature's check needs them; nothing else should ask."""
        return tuple(secret.get_secret_value() for secret in self.secrets)


class Settings(BaseSettings):
    """All settings; `Settings.load()` reads them and speaks plainly where one is wrong."""

    model_config = SettingsConfigDict(
        env_prefix="DAYBOOK_", toml_file="daybook.toml", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database_url: str = "sqlite:///./daybook-data"
    read_database_url: str | None = None
    """A replica of a PostgreSQL, which the read API asks instead."""
    sources: dict[str, Source] = {}
    sources_file: Path | None = None
    api_tokens: dict[str, str] = {}
    """Token name to the SHA-256 of the token, in hex."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    behind_proxy: bool = False
    body_bytes_max: int = Field(default=8 * 1024 * 1024, ge=1024)
    projections: Annotated[tuple[Path, ...], NoDecode] = ()
    """Folders with projections of one's own; in the environment several are joined as in PATH."""

    @classmethod
    def load(cls, **overrides: Any) -> Self:  # noqa: ANN401  the fields above, by name
        """The settings in force. Raises `SettingsError` that names the setting, never its value."""
        try:
            return cls(**overrides)
        except ValidationError as error:
            problems = "; ".join(f"{_variable(problem['loc'])}: {problem['msg']}" for problem in error.errors())
            raise SettingsError(problems) from None
        except UnparsableSettingError as error:
            raise SettingsError(f"{error}; it must be JSON") from None
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"daybook.toml is not TOML: {error}") from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then `daybook.toml`."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @field_validator("database_url")
    @classmethod
    def _known_engine(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", *_POSTGRESQL)):
            raise ValueError("must begin with sqlite:/// (and name a folder) or postgresql://")
        return value

    @field_validator("read_database_url")
    @classmethod
    def _replica(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(_POSTGRESQL):
            raise ValueError("must begin with postgresql:// and name a replica of the database")
        return value or None

    @field_validator("projections", mode="before")
    @classmethod
    def _folders(cls, value: object) -> object:
        return tuple(filter(None, value.split(os.pathsep))) if isinstance(value, str) else value

    @field_validator("api_tokens")
    @classmethod
    def _hashed_tokens(cls, value: dict[str, str]) -> dict[str, str]:
        for name, digest in value.items():
            if not _SHA256_HEX.fullmatch(digest):
                raise ValueError(f"{name!r} must be given by its SHA-256 in hex; `daybook token {name}` makes one")
        return {name: digest.lower() for name, digest in value.items()}

    @model_validator(mode="after")
    def _replica_of_postgresql(self) -> Self:
        if self.read_database_url is not None and not self.database_url.startswith(_POSTGRESQL):
            raise ValueError("DAYBOOK_READ_DATABASE_URL names a replica of a PostgreSQL, but DAYBOOK_DATABASE_URL none")
        return self

    @model_validator(mode="after")
    def _named_sources(self) -> Self:
        sources = dict(self.sources)
        if self.sources_file is not None:
            sources |= _read_sources(self.sources_file)
        for name in sources:
            if not _SOURCE_NAME.fullmatch(name):
                raise ValueError(f"sources: {name!r} must be 1 to 32 of a-z, 0-9 and -")
        if not sources and self.is_loopback:
            sources = {DEFAULT_SOURCE: Source()}
        object.__setattr__(self, "sources", sources)
        return self

    @property
    def store(self) -> str:
        """Where the store is, as it may be shown: a URL of PostgreSQL can hold a password, in two places."""
        url = urlsplit(self.database_url)
        return f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can call: then secrets and tokens may be missing."""
        if self.behind_proxy:
            return False
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def require_guards(self) -> None:
        """Raises `SettingsError` where the host can be reached from outside and something stands open."""
        if self.is_loopback:
            return
        reason = "DAYBOOK_BEHIND_PROXY is true" if self.behind_proxy else f"DAYBOOK_HOST is {self.host}"
        if not self.sources:
            raise SettingsError(f"{reason}, so name your sources and their secrets in DAYBOOK_SOURCES")
        open_sources = ", ".join(name for name, source in self.sources.items() if not source.secrets)
        if open_sources:
            raise SettingsError(f"{reason}, so every source needs a secret in DAYBOOK_SOURCES; not {open_sources}")
        if not self.api_tokens:
            raise SettingsError(f"{reason}, so set DAYBOOK_API_TOKENS; `daybook token NAME` makes one")


def _read_sources(path: Path) -> dict[str, Source]:
    try:
        text = path.read_text()
        data = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        # A parser's message can quote the file, which holds secrets: only its kind is told.
        raise ValueError(f"DAYBOOK_SOURCES_FILE {path}: cannot be read ({type(error).__name__})") from None
    return {name: Source.model_validate(source) for name, source in data.items()}


def _variable(location: tuple[int | str, ...]) -> str:
    return ".".join(["DAYBOOK_" + str(location[0]).upper(), *map(str, location[1:])]) if location else "settings"
