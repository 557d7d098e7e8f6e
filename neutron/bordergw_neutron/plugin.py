# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""networking-l2gw's service plugin with border gateways.

The hooks of a driver cannot change what a plugin answers, nor what it checks before them. So the driver makes the
plugin that loads it one of this class (adopt), and neutron.conf keeps service_plugins = l2gw. The tables are
networking-l2gw's:

  device by id             l2gatewaydevices.device_name holds the id
  its VNI                  segmentation_id of an l2gatewayinterfaces row without a name, 0 for none
  its interfaces           named rows beside that one
  device without any row   by id, without VNI, as networking-midonet wrote it
"""
from networking_l2gw.db.l2gateway import l2gateway_models as models
from networking_l2gw.services.l2gateway.common import l2gw_validators
from networking_l2gw.services.l2gateway import exceptions as l2gw_exc
from networking_l2gw.services.l2gateway import plugin as l2gw_plugin
from neutron_lib.db import api as db_api
from neutron_lib import exceptions as n_exc
from neutron_lib.plugins import directory
from oslo_log import log as logging
from oslo_utils import excutils
from oslo_utils import uuidutils
from webob import exc as web_exc

from bordergw_neutron import bodies
from bordergw_neutron import validators

LOG = logging.getLogger(__name__)

GIVEN_TWICE = ('default segmentation_id should not be provided when segmentation_id is assigned during l2gateway '
               'creation')
NOT_GIVEN = 'Segmentation id must be specified in create l2gateway connections'
NOT_A_NUMBER = validators.NOT_A_NUMBER
OUT_OF_RANGE = 'Segmentation id is out of range'


def is_border(device):
    """Whether the row of a device is of one given by id."""
    return not device.interfaces or any(i.interface_name is None for i in device.interfaces)


def _vni(device):
    return next((int(i.segmentation_id or 0) for i in device.interfaces if i.interface_name is None), 0)


def _named(device):
    """The named interfaces of a device. Several rows of one name are its VLANs; a single row with 0 stands for none."""
    vlans = {}
    for i in device.interfaces:
        if i.interface_name is not None:
            vlans.setdefault(i.interface_name, set()).add(int(i.segmentation_id or 0))
    return [{'name': name, 'segmentation_id': [] if ids == {0} else [str(v) for v in sorted(ids)]}
            for name, ids in vlans.items()]


def device_words(device):
    """The row of a device as the API answers it."""
    named = _named(device)
    if not is_border(device):
        return {'device_name': device.device_name, 'id': device.id, 'interfaces': named}
    out = {'device_id': device.device_name}
    vni = _vni(device)
    if vni:
        out['segmentation_id'], out['segmentation-id'] = str(vni), vni
    if named:
        out['interfaces'] = named
    return out


def interface_rows(device_row_id, interfaces):
    """New rows for the interfaces of a device, in the form that the validator left."""
    return [models.L2GatewayInterface(id=uuidutils.generate_uuid(), device_id=device_row_id,
                                      interface_name=i['name'], segmentation_id=int(vlan))
            for i in interfaces for vlan in i.get('segmentation_id') or [0]]


def check_segmentation(slots, given):
    """A segmentation id is given once, by the gateway or by the connection, in networking-l2gw's words.

    slots is None for a gateway that does not exist: networking-l2gw looks for it after this check.
    """
    if not given:
        if slots is None or slots.vni or slots.vlan and slots.bare:
            raise n_exc.InvalidInput(error_message=NOT_GIVEN)
        return
    if slots is not None and not slots.vlan and not slots.vni:
        raise n_exc.InvalidInput(error_message=GIVEN_TWICE)
    value = validators.number(given)
    if slots is None or not slots.vni:
        l2gw_validators.is_valid_vlan_id(given)
        if value is None:
            raise n_exc.InvalidInput(error_message=NOT_A_NUMBER)
    elif value is None:
        raise n_exc.InvalidInput(error_message=NOT_A_NUMBER)
    elif not 1 <= value <= validators.MAX_VNI:
        raise n_exc.InvalidInput(error_message=OUT_OF_RANGE)


def check_name(name):
    """The column holds 255 characters; a longer name would be a 500."""
    if name is not None and len(name) > validators.MAX_NAME:
        raise web_exc.HTTPBadRequest("Invalid input for name. Reason: '%s' exceeds maximum length of %d." % (
            name, validators.MAX_NAME))


class BorderL2GatewayPlugin(l2gw_plugin.L2GatewayPlugin):
    """networking-l2gw's plugin with both forms of devices, for drivers of bordergw."""

    # Without ":default" in service_provider there is no default provider, and networking-l2gw dies of a KeyError.
    @property
    def default_provider(self):
        return self.__dict__.get('_default_provider') or next(iter(self.drivers))

    @default_provider.setter
    def default_provider(self, name):
        self.__dict__['_default_provider'] = name

    def get_workers(self):
        """For eventlet's neutron-server, which starts these in a process of their own."""
        return self.driver.workers()

    def start_rpc_listeners(self):
        """For the processes that serve RPC."""
        return self.driver.listen()

    # What is answered

    def _make_l2_gateway_dict(self, l2_gateway, fields=None):
        return self._fields({'id': l2_gateway['id'], 'name': l2_gateway['name'], 'tenant_id': l2_gateway['tenant_id'],
                             'devices': [device_words(d) for d in l2_gateway.devices]}, fields)

    # What is checked

    def _validate_any_seg_id_empty_in_interface_dict(self, devices):
        """networking-l2gw's rule about interfaces with and without VLAN, for named interfaces."""
        named = ([i for i in d['interfaces'] if i['name'] is not None] for d in devices)
        super()._validate_any_seg_id_empty_in_interface_dict([{'interfaces': i} for i in named if i])

    def validate_l2_gateway_for_create(self, context, l2_gateway):
        super().validate_l2_gateway_for_create(context, l2_gateway)
        check_name(l2_gateway[self.gateway_resource].get('name'))

    def validate_l2_gateway_for_update(self, context, l2_gateway_id, l2_gateway):
        """Each device must be one of the gateway, in the same form."""
        self._admin_check(context, 'UPDATE')
        body = l2_gateway[self.gateway_resource]
        check_name(body.get('name'))
        devices = body.get('devices') or []
        with db_api.CONTEXT_READER.using(context):
            gateway = self._get_l2_gateway(context, l2_gateway_id)
            for device in devices:
                if self._row_of(gateway, device) is None:
                    raise l2gw_exc.L2GatewayDeviceNotFound(device_id=device['device_name'])
        self._validate_any_seg_id_empty_in_interface_dict(devices)

    def validate_l2_gateway_connection_for_create(self, context, l2_gateway_connection):
        """As networking-l2gw, in the same order, but a connection of a border gateway carries a VNI."""
        self._admin_check(context, 'CREATE')
        asked = l2_gateway_connection[self.connection_resource]
        mapping = {'network_id': asked.get('network_id'), 'l2_gateway_id': asked.get('l2_gateway_id'),
                   'segmentation_id': asked.get('segmentation_id') or ''}
        directory.get_plugin().get_network(context, mapping['network_id'])
        with db_api.CONTEXT_READER.using(context):
            row = context.session.query(models.L2Gateway).filter_by(id=mapping['l2_gateway_id']).first()
            slots = bodies.slots(self._make_l2_gateway_dict(row)) if row else None
            exists = bool(self._retrieve_gateway_connections(context, mapping['l2_gateway_id'], mapping))
        check_segmentation(slots, mapping['segmentation_id'])
        if exists:
            raise l2gw_exc.L2GatewayConnectionExists(mapping=mapping, gateway_id=mapping['l2_gateway_id'])
        if slots is None:
            raise l2gw_exc.L2GatewayNotFound(gateway_id=mapping['l2_gateway_id'])

    @staticmethod
    def _row_of(gateway, device):
        """The row of a device of a request, or None."""
        return next((row for row in gateway.devices if row.device_name == device['device_name'] and
                     is_border(row) == ('device_id' in device)), None)

    # Changes. networking-l2gw's own begin a transaction inside of one, which Neutron no longer allows.

    def update_l2_gateway(self, context, l2_gateway_id, l2_gateway):
        """The driver goes first: what bordergw refuses has changed nothing here."""
        self.validate_l2_gateway_for_update(context, l2_gateway_id, l2_gateway)
        self.driver.update_l2_gateway(context, l2_gateway_id, l2_gateway)
        try:
            with db_api.CONTEXT_WRITER.using(context):
                out = self._change_rows(context, l2_gateway_id, l2_gateway[self.gateway_resource])
                self.driver.update_l2_gateway_precommit(context, out)
        except Exception:
            with excutils.save_and_reraise_exception():
                self.driver.update_l2_gateway_failed(l2_gateway_id)
        self.driver.update_l2_gateway_postcommit(context, out)
        return out

    def _change_rows(self, context, l2_gateway_id, change):
        gateway = self._get_l2_gateway(context, l2_gateway_id)
        devices = change.get('devices') or []
        if change.get('name') is not None and (change['name'] or not devices):
            gateway.name = change['name']
        for device in devices:
            self._replace_interfaces(context, self._row_of(gateway, device), device['interfaces'])
        return self._make_l2_gateway_dict(gateway)

    @staticmethod
    def _replace_interfaces(context, row, interfaces):
        # Not by emptying row.interfaces: SQLAlchemy would set device_id of the old rows to NULL, which is forbidden.
        for old in list(row.interfaces):
            context.session.delete(old)
        context.session.flush()
        context.session.add_all(interface_rows(row.id, interfaces))
        context.session.flush()
        context.session.expire(row, ['interfaces'])

    def delete_l2_gateway(self, context, l2_gateway_id):
        self.validate_l2_gateway_for_delete(context, l2_gateway_id)
        self.driver.delete_l2_gateway(context, l2_gateway_id)
        with db_api.CONTEXT_WRITER.using(context):
            context.session.delete(self._get_l2_gateway(context, l2_gateway_id))
            self.driver.delete_l2_gateway_precommit(context, l2_gateway_id)
        self.driver.delete_l2_gateway_postcommit(context, l2_gateway_id)

    def delete_l2_gateway_connection(self, context, l2_gateway_connection_id):
        self.validate_l2_gateway_connection_for_delete(context, l2_gateway_connection_id)
        self.driver.delete_l2_gateway_connection(context, l2_gateway_connection_id)
        with db_api.CONTEXT_WRITER.using(context):
            row = self._get_l2_gateway_connection(context, l2_gateway_connection_id)
            if row is not None:
                context.session.delete(row)
            self.driver.delete_l2_gateway_connection_precommit(context, l2_gateway_connection_id)
        self.driver.delete_l2_gateway_connection_postcommit(context, l2_gateway_connection_id)

    def update_l2_gateway_connection(self, context, l2_gateway_connection_id, l2_gateway_connection):
        """A PUT that changes something is refused before, since no attribute can be changed. networking-l2gw answers
        an empty one with 500."""
        self._admin_check(context, 'UPDATE')
        self.get_l2_gateway_connection(context, l2_gateway_connection_id)
        raise web_exc.HTTPBadRequest('A connection cannot be updated.')

    # For the comparison

    def connected_networks(self, context, among=None):
        """The ids of networks that have a connection, in one query."""
        with db_api.CONTEXT_READER.using(context):
            query = context.session.query(models.L2GatewayConnection.network_id).distinct()
            if among is not None:
                query = query.filter(models.L2GatewayConnection.network_id.in_(among))
            return {row[0] for row in query}


def adopt(plugin):
    """Make the plugin that loads our driver one of ours. A subclass of the stock plugin keeps what it adds."""
    cls = type(plugin)
    if isinstance(plugin, BorderL2GatewayPlugin):
        return
    if cls is l2gw_plugin.L2GatewayPlugin:
        plugin.__class__ = BorderL2GatewayPlugin
    else:
        plugin.__class__ = type('Border' + cls.__name__, (BorderL2GatewayPlugin, cls), {})
    LOG.info('The service plugin %s.%s is now %s: its driver is bordergw\'s.', cls.__module__, cls.__name__,
             type(plugin).__name__)
