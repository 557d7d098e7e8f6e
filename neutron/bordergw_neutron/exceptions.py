# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""Answers of bordergw as Neutron's exceptions.

All derive from L2GatewayServiceDriverError, because that is the one class for which networking-l2gw takes back what it
has stored. The status comes from a second base class, by neutron-lib's FAULT_MAP.
"""
import contextlib
import functools

from networking_l2gw.services.l2gateway import exceptions as l2gw_exc
from neutron_lib.api import faults
from neutron_lib import exceptions as n_exc
from oslo_db import exception as db_exc
from oslo_log import log as logging
import oslo_messaging
from sqlalchemy import exc as sa_exc

LOG = logging.getLogger(__name__)


class BorderGatewayUnavailable(l2gw_exc.L2GatewayServiceDriverError, n_exc.ServiceUnavailable):
    """503: bordergw does not answer, or not with sense."""

    message = '%(text)s'
    # No answer came to this request. nobody: nor would one to another request, since there was not even a connection.
    silent = nobody = False


class Refused(l2gw_exc.L2GatewayServiceDriverError):
    """bordergw refused a request with a 4xx. See refusal()."""

    # The text is a value and never the format: it may hold a per cent sign.
    message = '%(text)s'
    status = 500


# What passes without anybody changing an object: it is to be tried again.
PASSING = (BorderGatewayUnavailable, db_exc.DBError, sa_exc.SQLAlchemyError, oslo_messaging.MessagingException)

_BASES = {400: n_exc.BadRequest, 404: n_exc.NotFound, 409: n_exc.Conflict, 412: n_exc.Conflict, 413: n_exc.BadRequest}


@functools.lru_cache(maxsize=256)
def _refusal_class(status, kind):
    base = _BASES.get(status, n_exc.Conflict)
    return type(kind, (Refused, base), {'status': status, 'message': '%(text)s', '__doc__': 'bordergw\'s ' + kind})


def refusal(status, kind, text):
    """An exception with bordergw's status, type and text.

    Neutron answers the name of the class as type, so the class is named like bordergw's type.
    """
    kind = str(kind)
    if not kind.isidentifier() or len(kind) > 80:
        kind = 'Conflict'
    return _refusal_class(status, kind)(text=text)


def is_kind(error, *kinds):
    """Whether a refusal has one of bordergw's types."""
    return type(error).__name__ in kinds


# For what fails after a row is written

class DatabaseUnavailable(l2gw_exc.L2GatewayServiceDriverError, n_exc.ServiceUnavailable):
    """503: Neutron's database did not do what was asked."""

    message = 'The database does not serve: %(text)s'


class Failed(l2gw_exc.L2GatewayServiceDriverError):
    """500: a fault of this package, or of what it calls."""

    message = '%(text)s'


def _status_of(error):
    """The status with which Neutron would answer an exception: networking-l2gw adds its own to the list."""
    return next((answer.code for kind, answer in faults.FAULT_MAP.items() if isinstance(error, kind)), 500)


@contextlib.contextmanager
def taken_back():
    """Make of every failure one for which networking-l2gw takes the row back, with the same type, text and status."""
    try:
        yield
    except l2gw_exc.L2GatewayServiceDriverError:
        raise
    except n_exc.NeutronException as e:
        status = _status_of(e)
        if status >= 500:
            raise Failed(text=str(e)) from e
        raise refusal(status, type(e).__name__, str(e)) from e
    except (db_exc.DBError, sa_exc.SQLAlchemyError) as e:
        LOG.exception('The database failed while a row was sent to bordergw; the row is taken back')
        raise DatabaseUnavailable(text=type(e).__name__) from e
    except Exception as e:
        LOG.exception('Sending a row to bordergw failed; the row is taken back')
        raise Failed(text='%s: %s' % (type(e).__name__, e)) from e
