"""A log in a list: all of it, only within the block, and as it was before afterwards."""

import logging

import pytest

from wsdemo.logs import log_of

LOGGER = logging.getLogger("wsdemo.tests.logs")


def test_all_records_of_the_block_are_collected():
    LOGGER.warning("before")
    with log_of(LOGGER.name) as records:
        LOGGER.debug("a detail, %d", 1)
        LOGGER.getChild("part").error("a fault")
    LOGGER.error("after")
    assert [record.getMessage() for record in records] == ["a detail, 1", "a fault"]


def test_the_logger_is_as_before_after_an_error_too():
    before = LOGGER.level, list(LOGGER.handlers)
    with pytest.raises(ZeroDivisionError), log_of(LOGGER.name):
        raise ZeroDivisionError
    assert (LOGGER.level, LOGGER.handlers) == before
