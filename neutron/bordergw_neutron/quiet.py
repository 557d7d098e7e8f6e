# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""One line in the log for one failure.

oslo.log appends the exception that is being handled to each warning and error. So this package logs causes after the
except, not inside of it: there they would stand twice.

Neutron logs every answer of 5xx with a traceback. For a bordergw that is away the cause is enough.
"""
import logging

from bordergw_neutron import exceptions as exc

# Those that log how a request failed: of Pecan, and of Neutron's older controllers.
LOGGERS = ('neutron.pecan_wsgi.hooks.translation', 'neutron.api.v2.resource')


class WithoutTraceback(logging.Filter):
    """Takes the traceback out of a record about a bordergw that is away."""

    def filter(self, record):
        if record.exc_info and isinstance(record.exc_info[1], exc.BorderGatewayUnavailable):
            record.exc_info = None      # oslo.log appends its text
        return True


ONE = WithoutTraceback()


def install():
    """Have Neutron's loggers use it. Twice is as once."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(ONE)
