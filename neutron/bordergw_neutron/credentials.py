# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""The token that bordergw is sent: one of the configuration, or one that Keystone gives.

Both have get() for the token, and renew(sent) for the one after bordergw did not take what was sent.
"""
import threading
import time

from keystoneauth1 import exceptions as ksa_exc
from keystoneauth1 import session as ksa_session
import requests


class Unavailable(Exception):
    """There is no token. nobody: Keystone cannot be reached. silent: it does not answer."""

    def __init__(self, text, silent=False, nobody=False):
        super().__init__(text)
        self.silent, self.nobody = silent, nobody


def usable(token):
    """Whether a token can go into the head of a request. One that cannot would be shown by the error."""
    return token.isascii() and token.isprintable()


class Configured:
    """A token of the configuration. One in a file is read again when it is not taken: it may have been replaced."""

    def __init__(self, conf):
        self._conf = conf
        self._token = self._read()

    def _read(self):
        if not self._conf.token_file:
            return self._conf.token
        with open(self._conf.token_file, encoding='utf-8') as f:
            return f.read().strip()

    def get(self):
        return self._token

    def renew(self, sent):
        """Another thread may have done so since this one sent its request."""
        try:
            token = self._read()
        except (OSError, ValueError):       # gone, or no text
            token = None
        if token and usable(token):
            self._token = token
        return self._token


class Keystone:
    """Tokens of an account in Keystone, each used until it is about to expire or is not taken."""

    def __init__(self, plugin, conf):
        """plugin is one of keystoneauth's."""
        self._plugin = plugin
        http = requests.Session()
        http.trust_env = False          # a proxy of the environment is not for a control plane
        # Keystone may be asked twice for a token: for its versions, and for it.
        self._session = ksa_session.Session(auth=plugin, session=http, verify=conf.cafile or True,
                                            timeout=(conf.connect_timeout + conf.read_timeout) / 2)
        # One thread asks at a time. When and with what the last one failed.
        self._asking, self._failed_at, self._failure = threading.Lock(), 0.0, None

    def get(self):
        """The token. Threads that wait for the one that asks fail with it: each would wait for as long, one by one."""
        began = time.monotonic()
        with self._asking:
            if self._failed_at <= began:
                try:
                    return self._plugin.get_token(self._session)
                except Exception as e:
                    self._plugin.invalidate()       # an answer that was taken may be what it cannot read now
                    self._failed_at, self._failure = time.monotonic(), _failure(e)
            raise Unavailable(*self._failure)

    def renew(self, sent):
        if self.get() == sent:
            self._plugin.invalidate()
        return self.get()


def _failure(error):
    """The arguments of Unavailable. Of an answer that is none of Keystone's, keystoneauth raises anything."""
    if not isinstance(error, (ksa_exc.ClientException, OSError)):
        return 'Keystone gives no token: its answer is not one of Keystone (%s)' % type(error).__name__, False, False
    return ('Keystone gives no token: %s' % ' '.join(str(error).split())[:200],
            isinstance(error, (ksa_exc.ConnectTimeout, ksa_exc.ConnectFailure)),
            isinstance(error, ksa_exc.ConnectFailure) and not isinstance(error, ksa_exc.ConnectTimeout))
