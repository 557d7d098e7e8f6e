import types
import unittest
from unittest import mock

from neutron_lib import constants
from neutron_lib import exceptions as n_exc

from bordergw_neutron import exceptions as exc
from bordergw_neutron import fdb
from tests import fakes


def members(*addresses, far=()):
    return {'members': [{'device_id': 'd', 'name': 'sw', 'switch': 'sw', 'tunnel_ip': a, 'reachable': True}
                        for a in addresses], 'far': list(far)}


DOWN = exc.BorderGatewayUnavailable(text='down')


class PureTest(unittest.TestCase):

    def test_addresses(self):
        for found, want in [(members(), (set(), False)),
                            (members('10.1.0.1', far=['198.51.100.5']), ({'10.1.0.1', '198.51.100.5'}, True)),
                            (members('10.1.0.1', ''), ({'10.1.0.1'}, False)),
                            (members('10.1.0.1', None), ({'10.1.0.1'}, False)),
                            (members('fd00::1'), (set(), True)), ({'members': []}, (set(), False)),
                            (members(far=['10.1.0.1']), ({'10.1.0.1'}, True)),
                            ({'members': None, 'far': None}, (set(), False))]:
            with self.subTest(found=found):
                self.assertEqual(want, fdb.addresses_of(found))

    def test_unknown_form(self):
        for found in ([], {'members': 'x'}, {'members': [1]}, {'members': 1}):
            with self.subTest(found=found), self.assertRaises(exc.BorderGatewayUnavailable):
                fdb.addresses_of(found)

    def test_entries(self):
        self.assertEqual({'n': {'segment_id': 7, 'network_type': 'vxlan',
                                'ports': {'10.1.0.1': [constants.FLOODING_ENTRY]}}}, fdb.entries('n', 7, {'10.1.0.1'}))


