package reconcile

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"bordergw/model"
	"bordergw/vtep/ovsdb"
)

// errNoTLS is the answer until devices can name a CA.
var errNoTLS = errors.New("ovsdb+ssl is not configured")

// dial opens a connection to a device's management address.
func dial(ctx context.Context, gd *model.GatewayDevice) (net.Conn, error) {
	if gd.ManagementProtocol == model.ProtocolOVSDBTLS {
		return nil, errNoTLS
	}
	return ovsdb.Dial(ctx, "tcp:"+endpoint(gd), nil)
}

// endpoint is a device's management address.
func endpoint(gd *model.GatewayDevice) string {
	return net.JoinHostPort(gd.ManagementIP, strconv.Itoa(int(gd.ManagementPort)))
}

// describe is the endpoint as operators write it.
func describe(gd *model.GatewayDevice) string {
	return fmt.Sprintf("%s:%s", gd.ManagementProtocol, endpoint(gd))
}
