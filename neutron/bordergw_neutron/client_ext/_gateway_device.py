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


def ports(text):
    """Names of ports with commas between them."""
    return [name for name in text.split(',') if name]


def border_arguments(parser):
    """What makes a device a border between sites, for this shell and for openstack."""
    parser.add_argument('--site', metavar='<site>', help='Site of the device')
    parser.add_argument('--profile', metavar='<profile>', help='What the device is able to do (default: auto)')
    parser.add_argument('--border-mode', metavar='<mode>', help='direct (default), stitch or relay')
    parser.add_argument('--stitch-ports', metavar='<port>,<port>', type=ports,
                        help='The two ports that a cable joins')


CHANGEABLE = 'name', 'tunnel_ips', 'site', 'profile', 'border_mode', 'stitch_ports'


def _changeable_arguments(parser):
    parser.add_argument('--name', help='Name of the device.')
    parser.add_argument('--tunnel-ip', metavar='TUNNEL_IP', action='append', dest='tunnel_ips',
                        help='Tunnel address of the device (may be repeated).')
    border_arguments(parser)


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
        body = _body(parsed_args, 'type', 'management_ip', 'management_port', 'management_protocol', 'resource_id',
                     *CHANGEABLE)
        if parsed_args.tenant_id:
            body['gateway_device']['tenant_id'] = parsed_args.tenant_id
        return body


class GatewayDeviceUpdate(extension.ClientExtensionUpdate, GatewayDevice):
    """Change a gateway device."""

    shell_command = 'gateway-device-update'

    def add_known_arguments(self, parser):
        _changeable_arguments(parser)

    def args2body(self, parsed_args):
        return _body(parsed_args, *CHANGEABLE)


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
