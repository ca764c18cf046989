"""The records of a logger in a list, for a program that has to look at its own log."""

import contextlib
import logging
from collections.abc import Iterator

__all__ = ["log_of"]


class _Keeper(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@contextlib.contextmanager
def log_of(name: str) -> Iterator[list[logging.LogRecord]]:
    """Collect all that a logger receives in a ``with`` block, DEBUG included.

    Args:
        name: of the logger, such as ``"websockets.server"``.

    Yields:
        The records so far, oldest first.
    """
    logger, keeper = logging.getLogger(name), _Keeper()
    level = logger.level
    logger.addHandler(keeper)
    logger.setLevel(logging.DEBUG)
    try:
        yield keeper.records
    finally:
        logger.removeHandler(keeper)
        logger.setLevel(level)
