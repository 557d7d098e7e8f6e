# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""The token that bordergw is sent: one of the configuration, or one that Keystone gives.

Both have get() for the token, and renew(sent) for the one after bordergw did not take what was sent.
"""
from keystoneauth1 import exceptions as ksa_exc
from keystoneauth1 import session as ksa_session
import requests


class Unavailable(Exception):
    """There is no token. nobody: Keystone cannot be reached. silent: it does not answer."""

    def __init__(self, text, silent=False, nobody=False):
        super().__init__(text)
        self.silent, self.nobody = silent, nobody


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
            self._token = self._read() or self._token
        except (OSError, ValueError):       # gone, or no text
            pass
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

    def get(self):
        try:
            return self._plugin.get_token(self._session)
        except (ksa_exc.ConnectTimeout, ksa_exc.ConnectFailure) as e:
            raise Unavailable('Keystone gives no token: %s' % _line(e), silent=True,
                              nobody=not isinstance(e, ksa_exc.ConnectTimeout))
        except ksa_exc.ClientException as e:
            raise Unavailable('Keystone gives no token: %s' % _line(e))

    def renew(self, sent):
        if self.get() == sent:
            self._plugin.invalidate()
        return self.get()


def _line(error):
    return ' '.join(str(error).split())[:200]
