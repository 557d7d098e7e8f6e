import copy
import unittest

from networking_l2gw.services.l2gateway import exceptions as l2gw_exc
from networking_l2gw.services.l2gateway import plugin as l2gw_plugin
from neutron_lib import exceptions as n_exc
from webob import exc as web_exc

from bordergw_neutron import bodies
from bordergw_neutron import plugin
from bordergw_neutron import validators
from tests import fakes

# A request's device, and the words that its rows are answered with (without the id of the row).
ROUND_TRIPS = [
    ('upstream', {'device_name': 'sw1', 'interfaces': [{'name': 'p1'}]},
     {'device_name': 'sw1', 'interfaces': [{'name': 'p1', 'segmentation_id': []}]}),
    ('upstream with VLANs', {'device_name': 'sw1', 'interfaces': [{'name': 'p1', 'segmentation_id': ['200', 100]},
                                                                  {'name': 'p2', 'segmentation_id': [5]}]},
     {'device_name': 'sw1', 'interfaces': [{'name': 'p1', 'segmentation_id': ['100', '200']},
                                           {'name': 'p2', 'segmentation_id': ['5']}]}),
    ('VLAN 0 beside another', {'device_name': 'sw1', 'interfaces': [{'name': 'p1', 'segmentation_id': [7, 0]}]},
     {'device_name': 'sw1', 'interfaces': [{'name': 'p1', 'segmentation_id': ['0', '7']}]}),
    ('border', {'device_id': 'hw1', 'segmentation_id': 7000},
     {'device_id': 'hw1', 'segmentation_id': '7000', 'segmentation-id': 7000}),
    ('border without VNI', {'device_id': 'hw1'}, {'device_id': 'hw1'}),
    ('interfaces by id', {'device_id': 'hw1', 'interfaces': [{'name': 'p1', 'segmentation_id': [9]}]},
     {'device_id': 'hw1', 'interfaces': [{'name': 'p1', 'segmentation_id': ['9']}]}),
    ('mixed', {'device_id': 'hw1', 'segmentation_id': '7000', 'interfaces': [{'name': 'p1'}]},
     {'device_id': 'hw1', 'segmentation_id': '7000', 'segmentation-id': 7000,
      'interfaces': [{'name': 'p1', 'segmentation_id': []}]}),
]


def rows_of(device):
    """What the validator and the plugin make of a request."""
    devices = [copy.deepcopy(device)]
    assert validators.validate_gwdevice_list(devices) is None
    return fakes.device(devices[0]['device_name'], *plugin.interface_rows('row', devices[0]['interfaces']))


class WordsTest(unittest.TestCase):

    def test_round_trips(self):
        for name, asked, words in ROUND_TRIPS:
            with self.subTest(name):
                found = plugin.device_words(rows_of(asked))
                found.pop('id', None)
                self.assertEqual(words, found)

    def test_rows_of_others(self):
        for name, row, words in [
                ('upstream', fakes.device('sw1', fakes.interface('p1', 5), fakes.interface('p1', 7)),
                 {'device_name': 'sw1', 'id': 'row', 'interfaces': [{'name': 'p1', 'segmentation_id': ['5', '7']}]}),
                ('midonet with VNI', fakes.device('hw1', fakes.interface(None, 7000)),
                 {'device_id': 'hw1', 'segmentation_id': '7000', 'segmentation-id': 7000}),
                ('midonet without', fakes.device('hw1'), {'device_id': 'hw1'}),
                ('NULL', fakes.device('sw1', fakes.interface('p1', None)),
                 {'device_name': 'sw1', 'id': 'row', 'interfaces': [{'name': 'p1', 'segmentation_id': []}]}),
                ('not flushed yet', fakes.device('sw1', fakes.interface('p1', '5')),
                 {'device_name': 'sw1', 'id': 'row', 'interfaces': [{'name': 'p1', 'segmentation_id': ['5']}]})]:
            with self.subTest(name):
                self.assertEqual(words, plugin.device_words(row))

    def test_what_a_request_says_is_what_bordergw_gets(self):
        """From the request, which a PUT sends, and from the rows, which a comparison sends."""
        for name, asked, _ in ROUND_TRIPS:
            with self.subTest(name):
                devices = [copy.deepcopy(asked)]
                validators.validate_gwdevice_list(devices)
                want = {'name': '', 'devices': [bodies.device_body(devices[0])]}
                self.assertTrue(bodies.same_gateway(
                    {'name': '', 'devices': [plugin.device_words(rows_of(asked))]}, want))


def slots(*devices):
    return bodies.slots({'devices': [plugin.device_words(rows_of(d)) for d in devices]})


UNTAGGED = {'device_name': 'sw1', 'interfaces': [{'name': 'p1'}]}
TAGGED = {'device_name': 'sw1', 'interfaces': [{'name': 'p1', 'segmentation_id': [5]}]}
WITH_VNI = {'device_id': 'hw1', 'segmentation_id': 7000}
WITHOUT = {'device_id': 'hw1'}


