package model

import (
	"iter"
	"time"
)

// Phases of a device session.
const (
	DeviceUnreachable = "UNREACHABLE"
	DeviceReading     = "READING"
	DeviceSyncing     = "SYNCING"
	DeviceInSync      = "IN_SYNC"
	DeviceDegraded    = "DEGRADED"
	// DeviceDrivenElsewhere: the switch is reached, and another registration drives it.
	DeviceDrivenElsewhere = "DRIVEN_ELSEWHERE"
	// DeviceDiscovered: a database that dialled in and that no device stands for.
	DeviceDiscovered = "DISCOVERED"
	// DeviceUnsupported: nothing is driven for its type.
	DeviceUnsupported = "UNSUPPORTED"
)

// States of a connection.
const (
	ConnectionActive      = "ACTIVE"
	ConnectionPending     = "PENDING"
	ConnectionError       = "ERROR"
	ConnectionUnsupported = "UNSUPPORTED"
)

// Condition types.
const (
	Reachable = "Reachable" // device: a session stands
	InSync    = "InSync"    // device: nothing left to write
	// CertificateValid, of a device with TLS: the switch's certificate is in date.
	CertificateValid = "CertificateValid"
	Accepted         = "Accepted"   // connection: the definition can be realised
	Programmed       = "Programmed" // connection: its rows are in every switch
	Bound            = "Bound"      // connection: ports present and without fault
	Flooding         = "Flooding"   // connection: flood lists stand
	TunnelsUp        = "TunnelsUp"  // connection: BFD is up where it runs
)

// Condition is one aspect of a status. Since changes only with True.
type Condition struct {
	Type    string    `json:"type"`
	True    bool      `json:"status"`
	Reason  string    `json:"reason"`
	Message string    `json:"message,omitempty"`
	Since   time.Time `json:"since"`
}

// DeviceStatus is what is known of a registered device's session.
type DeviceStatus struct {
	Phase     string `json:"status"`
	Detail    string `json:"status_detail"`
	LastError string `json:"last_error,omitempty"`
	// ObservedRevision is the store revision the last plan was made from.
	ObservedRevision uint64      `json:"observed_revision"`
	Conditions       []Condition `json:"conditions"`
}

// ConnectionStatus is how far a connection has been realised.
type ConnectionStatus struct {
	State            string      `json:"status"`
	Detail           string      `json:"status_detail"`
	ObservedRevision uint64      `json:"observed_revision"`
	Conditions       []Condition `json:"conditions"`
}

// FindCondition returns the condition of that type, or nil.
func FindCondition(cs []Condition, typ string) *Condition {
	for i := range cs {
		if cs[i].Type == typ {
			return &cs[i]
		}
	}
	return nil
}

// DeviceReport is a registered or discovered switch database as it stands now.
type DeviceReport struct {
	ID   string `json:"id,omitempty"` // empty for a discovered one
	Name string `json:"name"`
	// Endpoint is where the session goes to or comes from.
	Endpoint      string            `json:"endpoint"`
	SchemaVersion string            `json:"schema_version,omitempty"`
	Status        DeviceStatus      `json:"state"`
	Switches      []SwitchInventory `json:"switches"`
	// Row counts of the switch's tables.
	LogicalSwitches int `json:"logical_switches"`
	RemoteMACs      int `json:"remote_macs"`
	LocalMACs       int `json:"local_macs"`
	// ClaimedMACs is the number of MACs that the switch has learned although they are
	// configured elsewhere (remote_mac_entries).
	ClaimedMACs int `json:"claimed_macs"`
	// Transactions sent since the session began.
	Transactions uint64 `json:"transactions"`
}

// DeletedDevice is a deleted device whose database may still hold rows of ours. It is
// forgotten when they are gone, when it is purged, or at ForgottenAt.
type DeletedDevice struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	ProjectID   string    `json:"project_id"`
	Endpoint    string    `json:"endpoint"`
	DeletedAt   time.Time `json:"deleted_at"`
	ForgottenAt time.Time `json:"forgotten_at"`
	// Networks is the number of networks that it has not been seen without.
	Networks int `json:"networks"`
	// Cleaning: there is a session with it, or an attempt at one, now.
	Cleaning bool `json:"cleaning"`
	// Detail is what the session does, or why the last one ended.
	Detail string `json:"detail"`
}

// DevicePlan is what would be sent to a device now.
type DevicePlan struct {
	ID, Name string
	// Known is false while the database has not been read, so that nothing can
	// be said.
	Known bool
	// Detail says why nothing is known, or whose switch it is too.
	Detail string
	// Count is the number of operations that would be sent.
	Count int
	// Steps are the first of them, each made when it is asked for, in the order in which
	// they would be sent; nil if there are none.
	Steps iter.Seq[string]
}
