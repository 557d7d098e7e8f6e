# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""What a process without a thread of ours has to do in the background: neutron-rpc-server does it.

Remote sends messages through Neutron's broker, one queue for all of Neutron. Endpoint takes them, in whichever of the
processes that serve RPC is free, and gives them to the thread there. While none of them runs, the broker keeps them.
"""
import oslo_messaging
from neutron_lib import context as n_context
from neutron_lib import rpc as n_rpc
from oslo_log import log as logging

LOG = logging.getLogger(__name__)

TOPIC = 'bordergw'
VERSION = '1.0'
# How often a message is sent again: a connection that was idle for long is closed.
RETRIES = 2


class Remote:
    """background.Background for such a process, with its methods.

    A message that cannot be sent is made good with the next one that can: a comparison is owed.
    """

    def __init__(self):
        self._client, self._lost = None, False

    def ensure(self, hub=False):
        """There is no thread to start."""

    def stop(self):
        pass

    def owe(self, late=False):
        self._send('owe', late=late)

    def dirty(self, network_ids):
        self._send('dirty', network_ids=sorted(network_ids))

    def later(self, delay, function, *args):
        """function is one of those that Endpoint knows by name. args are texts, None, and sets of texts."""
        self._later(delay, function, args, once=False)

    def later_once(self, delay, function, *args):
        self._later(delay, function, args, once=True)

    def _later(self, delay, function, args, once):
        args = [sorted(a) if isinstance(a, (set, frozenset)) else a for a in args]
        self._send('later', delay=delay, function=function.__name__, args=args, once=once)

    def _send(self, method, **kwargs):
        try:
            if self._lost:
                self._cast('owe', late=False)
                self._lost = False
            self._cast(method, **kwargs)
            return
        except oslo_messaging.MessagingException as e:
            failed = e
        self._lost = True
        LOG.warning('neutron-rpc-server is not told what to do (%s). A comparison makes up for it: %s', method, failed)

    def _cast(self, method, **kwargs):
        if self._client is None:
            self._client = n_rpc.get_client(oslo_messaging.Target(topic=TOPIC, version=VERSION))
        self._client.prepare(retry=RETRIES).cast(n_context.get_admin_context(), method, **kwargs)


class Endpoint:
    """Takes the messages of Remote, for a background.Background."""

    target = oslo_messaging.Target(version=VERSION)

    def __init__(self, background, functions):
        self._background = background
        self._functions = {f.__name__: f for f in functions}

    def owe(self, context, late):
        self._background.owe(late)

    def dirty(self, context, network_ids):
        self._background.dirty(network_ids)

    def later(self, context, delay, function, args, once):
        known = self._functions.get(function)
        if known is None:       # of another version
            LOG.warning('A message asks for %s, which this version does not know: a comparison takes its place.',
                        function)
            self._background.owe()
            return
        call = self._background.later_once if once else self._background.later
        call(delay, known, *args)


def listen(endpoint):
    """The servers that take the messages. They run until Neutron stops them."""
    connection = n_rpc.Connection()
    connection.create_consumer(TOPIC, [endpoint], fanout=False)
    return connection.consume_in_threads()
