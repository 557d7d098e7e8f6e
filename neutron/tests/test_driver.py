import types
import unittest
from unittest import mock

from networking_l2gw.services.l2gateway import exceptions as l2gw_exc
from neutron_lib.callbacks import events
from neutron_lib import exceptions as n_exc
from oslo_db import exception as db_exc

from bordergw_neutron import deletions
from bordergw_neutron import driver
from bordergw_neutron import gateway_device
from bordergw_neutron import exceptions as exc
from bordergw_neutron import gateway_device
from tests import fakes

GATEWAY = {'id': 'g', 'name': 'gw', 'tenant_id': 't', 'devices': [{'device_id': 'hw1', 'segmentation_id': '7'}]}
CONNECTION = {'id': 'c', 'l2_gateway_id': 'g', 'network_id': 'n', 'tenant_id': 't', 'segmentation_id': ''}
DOWN = exc.BorderGatewayUnavailable(text='down')


def refused(kind, status=404):
    return exc.refusal(status, kind, 'x')


class DriverTest(unittest.TestCase):

    def setUp(self):
        self.driver = driver.BorderGatewayDriver.__new__(driver.BorderGatewayDriver)
        for name in ('service_plugin', 'client', 'feed', 'fdb', 'syncer', 'background'):
            setattr(self.driver, name, mock.Mock())
        self.driver.conf, self.driver._leaving, self.driver._pauses = fakes.conf(), {}, {}
        self.driver._started = set()
        self.driver.deletions = deletions.Deletions('/nowhere')
        self.driver.deletions.note = mock.Mock()
        self.driver.fdb.sent.return_value = set()
        self.driver.fdb.vni.return_value = 7
        self.driver.fdb.addresses.return_value = {'10.1.0.1'}, True
        self.driver.service_plugin.get_l2_gateway_connection.return_value = CONNECTION
        self.driver.service_plugin.connected_networks.return_value = set()
        self.driver.syncer.gateway.return_value = GATEWAY

        # What is logged is not what these tests are about.
        log = mock.patch.object(driver, 'LOG')
        log.start()
        self.addCleanup(log.stop)

    def sent(self):
        """The client's methods that were called, with kind and id."""
        return [(c[0], c.args[0], c.args[1] if isinstance(c.args[1], str) else c.args[1]['id'])
                for c in self.driver.client.method_calls]

    def later(self):
        """What is to be done, without the seconds."""
        calls = self.driver.background.method_calls
        return [c.args[1:] for c in calls if c[0] in ('later', 'later_once')]

    def test_create_gateway(self):
        self.driver.create_l2_gateway_postcommit(None, GATEWAY)
        body = self.driver.client.create.call_args.args[1]
        self.assertEqual({'id': 'g', 'managed_by': 'neutron', 'name': 'gw', 'tenant_id': 't',
                          'devices': [{'device_id': 'hw1', 'segmentation_id': 7}]}, body)

    def test_update_gateway_before_the_rows(self):
        self.driver.update_l2_gateway(None, 'g', {'l2_gateway': {'name': 'new'}})
        self.driver.client.update.assert_called_once_with('l2_gateway', 'g', {'name': 'new'})

    def test_update_of_nothing_is_not_sent(self):
        self.driver.update_l2_gateway(None, 'g', {'l2_gateway': {}})
        self.driver.client.update.assert_not_called()

    def test_update_of_a_lost_gateway(self):
        self.driver.client.update.side_effect = [refused('L2GatewayNotFound'), None]
        self.driver.update_l2_gateway(None, 'g', {'l2_gateway': {'name': 'new'}})
        self.assertEqual([('update', 'l2_gateway', 'g'), ('create', 'l2_gateway', 'g'), ('update', 'l2_gateway', 'g')],
                         self.sent())

    def test_update_whose_rows_fail_is_owed(self):
        self.driver.update_l2_gateway_failed('g')
        self.driver.background.owe.assert_called_once()

    def test_what_gets_no_answer_is_owed(self):
        """bordergw may have carried it out, or may do so later."""
        self.driver.client.update.side_effect = self.driver.client.create.side_effect = DOWN
        for name, call in [
                ('create gateway', lambda: self.driver.create_l2_gateway_postcommit(None, GATEWAY)),
                ('update gateway', lambda: self.driver.update_l2_gateway(None, 'g', {'l2_gateway': {'name': 'new'}})),
                ('create connection', lambda: self.driver.create_l2_gateway_connection_postcommit(None, CONNECTION))]:
            with self.subTest(name):
                self.driver.background.reset_mock()
                with self.assertRaises(exc.BorderGatewayUnavailable):
                    call()
                self.driver.background.owe.assert_called_once_with(late=True)

    def test_update_is_announced_later(self):
        """What is looked up for that may fail, and the rows have changed already."""
        self.driver.update_l2_gateway_postcommit(None, GATEWAY)
        self.assertEqual([(self.driver.syncer.repair_gateway, 'g'), (self.driver._announce_gateway, 'g')],
                         self.later())
        self.driver.service_plugin.get_l2_gateway_connections.return_value = [CONNECTION, CONNECTION]
        self.driver.service_plugin.connected_networks.return_value = {'n'}
        self.driver._announce_gateway('g')
        self.driver.fdb.announce.assert_called_once_with('n')

    def test_update_refused(self):
        self.driver.client.update.side_effect = refused('L2GatewayPhysicalPortNotFound')
        with self.assertRaises(exc.Refused):
            self.driver.update_l2_gateway(None, 'g', {'l2_gateway': {'name': 'new'}})

    def test_delete_stands(self):
        for error in (DOWN, refused('L2GatewayInUse', 409)):
            with self.subTest(error=error):
                self.driver.background.reset_mock()
                self.driver.client.delete.side_effect = error
                self.driver.delete_l2_gateway_postcommit(None, 'g')
                self.driver.background.owe.assert_called_once()

    def test_create_connection(self):
        self.driver.create_l2_gateway_connection_postcommit(None, CONNECTION)
        self.driver.syncer.ensure_network.assert_called_once()
        self.driver.background.dirty.assert_called_once_with(['n'])

    def test_create_connection_refused(self):
        self.driver.client.create.side_effect = refused('L2GatewayDuplicateSegmentationID', 409)
        with self.assertRaises(exc.Refused):
            self.driver.create_l2_gateway_connection_postcommit(None, CONNECTION)
        self.assertEqual(1, self.driver.client.create.call_count)
        self.driver.background.dirty.assert_not_called()

    def test_create_connection_of_a_lost_gateway(self):
        """bordergw may refuse it for its segmentation id before it looks for the gateway."""
        for error in (refused('L2GatewayNotFound'), refused('InvalidInput', 400)):
            with self.subTest(error=error):
                self.driver.client.get.return_value = None
                self.driver.client.create.side_effect = [error, None, None]
                self.driver.create_l2_gateway_connection_postcommit(None, CONNECTION)

    def test_create_connection_of_a_lost_network_is_tried_once_more(self):
        self.driver.client.create.side_effect = [refused('NetworkNotFound')] * 2
        with self.assertRaises(exc.Refused):
            self.driver.create_l2_gateway_connection_postcommit(None, CONNECTION)
        self.assertEqual(2, self.driver.client.create.call_count)

    def delete_connection(self):
        self.driver.delete_l2_gateway_connection(None, 'c')
        self.driver.delete_l2_gateway_connection_precommit(None, 'c')
        self.driver.delete_l2_gateway_connection_postcommit(None, 'c')

    def test_delete_last_connection(self):
        self.delete_connection()
        self.driver.client.delete.assert_called_once_with('l2_gateway_connection', 'c')
        self.driver.syncer.release_network.assert_called_once_with('n')
        self.assertEqual([(self.driver.fdb.withdraw, 'n', {'10.1.0.1'}, 7), (self.driver._announce, 'n')], self.later())
        self.assertEqual({}, self.driver._leaving)

    def test_delete_one_of_two_connections(self):
        self.driver.service_plugin.connected_networks.return_value = {'n'}
        self.delete_connection()
        self.driver.syncer.release_network.assert_not_called()

    def test_delete_connection_while_bordergw_is_away(self):
        self.driver.client.delete.side_effect = DOWN
        self.driver.syncer.release_network.side_effect = DOWN
        self.driver.fdb.addresses.side_effect = DOWN
        self.driver.fdb.sent.return_value = {'10.1.0.2'}
        self.delete_connection()
        self.driver.background.owe.assert_called()
        self.driver.deletions.note.assert_called_once_with('c')
        for owed in [(self.driver.syncer.abandon_network, 'n'), (self.driver.deletions.note, 'c'),
                     (self.driver.fdb.withdraw, 'n', {'10.1.0.2'}, 7)]:
            self.assertIn(owed, self.later())

    def test_delete_connection_while_the_database_is_away(self):
        """The row is gone, and the user is to know it."""
        self.driver.service_plugin.connected_networks.side_effect = db_exc.DBConnectionError()
        self.delete_connection()
        self.assertIn((self.driver.syncer.abandon_network, 'n'), self.later())
        self.driver.background.owe.assert_called_once()

    def test_all_that_fails_after_a_row_is_written_takes_it_back(self):
        """networking-l2gw does so for L2GatewayServiceDriverError only."""
        for error, kind, base, owed in [
                (l2gw_exc.MultipleVxlanSegmentsFound(network_id='n'), 'MultipleVxlanSegmentsFound', n_exc.Conflict, 1),
                (n_exc.NetworkNotFound(net_id='n'), 'NetworkNotFound', n_exc.NotFound, 1),
                (db_exc.DBConnectionError(), 'DatabaseUnavailable', n_exc.ServiceUnavailable, 1),
                (KeyError('x'), 'Failed', Exception, 1), (refused('X'), 'X', n_exc.NotFound, 0)]:
            with self.subTest(kind), mock.patch.object(exc, 'LOG'):
                self.driver.background.reset_mock()
                self.driver.syncer.network.side_effect = error
                with self.assertRaises(l2gw_exc.L2GatewayServiceDriverError) as caught:
                    self.driver.create_l2_gateway_connection_postcommit(None, CONNECTION)
                self.assertEqual(kind, type(caught.exception).__name__)
                self.assertIsInstance(caught.exception, base)
                self.assertEqual(owed, self.driver.background.owe.call_count)
                self.driver.deletions.note.assert_called_with('c')

    # Events

    def test_network_renamed(self):
        for after, want in [('new', [(self.driver._rename_network, 'n')]), ('old', [])]:
            with self.subTest(after):
                self.driver.background.reset_mock()
                states = ({'id': 'n', 'name': 'old'}, {'id': 'n', 'name': after})
                self.driver._network_updated(None, None, None, events.DBEventPayload(None, states=states))
                self.assertEqual(want, self.later())

    def test_connections_of_a_network_are_noted_before_it_is_deleted(self):
        self.driver.service_plugin.get_l2_gateway_connections.return_value = [CONNECTION, dict(CONNECTION, id='c2')]
        self.driver._network_leaves(None, None, None, events.DBEventPayload(None, resource_id='n'))
        self.driver.deletions.note.assert_called_once_with('c', 'c2')
        asked = self.driver.service_plugin.get_l2_gateway_connections.call_args
        self.assertEqual({'network_id': ['n']}, asked.kwargs['filters'])

    def test_network_deleted(self):
        for there, owed in [({'id': 'n', 'provider:segmentation_id': 7}, 1), (None, 0)]:
            with self.subTest(there=there):
                self.driver.background.reset_mock()
                self.driver.client.get.return_value = there
                self.driver._release_deleted('n')
                self.assertEqual(owed, self.driver.background.owe.call_count)
                want = [(self.driver.fdb.withdraw, 'n', {'10.1.0.1'})] if there else []
                self.assertEqual(want, self.later())

    def test_network_deleted_while_bordergw_or_the_database_is_away(self):
        self.driver.client.get.return_value = {'id': 'n'}
        for where, error in [(self.driver.fdb.remember, db_exc.DBConnectionError()), (self.driver.client.get, DOWN)]:
            with self.subTest(error=error):
                self.driver.syncer.reset_mock()
                where.side_effect = error
                with self.assertRaises(type(error)):
                    self.driver._release_deleted('n')
                self.driver.syncer.abandon_network.assert_called_once_with('n')

    def port(self, status='ACTIVE', host='h1'):
        return {'network_id': 'n', 'status': status, 'binding:host_id': host}

    def test_port_changed(self):
        for name, states, announced in [
                ('came up', (self.port('DOWN'), self.port()), True),
                ('moved', (self.port(), self.port(host='h2')), True),
                ('nothing', (self.port(), self.port()), False),
                ('went down', (self.port(), self.port('DOWN')), False),
                ('without host', (self.port('DOWN', ''), self.port(host='')), False)]:
            with self.subTest(name):
                self.driver.background.reset_mock()
                self.driver._port_changed(None, events.AFTER_UPDATE, None, events.DBEventPayload(None, states=states))
                self.driver.background.dirty.assert_called_once_with({'n'})
                want = [(self.driver._announce, 'n', states[1]['binding:host_id'])] if announced else []
                self.assertEqual(want, self.later())

    def test_port_wired(self):
        """Also by an agent that has started, which changes nothing of the port: it is to get its entries at once."""
        for name, place, want in [('bound', ('n', 'h1'), [('n', 'h1')]), ('unbound', ('n', ''), []), ('deleted', None, [])]:
            with self.subTest(name), mock.patch.object(driver.endpoints, 'read_place', return_value=place) as read:
                self.driver.background.reset_mock()
                self.driver.fdb.repeat.reset_mock()
                self.driver._port_wired(None, None, None, events.DBEventPayload(None, resource_id='p'))
                self.assertEqual('p', read.call_args.args[1])
                self.assertEqual(want, [c.args for c in self.driver.fdb.repeat.call_args_list])
                self.assertEqual([(self.driver._announce,) + w for w in want], self.later())

    def test_distributed_port_that_comes_to_a_host(self):
        """Neither its status nor its host tell: ML2 says only that it was changed."""
        port = dict(self.port(host=''), device_owner='network:router_interface_distributed')
        payload = events.DBEventPayload(None, states=(dict(port), port))
        self.driver._port_changed(None, events.AFTER_UPDATE, None, payload)
        self.assertEqual([(self.driver._announce, 'n')], self.later())

    def agent(self, address='10.0.0.1', before=None, status='alive', **state):
        state['configurations'] = {'tunneling_ip': address, 'tunnel_types': ['vxlan']}
        old = before and types.SimpleNamespace(configurations={'tunneling_ip': before, 'tunnel_types': ['vxlan']})
        self.driver.background.reset_mock()
        self.driver._agent_changed(None, None, None, events.DBEventPayload(
            None, metadata={'host': 'h1', 'status': status}, states=(None, old), desired_state=state))
        return [c.args[0] for c in self.driver.background.later.call_args_list]

    def test_agent_changed(self):
        self.assertEqual([], self.agent(before='10.0.0.1'))
        self.assertEqual([0], self.agent(before='10.0.0.2'))
        self.assertEqual([3, 10, 30], self.agent(before='10.0.0.1', start_flag=True))
        self.assertEqual([3, 10, 30], self.agent(before='10.0.0.1', status='revived'))
        self.assertEqual([0, 3, 10, 30], self.agent(status='new'))
        self.assertEqual([], self.agent(address=None, status='new'))

    def test_agents_that_start_together_are_served_together(self):
        """After an outage of messaging all of them do, and each network is asked for once."""
        for count, hosts in [(2, ('h00', 'h01')), (50, ())]:
            with self.subTest(count):
                self.driver.fdb.announce.reset_mock()
                self.driver.service_plugin.connected_networks.return_value = {'n', 'm'}
                due = [(self.driver._agent_started, 'h%02d' % n) for n in range(count)]
                while due:
                    function, *args = due.pop(0)
                    self.driver.background.reset_mock()
                    function(*args)
                    due += [call for call in self.later() if call not in due]
                self.assertEqual([mock.call('m', *hosts), mock.call('n', *hosts)],
                                 self.driver.fdb.announce.call_args_list)

    def test_switch_without_address_is_asked_for_again(self):
        self.driver.service_plugin.connected_networks.return_value = {'n'}
        self.driver.fdb.announce.return_value = False
        self.driver._announce('n')
        self.assertEqual([(self.driver._announce_again, 'n')], self.later())
        self.driver.background.reset_mock()
        self.driver.service_plugin.connected_networks.return_value = set()
        self.driver._announce('n')
        self.assertEqual([], self.later())

    def test_such_a_switch_is_asked_for_in_one_row_and_ever_more_seldom(self):
        """Whatever comes up meanwhile: a port, an agent that starts."""
        self.driver.service_plugin.connected_networks.return_value = {'n'}
        self.driver.fdb.announce.return_value = False
        for n in range(5):
            self.driver._announce('n', 'h%d' % n)
        self.driver.background.later.assert_not_called()
        self.assertEqual({(10, self.driver._announce_again, 'n')},
                         {c.args for c in self.driver.background.later_once.call_args_list})
        for seconds in (20, 40, 80, 160, 300, 300):
            self.driver._announce_again('n')
            self.assertEqual(seconds, self.driver.background.later_once.call_args.args[0])
        self.driver.fdb.announce.return_value = True
        self.driver._announce('n')
        self.assertEqual({}, self.driver._pauses)

    def test_bad_configuration_ends_neutron(self):
        with mock.patch.object(driver.config, 'register', return_value=fakes.conf(managed_by='')):
            with self.assertRaisesRegex(SystemExit, 'managed_by'):
                driver.configured()


    def test_plugin_and_driver_know_the_same_of_bordergw(self):
        """Else one of them refuses users for two seconds more after the other has found bordergw back."""
        driver.configured.cache_clear()
        self.addCleanup(driver.configured.cache_clear)
        with mock.patch.object(driver.config, 'register', return_value=fakes.conf()), \
                mock.patch.object(driver.config, 'credentials_of'):
            _, client = driver.configured()
            self.assertIs(client, driver.configured()[1])
            self.assertIs(client, gateway_device.GatewayDevicePlugin().client)


