# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""neutron gateway-device-{create,list,show,update,delete}."""
from neutronclient.common import extension

TYPES = ('hw_vtep', 'router_vtep', 'network_vlan')


class GatewayDevice(extension.NeutronClientExtension):
    resource = 'gateway_device'
    resource_plural = 'gateway_devices'
    path = 'gw/gateway_devices'
    object_path = '/%s' % path
    resource_path = '/%s/%%s' % path
    versions = ['2.0']


def _body(parsed_args, *names):
    return {'gateway_device': {n: getattr(parsed_args, n) for n in names if getattr(parsed_args, n) is not None}}


def _changeable_arguments(parser):
    parser.add_argument('--name', help='Name of the device.')
    parser.add_argument('--tunnel-ip', metavar='TUNNEL_IP', action='append', dest='tunnel_ips',
                        help='Tunnel address of the device (may be repeated).')


class GatewayDeviceCreate(extension.ClientExtensionCreate, GatewayDevice):
    """Register a gateway device."""

    shell_command = 'gateway-device-create'

    def add_known_arguments(self, parser):
        _changeable_arguments(parser)
        parser.add_argument('--type', choices=TYPES, help='Type of the device (default: hw_vtep).')
        parser.add_argument('--management-ip', help='Address of the management of the device.')
        parser.add_argument('--management-port', help='Port of the management of the device.')
        parser.add_argument('--management-protocol', help='Protocol of the management of the device.')
        parser.add_argument('--resource-id', help='Router of a router_vtep, network of a network_vlan.')

    def args2body(self, parsed_args):
        body = _body(parsed_args, 'name', 'type', 'management_ip', 'management_port', 'management_protocol',
                     'resource_id', 'tunnel_ips')
        if parsed_args.tenant_id:
            body['gateway_device']['tenant_id'] = parsed_args.tenant_id
        return body


class GatewayDeviceUpdate(extension.ClientExtensionUpdate, GatewayDevice):
    """Change a gateway device."""

    shell_command = 'gateway-device-update'

    def add_known_arguments(self, parser):
        _changeable_arguments(parser)

    def args2body(self, parsed_args):
        return _body(parsed_args, 'name', 'tunnel_ips')


class GatewayDeviceList(extension.ClientExtensionList, GatewayDevice):
    """List gateway devices."""

    shell_command = 'gateway-device-list'
    list_columns = ['id', 'name', 'type', 'management_ip', 'management_port', 'tunnel_ips', 'status']
    pagination_support = True
    sorting_support = True


class GatewayDeviceShow(extension.ClientExtensionShow, GatewayDevice):
    """Show a gateway device."""

    shell_command = 'gateway-device-show'


class GatewayDeviceDelete(extension.ClientExtensionDelete, GatewayDevice):
    """Delete gateway devices."""

    shell_command = 'gateway-device-delete'
