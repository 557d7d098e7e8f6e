package model

// Editor changes definitions as parts of one change: all of them or none. The rules are
// those of single changes, and so are the refusals. Attempts that are refused leave no trace.
type Editor interface {
	// Definitions are those after what was changed so far.
	Definitions() *Definitions
	CreateNetwork(Network) error
	UpdateNetwork(id string, u NetworkUpdate) error
	DeleteNetwork(id string) error
	CreateGatewayDevice(GatewayDevice) error
	UpdateGatewayDevice(id string, u GatewayDeviceUpdate) error
	DeleteGatewayDevice(id string) error
	CreateRemoteMACs(deviceID string, entries []RemoteMACEntry) error
	DeleteRemoteMAC(deviceID, entryID string) error
	CreateL2Gateway(L2Gateway) error
	UpdateL2Gateway(id string, u L2GatewayUpdate) error
	DeleteL2Gateway(id string) error
	CreateConnection(L2GatewayConnection) error
	DeleteConnection(id string) error
	// Restore makes definitions what they were, by the rules that hold for them now. Quotas are
	// not counted.
	Restore(*Restoration) error
	// The following say which program keeps a record as its own says (Record.ManagedBy).
	ManageNetwork(id, manager string) error
	ManageGatewayDevice(id, manager string) error
	ManageL2Gateway(id, manager string) error
	ManageConnection(id, manager string) error
}
