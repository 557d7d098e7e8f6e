import copy
import unittest

from networking_l2gw.services.l2gateway.common import l2gw_validators
from neutron_lib.api import validators as n_validators
from neutron_lib import exceptions as n_exc

from bordergw_neutron import validators

P1 = {'name': 'p1'}
LONG = 'x' * 256

REFUSED = [
    ('nothing', None, 'Cannot create a gateway with an empty device list'),
    ('empty', [], 'Cannot create a gateway with an empty device list'),
    ('string', 'abc', "'abc' is not a list"),
    ('dictionary', {'device_id': 'a'}, "'{'device_id': 'a'}' is not a list"),
    ('list of strings', ['abc'], "'abc' is not a dictionary"),
    ('no key', [{}], 'Cannot create a gateway with an empty device_name'),
    ('empty name', [{'device_name': '', 'interfaces': [P1]}], 'Cannot create a gateway with an empty device_name'),
    ('name is no string', [{'device_name': {'a': 1}, 'interfaces': [P1]}], "'{'a': 1}' is not a valid string"),
    ('long name', [{'device_name': LONG, 'interfaces': [P1]}], "'%s' exceeds maximum length of 255" % LONG),
    ('no interfaces', [{'device_name': 'sw1'}], 'Cannot create a gateway with an empty interfaces'),
    ('interfaces no list', [{'device_name': 'sw1', 'interfaces': 'p1'}],
     'interfaces format is not a type list of dicts'),
    ('interface no dict', [{'device_name': 'sw1', 'interfaces': ['p1']}], 'interfaces format is not a type dict'),
    ('interface without name', [{'device_name': 'sw1', 'interfaces': [{}]}],
     'Cannot create a gateway with an empty interface name'),
    ('interface name is no string', [{'device_name': 'sw1', 'interfaces': [{'name': 5}]}],
     "'5' is not a valid string"),
    ('scalar VLAN', [{'device_name': 'sw1', 'interfaces': [{'name': 'p1', 'segmentation_id': '67'}]}],
     'segmentation_id type should be of list type '),
    ('no VLAN in list', [{'device_name': 'sw1', 'interfaces': [{'name': 'p1', 'segmentation_id': []}]}],
     'segmentation_id_list should not be empty'),
    ('second device', [{'device_name': 'sw1', 'interfaces': [P1]}, {'device_name': 'sw2', 'interfaces': []}],
     'Cannot create a gateway with an empty interfaces'),
    ('both names', [{'device_id': 'a', 'device_name': 'b'}], 'device_id and device_name cannot be given together'),
    ('empty id', [{'device_id': ''}], 'Cannot create a gateway with an empty device_id'),
    ('null id', [{'device_id': None}], 'Cannot create a gateway with an empty device_id'),
    ('id is no string', [{'device_id': 5}], "'5' is not a valid string"),
    ('long id', [{'device_id': LONG}], "'%s' exceeds maximum length of 255" % LONG),
    ('VNI 0', [{'device_id': 'a', 'segmentation_id': 0}],
     "segmentation_id '0' is not in range 1 through 16777215"),
    ('VNI too big', [{'device_id': 'a', 'segmentation_id': '16777216'}],
     "segmentation_id '16777216' is not in range 1 through 16777215"),
    ('VNI negative', [{'device_id': 'a', 'segmentation_id': -1}],
     "segmentation_id '-1' is not in range 1 through 16777215"),
    ('VNI bool', [{'device_id': 'a', 'segmentation_id': True}], "'True' is not an integer"),
    ('VNI float', [{'device_id': 'a', 'segmentation_id': 5.0}], "'5.0' is not an integer"),
    ('VNI text', [{'device_id': 'a', 'segmentation_id': 'abc'}], "'abc' is not an integer"),
    ('VNI with blanks', [{'device_id': 'a', 'segmentation_id': ' 5 '}], "' 5 ' is not an integer"),
    ('VNI list', [{'device_id': 'a', 'segmentation_id': [5]}], "'[5]' is not an integer"),
    ('VNI twice', [{'device_id': 'a', 'segmentation_id': 5, 'segmentation-id': '6'}],
     'segmentation_id is given twice with different values'),
    ('id with bad interfaces', [{'device_id': 'a', 'interfaces': [{'name': ''}]}],
     'Cannot create a gateway with an empty interface name'),
]

