import json
import unittest

from networking_l2gw.services.l2gateway import exceptions as l2gw_exc
from neutron.api import api_common
from neutron_lib.api import faults

from bordergw_neutron import exceptions as exc


class RefusalTest(unittest.TestCase):

    def answer(self, error):
        """(status, type, text) that Neutron answers."""
        found = api_common.convert_exception_to_http_exc(error, faults.FAULT_MAP, 'en')
        fault = json.loads(found.body)['NeutronError']
        return found.code, fault['type'], fault['message']

    def test_arrives_as_from_bordergw(self):
        for status, kind, text in [(400, 'HwVtepTypeInvalid', 'must be specified'),
                                   (404, 'GatewayDeviceNotFound', 'Gateway device x does not exist'),
                                   (409, 'L2GatewayDuplicateSegmentationID', '100 % of "%(x)s" %d'),
                                   (413, 'HTTPRequestEntityTooLarge', 'too large')]:
            with self.subTest(kind):
                error = exc.refusal(status, kind, text)
                self.assertIsInstance(error, l2gw_exc.L2GatewayServiceDriverError)
                self.assertEqual(status, error.status)
                self.assertTrue(exc.is_kind(error, 'Other', kind))
                self.assertEqual((400 if status == 413 else status, kind, text), self.answer(error))

    def test_odd_types(self):
        self.assertEqual('Conflict', type(exc.refusal(409, 'no identifier!', 'x')).__name__)
        self.assertEqual((409, 'ImATeapot', 'x'), self.answer(exc.refusal(418, 'ImATeapot', 'x')))

    def test_unavailable(self):
        error = exc.BorderGatewayUnavailable(text='100 %')
        self.assertIsInstance(error, l2gw_exc.L2GatewayServiceDriverError)
        self.assertEqual((503, 'BorderGatewayUnavailable', '100 %'), self.answer(error))
