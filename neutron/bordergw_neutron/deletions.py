# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""Which connections were deleted through this Neutron, as against those whose rows are gone for another reason.

Only the former may all go in a comparison. Each is an empty file in a directory that the processes of a host share, so
that one that is started again still knows of a deletion that bordergw has not got. What is noted and not carried out
after all is harmless: what has a row is not deleted.
"""
import contextlib
import os
import time

from oslo_config import cfg
from oslo_log import log as logging

LOG = logging.getLogger(__name__)

# How long at least. A create without an answer may reach bordergw after the row was taken back.
KEEP_SECONDS = 24 * 3600


def of_this_host():
    """In Neutron's state_path."""
    return Deletions(os.path.join(cfg.CONF.state_path, 'bordergw', 'deleted'))


class Deletions:
    """The ids of deleted connections. What cannot be written is known to this process only."""

    def __init__(self, directory):
        self.directory = directory
        self._unwritten = {}        # {id: time.time()}

    def note(self, *connection_ids):
        """Called before the deletion is committed. Never fails."""
        for connection_id in connection_ids:
            failed = self._write(connection_id)
            if failed:
                if not self._unwritten:
                    LOG.warning('%s: deleted connections cannot be noted for a restart: %s', self.directory, failed)
                self._unwritten[connection_id] = time.time()

    @contextlib.contextmanager
    def of_failure(self, connection_id):
        """What fails takes the row of a connection back."""
        try:
            yield
        except Exception:
            self.note(connection_id)
            raise

    def _write(self, connection_id):
        """Returns what went wrong, or None."""
        try:
            os.makedirs(self.directory, mode=0o750, exist_ok=True)
            with open(os.path.join(self.directory, connection_id), 'w', encoding='ascii'):
                return None
        except (OSError, ValueError) as e:
            return e

    def known(self):
        """The ids of all that is noted."""
        return self._unwritten.keys() | set(self._files())

    def _files(self):
        try:
            return os.listdir(self.directory)
        except OSError:
            return []

    def forget(self, there):
        """A comparison is done. Old notes go, but for those of connections that bordergw still has (there)."""
        oldest = time.time() - KEEP_SECONDS
        self._unwritten = {i: at for i, at in self._unwritten.items() if i in there or at >= oldest}
        for name in self._files():
            path = os.path.join(self.directory, name)
            try:
                if name not in there and os.stat(path).st_mtime < oldest:
                    os.unlink(path)
            except OSError as e:        # another process was faster
                LOG.debug('%s: %s', path, e)
