# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""Provider driver of networking-l2gw's service plugin.

Neutron's rows are the truth and bordergw follows them. What is created is stored, then sent; what bordergw refuses is
taken back. No request is sent inside a transaction of the database.
"""
import contextlib
import functools
import time

from networking_l2gw.services.l2gateway import service_drivers
from neutron import manager
from neutron.db import provisioning_blocks
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib import context as n_context
from oslo_log import log as logging

from bordergw_neutron import background
from bordergw_neutron import bodies
from bordergw_neutron import client as bgw_client
from bordergw_neutron import config
from bordergw_neutron import deletions
from bordergw_neutron import endpoints
from bordergw_neutron import exceptions as exc
from bordergw_neutron import fdb
from bordergw_neutron import plugin as bgw_plugin
from bordergw_neutron import quiet
from bordergw_neutron import remote
from bordergw_neutron import sync
from bordergw_neutron import threads
from bordergw_neutron import validators

LOG = logging.getLogger(__name__)

# An agent that starts drops entries of networks that it has not wired yet, and does not say when it has.
AGENT_START_SECONDS = (3, 10, 30)
# To more of them at a time, one message to all agents costs less.
MANY_HOSTS = 10
# A switch has its locators some time after the connection.
ANNOUNCE_SECONDS = 2
# A distributed router comes to many hosts at once.
DISTRIBUTED_SECONDS = 1
LOADING_SECONDS = 0.2
INCOMPLETE_SECONDS, MAX_INCOMPLETE_SECONDS = 10, 300


@functools.cache
def configured():
    """The checked [bordergw] group, and a client. Neutron does not start with a configuration that cannot work.

    There is one client in a process: what it has found out about bordergw's absence and return is so for all.
    """
    conf = config.register()
    try:
        config.check(conf)
        return conf, bgw_client.Client(conf, config.credentials_of())
    except config.BadConfiguration as e:
        text = str(e)
    LOG.error('%s', text)
    raise SystemExit(text)


class BorderGatewayDriver(service_drivers.L2gwDriver):
    """The hooks. What they need is made here, and done in client, sync, endpoints and fdb."""

    def __init__(self, service_plugin, validator=None):
        super().__init__(service_plugin, validator)
        self.conf, self.client = configured()
        validators.install()
        quiet.install()
        bgw_plugin.adopt(service_plugin)
        self.feed = endpoints.Feed(self.client, self.conf)
        self.fdb = fdb.Fdb(self.client, self.conf, self._network_body, self._connected)
        self.deletions = deletions.of_this_host()
        self.syncer = sync.Syncer(self.client, self.conf, service_plugin, self.feed, self.fdb, self.deletions)
        self.syncer.ask_again = self._ask_again
        self.background = self._background()
        # Networks of connections that are being deleted: the hook after the deletion has only the id.
        self._leaving = {}
        # How long to wait before a network is asked for again whose addresses are not all known.
        self._pauses = {}
        # Hosts whose agents have started.
        self._started = set()
        self._subscribe()
        if threads.in_uwsgi_worker():       # it may take the place of one that died before it sent something
            self.background.owe()

    def _background(self):
        if threads.in_uwsgi():
            return remote.Remote()
        return background.Background(self.syncer, self._connected, self.conf.resync_interval, self._begin)

    def listen(self):
        """Take what processes without a thread of ours have to do. See remote."""
        return remote.listen(remote.Endpoint(self.background, (
            self._announce, self._announce_gateway, self._rename_network, self._release_deleted,
            self._addresses_changed, self._agent_started, self.fdb.withdraw, self.syncer.repair_gateway,
            self.syncer.abandon_network, self.deletions.note)))

    def _begin(self):
        """The background thread begins. It may do so before Neutron has loaded all plugins."""
        self.client.be_patient()
        while not manager.NeutronManager.has_instance():
            time.sleep(LOADING_SECONDS)

    def _network_body(self, network_id):
        return self.syncer.network(network_id)

    def _connected(self, among):
        return self.service_plugin.connected_networks(n_context.get_admin_context(), among)

    @property
    def service_type(self):
        return 'l2gw'

    def workers(self):
        return [background.Worker(self.background)]

    # networking-l2gw calls these for ports, with None since Neutron's callbacks have payloads. We listen ourselves.

    def add_port_mac(self, context, port_dict):
        pass

    def delete_port_mac(self, context, port):
        pass

    @contextlib.contextmanager
    def _owed_without_answer(self):
        """What gets no answer may have been carried out, or may be later: a comparison is to find it."""
        try:
            yield
        except exc.Refused:
            raise
        except Exception:
            self.background.owe(late=True)
            raise

    @contextlib.contextmanager
    def _row_written(self):
        """What fails after a row is written takes it back, and is to be compared if its outcome is not known."""
        with exc.taken_back(), self._owed_without_answer():
            yield

    # Gateways

    def create_l2_gateway_postcommit(self, context, l2_gateway):
        with self._row_written():
            body = bodies.gateway_body(l2_gateway, self.conf.managed_by)
            self.client.create(sync.GATEWAY, body, bodies.same_gateway)
        self.background.ensure()

    def update_l2_gateway(self, context, l2_gateway_id, l2_gateway):
        """Before the rows change. A gateway that bordergw has lost is sent whole first."""
        change = bodies.gateway_change(l2_gateway[sync.GATEWAY])
        if not change:
            return
        with self._owed_without_answer():
            self._send_change(l2_gateway_id, change)

    def _send_change(self, gateway_id, change):
        try:
            self.client.update(sync.GATEWAY, gateway_id, change)
        except exc.Refused as e:
            if not exc.is_kind(e, 'L2GatewayNotFound'):
                raise
            self._create_gateway_again(gateway_id)
            self.client.update(sync.GATEWAY, gateway_id, change)

    def update_l2_gateway_failed(self, l2_gateway_id):
        """bordergw has a change that the database does not."""
        LOG.warning('Gateway %s is changed in bordergw but not here; it will be compared.', l2_gateway_id)
        self.background.owe()

    def update_l2_gateway_postcommit(self, context, l2_gateway):
        """A comparison that read the rows before the change may have sent the old ones. Agents may need addresses."""
        self.background.later(0, self.syncer.repair_gateway, l2_gateway['id'])
        self.background.later_once(ANNOUNCE_SECONDS, self._announce_gateway, l2_gateway['id'])

    def delete_l2_gateway_postcommit(self, context, l2_gateway_id):
        self._delete(sync.GATEWAY, l2_gateway_id)

    def _create_gateway_again(self, gateway_id):
        self.client.create(sync.GATEWAY, self.syncer.gateway(gateway_id), bodies.same_gateway)

    def _announce_gateway(self, gateway_id):
        for network_id in sorted({c['network_id'] for c in self._connections(l2_gateway_id=gateway_id)}):
            self._announce(network_id)

    def _connections(self, **of):
        filters = {key: [value] for key, value in of.items()}
        return self.service_plugin.get_l2_gateway_connections(n_context.get_admin_context(), filters=filters)

    # Connections

    def create_l2_gateway_connection(self, context, l2_gateway_connection):
        """Before the row is written: exactly one VXLAN segment."""
        self.syncer.network(l2_gateway_connection[sync.CONNECTION]['network_id'])

    def create_l2_gateway_connection_postcommit(self, context, l2_gateway_connection):
        with self._row_written(), self.deletions.of_failure(l2_gateway_connection['id']):
            self._create_or_restore(l2_gateway_connection)
        network_id = l2_gateway_connection['network_id']
        self.background.dirty([network_id])
        self.background.later(0, self._announce, network_id)
        self.background.later_once(ANNOUNCE_SECONDS, self._announce, network_id)

    def _create_or_restore(self, connection):
        try:
            self._create_connection(connection)
        except exc.Refused as e:
            if not self._restored(connection, e):
                raise
            self._create_connection(connection)

    def _restored(self, connection, refused):
        """Whether a connection was refused because bordergw had lost its network or gateway, which it now has again.

        Without its gateway a connection may be refused for its segmentation id already, so the type does not tell.
        """
        if self.client.get(sync.GATEWAY, connection['l2_gateway_id']) is None:
            self._create_gateway_again(connection['l2_gateway_id'])
            return True
        return exc.is_kind(refused, 'NetworkNotFound')      # which is sent before each connection

    def _create_connection(self, connection):
        self.syncer.ensure_network(self.syncer.network(connection['network_id']))
        self.client.create(sync.CONNECTION, self.syncer.connection(connection), bodies.same_connection)

    def delete_l2_gateway_connection(self, context, l2_gateway_connection_id):
        """Before the row is deleted: what the hook after it has to know."""
        row = self.service_plugin.get_l2_gateway_connection(n_context.get_admin_context(), l2_gateway_connection_id)
        network_id = row['network_id']
        self._leaving[l2_gateway_connection_id] = network_id, self._addresses_before(network_id), self._vni(network_id)

    def _vni(self, network_id):
        return self.fdb.vni(network_id) if self.fdb.enabled else None

    def _addresses_before(self, network_id):
        """What agents may have been sent for a network. Nothing of this is a reason to fail."""
        addresses = self.fdb.sent(network_id)
        if self.fdb.enabled:
            try:
                addresses = addresses | self.fdb.addresses(network_id)[0]
            except (exc.BorderGatewayUnavailable, exc.Refused) as e:
                LOG.debug('Members of network %s are not known: %s', network_id, e)
        return addresses

    def delete_l2_gateway_connection_precommit(self, context, l2_gateway_connection_id):
        self.deletions.note(l2_gateway_connection_id)

    def delete_l2_gateway_connection_postcommit(self, context, l2_gateway_connection_id):
        self._delete(sync.CONNECTION, l2_gateway_connection_id)
        network_id, before, vni = self._leaving.pop(l2_gateway_connection_id, (None, set(), None))
        if network_id is None:
            return
        self.background.later(0, self.fdb.withdraw, network_id, before, vni)
        # While other connections are left, bordergw may tell of this one's switches for a moment.
        self.background.later_once(ANNOUNCE_SECONDS, self._announce, network_id)
        self._release_network(network_id)

    def _release_network(self, network_id):
        """The row is gone: whatever fails here is owed."""
        try:
            if network_id not in self._connected([network_id]):
                self.syncer.release_network(network_id)
            return
        except Exception as e:
            failed = e
        LOG.warning('Network %s may have no connection any more, but still be in bordergw: %s', network_id, failed)
        self.background.later(0, self.syncer.abandon_network, network_id)
        self.background.owe()

    def _delete(self, kind, object_id):
        """A deletion stands here whatever bordergw says. What it did not get, the next comparison sends."""
        try:
            self.client.delete(kind, object_id)
            return
        except (exc.BorderGatewayUnavailable, exc.Refused) as e:
            failed = e
        LOG.warning('%s %s is deleted here, but not in bordergw yet: %s', kind, object_id, failed)
        if kind == sync.CONNECTION:     # the comparison may be on another host than the note
            self.background.later(0, self.deletions.note, object_id)
        self.background.owe()

    def _announce(self, network_id, *hosts):
        """In the background. A network whose addresses are not all known is asked for again, ever more seldom."""
        if network_id not in self._connected([network_id]):
            self._pauses.pop(network_id, None)
            return
        try:
            complete, refused = self.fdb.announce(network_id, *hosts), None
        except exc.Refused as e:
            complete, refused = False, e
        if refused:
            LOG.warning('The agents got no tunnel addresses for network %s: %s', network_id, refused)
        elif complete:
            self._pauses.pop(network_id, None)
        else:
            self._ask_again(network_id)

    def _ask_again(self, network_id):
        self.background.later_once(self._pauses.get(network_id, INCOMPLETE_SECONDS), self._announce_again, network_id)

    def _announce_again(self, network_id):
        pause = self._pauses.get(network_id, INCOMPLETE_SECONDS)
        self._pauses[network_id] = min(pause * 2, MAX_INCOMPLETE_SECONDS)
        self._announce(network_id)

    # Events

    def _subscribe(self):
        registry.subscribe(self._process_started, resources.PROCESS, events.AFTER_INIT)
        registry.subscribe(self._network_updated, resources.NETWORK, events.AFTER_UPDATE)
        registry.subscribe(self._network_leaves, resources.NETWORK, events.PRECOMMIT_DELETE)
        registry.subscribe(self._network_deleted, resources.NETWORK, events.AFTER_DELETE)
        for event in (events.AFTER_CREATE, events.AFTER_UPDATE, events.AFTER_DELETE):
            registry.subscribe(self._port_changed, resources.PORT, event)
        for event in (events.AFTER_CREATE, events.AFTER_UPDATE):
            registry.subscribe(self._agent_changed, resources.AGENT, event)
        registry.subscribe(self._port_wired, resources.PORT, provisioning_blocks.PROVISIONING_COMPLETE)

    def _process_started(self, resource, event, trigger, payload=None):
        self.background.ensure(hub=True)

    def _network_updated(self, resource, event, trigger, payload):
        before, after = payload.states[0], payload.latest_state
        if before.get('name') != after.get('name'):
            self.background.later(0, self._rename_network, after['id'])

    def _rename_network(self, network_id):
        if network_id in self._connected([network_id]):
            self.syncer.rename_network(network_id)

    def _network_leaves(self, resource, event, trigger, payload):
        """The database is about to delete its connections."""
        self.deletions.note(*(c['id'] for c in self._connections(network_id=payload.resource_id)))

    def _network_deleted(self, resource, event, trigger, payload):
        """The database has deleted its connections, and nobody was asked."""
        self.background.later(0, self._release_deleted, payload.resource_id)

    def _release_deleted(self, network_id):
        """Of most networks bordergw has never heard. Its addresses are withdrawn before bordergw forgets them."""
        try:
            there = self.client.get(sync.NETWORK, network_id)
            before = self._addresses_of_deleted(network_id, there) if there else self.fdb.sent(network_id)
        except exc.PASSING:
            self.syncer.abandon_network(network_id)
            raise
        if before:
            self.background.later(0, self.fdb.withdraw, network_id, before)
        if there:
            self.syncer.abandon_network(network_id)
            self.background.owe()

    def _addresses_of_deleted(self, network_id, there):
        if self.fdb.enabled:
            self.fdb.remember(network_id, there.get('provider:segmentation_id'))
        return self._addresses_before(network_id)

    def _port_changed(self, resource, event, trigger, payload):
        states = [s for s in payload.states if s]
        if self.feed.enabled:
            self.background.dirty({s['network_id'] for s in states})
        if event != events.AFTER_UPDATE or not self.fdb.enabled:
            return
        port = payload.latest_state
        if endpoints.is_distributed(port):
            # Which host it came to is not said.
            self.background.later_once(DISTRIBUTED_SECONDS, self._announce, port['network_id'])
        elif endpoints.came_up(payload.states[0], port):
            self.background.later_once(0, self._announce, port['network_id'], port['binding:host_id'])

    def _port_wired(self, resource, event, trigger, payload):
        """While an agent waits for the answer that its port is up.

        One that has started removes right after it what it has not been sent again. The port is as it was before.
        """
        if not self.fdb.enabled:
            return
        network_id, host = endpoints.read_place(n_context.get_admin_context(), payload.resource_id) or (None, None)
        if host:
            self.fdb.repeat(network_id, host)
            self.background.later_once(0, self._announce, network_id, host)

    def _agent_changed(self, resource, event, trigger, payload):
        state = payload.desired_state or {}
        address = endpoints.tunnel_address(state.get('configurations'))
        if address is None:
            return
        before = payload.states[1] if len(payload.states) > 1 else None
        if before is None or endpoints.tunnel_address(before.configurations) != address:
            self.background.later(0, self._addresses_changed)
        if self.fdb.enabled and (state.get('start_flag') or payload.metadata.get('status') in ('new', 'revived')):
            for delay in AGENT_START_SECONDS:
                self.background.later(delay, self._agent_started, payload.metadata['host'])

    def _addresses_changed(self):
        self.background.dirty(self._connected(None))

    def _agent_started(self, host):
        """Agents that start at about the same time are served together: after an outage of messaging that is all."""
        self._started.add(host)
        self.background.later_once(0, self._announce_to_started)

    def _announce_to_started(self):
        hosts, self._started = sorted(self._started), set()
        self._announce_all(sorted(self._connected(None)), hosts if len(hosts) <= MANY_HOSTS else ())

    def _announce_all(self, network_ids, hosts):
        """One network, and then the others after what else is due. If that fails, a comparison announces them all."""
        if network_ids:
            self._announce(network_ids[0], *hosts)
            self.background.later(0, self._announce_all, network_ids[1:], hosts)
