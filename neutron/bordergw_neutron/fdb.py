# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""Tunnel addresses of hardware switches, sent to the L2 agents of hypervisors.

An agent floods to the addresses of a network's flood entries, and learns from the tunnels what is behind them. So per
network one flood entry for each address is enough; MAC addresses are not sent. tunnel_sync makes the tunnel known to
agents without l2population, and to those that start later.
"""
import threading

from neutron.plugins.ml2.drivers.l2pop import rpc as l2pop_rpc
from neutron_lib import constants
from neutron_lib import context as n_context
from neutron_lib.plugins import directory
from oslo_log import log as logging

LOG = logging.getLogger(__name__)

VXLAN = 'vxlan'
WITH_AGENTS = {'openvswitch', 'linuxbridge'}


def addresses_of(members):
    """(addresses, complete) of what bordergw answers about a network. Not complete: a switch has no address yet."""
    found = [m.get('tunnel_ip') for m in members['members']]
    addresses = {a for a in found + list(members.get('far') or []) if a and ':' not in a}
    return addresses, all(found)


def entries(network_id, vni, addresses):
    """l2population's message: flood to these addresses."""
    return {network_id: {'segment_id': vni, 'network_type': VXLAN,
                         'ports': {a: [constants.FLOODING_ENTRY] for a in sorted(addresses)}}}


class Fdb:
    """Announces addresses to agents, and withdraws what no network needs any more."""

    def __init__(self, client, conf, network_body, connected_networks):
        self.client, self.conf = client, conf
        self.network_body, self.connected_networks = network_body, connected_networks
        self._sent, self._lock = {}, threading.Lock()
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
        if names & WITH_AGENTS:
            return True
        LOG.info('No mechanism driver with L2 agents (%s): tunnel addresses of hardware switches are sent to nobody. '
                 'Set [bordergw] fdb_to_agents = false to say so.', ', '.join(sorted(names)) or 'none')
        return False

    def addresses(self, network_id):
        """The tunnel addresses of a network's switches and far ends, and whether all are known."""
        return addresses_of(self.client.members(network_id))

    def sent(self, network_id):
        """What this process has announced for a network."""
        with self._lock:
            return set(self._sent.get(network_id, ()))

    def announce(self, network_id, host=None):
        """Send the addresses of a network to all agents, or to one. Returns whether all addresses are known.

        Sending them again is harmless. Addresses that went away are withdrawn.
        """
        if not self.enabled:
            return True
        addresses, complete = self.addresses(network_id)
        if addresses:
            self._add(network_id, addresses, host)
        with self._lock:
            before = self._sent.get(network_id, set())
            self._sent[network_id] = before | addresses if host else addresses
        if host is None and before - addresses:
            self._remove(network_id, before - addresses)
        return complete

    def withdraw(self, network_id, before):
        """A connection went away: remove what the other connections of the network do not need."""
        if not self.enabled:
            return
        connected = network_id in self.connected_networks([network_id])
        after = self.addresses(network_id)[0] if connected else set()
        with self._lock:
            before = before | self._sent.get(network_id, set())
            if after:
                self._sent[network_id] = after
            else:
                self._sent.pop(network_id, None)
        if before - after:
            self._remove(network_id, before - after)

    # Messages

    def _add(self, network_id, addresses, host):
        context = n_context.get_admin_context()
        body = entries(network_id, self._vni(network_id), addresses)
        if host is None:
            for address in sorted(addresses):
                self._sync_tunnel(context, address)
        self._l2pop().add_fdb_entries(context, body, host)

    def _remove(self, network_id, addresses):
        context = n_context.get_admin_context()
        self._l2pop().remove_fdb_entries(context, entries(network_id, self._vni(network_id), addresses))
        for address in sorted(self._unneeded(addresses)):
            self._drop_tunnel(context, address)

    def _unneeded(self, addresses):
        """Those that no connected network needs. Networks that this process has announced need not be asked for."""
        left = set(addresses)
        for network_id in sorted(self.connected_networks(None)):
            if not left:
                break
            left -= self.sent(network_id) or self.addresses(network_id)[0]
        return left

    @staticmethod
    def _sync_tunnel(context, address):
        """ML2's tunnel_sync without a host: the address is stored, and all agents are sent it."""
        core = directory.get_plugin()
        driver = core.type_manager.drivers[VXLAN].obj
        if driver.get_endpoint_by_ip(address) is None:
            driver.add_endpoint(address, None)
        core.notifier.tunnel_update(context, address, VXLAN)

    @staticmethod
    def _drop_tunnel(context, address):
        """Undo _sync_tunnel. An address with a host is a hypervisor's, and stays."""
        core = directory.get_plugin()
        driver = core.type_manager.drivers[VXLAN].obj
        row = driver.get_endpoint_by_ip(address)
        if row is not None and row.host is None:
            driver.delete_endpoint(address)
            core.notifier.tunnel_delete(context, address, VXLAN)

    def _l2pop(self):
        if self._rpc is None:       # messaging is there only once Neutron is up
            self._rpc = l2pop_rpc.L2populationAgentNotifyAPI()
        return self._rpc

    def _vni(self, network_id):
        return self.network_body(network_id)['provider:segmentation_id']
