# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""What Neutron has, in the JSON of bordergw. Pure functions.

A gateway here is what the plugin answers (plugin.py), or what the validator left of a request (validators.py).
"""
import collections

from networking_l2gw.services.l2gateway import exceptions as l2gw_exc

# Which segmentation ids a gateway leaves to its connections: a VLAN, a VNI. bare: some interface carries none at all.
Slots = collections.namedtuple('Slots', 'vlan vni bare')


def split(device):
    """(named interfaces, VNI) of a device. The VNI is 0 for none."""
    interfaces = device.get('interfaces') or []
    named = [i for i in interfaces if i['name'] is not None]
    marks = [v for i in interfaces if i['name'] is None for v in i.get('segmentation_id') or []]
    vni = device.get('segmentation_id') or (marks[0] if marks else 0)
    return named, int(vni) if 'device_id' in device else 0


def carries_vlans(devices):
    """Whether the interfaces of a gateway carry the VLANs, so that connections have none."""
    return any(int(v) for d in devices for i in split(d)[0] for v in i.get('segmentation_id') or [])


def slots(gateway):
    """The ids that a gateway leaves to its connections. bordergw has the same rule and checks it again."""
    named = [i for d in gateway['devices'] for i in split(d)[0]]
    borders = [split(d) for d in gateway['devices'] if 'device_id' in d]
    return Slots(vlan=bool(named) and not carries_vlans(gateway['devices']),
                 vni=any(not interfaces and not vni for interfaces, vni in borders),
                 bare=any(not i.get('segmentation_id') for i in named))


def interface_body(interface, carried=False):
    """carried: other interfaces have a VLAN. One that has none is untagged then, as no connection gives it one."""
    out = {'name': interface['name']}
    vlans = interface.get('segmentation_id') or ([0] if carried else [])
    if vlans:
        out['segmentation_id'] = [int(v) for v in vlans]
    return out


def device_body(device, carried=False):
    """A device of a gateway: by name with interfaces, or by id with a VNI, with interfaces, or with both."""
    named, vni = split(device)
    interfaces = [interface_body(i, carried) for i in named]
    if 'device_id' not in device:
        return {'device_name': device['device_name'], 'interfaces': interfaces}
    out = {'device_id': device['device_id']}
    if vni:
        out['segmentation_id'] = vni
    if interfaces:
        out['interfaces'] = interfaces
    return out


def gateway_body(gateway, managed_by):
    carried = carries_vlans(gateway['devices'])
    return {'id': gateway['id'], 'managed_by': managed_by, 'name': gateway['name'] or '',
            'tenant_id': gateway['tenant_id'], 'devices': [device_body(d, carried) for d in gateway['devices']]}


def gateway_change(change):
    """The body of a PUT, of what a request may change."""
    out = {}
    if change.get('name') is not None and (change['name'] or not change.get('devices')):
        out['name'] = change['name']        # upstream: an empty name next to devices is no name
    if change.get('devices'):
        out['devices'] = [device_body(d) for d in change['devices']]
    return out


def connection_body(connection, gateway, managed_by):
    """A connection. Where the gateway carries the ids, 0 in the row is none; elsewhere it is VLAN 0."""
    left = slots(gateway)
    seg = str(connection['segmentation_id'] or 0) if left.vlan or left.vni else ''
    return {'id': connection['id'], 'managed_by': managed_by, 'l2_gateway_id': connection['l2_gateway_id'],
            'network_id': connection['network_id'], 'tenant_id': connection['tenant_id'], 'segmentation_id': seg}


def network_body(network, managed_by):
    """A network with its VNI. Raises what networking-l2gw answers unless there is exactly one VXLAN segment."""
    vnis = [s.get('provider:segmentation_id') for s in network.get('segments') or [network]
            if s.get('provider:network_type') == 'vxlan']
    if not vnis:
        raise l2gw_exc.VxlanSegmentationIDNotFound(network_id=network['id'])
    if len(vnis) > 1:
        raise l2gw_exc.MultipleVxlanSegmentsFound(network_id=network['id'])
    return {'id': network['id'], 'managed_by': managed_by, 'name': network['name'] or '',
            'tenant_id': network['tenant_id'], 'shared': bool(network.get('shared')),
            'provider:network_type': 'vxlan', 'provider:segmentation_id': vnis[0]}


# Whether what bordergw answers is what we would send

def _canonical_device(device, carried):
    body = device_body(device)
    interfaces = collections.defaultdict(set)
    for i in body.get('interfaces', []):
        interfaces[i['name']].update(v for v in i.get('segmentation_id', []))
    # Where connections give the VLAN, 0 says the same as none: networking-l2gw's rows cannot tell them apart.
    ports = sorted((name, sorted(vlans) if carried or vlans != {0} else []) for name, vlans in interfaces.items())
    return [body.get('device_id', ''), body.get('device_name', ''), body.get('segmentation_id', 0), ports]


def _canonical_devices(gateway):
    carried = carries_vlans(gateway['devices'])
    return sorted(_canonical_device(d, carried) for d in gateway['devices'])


def same_gateway(there, want):
    return (there['name'] or '') == want['name'] and _canonical_devices(there) == _canonical_devices(want)


def same_connection(there, want):
    return (there['network_id'] == want['network_id'] and there['l2_gateway_id'] == want['l2_gateway_id'] and
            str(there['segmentation_id'] or 0) == (want['segmentation_id'] or '0'))


def same_network(there, want):
    return there['provider:segmentation_id'] == want['provider:segmentation_id']


def same_device(there, want):
    """Of a gateway device whose POST is sent again: all that was given is there. Numbers may be given as text."""
    return all(str(there.get(k)).lower() == str(v).lower() for k, v in want.items())


SAME = {'network': same_network, 'l2_gateway': same_gateway, 'l2_gateway_connection': same_connection,
        'gateway_device': same_device}
