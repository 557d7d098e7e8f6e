from bordergw_neutron import sync
from tests import test_sync


class MassDeletionTest(test_sync.SyncerCase):
    """bordergw has two connections with our mark, and Neutron has none of them."""

    def setUp(self):
        super().setUp()
        self.bordergw = test_sync.FakeBordergw(test_sync.NET, test_sync.GW, test_sync.CONN,
                                               dict(test_sync.CONN, id='c2'))
        self.core.get_networks.return_value = []

    def test_refused(self):
        for name, gateways in [('empty database', []), ('another Neutron', [dict(test_sync.GW, id='g2')])]:
            with self.subTest(name), self.assertLogs('bordergw_neutron.sync', 'ERROR') as logs:
                self.syncer(self.bordergw, gateways, ()).run()
                self.assertIn('allow_mass_deletion', logs.output[0])
            self.assertEqual(([], []), (self.bordergw.log, self.bordergw.stamps))

    def deleted(self, syncer):
        syncer.run()
        self.assertEqual({}, self.bordergw.objects[sync.CONNECTION])

    def test_known_gateway(self):
        self.deleted(self.syncer(self.bordergw, (test_sync.GW,), ()))

    def test_known_network(self):
        self.core.get_networks.return_value = [test_sync.NET]
        self.deleted(self.syncer(self.bordergw, (), ()))

    def test_deleted_by_this_process(self):
        syncer = self.syncer(self.bordergw, (), ())
        syncer.note_deleted('c')
        self.deleted(syncer)

    def test_network_deleted_by_this_process(self):
        syncer = self.syncer(self.bordergw, (), ())
        syncer.abandon_network('n')
        self.deleted(syncer)

    def test_allowed(self):
        syncer = self.syncer(self.bordergw, (), ())
        syncer.conf.allow_mass_deletion = True
        self.deleted(syncer)

    def test_one_is_not_several(self):
        del self.bordergw.objects[sync.CONNECTION]['c2']
        self.deleted(self.syncer(self.bordergw, (), ()))
