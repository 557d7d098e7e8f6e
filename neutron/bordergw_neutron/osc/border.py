# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""openstack l2gw border create, openstack gateway device ..., openstack gateway device remote mac ..."""
from urllib import parse

from neutronclient.common import exceptions as nc_exc
from osc_lib.command import command
from osc_lib import exceptions

from bordergw_neutron.client_ext import _gateway_device
from bordergw_neutron.client_ext import _l2_gateway

GATEWAYS = '/l2-gateways'
DEVICES = '/gw/gateway_devices'
DEVICE_COLUMNS = ('id', 'name', 'type', 'management_ip', 'management_port', 'tunnel_ips', 'status')
ENTRY_COLUMNS = ('id', 'mac_address', 'vtep_address', 'segmentation_id')


def _client(cmd):
    return cmd.app.client_manager.neutronclient


def _row(obj):
    columns = sorted(obj)
    return columns, [obj[c] for c in columns]


def _rows(objects, columns):
    return columns, ([o.get(c) for c in columns] for o in objects)


def _given(args, *names):
    return {n: getattr(args, n) for n in names if getattr(args, n) is not None}


def _device_id(client, name_or_id):
    """The id of a device, which is given by id or by its only name. None: there is no such device."""
    for key in ('id', 'name'):
        found = client.get(DEVICES, params={key: name_or_id, 'fields': 'id'})['gateway_devices']
        if len(found) > 1:
            raise exceptions.CommandError('More than one gateway device has the name %s; give the id.' % name_or_id)
        if found:
            return found[0]['id']
    return None


def _known_id(client, name_or_id):
    """The id of a device; what was given, if gateway devices are not in the API, or there is none of that name."""
    try:
        return _device_id(client, name_or_id) or name_or_id
    except nc_exc.NotFound:
        return name_or_id


def _device_path(client, name_or_id):
    found = _device_id(client, name_or_id)
    if found is None:
        raise exceptions.CommandError('There is no gateway device %s.' % name_or_id)
    return '%s/%s' % (DEVICES, parse.quote(found, safe=''))


def _delete_all(command_, paths):
    """Delete what can be deleted, and fail at the end if something could not."""
    failed = 0
    for path in paths:
        try:
            _client(command_).delete(path())
        except Exception as e:
            failed += 1
            command_.app.stderr.write('%s\n' % e)
    if failed:
        raise exceptions.CommandError('%d of %d could not be deleted.' % (failed, len(paths)))


class CreateBorderGateway(command.ShowOne):
    """Create a border gateway"""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('name', metavar='<name>', help='Name of the gateway')
        parser.add_argument('--device', action='append', dest='devices', required=True,
                            type=_l2_gateway.border_device, metavar='device_id=<id>[,segmentation_id=<vni>]',
                            help='Gateway device (name or ID) and VNI between the sites (may be repeated)')
        return parser

    def take_action(self, parsed_args):
        client = _client(self)
        devices = [dict(d, device_id=_known_id(client, d['device_id'])) for d in parsed_args.devices]
        body = {'l2_gateway': {'name': parsed_args.name, 'devices': devices}}
        return _row(client.post(GATEWAYS, body=body)['l2_gateway'])


class _DeviceCommand:
    """Arguments that several commands of devices have."""

    @staticmethod
    def add_device(parser):
        parser.add_argument('device', metavar='<gateway-device>', help='Gateway device (name or ID)')

    @staticmethod
    def add_changeable(parser):
        parser.add_argument('--name', metavar='<name>', help='Name of the device')
        parser.add_argument('--tunnel-ip', metavar='<address>', action='append', dest='tunnel_ips',
                            help='Tunnel address of the device (may be repeated)')
        _gateway_device.border_arguments(parser)


class CreateGatewayDevice(_DeviceCommand, command.ShowOne):
    """Register a gateway device"""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        self.add_changeable(parser)
        parser.add_argument('--type', choices=_gateway_device.TYPES, help='Type of the device (default: hw_vtep)')
        for name in ('management-ip', 'management-port', 'management-protocol', 'resource-id'):
            parser.add_argument('--' + name, metavar='<%s>' % name, help='%s of the device' % name.replace('-', ' '))
        return parser

    def take_action(self, parsed_args):
        body = _given(parsed_args, 'type', 'management_ip', 'management_port', 'management_protocol', 'resource_id',
                      *_gateway_device.CHANGEABLE)
        return _row(_client(self).post(DEVICES, body={'gateway_device': body})['gateway_device'])


class ListGatewayDevice(command.Lister):
    """List gateway devices"""

    def take_action(self, parsed_args):
        return _rows(_client(self).get(DEVICES)['gateway_devices'], DEVICE_COLUMNS)


class ShowGatewayDevice(_DeviceCommand, command.ShowOne):
    """Show a gateway device"""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        self.add_device(parser)
        return parser

    def take_action(self, parsed_args):
        client = _client(self)
        return _row(client.get(_device_path(client, parsed_args.device))['gateway_device'])


class SetGatewayDevice(_DeviceCommand, command.Command):
    """Change a gateway device"""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        self.add_device(parser)
        self.add_changeable(parser)
        return parser

    def take_action(self, parsed_args):
        client = _client(self)
        body = _given(parsed_args, *_gateway_device.CHANGEABLE)
        client.put(_device_path(client, parsed_args.device), body={'gateway_device': body})


class DeleteGatewayDevice(command.Command):
    """Delete gateway devices"""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('devices', metavar='<gateway-device>', nargs='+', help='Gateway device (name or ID)')
        return parser

    def take_action(self, parsed_args):
        client = _client(self)
        _delete_all(self, [lambda d=d: _device_path(client, d) for d in parsed_args.devices])


class CreateRemoteMac(_DeviceCommand, command.ShowOne):
    """Add a remote MAC entry to a gateway device"""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        self.add_device(parser)
        parser.add_argument('--mac-address', metavar='<mac>', required=True, help='MAC address')
        parser.add_argument('--vtep-address', metavar='<address>', required=True,
                            help='Tunnel address that the MAC address is behind')
        parser.add_argument('--segmentation-id', metavar='<vni>', required=True, help='VNI')
        return parser

    def take_action(self, parsed_args):
        client = _client(self)
        body = _given(parsed_args, 'mac_address', 'vtep_address', 'segmentation_id')
        path = _device_path(client, parsed_args.device) + '/remote_mac_entries'
        return _row(client.post(path, body={'remote_mac_entry': body})['remote_mac_entry'])


class ListRemoteMac(_DeviceCommand, command.Lister):
    """List the remote MAC entries of a gateway device"""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        self.add_device(parser)
        return parser

    def take_action(self, parsed_args):
        client = _client(self)
        found = client.get(_device_path(client, parsed_args.device) + '/remote_mac_entries')
        return _rows(found['remote_mac_entries'], ENTRY_COLUMNS)


class DeleteRemoteMac(_DeviceCommand, command.Command):
    """Delete remote MAC entries of a gateway device"""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        self.add_device(parser)
        parser.add_argument('entries', metavar='<remote-mac-entry>', nargs='+', help='Remote MAC entry (ID)')
        return parser

    def take_action(self, parsed_args):
        device = _device_path(_client(self), parsed_args.device)
        _delete_all(self, [lambda e=e: '%s/remote_mac_entries/%s' % (device, parse.quote(e, safe=''))
                           for e in parsed_args.entries])
