import argparse
import unittest
from unittest import mock

try:
    from bordergw_neutron.client_ext import _gateway_device
    from bordergw_neutron.client_ext import _l2_gateway
    from bordergw_neutron.client_ext import _remote_mac_entry
    from bordergw_neutron.osc import border
except ImportError as e:
    raise unittest.SkipTest('the clients are not installed: %s' % e)


class BorderDeviceTest(unittest.TestCase):

    def test_spellings(self):
        for text in ('segmentation_id=7000', 'segmentation-id=7000', 'segmentaion_id=7000',
                     'segmentation_id=7000,segmentation-id=7000'):
            with self.subTest(text):
                self.assertEqual({'device_id': 'a', 'segmentation_id': '7000'},
                                 _l2_gateway.border_device('device_id=a,' + text))
        self.assertEqual({'device_id': 'a'}, _l2_gateway.border_device('device_id=a'))

    def test_refused(self):
        for text in ('segmentation_id=5', 'device_id=a,vni=5', 'device_id=a,segmentation_id=5,segmentation-id=6'):
            with self.subTest(text), self.assertRaises(argparse.ArgumentTypeError):
                _l2_gateway.border_device(text)


class NeutronShellTest(unittest.TestCase):

    def body(self, cls, *args):
        command = cls(mock.Mock(), None)
        command.get_client = mock.Mock()
        parser = argparse.ArgumentParser()
        command.add_known_arguments(parser)
        parser.add_argument('--tenant-id')
        with mock.patch('neutronclient.neutron.v2_0.find_resourceid_by_name_or_id', return_value='d'):
            return command.args2body(parser.parse_args(args)), command

    def test_gateway(self):
        body, _ = self.body(_l2_gateway.MidonetL2GatewayCreate, 'g', '--device', 'device_id=a,segmentation_id=5',
                            '--device', 'device_id=b', '--tenant-id', 't')
        self.assertEqual({'l2_gateway': {'name': 'g', 'tenant_id': 't', 'devices': [
            {'device_id': 'a', 'segmentation_id': '5'}, {'device_id': 'b'}]}}, body)

    def test_device(self):
        body, _ = self.body(_gateway_device.GatewayDeviceCreate, '--name', 'x', '--management-ip', '10.0.0.1',
                            '--management-port', '6640', '--type', 'hw_vtep', '--tunnel-ip', '10.1.0.1')
        self.assertEqual({'gateway_device': {'name': 'x', 'type': 'hw_vtep', 'management_ip': '10.0.0.1',
                                             'management_port': '6640', 'tunnel_ips': ['10.1.0.1']}}, body)
        body, _ = self.body(_gateway_device.GatewayDeviceUpdate, '--border-mode', 'relay', '--site', '')
        self.assertEqual({'gateway_device': {'border_mode': 'relay', 'site': ''}}, body)
        body, _ = self.body(_gateway_device.GatewayDeviceUpdate, '--name', 'y')
        self.assertEqual({'gateway_device': {'name': 'y'}}, body)

    def test_entry(self):
        body, command = self.body(_remote_mac_entry.RemoteMacEntryCreate, 'sw1', '--mac-address', 'aa',
                                  '--vtep-address', '10.0.0.1', '--segmentation-id', '5')
        self.assertEqual({'remote_mac_entry': {'mac_address': 'aa', 'vtep_address': '10.0.0.1',
                                               'segmentation_id': '5'}}, body)
        self.assertEqual('d', command.parent_id)

    def test_paths_of_entries(self):
        """The client fills in the device, and then the entry."""
        cls = _remote_mac_entry.RemoteMacEntry
        self.assertEqual('/gw/gateway_devices/d/remote_mac_entries', cls.object_path % 'd')
        self.assertEqual('/gw/gateway_devices/d/remote_mac_entries/e', cls.resource_path % 'd' % 'e')


class OpenStackTest(unittest.TestCase):

    def run_command(self, cls, client, *args):
        command = cls(mock.Mock(), None)
        command.app.client_manager.neutronclient = client
        return command.take_action(command.get_parser('x').parse_args(args))

    def client(self, *found):
        client = mock.Mock()
        client.get.side_effect = list(found)
        return client

    def test_gateway(self):
        nobody, absent = {'gateway_devices': []}, border.nc_exc.NotFound()
        for name, answers, device in [
                ('id', [{'gateway_devices': [{'id': 'sw1'}]}], 'sw1'), ('absent', [absent], 'sw1'),
                ('name', [nobody, {'gateway_devices': [{'id': 'a'}]}], 'a'), ('unknown', [nobody, nobody], 'sw1')]:
            with self.subTest(name):
                client = self.client(*answers)
                client.post.return_value = {'l2_gateway': {'name': 'g', 'id': 'i'}}
                found = self.run_command(border.CreateBorderGateway, client, 'g', '--device',
                                         'device_id=sw1,segmentation-id=5')
                self.assertEqual((['id', 'name'], ['i', 'g']), found)
                client.post.assert_called_once_with('/l2-gateways', body={'l2_gateway': {
                    'name': 'g', 'devices': [{'device_id': device, 'segmentation_id': '5'}]}})

    def test_border_of_a_device(self):
        options = ['--border-mode', 'stitch', '--stitch-ports', 'xa,xb', '--profile', 'ovs-vtep+bfd', '--site', 'east']
        want = {'border_mode': 'stitch', 'stitch_ports': ['xa', 'xb'], 'profile': 'ovs-vtep+bfd', 'site': 'east'}
        client = mock.Mock()
        client.post.return_value = {'gateway_device': {'id': 'd'}}
        self.run_command(border.CreateGatewayDevice, client, *options)
        client.post.assert_called_once_with('/gw/gateway_devices', body={'gateway_device': want})
        client = self.client({'gateway_devices': [{'id': 'd'}]})
        self.run_command(border.SetGatewayDevice, client, 'd', *options)
        client.put.assert_called_once_with('/gw/gateway_devices/d', body={'gateway_device': want})
        client = self.client({'gateway_devices': [{'id': 'd'}]})
        self.run_command(border.SetGatewayDevice, client, 'd', '--stitch-ports', '')
        client.put.assert_called_once_with('/gw/gateway_devices/d', body={'gateway_device': {'stitch_ports': []}})

    def test_device_by_name(self):
        client = self.client({'gateway_devices': []}, {'gateway_devices': [{'id': 'd'}]}, {'gateway_device': {'id': 1}})
        self.run_command(border.ShowGatewayDevice, client, 'sw1')
        self.assertEqual('/gw/gateway_devices/d', client.get.call_args.args[0])

    def test_device_that_is_not_found_once(self):
        for found in ([], [{'id': 'a'}, {'id': 'b'}]):
            with self.subTest(found=found), self.assertRaises(border.exceptions.CommandError):
                client = self.client({'gateway_devices': []}, {'gateway_devices': found})
                self.run_command(border.ShowGatewayDevice, client, 'sw1')

    def test_delete_goes_on(self):
        client = self.client(*[{'gateway_devices': [{'id': d}]} for d in 'ab'])
        client.delete.side_effect = [RuntimeError('in use'), None]
        with self.assertRaisesRegex(border.exceptions.CommandError, '1 of 2'):
            self.run_command(border.DeleteGatewayDevice, client, 'a', 'b')
        self.assertEqual(2, client.delete.call_count)
