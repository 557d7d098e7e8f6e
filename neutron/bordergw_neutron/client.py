# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""REST client of bordergw.

Every request may be sent twice: ids are chosen by the caller, so that a create whose answer got lost finds its own
object when it is sent again.
"""
import collections
import os
import re
import threading
import time
from urllib import parse

import requests
import urllib3

from bordergw_neutron import credentials
from bordergw_neutron import exceptions as exc

PATHS = {
    'network': '/v2.0/networks',
    'l2_gateway': '/v2.0/l2-gateways',
    'l2_gateway_connection': '/v2.0/l2-gateway-connections',
    'gateway_device': '/v2.0/gw/gateway_devices',
}
# After a failure, requests fail at once for this long: a roll-back must not wait for the same timeouts again.
FAIL_FAST_SECONDS = 2.0
FIRST_PAUSE_SECONDS = 0.2
MIN_TIMEOUT_SECONDS = 0.1

_Failure = collections.namedtuple('_Failure', 'until error')
Answer = collections.namedtuple('Answer', 'status body etag')


class _NoAnswer(Exception):
    """One try of a request failed.

    silent: no answer came. nobody: there was not even a connection. final: there is to be no other try.
    """

    def __init__(self, text, silent=False, nobody=False, final=False):
        super().__init__(text)
        self.silent, self.nobody, self.final = silent, nobody, final


_NO_FAILURE = _Failure(0.0, None)


def _mark(obj):
    """Who manages an object. bordergw answers with an empty text for nobody."""
    return obj.get('managed_by') or ''


def item_path(kind, object_id, *more):
    """The path of an object, with whatever is in the id escaped.

    Dots cannot be: they are taken for the way to another object, also when they are escaped.
    """
    if {object_id, *more} & {'.', '..'}:
        raise exc.refusal(404, 'NotFound', 'There is no object with the id of dots in %s' % PATHS[kind])
    return '/'.join([PATHS[kind]] + [parse.quote(str(p), safe='') for p in (object_id,) + more])


class Client:
    """Sends requests, and turns answers into values or into the exceptions of exceptions.py.

    It is used by many threads. Each has a session of its own, since requests does not promise that one can be shared.
    """

    def __init__(self, conf, credentials):
        self.conf, self._credentials = conf, credentials
        self.url = conf.url.rstrip('/')
        self._local = threading.local()
        # The last failure that answers for the requests after it, of all threads: nobody was there.
        self._down = _NO_FAILURE
        self._answered_at = 0.0

    def be_patient(self):
        """Let this thread send its requests although the one before got no answer in time. It rolls nothing back."""
        self._local.patient = True

    # Objects

    def list(self, kind, **query):
        """All objects of a kind that match the filters."""
        return self._member(self.call('GET', PATHS[kind], query=query), kind + 's')

    def get(self, kind, object_id):
        """One object, or None."""
        try:
            return self._member(self.call('GET', item_path(kind, object_id)), kind)
        except exc.Refused as e:
            if e.status == 404:
                return None
            raise

    def create(self, kind, obj, same):
        """Create an object whose id we chose. same(there, obj) says whether an object there is this one."""
        try:
            return self._member(self.call('POST', PATHS[kind], {kind: obj}), kind)
        except exc.Refused as e:
            there = self.get(kind, obj['id']) if e.status == 409 else None
            if there is None or _mark(there) != _mark(obj) or not same(there, obj):
                raise
            return there

    def update(self, kind, object_id, change):
        """Change an object, and return it."""
        return self._member(self.call('PUT', item_path(kind, object_id), {kind: change}), kind)

    def delete(self, kind, object_id):
        """Delete an object. One that is not there is fine."""
        try:
            self.call('DELETE', item_path(kind, object_id))
        except exc.Refused as e:
            if e.status != 404:
                raise

    # Networks: endpoints and members

    def endpoints(self, network_id, source):
        """({"site": ..., "endpoints": [...]}, etag) that bordergw holds of a source. An empty site is left out."""
        answer = self.call('GET', self._endpoints_path(network_id, source))
        self._member(answer, 'endpoints')
        return answer.body, answer.etag

    def put_endpoints(self, network_id, source, found, etag):
        """Replace the set. False: somebody else has changed it since the etag was read."""
        headers = {'If-Match': etag} if etag else None
        try:
            self.call('PUT', self._endpoints_path(network_id, source), found, headers=headers)
        except exc.Refused as e:
            if e.status == 412:
                return False
            raise
        return True

    def delete_endpoints(self, network_id, source):
        """Give up the set of a source. One that is not there is fine."""
        try:
            self.call('DELETE', self._endpoints_path(network_id, source))
        except exc.Refused as e:
            if e.status != 404:
                raise

    def members(self, network_id):
        """{"members": [...], "far": [...]}: the switches of a network in our site, and the far ends of its borders."""
        answer = self.call('GET', '/v1/networks/%s/members' % parse.quote(network_id, safe=''),
                           query={'site': self.conf.site} if self.conf.site else None)
        self._member(answer, 'members')
        return answer.body

    # Managers: when was the last comparison

    def synced_at(self, manager):
        """When the last comparison began, as RFC 3339 text, or None."""
        try:
            return self.call('GET', self._manager_path(manager)).body.get('synced_at')
        except exc.Refused as e:
            if e.status == 404:
                return None
            raise

    def stamp(self, manager, synced_at):
        """Say when a comparison that is done began: all that was so then is in sync."""
        self.call('PUT', self._manager_path(manager), {'synced_at': synced_at})

    @staticmethod
    def _endpoints_path(network_id, source):
        return '/v1/networks/%s/endpoints/%s' % (parse.quote(network_id, safe=''), parse.quote(source, safe=''))

    @staticmethod
    def _manager_path(manager):
        return '/v1/managers/' + parse.quote(manager, safe='')

    def _member(self, answer, name):
        if not isinstance(answer.body, dict) or name not in answer.body:
            raise self._unavailable('answered %d without "%s"' % (answer.status, name))
        return answer.body[name]

    # Requests

    def call(self, method, path, body=None, query=None, headers=None):
        """Send one request, several times if need be. Raises BorderGatewayUnavailable, or a Refused for a 4xx."""
        began = time.monotonic()
        what = '%s %s' % (method, path)
        self._fail_fast(what, began)
        try:
            return self._tried(method, path, body, query, headers)
        except _NoAnswer as e:
            if e.final or self._answered_at < began:
                self._note_failure(_Failure(time.monotonic() + FAIL_FAST_SECONDS, e))
            raise self._no_answer(what, e)

    def _fail_fast(self, what, now):
        """A roll-back must not wait for the same failure again."""
        for failure in (self._down, getattr(self._local, 'down', _NO_FAILURE)):
            if now < failure.until and self._answered_at < failure.until - FAIL_FAST_SECONDS:
                raise self._no_answer(what, failure.error)

    def _note_failure(self, failure):
        """Where nobody is, all threads need not look. An answer that is late may be so of one request only."""
        if failure.error.nobody:
            self._down = failure
        elif failure.error.silent and not getattr(self._local, 'patient', False):
            self._local.down = failure

    def _no_answer(self, what, error):
        out = self._unavailable('%s: %s' % (what, error))
        out.silent, out.nobody = error.silent, error.nobody
        return out

    def _tried(self, method, path, body, query, headers):
        """Several tries, which together take no longer than one may.

        Else a user who waits for a bordergw that hangs would wait for the timeouts of each.
        """
        deadline = time.monotonic() + self.conf.connect_timeout + self.conf.read_timeout
        pauses = [FIRST_PAUSE_SECONDS * 2 ** n for n in range(self.conf.retries)]
        while True:
            try:
                return self._checked(method, path, self._send(method, path, body, query, headers, deadline))
            except _NoAnswer as e:
                if e.final or not pauses or time.monotonic() + pauses[0] + MIN_TIMEOUT_SECONDS > deadline:
                    raise
            time.sleep(pauses.pop(0))

    def _send(self, method, path, body, query, headers, deadline):
        """One try. A 401 may mean that the token has been replaced: then there is a second one."""
        token = self._token_by(self._credentials.get)
        response = self._request(method, path, body, query, headers, deadline, token)
        if response.status_code == 401:
            another = self._token_by(self._credentials.renew, token)
            if another != token:
                response = self._request(method, path, body, query, headers, deadline, another)
        return response

    @staticmethod
    def _token_by(function, *args):
        """Not tried again in the same request: Keystone has had its time."""
        try:
            return function(*args)
        except credentials.Unavailable as e:
            raise _NoAnswer(str(e), silent=e.silent, nobody=e.nobody, final=True)

    def _request(self, method, path, body, query, headers, deadline, token):
        left = max(deadline - time.monotonic(), MIN_TIMEOUT_SECONDS)
        timeouts = min(self.conf.connect_timeout, left), min(self.conf.read_timeout, left)
        headers = dict(headers or {})
        if token:
            headers['X-Auth-Token'] = token
        try:
            response = self._session().request(
                method, self.url + path, json=body, params=query, headers=headers, allow_redirects=False,
                timeout=timeouts)
        except requests.RequestException as e:
            raise _NoAnswer(_cause(e, *timeouts), silent=True, nobody=_not_connected(e))
        except (OSError, ValueError) as e:      # what requests cannot even begin with, as a CA file that is gone
            raise _NoAnswer('cannot be sent: %s' % _cause(e, *timeouts))
        self._answered_at = time.monotonic()
        return response

    def _session(self):
        session = getattr(self._local, 'session', None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False       # a proxy of the environment is not for a control plane
            session.verify = self.conf.cafile or True
        return session

    def _checked(self, method, path, response):
        status = response.status_code
        if status >= 500 or status == 429:
            raise _NoAnswer('answered %d: %s' % (status, self._fault(response)[1]), silent=False)
        if status in (401, 403):
            raise self._unavailable('%s %s: refuses our credentials (%d): %s' % (
                method, path, status, self._fault(response)[1]))
        if status >= 400:
            raise exc.refusal(status, *self._fault(response))
        if status >= 300:
            raise self._unavailable('%s %s: redirects to %s' % (method, path, response.headers.get('Location', '?')))
        try:
            body = response.json() if response.content else None
        except ValueError:
            raise _NoAnswer('answered %d with what is not JSON: %.80r' % (status, response.text), silent=False)
        return Answer(status, body, response.headers.get('ETag'))

    @staticmethod
    def _fault(response):
        """(type, text) of an error answer."""
        try:
            error = response.json()['NeutronError']
            return str(error['type']), str(error['message'])
        except (ValueError, KeyError, TypeError):
            kind = {400: 'BadRequest', 404: 'NotFound'}.get(response.status_code, 'Conflict')
            return kind, ' '.join((response.text or response.reason or '').split())[:200]

    def _unavailable(self, text):
        return exc.BorderGatewayUnavailable(text='bordergw at %s does not serve: %s' % (self.url, text))


def _not_connected(error):
    """Whether a request failed before there was a connection."""
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.SSLError)):
        return True
    reason = getattr(error.args[0], 'reason', None) if error.args else None
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def _cause(error, connect_timeout, read_timeout):
    """Why there was no answer, in words of the operator and not of urllib3."""
    if isinstance(error, requests.ConnectTimeout):
        return 'no connection within %.2g s' % connect_timeout
    if isinstance(error, requests.ReadTimeout):
        return 'no answer within %.2g s' % read_timeout
    inner = error
    while inner is not None:
        if isinstance(inner, OSError) and not isinstance(inner, requests.RequestException) and inner.errno:
            # eventlet puts ECONNREFUSED where others have a text; name resolution has its own numbers.
            return os.strerror(inner.errno) if inner.errno > 0 else inner.strerror
        inner = inner.__cause__ or inner.__context__
    return re.sub(r'<[^<>]* object at 0x[0-9a-f]+>(: )?', '', ' '.join(str(error).split()))[:200]
