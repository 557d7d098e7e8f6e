# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""neutron gateway-device-remote-mac-entry-{create,list,show,delete}."""
from neutronclient.common import extension
from neutronclient.neutron import v2_0 as neutron_v20


class RemoteMacEntry(extension.NeutronClientExtension):
    resource = 'remote_mac_entry'
    resource_plural = 'remote_mac_entries'
    parent_resource = 'gateway_devices'
    path = 'gw/gateway_devices/%s/remote_mac_entries'
    object_path = '/%s' % path
    # The client fills in the device first, and the entry into what is left.
    resource_path = '/%s/%%%%s' % path
    versions = ['2.0']
    # Entries have no name that could be looked for.
    allow_names = False


def _device_argument(parser):
    parser.add_argument('gateway_device', metavar='GATEWAY_DEVICE', help='ID or name of the gateway device.')


def _find_device(command, parsed_args):
    command.parent_id = neutron_v20.find_resourceid_by_name_or_id(
        command.get_client(), 'gateway_device', parsed_args.gateway_device)


class RemoteMacEntryCreate(extension.ClientExtensionCreate, RemoteMacEntry):
    """Add a remote MAC entry to a gateway device."""

    shell_command = 'gateway-device-remote-mac-entry-create'

    def add_known_arguments(self, parser):
        _device_argument(parser)
        parser.add_argument('--mac-address', required=True, help='MAC address.')
        parser.add_argument('--vtep-address', required=True, help='Tunnel address that the MAC address is behind.')
        parser.add_argument('--segmentation-id', required=True, help='VNI.')

    def args2body(self, parsed_args):
        _find_device(self, parsed_args)
        return {'remote_mac_entry': {n: getattr(parsed_args, n)
                                     for n in ('mac_address', 'vtep_address', 'segmentation_id')}}


class RemoteMacEntryList(extension.ClientExtensionList, RemoteMacEntry):
    """List the remote MAC entries of a gateway device."""

    shell_command = 'gateway-device-remote-mac-entry-list'
    list_columns = ['id', 'mac_address', 'vtep_address', 'segmentation_id']

    def add_known_arguments(self, parser):
        _device_argument(parser)

    def take_action(self, parsed_args):
        _find_device(self, parsed_args)
        return super().take_action(parsed_args)


class RemoteMacEntryShow(extension.ClientExtensionShow, RemoteMacEntry):
    """Show a remote MAC entry of a gateway device."""

    shell_command = 'gateway-device-remote-mac-entry-show'

    def add_known_arguments(self, parser):
        _device_argument(parser)

    def take_action(self, parsed_args):
        _find_device(self, parsed_args)
        return super().take_action(parsed_args)


class RemoteMacEntryDelete(extension.ClientExtensionDelete, RemoteMacEntry):
    """Delete remote MAC entries of a gateway device."""

    shell_command = 'gateway-device-remote-mac-entry-delete'

    def add_known_arguments(self, parser):
        _device_argument(parser)

    def take_action(self, parsed_args):
        _find_device(self, parsed_args)
        return super().take_action(parsed_args)
