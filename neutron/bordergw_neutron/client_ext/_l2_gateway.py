# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""neutron midonet-l2-gateway-create."""
import argparse

from neutronclient.common import extension
from neutronclient.common import utils

SPELLINGS = ('segmentation_id', 'segmentation-id', 'segmentaion_id')
DEVICE_FORM = 'device_id=DEVICE_ID,segmentation_id=SEGMENTATION_ID'


def border_device(text):
    """Parse device_id=ID[,segmentation_id=N]. Old documents have two more spellings of the second key."""
    given = utils.str2dict(text, required_keys=['device_id'], optional_keys=list(SPELLINGS))
    values = {given[key] for key in SPELLINGS if key in given}
    if len(values) > 1:
        raise argparse.ArgumentTypeError('segmentation_id is given twice with different values in %r' % text)
    out = {'device_id': given['device_id']}
    if values:
        out['segmentation_id'] = values.pop()
    return out


class MidonetL2Gateway(extension.NeutronClientExtension):
    resource = 'l2_gateway'
    resource_plural = 'l2_gateways'
    path = 'l2-gateways'
    object_path = '/%s' % path
    resource_path = '/%s/%%s' % path
    versions = ['2.0']


class MidonetL2GatewayCreate(extension.ClientExtensionCreate, MidonetL2Gateway):
    """Create a border gateway."""

    shell_command = 'midonet-l2-gateway-create'

    def add_known_arguments(self, parser):
        parser.add_argument('name', metavar='GATEWAY-NAME', help='Name of the gateway.')
        parser.add_argument('--device', metavar=DEVICE_FORM, action='append', dest='devices', type=border_device,
                            help='Gateway device and VNI between the sites (may be repeated).')

    def args2body(self, parsed_args):
        body = {'name': parsed_args.name, 'devices': parsed_args.devices or []}
        if parsed_args.tenant_id:
            body['tenant_id'] = parsed_args.tenant_id
        return {'l2_gateway': body}
