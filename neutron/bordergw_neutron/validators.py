# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""The two forms of a device in a request: by name with interfaces (networking-l2gw), by id with a VNI (border).

A validator of Neutron returns the reason of a refusal, or None, and may change what it checks. After this one a device
by id also has the form that networking-l2gw stores: its id as device_name, and among its interfaces one without a name
that carries the VNI, 0 for none. These are the rows that networking-midonet wrote.
"""
from networking_l2gw.services.l2gateway.common import l2gw_validators as upstream
from neutron_lib.api import validators
from neutron_lib import exceptions as n_exc

SPELLINGS = ('segmentation_id', 'segmentation-id', 'segmentaion_id')
MAX_VNI = (1 << 24) - 1
NOT_A_NUMBER = 'Segmentation id must be a valid integer'
MAX_NAME = 255      # of the columns

_upstream_device_list = upstream.validate_gwdevice_list


def number(value):
    """The number that an integer or a decimal string stands for, else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    return None


def validate_gwdevice_list(data, valid_values=None):
    """The validator of the attribute devices, in place of networking-l2gw's, which names itself in a text: so this one
    has the same name."""
    if not data:
        return _upstream_device_list(data)
    if not isinstance(data, list):
        return "'%s' is not a list" % (data,)
    for device in data:
        reason = _device(device)
        if reason:
            return reason
    return None


def _device(device):
    if not isinstance(device, dict):
        return "'%s' is not a dictionary" % (device,)
    if 'device_id' in device:
        return _border_device(device)
    return _device_with_interfaces(device)


def _device_with_interfaces(device):
    """networking-l2gw's own check, and what its database would answer with a 500."""
    try:
        reason = _upstream_device_list([device])
    except OverflowError:       # of int(): Python's JSON has a number without end
        raise n_exc.InvalidInput(error_message=NOT_A_NUMBER)
    if reason:
        return reason
    for text in [device['device_name']] + [i['name'] for i in device['interfaces']]:
        reason = validators.validate_string(text, MAX_NAME)
        if reason:
            return reason
    for interface in device['interfaces']:
        for vlan in interface.get('segmentation_id', []):
            if number(vlan) is None:        # upstream takes whatever int() takes: true, 5.7, ' 12 '
                raise n_exc.InvalidInput(error_message=NOT_A_NUMBER)
    return None


def _border_device(device):
    device_id = device['device_id']
    if device.get('device_name'):
        return 'device_id and device_name cannot be given together'
    if not device_id:
        return 'Cannot create a gateway with an empty device_id'
    reason = validators.validate_string(device_id, MAX_NAME)
    if reason:
        return reason
    interfaces = device.get('interfaces') or []
    if interfaces:
        reason = _device_with_interfaces({'device_name': device_id, 'interfaces': interfaces})
        if reason:
            return reason
    vni, reason = _vni(device)
    if reason:
        return reason
    for key in SPELLINGS:
        device.pop(key, None)
    device['device_name'] = device_id
    device['interfaces'] = interfaces + [{'name': None, 'segmentation_id': [vni]}]
    return None


def _vni(device):
    """(VNI, None), with 0 for none, or (0, reason)."""
    given = [device[key] for key in SPELLINGS if device.get(key) not in (None, '')]
    numbers = [number(v) for v in given]
    if None in numbers:
        return 0, "'%s' is not an integer" % (given[numbers.index(None)],)
    if len(set(numbers)) > 1:
        return 0, 'segmentation_id is given twice with different values'
    if numbers and not 1 <= numbers[0] <= MAX_VNI:
        return 0, "segmentation_id '%d' is not in range 1 through %d" % (numbers[0], MAX_VNI)
    return (numbers[0] if numbers else 0), None


def install():
    """Put our validator in place of networking-l2gw's.

    Neutron looks validators up by name at each request, so the entry has to be replaced. It also loads the file of the
    extension a second time, which adds the module's function again. neutron-lib refuses another function under a name
    that is taken, and the extension would be lost: so the module's function is replaced, too.
    """
    upstream.validate_gwdevice_list = validate_gwdevice_list
    validators.validators['type:l2gwdevice_list'] = validate_gwdevice_list
