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
from neutron_lib.plugins import directory
from oslo_log import log as logging

from bordergw_neutron import attempts
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

    def __init__(self, client, conf, plugin, feed, fdb, deletions):
        self.client, self.conf, self.plugin = client, conf, plugin
        self.feed, self.fdb, self.deletions = feed, fdb, deletions
        # Called with a network whose tunnel addresses are not all known yet.
        self.ask_again = lambda network_id: None
        self.attempts = attempts.Attempts()
        # How many objects of bordergw this comparison has changed.
        self._changed = 0
        # Networks in which our endpoints may still stand.
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
            self.attempts.one(('read', NETWORK, network['id']), self._add_network, out[NETWORK], network)
        return out

    def _add_network(self, networks, network):
        networks[network['id']] = bodies.network_body(network, self.conf.managed_by)

    def there(self):
        """What bordergw has with our mark. A filter that it does not know, it may ignore."""
        mark = self.conf.managed_by
        return {kind: {o['id']: o for o in self.client.list(kind, managed_by=mark) if o.get('managed_by') == mark}
                for kind in KINDS}

    # A comparison

    def run(self):
        """One comparison. Raises BorderGatewayUnavailable unless all was done; refusals are logged only."""
        began, began_at = time.monotonic(), datetime.datetime.now(datetime.timezone.utc)
        self.attempts.begin()
        self._changed = 0
        there = self.there()
        here = self.here()
        if self._too_strange(here, there):
            return
        for step in compare(here, there):
            self.attempts.one_of_many(step[:3], self._carry_out, step)
        self._serve_networks(sorted(here[NETWORK]))
        self.attempts.end()
        if self.attempts.failures:
            raise exc.BorderGatewayUnavailable(text='%d of the steps of a comparison failed, the last one with %s' % (
                self.attempts.failures, self.attempts.last_failure))
        self.deletions.forget(there[CONNECTION])
        self.attempts.one(('stamp', 'manager', self.conf.managed_by), self._stamp, began_at)
        LOG.log(logging.INFO if self._changed else logging.DEBUG,
                'In sync with bordergw: %d networks, %d gateways, %d connections; %d changes done in %.1f s.',
                len(here[NETWORK]), len(here[GATEWAY]), len(here[CONNECTION]), self._changed,
                time.monotonic() - began)

    def _serve_networks(self, connected):
        """Endpoints and agents of connected networks, and the end of both elsewhere."""
        for network_id in connected:
            if self.feed.enabled:
                self.attempts.one_of_many(('send endpoints', NETWORK, network_id), self._send_endpoints, network_id)
            self.attempts.one_of_many(('announce to agents', NETWORK, network_id), self._announce, network_id)
        self.attempts.one_of_many(('withdraw', 'tunnels', 'of agents'), self.fdb.sweep)
        for network_id in list(self._abandoned):
            if self.attempts.one_of_many(('release', NETWORK, network_id), self.release_network, network_id):
                self._abandoned.discard(network_id)

    def _announce(self, network_id):
        if not self.fdb.announce(network_id):
            self.ask_again(network_id)

    def _too_strange(self, here, there):
        """Whether bordergw has more connections with our mark that are strange here than that are known; logs it.

        Then the database is not the one of before, or another Neutron has the same mark: nothing is to be deleted.
        What was deleted through this Neutron is not strange.
        """
        gone = there[CONNECTION].keys() - here[CONNECTION].keys()
        strange, common = gone - self.deletions.known() if gone else gone, len(there[CONNECTION]) - len(gone)
        if self.conf.allow_mass_deletion or len(strange) <= common:
            return False
        LOG.error('sync: bordergw has %d connections with the mark %s that this Neutron neither knows nor has deleted, '
                  'and %d that it knows. Nothing is changed. If another Neutron has the same mark, set another one '
                  'here ([bordergw] managed_by). If the database has lost them, restore it. If they are to be deleted, '
                  'set [bordergw] allow_mass_deletion = true for one restart.',
                  len(strange), self.conf.managed_by, common)
        return True

    def _carry_out(self, step):
        if step.kind == NETWORK:
            done = self._carry_out_network(step)
        else:
            done = True
            self._send(step)
        self._changed += done

    def _carry_out_network(self, step):
        """Whether it changed something. A network of others, or one that they use, is no news in each comparison."""
        if step.verb == 'delete':
            return self.release_network(step.id)
        if step.verb == 'create':
            return self.ensure_network(step.body)
        self.client.update(NETWORK, step.id, step.body)
        return True

    def _send(self, step):
        if step.verb == 'delete':
            self.client.delete(step.kind, step.id)
            return
        if step.verb == 'update':
            self.client.update(step.kind, step.id, step.body)
        else:
            self.client.create(step.kind, step.body, bodies.SAME[step.kind])
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
            if step.kind == CONNECTION:
                self.deletions.note(step.id)
            self.client.delete(step.kind, step.id)

    # Single objects, for the driver too

    def repair_gateway(self, gateway_id):
        """Send a gateway again if bordergw has it otherwise."""
        there = self.client.get(GATEWAY, gateway_id)
        want = self.gateway(gateway_id)
        if there is not None and not bodies.same_gateway(there, want):
            self.client.update(GATEWAY, gateway_id, whole_gateway(want))

    def ensure_network(self, want):
        """Make sure that bordergw has a network, with Neutron's VNI. One that others keep there will do.

        Returns whether it had none.
        """
        found = self.client.get(NETWORK, want['id'])
        there = found or self.client.create(NETWORK, want, bodies.same_network)
        if not bodies.same_network(there, want):
            raise exc.refusal(409, 'VNIMismatch', 'Network %s (%s) has VNI %s in Neutron and %s in bordergw.' % (
                want['name'] or want['id'], want['id'], want['provider:segmentation_id'],
                there['provider:segmentation_id']))
        return found is None

    def release_network(self, network_id):
        """Give up a network without connection: ours is deleted, in one that others use our endpoints are.

        Returns whether the network is deleted.
        """
        there = self.client.get(NETWORK, network_id)
        if there is None or self._connected(network_id):
            return False
        if there.get('managed_by') == self.conf.managed_by and self._delete_network(network_id):
            return True
        self.client.delete_endpoints(network_id, self.conf.managed_by)
        if self._connected(network_id):         # by a request, meanwhile
            self.send_endpoints(network_id)
        return False

    def _delete_network(self, network_id):
        try:
            self.client.delete(NETWORK, network_id)
        except exc.Refused as e:
            if e.status != 409:     # in use: somebody else's connection, or a new one of ours
                raise
            return False
        return True

    def _connected(self, network_id):
        return network_id in self.plugin.connected_networks(n_context.get_admin_context(), [network_id])

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
        """Send the endpoints of a network. A refusal is logged, other failures are raised."""
        if self.feed.enabled:
            self.attempts.one(('send endpoints', NETWORK, network_id), self._send_endpoints, network_id)

    def _send_endpoints(self, network_id):
        try:
            self.feed.send(network_id)
        except exc.Refused as e:
            if not exc.is_kind(e, 'NetworkNotFound'):
                raise
            self.ensure_network(self.network(network_id))
            self.feed.send(network_id)

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
