"""Every error daybook raises: one tree; the docstring is the default message."""

from __future__ import annotations


class DaybookError(Exception):
    """Something in daybook went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__ or "")


class InvalidIdError(DaybookError):
    """An id is not a text or a whole number, is longer than 200 characters, or holds `/` or a control character."""


class InvalidInstantError(DaybookError):
    """A time is not an RFC 3339 date and time between the years 1678 and 2261."""


class SettingsError(DaybookError):
    """The settings do not allow a start."""


class StoreError(DaybookError):
    """The store did not take the write."""


class StoreUnavailableError(StoreError):
    """The store cannot be written now; try again later."""


class CommitUnknownError(StoreUnavailableError):
    """The store was lost during a commit, or took it without its standby; whether it will last is not known."""


class ConnectionLostError(StoreUnavailableError):
    """The store was lost before a commit; nothing was written, and the same write may succeed at once."""


class DataRejectedError(StoreError):
    """The store refused the data of a write; the same write would be refused again."""


class StoreNewerError(DaybookError):
    """The store was written by a newer daybook than this one; start that version, or restore a backup."""


class EventNewerError(DaybookError):
    """An event was written by a newer daybook than this one; update daybook, nothing was skipped."""


class EventUnreadableError(DaybookError):
    """A recorded event cannot be decoded; the journal is damaged or its code is missing."""


class EventCodeError(DaybookError):
    """A class of events cannot be read in every version that was ever written; its code is incomplete."""


class FormatLevelError(DaybookError):
    """The journal does not take such events yet; once every process runs this daybook, run `daybook migrate`."""


class UnknownDeliveryError(DaybookError):
    """There is no delivery of this id."""


class NotQuarantinedError(DaybookError):
    """This delivery is not quarantined, so there is nothing to release."""


class QueueFullError(DaybookError):
    """More deliveries wait to be stored than this process takes on."""


class ProjectionError(DaybookError):
    """A projection cannot go on."""


class PoolingError(ProjectionError):
    """A follower needs database sessions of its own; set pgbouncer's `pool_mode = session`, or connect directly."""


class JournalExchangedError(ProjectionError):
    """The cursor of this projection belongs to another journal, or to one that was restored to an earlier point."""


class LeaseLostError(ProjectionError):
    """Another follower has taken this projection over."""


class CodeChangedError(ProjectionError):
    """The code of a projection changed, and its version did not."""


class TableLostError(ProjectionError):
    """A table of a projection is gone, and its cursor is not."""


class BehindError(ProjectionError):
    """A build of a projection has not got as far as the one that is live."""
