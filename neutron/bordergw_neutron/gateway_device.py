# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""Service plugin for gateway devices and their remote MAC entries.

It has no table: bordergw has the devices, and judges every value. Whose a device is, is decided here.
"""
from neutron.api import extensions
from neutron_lib.services import base as service_base
from oslo_utils import uuidutils

from bordergw_neutron import bodies
from bordergw_neutron import client as bgw_client
from bordergw_neutron import driver
from bordergw_neutron import exceptions as exc
from bordergw_neutron import extensions as our_extensions

extensions.append_api_extensions_path(our_extensions.__path__)

DEVICE = 'gateway_device'
ENTRY = 'remote_mac_entry'
ENTRIES = 'remote_mac_entries'


def list_query(filters=None, fields=None, sorts=None, limit=None, marker=None, page_reverse=False):
    """What Neutron hands to a list, as bordergw's query."""
    query = dict(filters or {})
    if fields:
        query['fields'] = list(fields)
    if sorts:
        query['sort_key'] = [key for key, _ in sorts]
        query['sort_dir'] = ['asc' if ascending else 'desc' for _, ascending in sorts]
    for name, value in (('limit', limit), ('marker', marker), ('page_reverse', 'True' if page_reverse else None)):
        if value:
            query[name] = value
    return query


def given(body):
    """The attributes of a request, without those that were not given. The owner is tenant_id, its older name."""
    return {key: value for key, value in body.items() if value is not None and key != 'project_id'}


class GatewayDevicePlugin(service_base.ServicePluginBase):
    """Proxy for gateway devices."""

    supported_extension_aliases = ['gateway-device']
    path_prefix = '/gw'

    # Neutron looks for these names: bordergw pages and sorts.
    __native_pagination_support = True
    __native_sorting_support = True
    __filter_validation_support = False

    def __init__(self):
        super().__init__()
        _, self.client = driver.configured()

    @classmethod
    def get_plugin_type(cls):
        return 'gateway-device'

    def get_plugin_description(self):
        return 'Gateway devices of bordergw'

    # Devices

    def get_gateway_devices(self, context, filters=None, fields=None, sorts=None, limit=None, marker=None,
                            page_reverse=False):
        query = list_query(filters, fields, sorts, limit, marker, page_reverse)
        if not context.is_admin:
            query.pop('tenant_id', None)
            query['project_id'] = context.project_id
        return [self._only(d, fields) for d in self.client.list(DEVICE, **query)]

    def get_gateway_device(self, context, id, fields=None):
        device = self.client.get(DEVICE, id)
        if device is None or not (context.is_admin or device['project_id'] == context.project_id):
            raise exc.refusal(404, 'GatewayDeviceNotFound', 'Gateway device %s does not exist' % id)
        return self._only(device, fields)

    def create_gateway_device(self, context, gateway_device):
        body = dict(given(gateway_device[DEVICE]), id=uuidutils.generate_uuid())
        return self.client.create(DEVICE, body, bodies.same_device)

    def update_gateway_device(self, context, id, gateway_device):
        self.get_gateway_device(context, id)
        return self.client.update(DEVICE, id, gateway_device[DEVICE])

    def delete_gateway_device(self, context, id):
        self.get_gateway_device(context, id)
        self.client.delete(DEVICE, id)

    # Remote MAC entries

    def get_gateway_device_remote_mac_entries(self, context, gateway_device_id, filters=None, fields=None, sorts=None,
                                              limit=None, marker=None, page_reverse=False):
        self.get_gateway_device(context, gateway_device_id)
        answer = self.client.call('GET', self._entries(gateway_device_id),
                                  query=list_query(filters, None, sorts, limit, marker, page_reverse))
        return [self._only(e, fields) for e in answer.body[ENTRIES]]

    def get_gateway_device_remote_mac_entry(self, context, id, gateway_device_id, fields=None):
        self.get_gateway_device(context, gateway_device_id)
        answer = self.client.call('GET', self._entries(gateway_device_id, id))
        return self._only(answer.body[ENTRY], fields)

    def create_gateway_device_remote_mac_entry(self, context, gateway_device_id, remote_mac_entry):
        """The id is bordergw's: when an answer gets lost, the second try is refused as a duplicate."""
        self.get_gateway_device(context, gateway_device_id)
        body = given(remote_mac_entry[ENTRY])
        body.pop('tenant_id', None)
        return self.client.call('POST', self._entries(gateway_device_id), {ENTRY: body}).body[ENTRY]

    def delete_gateway_device_remote_mac_entry(self, context, id, gateway_device_id):
        self.get_gateway_device(context, gateway_device_id)
        self.client.call('DELETE', self._entries(gateway_device_id, id))

    @staticmethod
    def _entries(device_id, *entry_id):
        return bgw_client.item_path(DEVICE, device_id, ENTRIES, *entry_id)

    @staticmethod
    def _only(obj, fields):
        return {key: value for key, value in obj.items() if key in fields} if fields else obj
