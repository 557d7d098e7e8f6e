package model

import "maps"

// Unlimited is the limit of what is not limited.
const Unlimited = -1

// What quotas count, by Neutron's names.
const (
	QuotaNetwork       = "network"
	QuotaGatewayDevice = "gateway_device"
	QuotaL2Gateway     = "l2_gateway"
	QuotaConnection    = "l2_gateway_connection"
)

// QuotaResources lists what quotas count.
func QuotaResources() []string {
	return []string{QuotaNetwork, QuotaGatewayDevice, QuotaL2Gateway, QuotaConnection}
}

// Limits are numbers of objects that a project may own, by resource. What is
// not listed is Unlimited.
type Limits map[string]int

// Of gives the limit of a resource.
func (l Limits) Of(resource string) int {
	if n, ok := l[resource]; ok {
		return n
	}
	return Unlimited
}

// With gives these limits with those of other in their place.
func (l Limits) With(other Limits) Limits {
	out := Limits{}
	maps.Copy(out, l)
	maps.Copy(out, other)
	return out
}

// Quota holds the limits of one project that differ from the defaults. Its ID
// is the project's.
type Quota struct {
	Record
	Limits Limits `json:"limits"`
}

// Owned counts what a project owns, by resource. Deleted devices that are still to be
// cleaned are among its devices.
func (d *Definitions) Owned(project string) map[string]int {
	return map[string]int{
		QuotaNetwork:       d.Networks.Owned(project),
		QuotaGatewayDevice: d.Devices.Owned(project) + d.Retired.Owned(project),
		QuotaL2Gateway:     d.Gateways.Owned(project),
		QuotaConnection:    d.Connections.Owned(project),
	}
}

// ErrOverQuota is the refusal of one object too many.
func ErrOverQuota(resource string) *Error {
	return refuse(Conflict, "OverQuota", "Quota exceeded for resources: ['%s'].", resource)
}

// ErrQuotaNotFound says that a project has no limits of its own.
func ErrQuotaNotFound(project string) *Error {
	return refuse(NotFound, "TenantQuotaNotFound", "Quota for tenant %s could not be found.", project)
}
