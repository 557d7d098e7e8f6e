# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""Makes bordergw equal to Neutron's rows: compare() says what to do, Syncer does it.

No lock between processes is needed. Rows are written before bordergw is sent anything, and a comparison reads bordergw
first and the rows then: an object that was in bordergw and is, later, not among the rows was deleted.
"""
import collections
import datetime
import time

from networking_l2gw.services.l2gateway import exceptions as l2gw_exc
from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.plugins import directory
from oslo_log import log as logging

from bordergw_neutron import bodies
from bordergw_neutron import exceptions as exc

LOG = logging.getLogger(__name__)

NETWORK, GATEWAY, CONNECTION = 'network', 'l2_gateway', 'l2_gateway_connection'
KINDS = (CONNECTION, GATEWAY, NETWORK)

# One thing to do. verb: create, update, delete. body: what to send, None for delete.
Step = collections.namedtuple('Step', 'verb kind id body')


def compare(here, there):
    """The steps that make bordergw's objects (there) equal to the wanted ones (here), in an order that works.

    Both are {kind: {id: object}}; there holds only objects with our mark, so that those of others are never touched.
    """
    return list(_steps(here, there))


def _steps(here, there):
    yield from _strays(CONNECTION, here, there)
    for i, want in here[NETWORK].items():
        have = there[NETWORK].get(i)
        if have is None or not bodies.same_network(have, want):
            yield Step('create', NETWORK, i, want)      # with another VNI it is refused, which is what is to be logged
        elif have['name'] != want['name']:
            yield Step('update', NETWORK, i, {'name': want['name']})
    for i, want in here[GATEWAY].items():
        have = there[GATEWAY].get(i)
        if have is None:
            yield Step('create', GATEWAY, i, want)
        elif not bodies.same_gateway(have, want):
            yield Step('update', GATEWAY, i, whole_gateway(want))
    for i, want in here[CONNECTION].items():
        have = there[CONNECTION].get(i)
        if have is not None and not bodies.same_connection(have, want):
            yield Step('delete', CONNECTION, i, None)
            have = None
        if have is None:
            yield Step('create', CONNECTION, i, want)
    yield from _strays(GATEWAY, here, there)
    yield from _strays(NETWORK, here, there)


def _strays(kind, here, there):
    return (Step('delete', kind, i, None) for i in there[kind] if i not in here[kind])


def whole_gateway(want):
    """The PUT that makes a gateway the wanted one, devices that it has too many included."""
    return {'name': want['name'], 'devices': want['devices'], 'replace_devices': True}


class Syncer:
    """Reads both pictures, and carries out what compare() says."""

    def __init__(self, client, conf, plugin, feed, fdb):
        self.client, self.conf, self.plugin = client, conf, plugin
        self.feed, self.fdb = feed, fdb
        # What was refused, with its text: an ERROR is logged once, and again when the text changes.
        self._refused = {}
        # Networks of others in which our endpoints may still stand.
        self._abandoned = set()

    # Rows

    def network(self, network_id):
        """The wanted body of a network."""
        network = directory.get_plugin().get_network(n_context.get_admin_context(), network_id)
        return bodies.network_body(network, self.conf.managed_by)

    def gateway(self, gateway_id):
        gateway = self.plugin.get_l2_gateway(n_context.get_admin_context(), gateway_id)
        return bodies.gateway_body(gateway, self.conf.managed_by)

    def connection(self, connection):
        """The wanted body of a connection that the plugin answered."""
        gateway = self.plugin.get_l2_gateway(n_context.get_admin_context(), connection['l2_gateway_id'])
        return bodies.connection_body(connection, gateway, self.conf.managed_by)

    def here(self):
        """The wanted picture. A network without exactly one VXLAN segment has no body, and is logged."""
        context, mark = n_context.get_admin_context(), self.conf.managed_by
        gateways = {g['id']: g for g in self.plugin.get_l2_gateways(context)}
        # A connection whose gateway came in between is for the next comparison.
        connections = [c for c in self.plugin.get_l2_gateway_connections(context) if c['l2_gateway_id'] in gateways]
        wanted = sorted({c['network_id'] for c in connections})
        networks = directory.get_plugin().get_networks(context, filters={'id': wanted}) if wanted else []
        out = {NETWORK: {}, GATEWAY: {i: bodies.gateway_body(g, mark) for i, g in gateways.items()},
               CONNECTION: {c['id']: bodies.connection_body(c, gateways[c['l2_gateway_id']], mark)
                            for c in connections}}
        for network in networks:
            self._attempt(('read', NETWORK, network['id']), self._add_network, out[NETWORK], network)
        return out

    def _add_network(self, networks, network):
        networks[network['id']] = bodies.network_body(network, self.conf.managed_by)

    def there(self):
        """What bordergw has with our mark."""
        return {kind: {o['id']: o for o in self.client.list(kind, managed_by=self.conf.managed_by)} for kind in KINDS}

    # A comparison

    def run(self):
        """One comparison. Raises BorderGatewayUnavailable; refusals are logged, and do not stop it."""
        began, began_at = time.monotonic(), datetime.datetime.now(datetime.timezone.utc)
        there = self.there()
        here = self.here()
        steps = compare(here, there)
        done = sum(self._attempt(step[:3], self._carry_out, step) for step in steps)
        for network_id in here[NETWORK]:
            self.send_endpoints(network_id)
            self._attempt(('announce to agents', NETWORK, network_id), self.fdb.announce, network_id)
        self._release_abandoned(here[NETWORK])
        self._attempt(('stamp', 'manager', self.conf.managed_by), self._stamp, began_at)
        LOG.log(logging.INFO if steps else logging.DEBUG,
                'In sync with bordergw: %d networks, %d gateways, %d connections; %d of %d changes done in %.1f s.',
                len(here[NETWORK]), len(here[GATEWAY]), len(here[CONNECTION]), done, len(steps),
                time.monotonic() - began)

    def _attempt(self, what, function, *args):
        """Call a function. What Neutron or bordergw refuses is logged once, and False is returned."""
        try:
            function(*args)
        except exc.BorderGatewayUnavailable:
            raise
        except Exception as e:
            text = '%s: %s' % (type(e).__name__, e)
            known = self._refused.get(what) == text
            self._refused[what] = text
            if isinstance(e, n_exc.NeutronException):
                LOG.log(logging.DEBUG if known else logging.ERROR, 'sync: %s %s %s is refused: %s', *what, text)
            elif not known:
                LOG.exception('sync: %s %s %s failed', *what)
            return False
        if self._refused.pop(what, None):
            LOG.info('sync: %s %s %s is no longer refused', *what)
        return True

    def _carry_out(self, step):
        if step.verb == 'delete':
            self.client.delete(step.kind, step.id)
        elif step.verb == 'update':
            self.client.update(step.kind, step.id, step.body)
        elif step.kind == NETWORK:
            self.ensure_network(step.body)
        else:
            self.client.create(step.kind, step.body, bodies.SAME[step.kind])
        if step.verb != 'delete' and step.kind != NETWORK:
            self._look_again(step)

    def _look_again(self, step):
        """What was sent may be older than the row, if a request changed or deleted it meanwhile."""
        context = n_context.get_admin_context()
        try:
            if step.kind == GATEWAY:
                self.repair_gateway(step.id)
            else:
                self.plugin.get_l2_gateway_connection(context, step.id, fields=['id'])
        except (l2gw_exc.L2GatewayNotFound, l2gw_exc.L2GatewayConnectionNotFound):
            self.client.delete(step.kind, step.id)

    # Single objects, for the driver too

    def repair_gateway(self, gateway_id):
        """Send a gateway again if bordergw has it otherwise."""
        there = self.client.get(GATEWAY, gateway_id)
        want = self.gateway(gateway_id)
        if there is not None and not bodies.same_gateway(there, want):
            self.client.update(GATEWAY, gateway_id, whole_gateway(want))

    def ensure_network(self, want):
        """Make sure that bordergw has a network, with Neutron's VNI. One that others keep there will do."""
        there = self.client.get(NETWORK, want['id']) or self.client.create(NETWORK, want, bodies.same_network)
        if not bodies.same_network(there, want):
            raise exc.refusal(409, 'VNIMismatch', 'Network %s (%s) has VNI %s in Neutron and %s in bordergw.' % (
                want['name'] or want['id'], want['id'], want['provider:segmentation_id'],
                there['provider:segmentation_id']))

    def release_network(self, network_id):
        """Give up a network without connection: ours is deleted, in one of others our endpoints are."""
        there = self.client.get(NETWORK, network_id)
        if there is None:
            return
        if there.get('managed_by') != self.conf.managed_by:
            self.client.delete_endpoints(network_id, self.conf.managed_by)
            return
        try:
            self.client.delete(NETWORK, network_id)
        except exc.Refused as e:
            if e.status != 409:     # in use: somebody else's connection, or a new one of ours
                raise

    def abandon_network(self, network_id):
        """release_network() could not be done: the next comparison does it."""
        self._abandoned.add(network_id)

    def rename_network(self, network_id):
        """Send the name of a network, if bordergw has it with our mark."""
        there = self.client.get(NETWORK, network_id)
        if there is None or there.get('managed_by') != self.conf.managed_by:
            return
        name = self.network(network_id)['name']
        if there['name'] != name:
            self.client.update(NETWORK, network_id, {'name': name})

    def send_endpoints(self, network_id):
        """Send the endpoints of a network. A refusal is logged."""
        if self.feed.enabled:
            self._attempt(('send endpoints', NETWORK, network_id), self._send_endpoints, network_id)

    def _send_endpoints(self, network_id):
        try:
            self.feed.send(network_id)
        except exc.Refused as e:
            if not exc.is_kind(e, 'NetworkNotFound'):
                raise
            self.ensure_network(self.network(network_id))
            self.feed.send(network_id)

    def _release_abandoned(self, connected):
        for network_id in list(self._abandoned):
            if network_id in connected or self._attempt(('release', NETWORK, network_id),
                                                        self.release_network, network_id):
                self._abandoned.discard(network_id)

    # Who compared when

    def _stamp(self, began_at):
        self.client.stamp(self.conf.managed_by, began_at.strftime('%Y-%m-%dT%H:%M:%SZ'))

    def age(self):
        """Seconds since the last comparison of any process began; infinite when that is not known."""
        try:
            return age_of(self.client.synced_at(self.conf.managed_by), datetime.datetime.now(datetime.timezone.utc))
        except exc.Refused:
            return float('inf')


def age_of(synced_at, now):
    """Seconds from a time in RFC 3339 to now. Unknown and future times are infinitely old."""
    try:
        # Python 3.9 knows neither Z nor nanoseconds.
        then = datetime.datetime.strptime(synced_at[:19], '%Y-%m-%dT%H:%M:%S').replace(tzinfo=datetime.timezone.utc)
    except (TypeError, ValueError):
        return float('inf')
    age = (now - then).total_seconds()
    return age if age > -5 else float('inf')