BORDER = [
    ('no VNI', {}, 0),
    ('number', {'segmentation_id': 7000}, 7000),
    ('text', {'segmentation_id': '7000'}, 7000),
    ('hyphen', {'segmentation-id': 7000}, 7000),
    ('typo', {'segmentaion_id': '7000'}, 7000),
    ('twice the same', {'segmentation_id': '7000', 'segmentation-id': 7000}, 7000),
    ('null', {'segmentation_id': None}, 0),
    ('highest', {'segmentation_id': 16777215}, 16777215),
]


class DeviceListTest(unittest.TestCase):

    def test_refused(self):
        for name, devices, reason in REFUSED:
            with self.subTest(name):
                self.assertEqual(reason, validators.validate_gwdevice_list(copy.deepcopy(devices)))

    def test_vlans(self):
        for vlan, text in [('abc', 'valid integer'), (4095, 'out of range'), (-1, 'out of range'),
                           (5.7, 'valid integer'), (True, 'valid integer'), (' 12 ', 'valid integer'),
                           (float('inf'), 'valid integer'), (float('nan'), 'valid integer')]:
            for key in ('device_name', 'device_id'):
                with self.subTest(vlan=vlan, key=key), self.assertRaisesRegex(n_exc.InvalidInput, text):
                    validators.validate_gwdevice_list(
                        [{key: 'sw1', 'interfaces': [{'name': 'p1', 'segmentation_id': [vlan]}]}])

    def test_border_device_gets_the_form_of_rows(self):
        for name, more, vni in BORDER:
            with self.subTest(name):
                devices = [dict({'device_id': 'a'}, **more)]
                self.assertIsNone(validators.validate_gwdevice_list(devices))
                self.assertEqual([{'device_id': 'a', 'device_name': 'a',
                                   'interfaces': [{'name': None, 'segmentation_id': [vni]}]}], devices)

    def test_interfaces_of_a_device_by_id_stay(self):
        devices = [{'device_id': 'a', 'segmentation_id': 5, 'interfaces': [{'name': 'p1', 'segmentation_id': ['7']}]}]
        self.assertIsNone(validators.validate_gwdevice_list(devices))
        self.assertEqual([{'name': 'p1', 'segmentation_id': ['7']}, {'name': None, 'segmentation_id': [5]}],
                         devices[0]['interfaces'])

    def test_both_forms_in_one_gateway(self):
        devices = [{'device_name': 'sw1', 'interfaces': [{'name': 'p1', 'segmentation_id': ['0', 4094]}]},
                   {'device_id': 'a', 'segmentation_id': 5}]
        self.assertIsNone(validators.validate_gwdevice_list(devices))
        self.assertEqual({'device_name': 'sw1', 'interfaces': [{'name': 'p1', 'segmentation_id': ['0', 4094]}]},
                         devices[0])

    def test_segmentation_id_beside_a_name_is_ignored(self):
        self.assertIsNone(validators.validate_gwdevice_list(
            [{'device_name': 'sw1', 'segmentation_id': 'x', 'interfaces': [P1]}]))

    def test_install_survives_a_second_loading_of_the_extension(self):
        validators.install()
        n_validators.add_validator('l2gwdevice_list', l2gw_validators.validate_gwdevice_list)
        self.assertIs(validators.validate_gwdevice_list, n_validators.validators['type:l2gwdevice_list'])


if __name__ == '__main__':
    unittest.main()
