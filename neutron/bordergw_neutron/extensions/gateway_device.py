# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""networking-midonet's extension gateway-device, with bordergw's attributes.

Neutron finds this file by its name and expects the class Gateway_device in it.
"""
from neutron.api import extensions
from neutron.api.v2 import base
from neutron_lib.api import extensions as api_extensions
from neutron_lib.plugins import directory

ALIAS = 'gateway-device'


def _attribute(put=False, **more):
    """One that may be given. What it may be, bordergw says. None stands for not given, and is not sent."""
    return dict({'allow_post': True, 'allow_put': put, 'is_visible': True, 'default': None}, **more)


def _sortable(**more):
    return _attribute(is_sort_key=True, **more)


def _required(**more):
    return dict({'allow_post': True, 'allow_put': False, 'is_visible': True}, **more)


def _read_only(**more):
    return dict({'allow_post': False, 'allow_put': False, 'is_visible': True}, **more)


# Neutron fills in the owner before it looks at attributes: one that policies need may not have a default.
def _owner(visible):
    return _required(validate={'type:string': 255}, required_by_policy=True, is_visible=visible)


DEVICE = {
    'id': _read_only(primary_key=True, is_sort_key=True),
    'name': _sortable(put=True),
    'type': _sortable(),
    'tenant_id': _owner(True),
    'management_ip': _attribute(put=True),
    'management_port': _attribute(put=True),
    'management_protocol': _attribute(put=True),
    'resource_id': _attribute(),
    'tunnel_ips': _attribute(put=True),
    'site': _sortable(put=True),
    'profile': _attribute(put=True),
    'border_mode': _attribute(put=True),
    'stitch_ports': _attribute(put=True),
    'tls': _attribute(put=True),
    'drift_policy': _attribute(put=True),
    'accept_replacement': _attribute(put=True, allow_post=False, is_visible=False),
    'remote_mac_entries': _read_only(),
    'status': _read_only(is_sort_key=True),
    'status_detail': _read_only(),
    'last_error': _read_only(),
    'conditions': _read_only(),
    'observed_revision': _read_only(),
}

ENTRY = {
    'id': _read_only(primary_key=True),
    'mac_address': _required(),
    'vtep_address': _required(),
    'segmentation_id': _required(),
    'tenant_id': _owner(False),
}


class Gateway_device(api_extensions.ExtensionDescriptor):
    """Gateway devices and their remote MAC entries."""

    @classmethod
    def get_name(cls):
        return 'Midonet Gateway Device Extension'

    @classmethod
    def get_alias(cls):
        return ALIAS

    @classmethod
    def get_description(cls):
        return 'The gateway device extension.'

    @classmethod
    def get_updated(cls):
        return '2015-11-11T10:00:00-00:00'

    @classmethod
    def get_resources(cls):
        plugin = directory.get_plugin(ALIAS)
        devices = base.create_resource('gateway_devices', 'gateway_device', plugin, DEVICE,
                                       allow_pagination=True, allow_sorting=True)
        entries = base.create_resource('remote_mac_entries', 'remote_mac_entry', plugin, ENTRY,
                                       parent={'member_name': 'gateway_device', 'collection_name': 'gateway_devices'})
        # The path of the collection is what a route needs; the controller above wants the name without it.
        parent = {'member_name': 'gateway_device', 'collection_name': 'gw/gateway_devices'}
        return [extensions.ResourceExtension('gateway_devices', devices, path_prefix='/gw', attr_map=DEVICE),
                extensions.ResourceExtension('remote_mac_entries', entries, parent, attr_map=ENTRY)]

    def get_extended_resources(self, version):
        return {'gateway_devices': DEVICE} if version == '2.0' else {}
