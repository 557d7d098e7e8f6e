# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""Answers of bordergw as Neutron's exceptions.

All derive from L2GatewayServiceDriverError, because that is the one class for which networking-l2gw takes back what it
has stored. The status comes from a second base class, by neutron-lib's FAULT_MAP.
"""
import functools

from networking_l2gw.services.l2gateway import exceptions as l2gw_exc
from neutron_lib import exceptions as n_exc


class BorderGatewayUnavailable(l2gw_exc.L2GatewayServiceDriverError, n_exc.ServiceUnavailable):
    """503: bordergw does not answer, or not with sense."""

    message = '%(text)s'


class Refused(l2gw_exc.L2GatewayServiceDriverError):
    """bordergw refused a request with a 4xx. See refusal()."""

    # The text is a value and never the format: it may hold a per cent sign.
    message = '%(text)s'
    status = 500


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