class UwsgiTest(unittest.TestCase):
    """A process of uwsgi has no thread of ours, and uwsgi tells nobody when it starts."""

    def made_in(self, **modules):
        """The driver in a process with these modules, and how often it owes a comparison."""
        with mock.patch.dict('sys.modules', modules), \
                mock.patch.object(driver, 'configured', return_value=(fakes.conf(), mock.Mock())), \
                mock.patch.object(driver.bgw_plugin, 'adopt'), mock.patch.object(driver.registry, 'subscribe'), \
                mock.patch.object(driver.remote.Remote, 'owe') as owe:
            return driver.BorderGatewayDriver(mock.Mock()), owe.call_count

    def test_a_process_that_serves_has_it_compared_when_it_starts(self):
        made, owed = self.made_in(uwsgi=mock.Mock(worker_id=lambda: 3))
        self.assertEqual((driver.remote.Remote, 1), (type(made.background), owed))

    def test_the_one_that_others_are_forked_from_does_not(self):
        made, owed = self.made_in(uwsgi=mock.Mock(worker_id=lambda: 0))
        self.assertEqual((driver.remote.Remote, 0), (type(made.background), owed))

    def test_other_servers_have_a_thread(self):
        made, owed = self.made_in()
        self.assertEqual((driver.background.Background, 0), (type(made.background), owed))

    def test_the_thread_waits_until_neutron_is_loaded(self):
        it = driver.BorderGatewayDriver.__new__(driver.BorderGatewayDriver)
        it.client = mock.Mock()
        with mock.patch.object(driver.manager.NeutronManager, 'has_instance', side_effect=[False, True]) as has, \
                mock.patch.object(driver.time, 'sleep') as sleep:
            it._begin()
        self.assertEqual((2, 1), (has.call_count, sleep.call_count))
        it.client.be_patient.assert_called_once_with()
