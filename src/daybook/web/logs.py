"""Structured logs through Litestar's structlog plugin: JSON lines that hold no body, no query and no token."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any, Final

import structlog
from litestar.logging import LoggingConfig
from litestar.logging.config import StructLoggingConfig
from litestar.plugins.problem_details import ProblemDetailsException
from litestar.plugins.structlog import StructlogConfig, StructlogPlugin
from litestar.types import Logger, Scope

from daybook.web.problems import EXPECTED

FRAMES_MAX: Final = 20
"""Of a traceback that is logged."""

_SHARED: Final[list[Any]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def plugin() -> StructlogPlugin:
    """Litestar's own plugin; a line per request would cost more than the request, and paths hold ids."""
    return StructlogPlugin(StructlogConfig(structlog_logging_config=_configuration(), enable_middleware_logging=False))


def configure_logs() -> None:
    """The same for a process that supervises others and has no application of its own."""
    configuration = _configuration()
    configuration.configure()
    if configuration.standard_lib_logging_config is not None:
        configuration.standard_lib_logging_config.configure()


def _configuration() -> StructLoggingConfig:
    """One form: structlog and the standard library's loggers write JSON lines to stderr."""
    return StructLoggingConfig(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
        standard_lib_logging_config=_standard_library(),
        log_exceptions="always",
        exception_logging_handler=_log_exception,
        disable_stack_trace={400, 404, 405, 413, ProblemDetailsException, *EXPECTED},
    )


def _standard_library() -> LoggingConfig:
    return LoggingConfig(
        formatters={
            "standard": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*_SHARED, _without_messages_of_exceptions],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(),
                ],
            }
        },
        handlers={"console": {"class": "logging.StreamHandler", "level": "INFO", "formatter": "standard"}},
        loggers={
            "litestar": {"level": "INFO", "handlers": ["console"], "propagate": False},
            "httpx": {"level": "WARNING"},  # it logs whole URLs
        },
        root={"handlers": ["console"], "level": "INFO"},
    )


def where(error: BaseException) -> dict[str, Any]:
    """Where it failed, and with what kind of error; never its message, which could repeat what a body said."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_MAX:]
    return {
        "error": type(error).__name__,
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }


def _log_exception(logger: Logger, scope: Scope, _: list[str]) -> None:
    error = sys.exc_info()[1] or Exception()
    # The template of the path, since the path holds ids.
    logger.error("request_failed", route=scope.get("path_template", ""), **where(error))


def _without_messages_of_exceptions(_logger: logging.Logger, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """For the lines of libraries: `exc_info` would print the message."""
    exc_info = event.pop("exc_info", None)
    if isinstance(exc_info, tuple) and exc_info[1] is not None:
        event.update(where(exc_info[1]))
    return event
