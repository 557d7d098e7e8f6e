# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""What a comparison does when one of many things fails: the others go on, and the log has each failure once."""
from neutron_lib import exceptions as n_exc
from oslo_log import log as logging

from bordergw_neutron import exceptions as exc

LOG = logging.getLogger(__name__)

# So many requests one after the other without an answer are taken for all of them.
MAX_SILENT = 3


class Attempts:
    """Tries things, each known by a verb, a kind and an id."""

    def __init__(self):
        # What failed, with its text: an ERROR is logged once, and again when the text changes.
        self._failed = {}
        self.begin()

    def begin(self):
        """A comparison begins."""
        self.failures, self.last_failure = 0, ''
        self._tried, self._silent = set(), 0

    def end(self):
        """A comparison has tried all that there is: other failures are those of objects that are gone."""
        self._failed = {what: text for what, text in self._failed.items() if what in self._tried}

    def one_of_many(self, what, function, *args):
        """Like one(), but what may pass does not stop the others either: it is counted.

        Only when nobody answers there is no use in going on.
        """
        try:
            done = self.one(what, function, *args)
        except exc.PASSING as e:
            self._silent = self._silent + 1 if getattr(e, 'silent', False) else 0
            if getattr(e, 'nobody', False) or self._silent >= MAX_SILENT:
                raise
            failed = e
        else:
            self._silent = 0
            return done
        self.failures, self.last_failure = self.failures + 1, _text(failed)
        self._log(what, 'failed, and is to be tried again', failed)
        return False

    def one(self, what, function, *args):
        """Call a function. What Neutron or bordergw refuses is logged, and False is returned. Other failures go on."""
        self._tried.add(what)
        try:
            function(*args)
        except exc.PASSING:
            raise
        except n_exc.NeutronException as e:
            failed = e
        except Exception as e:
            if not self._known(what, e):
                LOG.exception('sync: %s %s %s failed', *what)
            return False
        else:
            if self._failed.pop(what, None):
                LOG.info('sync: %s %s %s is done now', *what)
            return True
        self._log(what, 'is refused', failed)
        return False

    def _known(self, what, error):
        """Whether the same failed before, in the same way."""
        known = self._failed.get(what) == _text(error)
        self._failed[what] = _text(error)
        return known

    def _log(self, what, verdict, error):
        """Not inside of an except: see quiet.py."""
        known = self._known(what, error)
        LOG.log(logging.DEBUG if known else logging.ERROR, 'sync: %s %s %s %s: %s', *what, verdict, _text(error))


def _text(error):
    return '%s: %s' % (type(error).__name__, error)
