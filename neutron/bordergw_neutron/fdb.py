# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""Tunnel addresses of hardware switches, sent to the L2 agents of hypervisors.

An agent floods to the addresses of a network's flood entries, and learns from the tunnels what is behind them. So per
network one flood entry for each address is enough; MAC addresses are not sent. tunnel_sync makes the tunnel known to
agents without l2population, and to those that start later.

Flood entries are of a network, tunnels are of all. Each is withdrawn for itself: a flood entry once bordergw tells all
addresses of the network without it, a tunnel once it tells those of all networks. Until then they stay.
"""
from neutron.plugins.ml2.drivers.l2pop import rpc as l2pop_rpc
from neutron_lib import constants
from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.plugins import directory
from oslo_log import log as logging

from bordergw_neutron import endpoints
from bordergw_neutron import exceptions as exc
from bordergw_neutron import threads

LOG = logging.getLogger(__name__)

VXLAN = 'vxlan'
WITH_AGENTS = {'openvswitch', 'linuxbridge'}


def addresses_of(members):
    """(addresses, complete) of what bordergw answers about a network.

    Not complete: a switch has no address yet, or there is no switch yet. Nothing is withdrawn because of that.
    """
    try:
        found = [m.get('tunnel_ip') for m in members.get('members') or []] + list(members.get('far') or [])
        return {a for a in found if a and ':' not in a}, bool(found) and all(found)
    except (AttributeError, TypeError):
        raise exc.BorderGatewayUnavailable(text='bordergw answers members of a network in an unknown form')


def entries(network_id, vni, addresses):
    """l2population's message: flood to these addresses."""
    return {network_id: {'segment_id': vni, 'network_type': VXLAN,
                         'ports': {a: [constants.FLOODING_ENTRY] for a in sorted(addresses)}}}


