import inspect
import json
import re
import unittest
from unittest import mock

import oslo_messaging

from bordergw_neutron import background
from bordergw_neutron import driver
from bordergw_neutron import remote
from tests import fakes

AWAY = oslo_messaging.MessageDeliveryFailure('away')


class Broker:
    """In place of neutron_lib.rpc: passes messages as JSON, at once."""

    def __init__(self):
        self.endpoint, self.sent, self.away = None, [], False

    def get_client(self, target):
        self.topic = target.topic
        return self

    def prepare(self, retry):
        self.retry = retry
        return self

    def cast(self, context, method, **kwargs):
        if self.away:
            raise AWAY
        self.sent.append(method)
        getattr(self.endpoint, method)(context, **json.loads(json.dumps(kwargs)))


class RemoteTest(unittest.TestCase):

    def setUp(self):
        self.broker = Broker()
        rpc = mock.patch.object(remote, 'n_rpc', self.broker)
        rpc.start()
        self.addCleanup(rpc.stop)
        self.driver = driver.BorderGatewayDriver.__new__(driver.BorderGatewayDriver)
        for name in ('service_plugin', 'client', 'feed', 'fdb', 'syncer', 'deletions'):
            setattr(self.driver, name, mock.Mock())
        self.driver.fdb.withdraw.__name__ = 'withdraw'
        self.driver.deletions.note.__name__ = 'note'
        for name in ('repair_gateway', 'abandon_network'):
            getattr(self.driver.syncer, name).__name__ = name
        self.driver.conf, self.driver.background = fakes.conf(), mock.Mock(spec=background.Background)
        with mock.patch.object(remote, 'listen', side_effect=lambda endpoint: [endpoint]):
            self.broker.endpoint, = self.driver.listen()
        self.there, self.remote = self.driver.background, remote.Remote()

    def test_what_is_to_be_done_arrives(self):
        self.remote.owe()
        self.there.owe.assert_called_once_with(False)
        self.remote.owe(late=True)
        self.there.owe.assert_called_with(True)
        self.remote.dirty({'n', 'm'})
        self.there.dirty.assert_called_once_with(['m', 'n'])
        self.remote.later(0, self.driver.fdb.withdraw, 'n', {'10.1.0.2', '10.1.0.1'}, 7)
        self.there.later.assert_called_once_with(0, self.driver.fdb.withdraw, 'n', ['10.1.0.1', '10.1.0.2'], 7)
        self.remote.later_once(2, self.driver._announce, 'n')
        self.there.later_once.assert_called_once_with(2, self.driver._announce, 'n')

    def test_all_that_the_driver_asks_for_is_known(self):
        """All functions that the driver gives to later() and later_once(), but for those that only run there."""
        asked = set(re.findall(r'background\.later(?:_once)?\([^,]+(?:\([^)]*\))?, self\.([\w.]+)',
                               inspect.getsource(driver)))
        self.assertIn('fdb.withdraw', asked)
        known = set(self.broker.endpoint._functions)
        self.assertEqual({'_announce_again', '_announce_to_started', '_announce_all'},
                         {n.split('.')[-1] for n in asked} - known)

    def test_nobody_calls_what_is_not_offered(self):
        with self.assertLogs('bordergw_neutron.remote', 'WARNING'):
            self.remote.later(0, driver.configured)
        self.there.later.assert_not_called()
        self.there.owe.assert_called_once_with()

    def test_a_message_that_could_not_be_sent_is_made_good(self):
        self.broker.away = True
        with self.assertLogs('bordergw_neutron.remote', 'WARNING'):
            self.remote.dirty(['n'])
        self.broker.away = False
        self.remote.dirty(['m'])
        self.remote.dirty(['m'])
        self.assertEqual(['owe', 'dirty', 'dirty'], self.broker.sent)

    def test_starting_and_ending_needs_nobody(self):
        self.broker.away = True
        self.remote.ensure(hub=True)
        self.remote.stop()
        self.assertEqual([], self.broker.sent)
