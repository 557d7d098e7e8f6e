# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""Default policies of gateway devices, as networking-midonet had them.

A device is its project's. Others do not see it, which the service plugin sees to for remote MAC entries as well: they
have no project of their own.
"""
from oslo_policy import policy

ADMIN_OR_OWNER = 'rule:admin_or_owner'
ANYBODY = 'rule:regular_user'

DEVICES = '/gw/gateway_devices'
DEVICE = DEVICES + '/{id}'
ENTRIES = DEVICES + '/{gateway_device_id}/remote_mac_entries'
ENTRY = ENTRIES + '/{id}'


def _rule(name, check, description, *operations):
    return policy.DocumentedRuleDefault(name, check, description,
                                        [{'method': method, 'path': path} for method, path in operations])


def list_rules():
    """For Neutron, and for oslopolicy-policy-generator."""
    return [
        _rule('create_gateway_device', ADMIN_OR_OWNER, 'Register a gateway device', ('POST', DEVICES)),
        _rule('get_gateway_device', ADMIN_OR_OWNER, 'Get gateway devices', ('GET', DEVICES), ('GET', DEVICE)),
        _rule('update_gateway_device', ADMIN_OR_OWNER, 'Change a gateway device', ('PUT', DEVICE)),
        _rule('delete_gateway_device', ADMIN_OR_OWNER, 'Delete a gateway device', ('DELETE', DEVICE)),
        _rule('create_gateway_device_remote_mac_entry', ANYBODY, 'Add a remote MAC entry to a device of the project',
              ('POST', ENTRIES)),
        _rule('get_gateway_device_remote_mac_entry', ANYBODY, 'Get remote MAC entries of a device of the project',
              ('GET', ENTRIES), ('GET', ENTRY)),
        _rule('delete_gateway_device_remote_mac_entry', ANYBODY,
              'Delete a remote MAC entry of a device of the project', ('DELETE', ENTRY)),
    ]
