import unittest

from networking_l2gw.services.l2gateway import exceptions as l2gw_exc

from bordergw_neutron import bodies

PORTS = {'device_name': 'sw1', 'id': 'row', 'interfaces': [{'name': 'p1', 'segmentation_id': ['5', '0']},
                                                           {'name': 'p2', 'segmentation_id': []}]}
UNTAGGED = {'device_name': 'sw1', 'id': 'row', 'interfaces': [{'name': 'p1', 'segmentation_id': []}]}
BORDER = {'device_id': 'hw1', 'segmentation_id': '7000', 'segmentation-id': 7000}


def gateway(*devices, name='g'):
    return {'id': 'g1', 'name': name, 'tenant_id': 't', 'devices': list(devices)}


class BodiesTest(unittest.TestCase):

    def test_gateway(self):
        self.assertEqual(
            {'id': 'g1', 'managed_by': 'm', 'name': '', 'tenant_id': 't', 'devices': [
                {'device_name': 'sw1', 'interfaces': [{'name': 'p1', 'segmentation_id': [5, 0]},
                                                        {'name': 'p2', 'segmentation_id': [0]}]},
                {'device_id': 'hw1', 'segmentation_id': 7000}]},
            bodies.gateway_body(gateway(PORTS, BORDER, name=None), 'm'))

    def test_vlan_0_beside_vlans(self):
        """The rows have 0 for VLAN 0 and for none. It is none only where the connection may give one."""
        tagged = {'device_name': 'sw2', 'id': 'row', 'interfaces': [{'name': 'p2', 'segmentation_id': ['100']}]}
        for name, found, want in [
                ('alone', gateway(UNTAGGED), {'name': 'p1'}),
                ('beside a border', gateway(UNTAGGED, BORDER), {'name': 'p1'}),
                ('beside a VLAN', gateway(UNTAGGED, tagged), {'name': 'p1', 'segmentation_id': [0]})]:
            with self.subTest(name):
                self.assertEqual([want], bodies.gateway_body(found, 'm')['devices'][0]['interfaces'])
        want = bodies.gateway_body(gateway(UNTAGGED, tagged), 'm')
        self.assertTrue(bodies.same_gateway(want, want))
        self.assertFalse(bodies.same_gateway(gateway(UNTAGGED, tagged), want), 'p1 would not be bound')

    def test_change(self):
        for name, change, body in [
                ('nothing', {}, {}),
                ('name', {'name': 'x'}, {'name': 'x'}),
                ('empty name', {'name': ''}, {'name': ''}),
                ('empty name with devices', {'name': '', 'devices': [BORDER]},
                 {'devices': [{'device_id': 'hw1', 'segmentation_id': 7000}]}),
                ('both', {'name': 'x', 'devices': [UNTAGGED]},
                 {'name': 'x', 'devices': [{'device_name': 'sw1', 'interfaces': [{'name': 'p1'}]}]})]:
            with self.subTest(name):
                self.assertEqual(body, bodies.gateway_change(change))

    def test_segmentation_of_a_connection(self):
        for name, found, seg, want in [
                ('carried by the interfaces', gateway(PORTS), 0, ''),
                ('carried by the border', gateway(BORDER), '', ''),
                ('VLAN', gateway(UNTAGGED), 100, '100'),
                ('VLAN as text', gateway(UNTAGGED), '100', '100'),
                ('VLAN 0', gateway(UNTAGGED), 0, '0'),
                ('VLAN 0 as read', gateway(UNTAGGED), '', '0'),
                ('VNI', gateway({'device_id': 'hw1'}), 8000, '8000'),
                ('border with VNI beside untagged', gateway(BORDER, UNTAGGED), 0, '0')]:
            with self.subTest(name):
                row = {'id': 'c', 'l2_gateway_id': 'g1', 'network_id': 'n', 'tenant_id': 't', 'segmentation_id': seg}
                self.assertEqual({'id': 'c', 'managed_by': 'm', 'l2_gateway_id': 'g1', 'network_id': 'n',
                                  'tenant_id': 't', 'segmentation_id': want},
                                 bodies.connection_body(row, found, 'm'))

    def test_network(self):
        network = {'id': 'n', 'name': None, 'tenant_id': 't', 'shared': True, 'provider:network_type': 'vxlan',
                   'provider:segmentation_id': 1001}
        self.assertEqual({'id': 'n', 'managed_by': 'm', 'name': '', 'tenant_id': 't', 'shared': True,
                          'provider:network_type': 'vxlan', 'provider:segmentation_id': 1001},
                         bodies.network_body(network, 'm'))

    def test_network_with_segments(self):
        vlan = {'provider:network_type': 'vlan', 'provider:segmentation_id': 5}
        vxlan = {'provider:network_type': 'vxlan', 'provider:segmentation_id': 1001}
        network = {'id': 'n', 'name': 'x', 'tenant_id': 't', 'segments': [vlan, vxlan]}
        self.assertEqual(1001, bodies.network_body(network, 'm')['provider:segmentation_id'])
        with self.assertRaises(l2gw_exc.MultipleVxlanSegmentsFound):
            bodies.network_body(dict(network, segments=[vxlan, vxlan]), 'm')
        with self.assertRaises(l2gw_exc.VxlanSegmentationIDNotFound):
            bodies.network_body(dict(network, segments=[vlan]), 'm')
        with self.assertRaises(l2gw_exc.VxlanSegmentationIDNotFound):
            bodies.network_body({'id': 'n', 'name': 'x', 'tenant_id': 't'}, 'm')


class SameTest(unittest.TestCase):

    def same(self, there, want):
        return bodies.same_gateway(gateway(*there), bodies.gateway_body(gateway(*want), 'm'))

    def test_gateways(self):
        swapped = dict(PORTS, id='other', interfaces=[{'name': 'p2', 'segmentation_id': ['0']},
                                                      {'name': 'p1', 'segmentation_id': ['0', '5']}])
        self.assertTrue(self.same([BORDER, swapped], [PORTS, BORDER]))
        self.assertTrue(self.same([UNTAGGED], [dict(UNTAGGED, interfaces=[{'name': 'p1', 'segmentation_id': ['0']}])]))
        self.assertFalse(self.same([UNTAGGED], [PORTS]))
        self.assertFalse(self.same([BORDER], [{'device_id': 'hw1', 'segmentation_id': '7001'}]))
        self.assertFalse(self.same([BORDER], [BORDER, UNTAGGED]))
        self.assertFalse(bodies.same_gateway(gateway(BORDER, name='x'), bodies.gateway_body(gateway(BORDER), 'm')))

    def test_connections(self):
        want = {'network_id': 'n', 'l2_gateway_id': 'g', 'segmentation_id': '0'}
        self.assertTrue(bodies.same_connection(dict(want, segmentation_id=''), want))
        self.assertTrue(bodies.same_connection(dict(want, segmentation_id=5), dict(want, segmentation_id='5')))
        self.assertFalse(bodies.same_connection(dict(want, segmentation_id=5), want))
        self.assertFalse(bodies.same_connection(dict(want, network_id='m'), want))

    def test_devices(self):
        there = {'id': 'd', 'name': 'sw1', 'management_ip': '10.0.0.1', 'management_port': 6640, 'status': 'IN_SYNC'}
        self.assertTrue(bodies.same_device(there, {'id': 'd', 'name': 'sw1', 'management_port': '6640'}))
        self.assertFalse(bodies.same_device(there, {'id': 'd', 'name': 'sw2'}))
