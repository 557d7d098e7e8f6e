# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""The tunnel endpoints of a network that Neutron answers for: hypervisors, with the MAC addresses of their ports.

bordergw keeps one set for each network and source. endpoints() computes it, Feed sends it.
"""
import collections
import functools
import ipaddress
import json

from neutron.db.models import agent as agent_model
from neutron.db.models import allowed_address_pair as pair_model
from neutron.db import models_v2
from neutron.plugins.ml2 import models as ml2_models
from neutron_lib.api.definitions import portbindings
from neutron_lib import constants
from neutron_lib import context as n_context
from neutron_lib.db import api as db_api
from oslo_log import log as logging

from bordergw_neutron import exceptions as exc

LOG = logging.getLogger(__name__)

NOT_BOUND = (portbindings.VIF_TYPE_UNBOUND, portbindings.VIF_TYPE_BINDING_FAILED)
# How often a set is read and sent again because another process changed it in between.
TRIES = 20

# pairs: [(mac, ip)] of allowed address pairs. hosts: of a distributed port.
Port = collections.namedtuple('Port', 'mac owner host vif_type ips pairs hosts')


@functools.lru_cache(maxsize=1024)
def warn_once(text):
    """A warning of what stays as it is for long."""
    LOG.warning('%s', text)


def configured_address(configurations):
    """What an agent says that its VXLAN address is, or None. configurations are a dictionary or its JSON."""
    if isinstance(configurations, str):
        try:
            configurations = json.loads(configurations or '{}')
        except ValueError:
            return None
    if not isinstance(configurations, dict) or 'vxlan' not in (configurations.get('tunnel_types') or []):
        return None
    return configurations.get('tunneling_ip') or None


def usable_address(address):
    """Whether bordergw takes an address as one of a tunnel: IPv4, of one host that is not this one."""
    try:
        first = ipaddress.IPv4Address(address).packed[0]
    except ValueError:
        return False
    return first not in (0, 127) and first < 224


def tunnel_address(configurations):
    """The VXLAN address of an agent, or None if there is none that bordergw takes."""
    address = configured_address(configurations)
    return address if address and usable_address(address) else None


def usable_mac(mac):
    """Whether bordergw takes a MAC address: of one host, and not zero. Neutron also takes those of groups."""
    digits = mac.replace(':', '').replace('-', '')
    return int(digits[:2], 16) & 1 == 0 and digits.strip('0') != ''


def unusable_macs(ports):
    """The MAC addresses that bordergw would refuse, and the whole set for them."""
    return {mac.lower() for port in ports for mac in [port.mac] + [m for m, _ in port.pairs] if not usable_mac(mac)}


def endpoints(ports, addresses):
    """The endpoints of a network, as bordergw takes them, sorted.

    addresses are {host: tunnel address}. A port without owner, without binding, or on a host without VXLAN agent is
    left out, and so is a MAC that bordergw refuses. The hosts of a distributed router are endpoints, but its MAC is at
    none of them: it is at all.
    """
    macs, pairs, out = {}, collections.defaultdict(set), {}
    for port in ports:
        for host in port.hosts:
            if host in addresses:
                out.setdefault(addresses[host], [])
        at = addresses.get(port.host)
        if at is None or not port.owner or port.vif_type in NOT_BOUND:
            continue
        out.setdefault(at, [])
        if port.owner != constants.DEVICE_OWNER_DVR_INTERFACE and usable_mac(port.mac):
            macs[port.mac.lower()] = (at, _first(port.ips))
        for mac, ip in port.pairs:
            if mac.lower() != port.mac.lower() and usable_mac(mac):
                pairs[mac.lower()].add((at, ip if '/' not in ip else ''))
    macs.update(_unambiguous(pairs, macs))
    for mac, (at, ip) in sorted(macs.items()):
        out[at].append({'mac_address': mac, 'ip_address': ip} if ip else {'mac_address': mac})
    return [{'vtep_address': at, 'macs': out[at]} for at in sorted(out)]


def same(there, want):
    """Whether bordergw's set is the wanted one. Keys without content may be left out on either side.

    Both are {"site": ..., "endpoints": [...]}. A set without endpoints is nowhere.
    """
    def canonical(found):
        return {(found.get('site') or '', e['vtep_address'], m.get('mac_address', ''), m.get('ip_address') or '')
                for e in found['endpoints'] for m in e.get('macs') or [{}]}
    return canonical(there) == canonical(want)


def _first(ips):
    """IPv4 goes first: the column of a switch holds one address."""
    return min(ips, key=lambda ip: (':' in ip, ip), default='')


def _unambiguous(pairs, macs):
    """MACs of allowed address pairs that are at one endpoint. One that is at several (VRRP) is found by flooding."""
    for mac, places in pairs.items():
        if mac not in macs and len({at for at, _ in places}) == 1:
            yield mac, (next(iter(places))[0], _first([ip for _, ip in places if ip]))


def is_distributed(port):
    """Whether a port is active on some of several hosts. ML2 tells each change of its bindings, but not which."""
    return (port.get('device_owner') == constants.DEVICE_OWNER_DVR_INTERFACE and
            port.get('status') == constants.PORT_STATUS_ACTIVE)


def came_up(before, after):
    """Whether a port became active, or became active on another host."""
    host = after.get('binding:host_id')
    if not host or after.get('status') != constants.PORT_STATUS_ACTIVE:
        return False
    return before.get('status') != constants.PORT_STATUS_ACTIVE or before.get('binding:host_id') != host


# From the database, in a number of queries that does not depend on the number of ports

def read_addresses(context):
    """{host: tunnel address} of all VXLAN agents, alive or not: silence of an agent is not the end of its ports."""
    with db_api.CONTEXT_READER.using(context):
        rows = context.session.query(agent_model.Agent.host, agent_model.Agent.configurations).all()
    found = {host: configured_address(configurations) for host, configurations in rows}
    for host, address in found.items():
        if address and not usable_address(address):
            warn_once('The agent on %s has the tunnel address %s, which bordergw does not take: its ports are left out.'
                      % (host, address))
    return {host: address for host, address in found.items() if address and usable_address(address)}


def read_ports(context, network_id):
    """All ports of a network, as Port."""
    port, binding = models_v2.Port, ml2_models.PortBinding
    distributed, pair, ip = ml2_models.DistributedPortBinding, pair_model.AllowedAddressPair, models_v2.IPAllocation
    with db_api.CONTEXT_READER.using(context):
        session = context.session
        rows = session.query(port.id, port.mac_address, port.device_owner, binding.host, binding.vif_type).outerjoin(
            binding, (binding.port_id == port.id) & (binding.status == constants.ACTIVE)).filter(
            port.network_id == network_id).all()
        hosts = _grouped(session.query(distributed.port_id, distributed.host).join(
            port, port.id == distributed.port_id).filter(port.network_id == network_id,
                                                         distributed.vif_type.notin_(NOT_BOUND)))
        pairs = _grouped(session.query(pair.port_id, pair.mac_address, pair.ip_address).join(
            port, port.id == pair.port_id).filter(port.network_id == network_id))
        ips = _grouped(session.query(ip.port_id, ip.ip_address).filter(ip.network_id == network_id))
    return [Port(str(mac), owner, host, vif_type, [a for a, in ips[i]], [(str(m), str(a)) for m, a in pairs[i]],
                 [h for h, in hosts[i]]) for i, mac, owner, host, vif_type in rows]


def read_place(context, port_id):
    """(network, host) of a port, None for one that is deleted or unbound."""
    port, binding = models_v2.Port, ml2_models.PortBinding
    with db_api.CONTEXT_READER.using(context):
        return context.session.query(port.network_id, binding.host).join(
            binding, (binding.port_id == port.id) & (binding.status == constants.ACTIVE)).filter(
            port.id == port_id).first()


def _grouped(query):
    out = collections.defaultdict(list)
    for key, *rest in query.all():
        out[key].append(rest)
    return out


class Feed:
    """Sends the endpoints of networks to bordergw."""

    def __init__(self, client, conf):
        self.client, self.conf = client, conf

    @property
    def enabled(self):
        return self.conf.feed_ports

    def send(self, network_id):
        """Make bordergw's set that of the database.

        The etag is read first and the database then, so that of two processes the one with the older picture is
        refused and reads again. The other order would lose a port.
        """
        for _ in range(TRIES):
            there, etag = self.client.endpoints(network_id, self.conf.managed_by)
            want = self._wanted(network_id)
            if same(there, want) or self.client.put_endpoints(network_id, self.conf.managed_by, want, etag):
                return
        raise exc.BorderGatewayUnavailable(
            text='the endpoints of network %s changed %d times while they were sent' % (network_id, TRIES))

    def _wanted(self, network_id):
        context = n_context.get_admin_context()
        ports = read_ports(context, network_id)
        for mac in sorted(unusable_macs(ports)):
            warn_once('The MAC address %s of network %s is not one of a single host: it is not sent to bordergw.'
                      % (mac, network_id))
        return {'site': self.conf.site, 'endpoints': endpoints(ports, read_addresses(context))}