class FdbTest(unittest.TestCase):

    def setUp(self):
        self.of = {'n': members('10.1.0.1', '10.1.0.2'), 'm': members('10.1.0.2')}
        self.connected = {'n', 'm'}
        client = types.SimpleNamespace(members=self.members_of)
        self.fdb = fdb.Fdb(client, fakes.conf(), lambda network_id: {'provider:segmentation_id': 7},
                           lambda among: self.connected & set(among or self.connected))
        self.fdb._rpc = self.rpc = mock.Mock()
        self.rows = {}
        self.core = mock.Mock()
        self.core.mechanism_manager.ordered_mech_drivers = [types.SimpleNamespace(name='openvswitch')]
        driver = mock.Mock()
        self.core.type_manager.drivers = {'vxlan': types.SimpleNamespace(obj=driver)}
        driver.get_endpoint_by_ip.side_effect = self.rows.get
        driver.add_endpoint.side_effect = lambda ip, host: self.rows.update({ip: types.SimpleNamespace(host=host)})
        driver.delete_endpoint.side_effect = self.rows.pop
        driver.get_endpoints.side_effect = lambda: [{'ip_address': i, 'host': r.host} for i, r in self.rows.items()]
        agents = mock.patch.object(fdb.endpoints, 'read_addresses', return_value={'h9': '10.0.0.9'})
        agents.start()
        self.addCleanup(agents.stop)
        patch = mock.patch.object(fdb.directory, 'get_plugin', return_value=self.core)
        patch.start()
        self.addCleanup(patch.stop)

    def members_of(self, network_id):
        if isinstance(self.of[network_id], Exception):
            raise self.of[network_id]
        return self.of[network_id]

    def removed(self):
        return [sorted(c.args[1]['n']['ports']) for c in self.rpc.remove_fdb_entries.call_args_list]

    def test_announce(self):
        self.assertTrue(self.fdb.announce('n'))
        context, body, host = self.rpc.add_fdb_entries.call_args.args
        self.assertEqual((['10.1.0.1', '10.1.0.2'], None), (sorted(body['n']['ports']), host))
        self.assertEqual(['10.1.0.1', '10.1.0.2'], sorted(self.rows))

    def test_announce_to_one_host(self):
        self.fdb.announce('n', 'h1')
        self.assertEqual('h1', self.rpc.add_fdb_entries.call_args.args[2])
        self.core.notifier.tunnel_update.assert_not_called()

    def test_repeat(self):
        """To one host, of what was announced, and nobody is asked."""
        self.fdb.repeat('n', 'h1')
        self.rpc.add_fdb_entries.assert_not_called()
        self.fdb.announce('n')
        self.of['n'] = AssertionError('asked')
        self.fdb.repeat('n', 'h1')
        context, body, host = self.rpc.add_fdb_entries.call_args.args
        self.assertEqual((['10.1.0.1', '10.1.0.2'], 7, 'h1'),
                         (sorted(body['n']['ports']), body['n']['segment_id'], host))

    def test_what_another_process_has_withdrawn_is_not_repeated(self):
        """The agent would make the tunnel again, and nobody would take it away."""
        self.fdb.announce('n')
        self.rpc.reset_mock()
        self.connected = {'m'}
        self.fdb.repeat('n', 'h1')
        self.rpc.add_fdb_entries.assert_not_called()

    def test_announce_to_some_hosts(self):
        self.fdb.announce('n', 'h1', 'h2')
        self.assertEqual(['h1', 'h2'], [c.args[2] for c in self.rpc.add_fdb_entries.call_args_list])

    def test_a_switch_that_left_is_withdrawn_whoever_is_sent_the_others(self):
        """It may have been repeated to this host."""
        self.fdb.announce('n')
        self.of['n'] = members('10.1.0.2')
        self.fdb.repeat('n', 'h1')
        self.fdb.announce('n', 'h1')
        self.assertEqual([['10.1.0.1']], self.removed())

    def test_announce_without_all_addresses(self):
        self.of['n'] = members('10.1.0.1', '')
        self.assertFalse(self.fdb.announce('n'))

    def test_switch_that_left(self):
        self.fdb.announce('n')
        self.of['n'] = members('10.1.0.2')
        self.fdb.announce('n')
        self.assertEqual([['10.1.0.1']], self.removed())
        self.core.notifier.tunnel_delete.assert_called_once()
        self.assertEqual(['10.1.0.2'], sorted(self.rows))

    def test_last_connection_of_a_network(self):
        self.fdb.announce('n')
        self.connected = {'m'}
        self.fdb.withdraw('n', set())
        self.assertEqual([['10.1.0.1', '10.1.0.2']], self.removed())
        self.assertEqual(['10.1.0.2'], sorted(self.rows))       # network m needs it

    def test_another_connection_needs_the_same(self):
        self.fdb.announce('n')
        self.fdb.withdraw('n', {'10.1.0.1', '10.1.0.2'})
        self.assertEqual([], self.removed())

    # What bordergw does not tell

    def test_a_switch_without_address_withdraws_nothing(self):
        self.fdb.announce('n')
        for answer in (members(), members('10.1.0.1', None)):
            with self.subTest(answer=answer):
                self.of['n'] = answer
                self.assertFalse(self.fdb.announce('n'))
                self.assertEqual([], self.removed())
        self.of['n'] = members('10.1.0.1')
        self.assertTrue(self.fdb.announce('n'))
        self.assertEqual([['10.1.0.2']], self.removed())

    def test_a_tunnel_that_another_network_has_meanwhile_come_to_need_stays(self):
        self.of = {'n': members('10.1.0.1'), 'm': members('10.1.0.2')}
        self.fdb.announce('n')
        self.fdb.announce('m')
        self.of['m'] = members('10.1.0.1', '10.1.0.2')      # another process connects and announces it
        self.connected = {'m'}
        self.fdb.withdraw('n', {'10.1.0.1'})
        self.core.notifier.tunnel_delete.assert_not_called()
        self.assertIn('10.1.0.1', self.rows)

    def test_a_tunnel_stays_while_the_addresses_of_a_network_are_not_known(self):
        self.fdb.announce('n')
        self.connected, self.of['m'] = {'m'}, members(None)
        self.fdb.withdraw('n', set())
        self.assertEqual([['10.1.0.1', '10.1.0.2']], self.removed())
        self.assertEqual(['10.1.0.1', '10.1.0.2'], sorted(self.rows))
        self.of['m'] = members('10.1.0.2')
        self.fdb.sweep()
        self.assertEqual(['10.1.0.2'], sorted(self.rows))

    def test_a_network_that_bordergw_refuses_keeps_no_tunnel(self):
        self.fdb.announce('n')
        self.connected = {'lost', 'm'}
        self.of['lost'] = exc.refusal(404, 'NetworkNotFound', 'lost')
        self.fdb.withdraw('n', {'10.1.0.1'})
        self.assertNotIn('10.1.0.1', self.rows)

    def test_a_network_that_is_deleted_already(self):
        self.fdb.announce('n')
        self.fdb.network_body = mock.Mock(side_effect=n_exc.NetworkNotFound(net_id='n'))
        self.connected = {'m'}
        self.fdb.withdraw('n', {'10.1.0.1'})
        self.assertEqual([['10.1.0.1', '10.1.0.2']], self.removed())
        self.assertNotIn('10.1.0.1', self.rows)

    def test_a_network_that_is_deleted_already_and_that_another_process_announced(self):
        self.rows['10.1.0.1'] = types.SimpleNamespace(host=None)
        self.fdb.network_body = mock.Mock(side_effect=n_exc.NetworkNotFound(net_id='n'))
        self.connected = {'m'}
        self.fdb.withdraw('n', ['10.1.0.1'], 7)
        self.assertEqual([['10.1.0.1']], self.removed())

    def test_a_deleted_network_of_which_nothing_is_known_but_its_addresses(self):
        self.rows['10.1.0.1'] = types.SimpleNamespace(host=None)
        self.fdb.network_body = mock.Mock(side_effect=n_exc.NetworkNotFound(net_id='n'))
        self.connected = {'m'}
        self.fdb.withdraw('n', {'10.1.0.1'})
        self.assertEqual([], self.removed())
        self.assertNotIn('10.1.0.1', self.rows)

    def test_what_bordergw_did_not_answer_for_is_withdrawn_later(self):
        """By a process that has not announced the network itself, as after a restart."""
        found, self.of['n'] = self.of['n'], DOWN
        with self.assertRaises(exc.BorderGatewayUnavailable):
            self.fdb.withdraw('n', {'10.1.0.1', '10.1.0.9'})
        self.of['n'] = found
        self.fdb.announce('n')
        self.assertEqual([['10.1.0.9']], self.removed())

    def test_sweep(self):
        self.fdb.announce('n')
        for address, host in [('10.1.0.7', None), ('10.0.0.8', 'h8'), ('10.0.0.9', None)]:
            self.rows[address] = types.SimpleNamespace(host=host)
        self.fdb.sweep()
        self.assertEqual(['10.0.0.8', '10.0.0.9', '10.1.0.1', '10.1.0.2'], sorted(self.rows))
        self.connected = {'m'}
        self.fdb.sweep()
        self.assertEqual([['10.1.0.1', '10.1.0.2']], self.removed())
        self.assertEqual(['10.0.0.8', '10.0.0.9', '10.1.0.2'], sorted(self.rows))

    def test_address_of_a_hypervisor_stays(self):
        self.rows['10.1.0.1'] = types.SimpleNamespace(host='h1')
        self.connected = {'m'}
        self.fdb.withdraw('n', {'10.1.0.1'})
        self.assertIn('10.1.0.1', self.rows)

    def test_no_vxlan(self):
        self.core.type_manager.drivers = {}
        with self.assertLogs('bordergw_neutron.fdb', 'INFO'):
            self.fdb.sweep()

    def test_no_agents(self):
        self.core.mechanism_manager.ordered_mech_drivers = [types.SimpleNamespace(name='ovn')]
        with self.assertLogs('bordergw_neutron.fdb', 'INFO') as logs:
            self.fdb.announce('n')
            self.fdb.announce('n')
        self.assertEqual(1, len(logs.output))
        self.rpc.add_fdb_entries.assert_not_called()
