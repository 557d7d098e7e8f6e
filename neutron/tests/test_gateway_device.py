import types
import unittest

from neutron.conf.policies import base
from oslo_config import cfg
from oslo_policy import policy as oslo_policy

from bordergw_neutron import client
from bordergw_neutron import exceptions as exc
from bordergw_neutron import gateway_device
from bordergw_neutron import policies
from bordergw_neutron.extensions import gateway_device as extension
from tests import fakes

DEVICE = {'id': 'd', 'name': 'sw1', 'tenant_id': 'p1', 'project_id': 'p1'}
ENTRY = {'id': 'e', 'mac_address': '10:20:30:40:50:60'}
ADMIN = types.SimpleNamespace(is_admin=True, project_id='p0')
OWNER = types.SimpleNamespace(is_admin=False, project_id='p1')
OTHER = types.SimpleNamespace(is_admin=False, project_id='p2')


class PluginTest(unittest.TestCase):

    def plugin(self, *answers):
        self.server = fakes.Server(*answers)
        self.addCleanup(self.server.close)
        plugin = gateway_device.GatewayDevicePlugin.__new__(gateway_device.GatewayDevicePlugin)
        plugin.client = fakes.client(url=self.server.url)
        return plugin

    def test_list(self):
        plugin = self.plugin((200, {'gateway_devices': [DEVICE]}))
        found = plugin.get_gateway_devices(ADMIN, {'name': ['a', 'b']}, ['id'], [('name', True), ('id', False)], 5, 'm',
                                           True)
        self.assertEqual([{'id': 'd'}], found)
        self.assertEqual(['GET /v2.0/gw/gateway_devices?name=a&name=b&fields=id&sort_key=name&sort_key=id&sort_dir=asc'
                          '&sort_dir=desc&limit=5&marker=m&page_reverse=True'], self.server.seen())

    def test_list_of_a_project(self):
        plugin = self.plugin((200, {'gateway_devices': []}))
        plugin.get_gateway_devices(OTHER, {'tenant_id': ['p1'], 'project_id': ['p1']})
        self.assertEqual(['GET /v2.0/gw/gateway_devices?project_id=p2'], self.server.seen())

    def test_devices_of_others_are_not_there(self):
        body = {'gateway_device': {'name': 'x'}}
        for name, call in [
                ('show', lambda p: p.get_gateway_device(OTHER, 'd')),
                ('update', lambda p: p.update_gateway_device(OTHER, 'd', body)),
                ('delete', lambda p: p.delete_gateway_device(OTHER, 'd')),
                ('entries', lambda p: p.get_gateway_device_remote_mac_entries(OTHER, 'd')),
                ('entry', lambda p: p.get_gateway_device_remote_mac_entry(OTHER, 'e', 'd')),
                ('add', lambda p: p.create_gateway_device_remote_mac_entry(OTHER, 'd', {'remote_mac_entry': ENTRY})),
                ('remove', lambda p: p.delete_gateway_device_remote_mac_entry(OTHER, 'e', 'd'))]:
            with self.subTest(name):
                plugin = self.plugin((200, {'gateway_device': DEVICE}))
                with self.assertRaisesRegex(exc.Refused, 'Gateway device d does not exist') as caught:
                    call(plugin)
                self.assertEqual(('GatewayDeviceNotFound', 404),
                                 (type(caught.exception).__name__, caught.exception.status))
                self.assertEqual(['GET /v2.0/gw/gateway_devices/d'], self.server.seen())

    def test_own_device(self):
        plugin = self.plugin((200, {'gateway_device': DEVICE}))
        self.assertEqual({'name': 'sw1'}, plugin.get_gateway_device(OWNER, 'd', ['name']))
        plugin.delete_gateway_device(OWNER, 'd')
        self.assertEqual('DELETE /v2.0/gw/gateway_devices/d', self.server.seen()[-1])

    def test_create(self):
        """Neutron chooses the id. Attributes that were not given, and the second name of the owner, are not sent."""
        plugin = self.plugin((201, {'gateway_device': DEVICE}))
        plugin.create_gateway_device(OWNER, {'gateway_device': {
            'name': 'sw1', 'type': None, 'management_port': '6640', 'tenant_id': 'p1', 'project_id': 'p1'}})
        sent = self.server.requests[0].body['gateway_device']
        self.assertEqual(36, len(sent.pop('id')))
        self.assertEqual({'name': 'sw1', 'management_port': '6640', 'tenant_id': 'p1'}, sent)

    def test_entries(self):
        plugin = self.plugin((200, {'gateway_device': DEVICE, 'remote_mac_entry': ENTRY,
                                    'remote_mac_entries': [ENTRY]}))
        self.assertEqual([{'id': 'e'}], plugin.get_gateway_device_remote_mac_entries(OWNER, 'd', fields=['id']))
        self.assertEqual(ENTRY, plugin.get_gateway_device_remote_mac_entry(OWNER, 'e', 'd'))
        plugin.create_gateway_device_remote_mac_entry(OWNER, 'd', {'remote_mac_entry': dict(
            ENTRY, tenant_id='p1', project_id='p1')})
        self.assertEqual({'remote_mac_entry': ENTRY}, self.server.requests[-1].body)
        plugin.delete_gateway_device_remote_mac_entry(OWNER, 'e', 'd')
        self.assertEqual('DELETE /v2.0/gw/gateway_devices/d/remote_mac_entries/e', self.server.seen()[-1])


class PolicyTest(unittest.TestCase):

    def test_owner(self):
        conf = cfg.ConfigOpts()
        conf([], project='test', default_config_files=[])
        enforcer = oslo_policy.Enforcer(conf, policy_file='none')
        enforcer.register_defaults(base.list_rules())
        enforcer.register_defaults(policies.list_rules())
        target = {'tenant_id': 'p1', 'project_id': 'p1'}
        for user, roles, allowed in [('p1', ['member'], True), ('p2', ['member'], False), ('p2', ['admin'], True)]:
            credentials = {'tenant_id': user, 'project_id': user, 'roles': roles}
            for rule in ('create_gateway_device', 'get_gateway_device', 'update_gateway_device',
                         'delete_gateway_device'):
                with self.subTest(user=user, rule=rule):
                    self.assertEqual(allowed, enforcer.enforce(rule, target, credentials))

    def test_every_action_of_the_plugin_has_a_rule(self):
        names = {rule.name for rule in policies.list_rules()}
        for action in ('create_gateway_device', 'get_gateway_device', 'update_gateway_device',
                       'delete_gateway_device', 'create_gateway_device_remote_mac_entry',
                       'get_gateway_device_remote_mac_entry', 'delete_gateway_device_remote_mac_entry'):
            self.assertIn(action, names)


class ExtensionTest(unittest.TestCase):

    def test_attributes_that_policies_need_have_no_default(self):
        for attributes in (extension.DEVICE, extension.ENTRY):
            self.assertNotIn('default', attributes['tenant_id'])

    def test_names(self):
        found = extension.Gateway_device()
        self.assertEqual(('gateway-device', 'Midonet Gateway Device Extension', '2015-11-11T10:00:00-00:00'),
                         (found.get_alias(), found.get_name(), found.get_updated()))