class Fdb:
    """Announces addresses to agents, and withdraws what no network needs any more."""

    def __init__(self, client, conf, network_body, connected_networks):
        self.client, self.conf = client, conf
        self.network_body, self.connected_networks = network_body, connected_networks
        # Of each network: what was sent, or may have been, and is not withdrawn yet; and its VNI, for when it is gone.
        self._sent, self._vnis, self._lock = {}, {}, threads.Lock()
        self._rpc = None
        self._enabled = None

    @property
    def enabled(self):
        """Whether there are agents that take entries. ML2/OVN has none."""
        if self._enabled is None:
            self._enabled = self.conf.fdb_to_agents and self._has_agents()
        return self._enabled

    @staticmethod
    def _has_agents():
        manager = getattr(directory.get_plugin(), 'mechanism_manager', None)
        names = {d.name for d in getattr(manager, 'ordered_mech_drivers', [])}
        if names & WITH_AGENTS and VXLAN in directory.get_plugin().type_manager.drivers:
            return True
        LOG.info('No mechanism driver with L2 agents (%s), or no VXLAN: tunnel addresses of hardware switches are sent '
                 'to nobody. Set [bordergw] fdb_to_agents = false to say so.', ', '.join(sorted(names)) or 'none')
        return False

    def addresses(self, network_id):
        """The tunnel addresses of a network's switches and far ends, and whether all are known."""
        return addresses_of(self.client.members(network_id))

    def sent(self, network_id):
        """What this process has announced for a network, or still has to withdraw."""
        with self._lock:
            return set(self._sent.get(network_id, ()))

    def _note(self, network_id, addresses):
        """Add to what was sent, and return all of it."""
        with self._lock:
            self._sent[network_id] = self._sent.get(network_id, set()) | addresses
            return set(self._sent[network_id])

    def _withdrawn(self, network_id, addresses):
        with self._lock:
            left = self._sent.get(network_id, set()) - addresses
            if left:
                self._sent[network_id] = left
            else:
                self._sent.pop(network_id, None)
                self._vnis.pop(network_id, None)

    def remember(self, network_id, vni=None):
        """Note the VNI of a network that may be deleted before its addresses are withdrawn."""
        if network_id in self._vnis:
            return
        vni = vni or self.vni(network_id)
        if vni:
            self._vnis[network_id] = vni

    def vni(self, network_id):
        """The VNI of a network, or None if that is not known."""
        try:
            return self._vnis.get(network_id) or self.network_body(network_id)['provider:segmentation_id']
        except n_exc.NeutronException as e:
            LOG.debug('The VNI of network %s is not known: %s', network_id, e)

    def announce(self, network_id, *hosts):
        """Send the addresses of a network to all agents, or to those of some hosts. Returns whether all are known.

        Sending them again is harmless. Addresses that went away are withdrawn.
        """
        if not self.enabled:
            return True
        addresses, complete = self.addresses(network_id)
        if addresses:
            self._add(network_id, addresses, hosts)
        gone = self._note(network_id, addresses) - addresses
        if complete and gone:
            self._remove(network_id, gone)
        return complete

    def repeat(self, network_id, host):
        """Send to one host what was announced for a network. bordergw is not asked: this may be done in any request.

        Another process may have withdrawn it, with the last connection of the network.
        """
        addresses, vni = self.sent(network_id), self._vnis.get(network_id)
        if self.enabled and addresses and vni and network_id in self.connected_networks([network_id]):
            self._l2pop().add_fdb_entries(n_context.get_admin_context(), entries(network_id, vni, addresses), host)

    def withdraw(self, network_id, before, vni=None):
        """A connection went away: remove what the other connections of the network do not need.

        before: the addresses of then. vni: that of the network, which may be gone.
        """
        if not self.enabled:
            return
        gone = self._note(network_id, set(before))       # what is not done now is done by a comparison
        self.remember(network_id, vni)
        if network_id in self.connected_networks([network_id]):
            self.announce(network_id)
        elif gone:
            self._remove(network_id, gone)
        else:
            self._withdrawn(network_id, gone)

    def sweep(self):
        """Withdraw what was not withdrawn when it was to be: because bordergw did not answer, or a process ended."""
        if not self.enabled:
            return
        with self._lock:
            noted = set(self._sent)
        for network_id in sorted(noted - self.connected_networks(sorted(noted)) if noted else ()):
            self._remove(network_id, self.sent(network_id))
        self._drop_unneeded(self._strays())

    # Messages

    def _add(self, network_id, addresses, hosts):
        context = n_context.get_admin_context()
        vni = self._vnis[network_id] = self.network_body(network_id)['provider:segmentation_id']
        body = entries(network_id, vni, addresses)
        if not hosts:
            for address in sorted(addresses):
                self._sync_tunnel(context, address)
        for host in hosts or (None,):
            self._l2pop().add_fdb_entries(context, body, host)

    def _remove(self, network_id, addresses):
        """Flood entries, and then tunnels. Of a network that nothing is known of any more, agents have no entries."""
        self.remember(network_id)
        vni = self._vnis.get(network_id)
        if vni:
            self._l2pop().remove_fdb_entries(n_context.get_admin_context(), entries(network_id, vni, addresses))
        self._withdrawn(network_id, addresses)
        self._drop_unneeded(addresses)

    # Tunnels. The rows without host are the list of those that were made known and not withdrawn.

    def _strays(self):
        """The tunnels that, as far as this process knows, no network needs."""
        rows = {e['ip_address'] for e in self._type_driver().get_endpoints() if not e['host']}
        if not rows:
            return rows
        rows -= set(endpoints.read_addresses(n_context.get_admin_context()).values())
        return rows.difference(*(self.sent(network_id) for network_id in self.connected_networks(None)))

    def _drop_unneeded(self, addresses):
        """Drop those tunnels that no connected network needs, by what bordergw answers now.

        Others may have announced them since this process did. One that cannot be told of stays, for a later sweep.
        """
        left = set(addresses)
        for network_id in sorted(self.connected_networks(None)) if left else ():
            if left:
                left -= self._needed(network_id, left)
        for address in sorted(left):
            self._drop_tunnel(n_context.get_admin_context(), address)

    def _needed(self, network_id, among):
        """Those that a network needs. All of them, while its addresses are not all known."""
        try:
            addresses, complete = self.addresses(network_id)
        except exc.Refused:         # bordergw does not carry it
            return self.sent(network_id)
        return addresses | self.sent(network_id) if complete else set(among)

    @staticmethod
    def _sync_tunnel(context, address):
        """ML2's tunnel_sync without a host: the address is stored, and all agents are sent it."""
        driver = Fdb._type_driver()
        if driver.get_endpoint_by_ip(address) is None:
            driver.add_endpoint(address, None)
        directory.get_plugin().notifier.tunnel_update(context, address, VXLAN)

    @staticmethod
    def _drop_tunnel(context, address):
        """Undo _sync_tunnel. An address with a host is a hypervisor's, and stays."""
        driver = Fdb._type_driver()
        row = driver.get_endpoint_by_ip(address)
        if row is not None and row.host is None:
            driver.delete_endpoint(address)
            directory.get_plugin().notifier.tunnel_delete(context, address, VXLAN)

    def _l2pop(self):
        if self._rpc is None:       # messaging is there only once Neutron is up
            self._rpc = l2pop_rpc.L2populationAgentNotifyAPI()
        return self._rpc

    @staticmethod
    def _type_driver():
        return directory.get_plugin().type_manager.drivers[VXLAN].obj