class SegmentationTest(unittest.TestCase):

    def test_once(self):
        for name, left, given, text in [
                ('untagged with VLAN', slots(UNTAGGED), '100', None),
                ('untagged with VLAN 0', slots(UNTAGGED), '0', None),
                ('untagged without', slots(UNTAGGED), '', plugin.NOT_GIVEN),
                ('untagged with 4095', slots(UNTAGGED), '4095', plugin.OUT_OF_RANGE),
                ('untagged with text', slots(UNTAGGED), 'abc', plugin.NOT_A_NUMBER),
                ('untagged with blanks', slots(UNTAGGED), ' 5 ', plugin.NOT_A_NUMBER),
                ('tagged without', slots(TAGGED), '', None),
                ('tagged with', slots(TAGGED), '5', plugin.GIVEN_TWICE),
                ('border with VNI, without', slots(WITH_VNI), '', None),
                ('border with VNI, with', slots(WITH_VNI), '5', plugin.GIVEN_TWICE),
                ('border without VNI, with', slots(WITHOUT), '16777215', None),
                ('border without VNI, 0', slots(WITHOUT), '0', plugin.OUT_OF_RANGE),
                ('border without VNI, too big', slots(WITHOUT), '16777216', plugin.OUT_OF_RANGE),
                ('border without VNI, text', slots(WITHOUT), 'abc', plugin.NOT_A_NUMBER),
                ('border without VNI, without', slots(WITHOUT), '', plugin.NOT_GIVEN),
                ('border with VNI, untagged', slots(WITH_VNI, UNTAGGED), '100', None),
                ('border without VNI, tagged', slots(WITHOUT, TAGGED), '7000', None),
                ('unknown gateway without', None, '', plugin.NOT_GIVEN),
                ('unknown gateway with', None, '5', None),
                ('unknown gateway out of range', None, '4095', plugin.OUT_OF_RANGE)]:
            with self.subTest(name):
                if text is None:
                    plugin.check_segmentation(left, given)
                    continue
                with self.assertRaises(n_exc.InvalidInput) as caught:
                    plugin.check_segmentation(left, given)
                self.assertEqual('Invalid input for operation: %s.' % text, str(caught.exception))


class PluginTest(unittest.TestCase):

    def plugin(self):
        return plugin.BorderL2GatewayPlugin.__new__(plugin.BorderL2GatewayPlugin)

    def test_only_named_interfaces_have_to_agree(self):
        check = self.plugin()._validate_any_seg_id_empty_in_interface_dict
        marker = {'name': None, 'segmentation_id': [0]}
        check([{'interfaces': [{'name': 'p1'}, marker]}, {'interfaces': [marker]}])
        with self.assertRaises(l2gw_exc.L2GatewaySegmentationRequired):
            check([{'interfaces': [{'name': 'p1'}, {'name': 'p2', 'segmentation_id': [5]}, marker]}])

    def test_a_device_is_found_in_its_own_form(self):
        gateway = fakes.types.SimpleNamespace(devices=[fakes.device('a', fakes.interface('p1')), fakes.device('a')])
        find = self.plugin()._row_of
        self.assertIs(gateway.devices[0], find(gateway, {'device_name': 'a'}))
        self.assertIs(gateway.devices[1], find(gateway, {'device_name': 'a', 'device_id': 'a'}))
        self.assertIsNone(find(gateway, {'device_name': 'b'}))

    def test_connections_are_not_updated(self):
        found = self.plugin()
        found._admin_check = lambda context, action: None
        found.get_l2_gateway_connection = lambda context, id: {'id': id}
        with self.assertRaises(web_exc.HTTPBadRequest):
            found.update_l2_gateway_connection(None, 'c', {'l2_gateway_connection': {}})

    def test_default_provider(self):
        found = self.plugin()
        found.drivers = {'l2gw': 'driver'}
        found.default_provider = None
        self.assertEqual('l2gw', found.default_provider)
        found.default_provider = 'other'
        self.assertEqual('other', found.default_provider)

    def test_adopt(self):
        stock = l2gw_plugin.L2GatewayPlugin.__new__(l2gw_plugin.L2GatewayPlugin)
        plugin.adopt(stock)
        self.assertIs(plugin.BorderL2GatewayPlugin, type(stock))
        plugin.adopt(stock)
        self.assertIs(plugin.BorderL2GatewayPlugin, type(stock))

    def test_adopt_keeps_what_a_subclass_adds(self):
        class Special(l2gw_plugin.L2GatewayPlugin):
            def special(self):
                return True
        found = Special.__new__(Special)
        plugin.adopt(found)
        self.assertIsInstance(found, plugin.BorderL2GatewayPlugin)
        self.assertTrue(found.special())

    def test_long_name(self):
        plugin.check_name(None)
        plugin.check_name('x' * 255)
        with self.assertRaises(web_exc.HTTPBadRequest):
            plugin.check_name('x' * 256)
